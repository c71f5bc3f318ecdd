"""The door for events: every fault is named, at its place, with an example that is right, and all at once."""

import copy
import time
from typing import Any

import pytest

from scheduler.errors import Invalid
from scheduler.model.intake import as_input, new_event, patched, replaced
from tests.scheduler.inputs import ID, NOW, OTHER_ID, admitted, faults_of, full, known, small

WEEKLY = {"rule": "FREQ=WEEKLY;BYDAY=TU;COUNT=6"}

# What is sent, the pointer of its fault, and the fault's code. The name says what is wrong.
FAULTS: dict[str, tuple[dict[str, Any], str, str]] = {
    "a title is missing": ({"title": None}, "/title", "required"),
    "a title is blank": ({"title": " \u00a0 "}, "/title", "required"),
    "a title has only an invisible character": ({"title": {"en": "\u200b"}}, "/title", "required"),
    "a title is too long": ({"title": {"en": "x" * 201}}, "/title/en", "too-long"),
    "a title has ten thousand characters": ({"title": "x" * 10_000}, "/title", "too-long"),
    "a title has a line break": ({"title": {"en": "one\ntwo"}}, "/title/en", "character"),
    "a title has a NUL": ({"title": {"en": "one\x00two"}}, "/title/en", "character"),
    "a description has a bell": ({"description": "one\x07two"}, "/description", "character"),
    "a description has a lone carriage return": ({"description": "one\rtwo"}, "/description", "character"),
    "a description has a C1 control": ({"description": "one\x85two"}, "/description", "character"),
    "a description has a line separator": ({"description": "one\u2028two"}, "/description", "character"),
    "a title has a lone surrogate": ({"title": "one\ud800two"}, "/title", "character"),
    "a title has a noncharacter": ({"title": "one\ufffetwo"}, "/title", "character"),
    "a title is turned around": ({"title": "one\u202etwo"}, "/title", "character"),
    "a title has an isolate that is not closed": ({"title": "one\u2067two"}, "/title", "character"),
    "a title has an isolate that was never opened": ({"title": "one\u2069two"}, "/title", "character"),
    "a summary is too long": ({"summary": "x" * 2_001}, "/summary", "too-long"),
    "a description is too long": ({"description": "x" * 20_001}, "/description", "too-long"),
    "a title is a number": ({"title": 3}, "/title", "wrong-type"),
    "a text of one language is a list": ({"summary": {"en": ["x"]}}, "/summary/en", "wrong-type"),
    "a language tag is malformed": ({"title": {"en": "x", "nl_BE": "y"}}, "/title/nl_BE", "language-tag"),
    "a language is unknown": ({"title": {"en": "x", "xq": "y"}}, "/title/xq", "language-tag"),
    "a language is given twice": ({"title": {"nl": "x", "NL": "y"}}, "/title/NL", "repeated"),
    "a working language is unknown": ({"languages": ["en", "qqq"]}, "/languages/1", "language-tag"),
    "a working language is repeated": ({"languages": ["nl-be", "nl-BE"]}, "/languages/1", "repeated"),
    "a field is unknown": ({"tilte": "x"}, "/tilte", "unknown-field"),
    "a field of a part is unknown": ({"place": {"rooom": "x"}}, "/place/rooom", "unknown-field"),
    "a field that the service sets is given": ({"uid": "x"}, "/uid", "read-only"),
    "the reason of a cancellation is given": ({"cancellation_reason": "x"}, "/cancellation_reason", "read-only"),
    "a programme is unknown": ({"programme": "enspird"}, "/programme", "unknown-value"),
    "a programme is missing": ({"programme": None}, "/programme", "required"),
    "a kind is missing": ({"kind": None}, "/kind", "required"),
    "a kind is unknown": ({"kind": "guest_lecture"}, "/kind", "unknown-value"),
    "a kind exists only as part of an event": ({"kind": "travel"}, "/part_of", "required"),
    "a level is unknown": ({"levels": ["primery"]}, "/levels/0", "unknown-value"),
    "a level is repeated": ({"levels": ["primary", "primary"]}, "/levels/1", "repeated"),
    "a key area is unknown": ({"key_areas": ["x"]}, "/key_areas/0", "unknown-value"),
    "an audience is unknown": ({"audiences": ["teachers"]}, "/audiences/0", "unknown-value"),
    "a theme is unknown": ({"themes": ["gendre"]}, "/themes/0", "unknown-value"),
    "a country is unknown": ({"countries": ["Rwanda"]}, "/countries/0", "unknown-value"),
    "a host is unknown": ({"host": "vivez"}, "/host", "unknown-value"),
    "a co-host is unknown": ({"co_hosts": ["vivez"]}, "/co_hosts/0", "unknown-value"),
    "a partner is the host": ({"host": "vives", "partners": ["vives"]}, "/partners/0", "repeated"),
    "a speaker's country is unknown": (
        {"speakers": [{"role": "x", "country": "ZZ"}]},
        "/speakers/0/country",
        "unknown-value",
    ),
    "a speaker has no role": ({"speakers": [{"name": "Ana"}]}, "/speakers/0/role", "required"),
    "an interpretation is into the same language": (
        {"interpretation": [{"from": "nl", "to": "nl"}]},
        "/interpretation/0/to",
        "contradiction",
    ),
    "an interpretation's kind is unknown": (
        {"interpretation": [{"from": "nl", "to": "en", "kind": "simultanous"}]},
        "/interpretation/0/kind",
        "unknown-value",
    ),
    "a marker is unknown": ({"markers": {"gendr": 1}}, "/markers/gendr", "unknown-value"),
    "a marker's score is too high": ({"markers": {"gender": 3}}, "/markers/gender", "out-of-range"),
    "a status is unknown": ({"status": "canceled"}, "/status", "unknown-value"),
    "a new event is cancelled": ({"status": "cancelled"}, "/status", "status"),
    "a visibility is unknown": ({"visibility": "secret"}, "/visibility", "unknown-value"),
    "a format is unknown": ({"format": "onsite"}, "/format", "unknown-value"),
    "a zone is unknown": ({"timezone": "Europe/Brussel"}, "/timezone", "unknown-zone"),
    "a zone has its Windows name": ({"timezone": "Romance Standard Time"}, "/timezone", "unknown-zone"),
    "a zone is missing": ({"timezone": None}, "/timezone", "required"),
    "a start is missing": ({"start": None}, "/start", "required"),
    "an end is missing": ({"end": None}, "/end", "required"),
    "a start is no time": ({"start": "tomorrow"}, "/start", "time"),
    "a start has a blank for its T": ({"start": "2027-03-16 14:30"}, "/start", "time"),
    "a start is not in the calendar": ({"start": "2027-02-29T14:30"}, "/start", "time"),
    "a start has seconds": ({"start": "2027-03-16T14:30:15"}, "/start", "time"),
    "a start is long ago": ({"start": "1066-10-14T09:00"}, "/start", "out-of-range"),
    "a start is a number": ({"start": 1805207400}, "/start", "wrong-type"),
    "a start is in the skipped hour": (
        {"start": "2027-03-28T02:30", "end": "2027-03-28T05:00"},
        "/start",
        "missing-time",
    ),
    "an end is in the skipped hour": ({"start": "2027-03-28T01:30", "end": "2027-03-28T02:00"}, "/end", "missing-time"),
    "a start is in the double hour": (
        {"start": "2027-10-31T02:30", "end": "2027-10-31T05:00"},
        "/start",
        "ambiguous-time",
    ),
    "an offset is neither of the two of the double hour": (
        {"start": "2027-10-31T02:30+03:00", "end": "2027-10-31T05:00"},
        "/start",
        "wrong-offset",
    ),
    "a start is in UTC": ({"start": "2027-03-16T13:30Z"}, "/start", "wrong-offset"),
    "a start has another zone's offset": ({"start": "2027-03-16T14:30+02:00"}, "/start", "wrong-offset"),
    "a start has an impossible offset": ({"start": "2027-03-16T14:30+99:00"}, "/start", "time"),
    "an end is before the start": ({"end": "2027-03-16T14:00"}, "/end", "order"),
    "an end is the start": ({"end": "2027-03-16T14:30"}, "/end", "order"),
    "a last day is before the first": ({"start": "2027-03-16", "end": "2027-03-15"}, "/end", "order"),
    "an end is a date and the start is not": ({"end": "2027-03-17"}, "/end", "contradiction"),
    "an event is longer than a year": ({"end": "2028-03-20T14:30"}, "/end", "too-long"),
    "both an end and a duration are given": ({"duration": "PT1H"}, "/duration", "contradiction"),
    "a duration is no duration": ({"end": None, "duration": "90 minutes"}, "/duration", "duration"),
    "an all-day event lasts hours": ({"start": "2027-03-16", "end": None, "duration": "PT3H"}, "/duration", "duration"),
    "a rule is missing": ({"recurrence": {}}, "/recurrence/rule", "required"),
    "a rule is no rule": ({"recurrence": {"rule": "every Tuesday"}}, "/recurrence/rule", "invalid-rule"),
    "a rule has no end": ({"recurrence": {"rule": "FREQ=WEEKLY;BYDAY=TU"}}, "/recurrence/rule", "endless-rule"),
    "a rule gives too many dates": (
        {"recurrence": {"rule": "FREQ=DAILY;COUNT=401"}},
        "/recurrence/rule",
        "invalid-rule",
    ),
    "a rule is a bomb": ({"recurrence": {"rule": "FREQ=SECONDLY;COUNT=9"}}, "/recurrence/rule", "invalid-rule"),
    "a rule never comes": (
        {"recurrence": {"rule": "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30;COUNT=5"}},
        "/recurrence/rule",
        "invalid-rule",
    ),
    "a start is not a date of the rule": (
        {"recurrence": {"rule": "FREQ=WEEKLY;BYDAY=MO;COUNT=3"}},
        "/start",
        "not-in-series",
    ),
    "an excluded date is not in the rule": (
        {"recurrence": {**WEEKLY, "excluded": ["2027-03-24T14:30"]}},
        "/recurrence/excluded/0",
        "not-in-series",
    ),
    "a cancelled date is not in the rule": (
        {"recurrence": {**WEEKLY, "cancelled": [{"date": "2027-03-24T14:30"}]}},
        "/recurrence/cancelled/0/date",
        "not-in-series",
    ),
    "a date of a timed series has no time": (
        {"recurrence": {**WEEKLY, "excluded": ["2027-03-23"]}},
        "/recurrence/excluded/0",
        "not-in-series",
    ),
    "a date is excluded and cancelled": (
        {"recurrence": {**WEEKLY, "excluded": ["2027-03-23T14:30"], "cancelled": [{"date": "2027-03-23T14:30"}]}},
        "/recurrence/cancelled/0/date",
        "repeated",
    ),
    "a moved date ends before it starts": (
        {
            "recurrence": {
                **WEEKLY,
                "moved": [{"date": "2027-03-23T14:30", "start": "2027-03-24T14:30", "end": "2027-03-24T13:30"}],
            }
        },
        "/recurrence/moved/0/end",
        "order",
    ),
    "a moved date becomes all-day": (
        {"recurrence": {**WEEKLY, "moved": [{"date": "2027-03-23T14:30", "start": "2027-03-24"}]}},
        "/recurrence/moved/0/start",
        "contradiction",
    ),
    "every date is excluded": (
        {"recurrence": {"rule": "FREQ=DAILY;COUNT=1", "excluded": ["2027-03-16T14:30"]}},
        "/recurrence/excluded",
        "empty-series",
    ),
    "a date of a series is in the skipped hour": (
        {
            "start": "2027-03-21T02:30",
            "end": "2027-03-21T04:30",
            "recurrence": {"rule": "FREQ=WEEKLY;BYDAY=SU;COUNT=3"},
        },
        "/recurrence/excluded",
        "missing-time",
    ),
    "a series begins in a second pass": (
        {
            "start": "2027-10-31T02:30+01:00",
            "end": "2027-10-31T04:30",
            "recurrence": {"rule": "FREQ=WEEKLY;BYDAY=SU;COUNT=3"},
        },
        "/start",
        "ambiguous-time",
    ),
    "a series lasts only from one pass to the other": (
        {
            "start": "2027-10-31T02:30+02:00",
            "end": "2027-10-31T02:30+01:00",
            "recurrence": {"rule": "FREQ=WEEKLY;BYDAY=SU;COUNT=3"},
        },
        "/end",
        "order",
    ),
    "registration closes before it opens": (
        {"registration": {"opens": "2027-03-02", "closes": "2027-03-01"}},
        "/registration/closes",
        "order",
    ),
    "registration closes after the start": (
        {"registration": {"closes": "2027-03-16T15:00"}},
        "/registration/closes",
        "order",
    ),
    "registration closes on a later day": ({"registration": {"closes": "2027-03-17"}}, "/registration/closes", "order"),
    "a way of registering is unknown": ({"registration": {"mode": "open_form"}}, "/registration/mode", "unknown-value"),
    "a link is a script": ({"online": {"url": "javascript:alert(1)"}}, "/online/url", "url"),
    "a link has a password": ({"online": {"url": "https://me:secret@example.org/"}}, "/online/url", "url"),
    "a link has no host": ({"online": {"url": "https:///path"}}, "/online/url", "url"),
    "a link has a line break": ({"online": {"url": "https://example.org/\r\nX: y"}}, "/online/url", "url"),
    "a link has half an address in brackets": ({"online": {"url": "https://[::1/"}}, "/online/url", "url"),
    "a link is too long": ({"online": {"url": f"https://example.org/{'x' * 2_000}"}}, "/online/url", "too-long"),
    "a form elsewhere is a script": ({"registration": {"url": "data:text/html,x"}}, "/registration/url", "url"),
    "a material is a script": ({"materials": ["JavaScript:alert(1)"]}, "/materials/0", "url"),
    "an on-site event has online seats": ({"seats": {"online": 5}}, "/seats/online", "contradiction"),
    "an online event has seats on site": (
        {"format": "online", "seats": {"on_site": 5}},
        "/seats/on_site",
        "contradiction",
    ),
    "there are fewer than no seats": ({"seats": {"on_site": -1}}, "/seats/on_site", "out-of-range"),
    "there are too many seats": ({"seats": {"on_site": 100_001}}, "/seats/on_site", "out-of-range"),
    "seats are a fraction": ({"seats": {"on_site": 2.5}}, "/seats/on_site", "wrong-type"),
    "seats are true": ({"seats": {"on_site": True}}, "/seats/on_site", "wrong-type"),
    "a reminder is no duration": ({"reminders": ["1 day"]}, "/reminders/0", "duration"),
    "a reminder is repeated": ({"reminders": ["P1D", "P1D"]}, "/reminders/1", "repeated"),
    "there are six reminders": ({"reminders": [f"P{day}D" for day in range(1, 7)]}, "/reminders", "too-many"),
    "a goal does not exist": ({"sdg_targets": ["18"]}, "/sdg_targets/0", "pattern"),
    "a target is malformed": ({"sdg_targets": ["4.e"]}, "/sdg_targets/0", "pattern"),
    "credits are too many": ({"ects": {"credits": 61}}, "/ects/credits", "out-of-range"),
    "credits are missing": ({"ects": {}}, "/ects/credits", "required"),
    "hours are not a number": ({"development": {"hours": float("nan")}}, "/development/hours", "out-of-range"),
    "a response rate is over a hundred": (
        {"evaluation": {"response_rate": 101}},
        "/evaluation/response_rate",
        "out-of-range",
    ),
    "four people are split by gender": (
        {"outcome": {"attended_on_site": 4, "attended_by_gender": {"f": 3, "m": 1}}},
        "/outcome/attended_by_gender",
        "too-few",
    ),
    "a split adds up to more than attended": (
        {"outcome": {"attended_on_site": 10, "attended_by_role": {"teacher": 11}}},
        "/outcome/attended_by_role",
        "contradiction",
    ),
    "a draft was held": ({"held": True}, "/held", "contradiction"),
    "an id of another event is too short": ({"part_of": "x"}, "/part_of", "pattern"),
    "an event is part of itself": ({"part_of": ID}, "/part_of", "contradiction"),
    "an event is related to itself": ({"related": [ID]}, "/related/0", "contradiction"),
    "a list is no list": ({"themes": "gender"}, "/themes", "wrong-type"),
    "a list is huge": ({"materials": ["x"] * 101}, "/materials", "too-many"),
    "a flag is text": ({"transparent": "yes"}, "/transparent", "wrong-type"),
    "a contact is two addresses": ({"contact": "a@example.org, b@example.org"}, "/contact", "invalid-address"),
    "an external id cannot stand in an address": (
        {"external_id": {"source": "sis", "id": "a/b"}},
        "/external_id/id",
        "pattern",
    ),
    "an external source has capitals": (
        {"external_id": {"source": "SIS", "id": "1"}},
        "/external_id/source",
        "pattern",
    ),
}


# Here the example stands for the name of the field, not for its value.
NAMES = {"a language tag is malformed", "a language is unknown", "a marker is unknown"}


@pytest.mark.parametrize("case", FAULTS)
def test_a_fault_is_named_at_its_place_when(case: str) -> None:
    sent, pointer, code = FAULTS[case]
    found = faults_of(_whole(sent))
    assert [(fault.pointer, fault.code) for fault in found] == [(pointer, code)]
    assert found[0].detail.endswith((".", "?"))
    assert len(found[0].detail) < 400


@pytest.mark.parametrize("case", [case for case in FAULTS if case not in NAMES])
def test_the_example_of_a_fault_is_right_when(case: str) -> None:
    sent, pointer, code = FAULTS[case]
    fault = faults_of(_whole(sent))[0]
    if fault.example is None or code == "unknown-field":
        return
    both_passes = pointer == "/start" and isinstance(fault.example, list)
    for example in fault.example if both_passes else [fault.example]:
        again = faults_of(_put(_whole(sent), pointer, example))
        assert pointer not in [other.pointer for other in again], example


def _whole(sent: dict[str, Any]) -> dict[str, Any]:
    """Everything else that the case needs; a start of its own gets an end that follows it whatever it is."""
    return (
        small(**sent) if "end" in sent or "start" not in sent else small(**{"end": None, "duration": "PT90M", **sent})
    )


def _put(data: dict[str, Any], pointer: str, value: object) -> dict[str, Any]:
    changed = copy.deepcopy(data)
    *path, last = pointer.split("/")[1:]
    target: Any = changed
    for step in path:
        target = target[int(step)] if isinstance(target, list) else target.setdefault(step, {})
    target[int(last) if isinstance(target, list) else last] = value
    return changed


def test_a_body_with_twenty_faults_reports_all_twenty_in_order() -> None:
    found = faults_of(
        {
            "title": {"en": "x" * 201, "nl": "a\x00b", "NL": "c"},
            "programme": "enspird",
            "kind": 7,
            "status": "cancelled",
            "visibility": "secret",
            "start": "2027-03-28T02:30",
            "end": "2027-13-01T10:00",
            "timezone": "Europe/Brussels",
            "recurrence": {"rule": "FREQ=WEEKLY"},
            "contact": "a@b.example\r\nBcc: c@d.example",
            "themes": ["gender", "gender", "gendre"],
            "speakers": [{}, {"role": "x", "mode": "offline"}],
            "seats": {"on_site": -1},
            "online": {"url": "javascript:alert(1)"},
            "reminders": ["tomorrow"],
            "outcome": {"attended_on_site": 3, "attended_by_gender": {"f": 3}},
            "tilte": "x",
        }
    )
    assert [fault.pointer for fault in found] == [
        "/contact",
        "/end",
        "/kind",
        "/online/url",
        "/outcome/attended_by_gender",
        "/programme",
        "/recurrence/rule",
        "/reminders/0",
        "/seats/on_site",
        "/speakers/0/role",
        "/speakers/1/mode",
        "/start",
        "/status",
        "/themes/1",
        "/themes/2",
        "/tilte",
        "/title/NL",
        "/title/en",
        "/title/nl",
        "/visibility",
    ]


def test_a_flood_of_faults_is_cut_at_fifty_with_a_note_that_counts_the_rest() -> None:
    started = time.process_time()
    found = faults_of(small(**{f"field_{number}": number for number in range(20_000)}))
    assert time.process_time() - started < 2
    assert len(found) == 51
    assert (found[-1].pointer, found[-1].code) == ("", "more-faults")
    assert "19950 more" in found[-1].detail


def test_list_items_are_reported_in_the_order_of_the_list() -> None:
    found = faults_of(small(themes=[f"x{number}" for number in range(12)]))
    assert [fault.pointer for fault in found] == [f"/themes/{number}" for number in range(12)]


def test_a_slip_is_answered_with_what_was_meant() -> None:
    assert "Did you mean “title”?" in faults_of(small(tilte="x"))[0].detail
    assert faults_of(small(kind="Guest lecture"))[0].example == "guest-lecture"
    assert faults_of(small(kind="gastcollege"))[0].example == "guest-lecture"
    assert faults_of(small(countries=["Ecuador"]))[0].example == "EC"
    assert faults_of(small(timezone="Brussels"))[0].example == "Europe/Brussels"


def test_a_fault_repeats_neither_an_address_nor_a_whole_text() -> None:
    secret = "s3cret-t0ken"
    sent = small(
        title="x" * 500 + secret,
        contact=f"{secret}@example",
        online={"url": f"https://me:{secret}@example.org/"},
        programme="x" * 80 + secret,
        **{"y" * 80 + secret: 1},
    )
    assert len(faults_of(sent)) == 5
    assert secret not in repr(faults_of(sent))


@pytest.mark.parametrize("data", [None, [], "x", 3, True])
def test_what_is_no_object_is_one_fault_at_the_root(data: object) -> None:
    assert [(fault.pointer, fault.code) for fault in faults_of(data)] == [("", "wrong-type")]


def test_markup_and_braces_are_ordinary_text_and_stay_as_they_are() -> None:
    text = "<script>alert(1)</script> {0.__class__} {{7*7}} %s"
    event = admitted(small(title=text, summary=text, description=text, notes=text, place={"room": text}))
    assert event.title == event.summary == event.description == {"en": text}
    assert (event.notes, event.place.room) == (text, text)


def test_texts_are_composed_and_stripped_and_windows_line_ends_become_line_feeds() -> None:
    event = admitted(small(title="  Atelier e\u0301ducation\n", description="one\r\ntwo\r\n"))
    assert event.title == {"en": "Atelier éducation"}
    assert event.description == {"en": "one\ntwo"}


def test_a_plain_string_is_a_text_in_the_default_language_and_blank_ones_are_left_out() -> None:
    event = admitted(small(title="Hello", summary={"en": "", "nl-be": "Hallo", "fr": None}))
    assert (event.title, event.summary) == ({"en": "Hello"}, {"nl-BE": "Hallo"})


def test_writing_from_right_to_left_may_be_isolated() -> None:
    assert admitted(small(title="one \u2067שלום\u2069 two")).title == {"en": "one \u2067שלום\u2069 two"}


def test_the_position_of_a_refused_character_is_named() -> None:
    assert "Character 4 (U+0007)" in faults_of(small(title="abc\x07"))[0].detail


@pytest.mark.parametrize(
    ("start", "stored"),
    [
        ("2027-10-31T02:30+02:00", "2027-10-31T02:30+02:00"),
        ("2027-10-31T02:30+01:00", "2027-10-31T02:30+01:00"),
        ("2027-10-31T00:30Z", "2027-10-31T02:30+02:00"),
        ("2027-10-31T01:59", "2027-10-31T01:59"),
        ("2027-10-31T03:00", "2027-10-31T03:00"),
        ("2027-03-28T01:59", "2027-03-28T01:59"),
        ("2027-03-28T03:00", "2027-03-28T03:00"),
        ("2027-03-16T14:30+01:00", "2027-03-16T14:30"),
        ("2027-03-16T14:30:00", "2027-03-16T14:30"),
    ],
)
def test_a_wall_time_is_kept_with_an_offset_only_in_the_double_hour(start: str, stored: str) -> None:
    if start == "2027-10-31T00:30Z":
        # An instant is never converted, not even one that falls into the double hour.
        assert faults_of(small(start=start, end="2027-10-31T05:00"))[0].code == "wrong-offset"
        return
    assert admitted(small(start=start, end=None, duration="PT6H")).start == stored


def test_the_skipped_hour_is_explained_with_the_next_time_that_exists() -> None:
    fault = faults_of(small(start="2027-03-28T02:30", end="2027-03-28T05:00"))[0]
    assert "jumps from 02:00 to 03:00" in fault.detail
    assert fault.example == "2027-03-28T03:00"


def test_a_time_of_another_clock_is_explained_with_the_time_on_this_one() -> None:
    fault = faults_of(small(start="2027-03-16T13:45Z"))[0]
    assert fault.example == "2027-03-16T14:45"
    fault = faults_of(small(start="2027-03-16T14:30+02:00"))[0]
    assert (fault.example, "2027-03-16T13:30 there" in fault.detail) == ("2027-03-16T14:30", True)


def test_the_double_hour_is_explained_with_both_passes() -> None:
    fault = faults_of(small(start="2027-10-31T02:30", end="2027-10-31T05:00"))[0]
    assert fault.example == ["2027-10-31T02:30+02:00", "2027-10-31T02:30+01:00"]


def test_two_passes_of_one_hour_are_in_order() -> None:
    assert not faults_of(small(start="2027-10-31T02:30+02:00", end="2027-10-31T02:15+01:00"))
    assert faults_of(small(start="2027-10-31T02:30+01:00", end="2027-10-31T02:45+02:00"))[0].code == "order"


def test_a_utc_time_is_right_where_the_clock_shows_utc() -> None:
    assert admitted(small(timezone="Africa/Accra", start="2027-03-16T14:30Z", end="2027-03-16T15:00Z")).start == (
        "2027-03-16T14:30"
    )


def test_a_whole_skipped_day_is_explained() -> None:
    fault = faults_of(small(timezone="Pacific/Apia", start="2011-12-30T10:00", end="2011-12-31T10:00"))[0]
    assert "jumps from 00:00 to 00:00 of 2011-12-31" in fault.detail
    assert fault.example == "2011-12-31T00:00"


@pytest.mark.parametrize(
    ("start", "duration", "end"),
    [
        ("2027-03-16T14:30", "PT90M", "2027-03-16T16:00"),
        ("2027-03-27T14:30", "P1D", "2027-03-28T14:30"),
        ("2027-03-27T14:30", "PT24H", "2027-03-28T15:30"),
        ("2027-10-31T01:30", "PT1H", "2027-10-31T02:30+02:00"),
        ("2027-10-31T01:30", "PT2H", "2027-10-31T02:30+01:00"),
        ("2027-03-16", "P2D", "2027-03-17"),
        ("2027-03-16", "P1W", "2027-03-22"),
    ],
)
def test_a_duration_gives_the_end(start: str, duration: str, end: str) -> None:
    assert admitted(small(start=start, end=None, duration=duration)).end == end


def test_an_all_day_event_without_an_end_lasts_one_day() -> None:
    event = admitted(small(start="2027-03-16", end=None))
    assert (event.all_day, event.end) == (True, "2027-03-16")


def test_the_zone_comes_from_the_host_when_it_is_left_out() -> None:
    assert admitted(small(timezone=None, host="unae")).timezone == "America/Guayaquil"
    assert admitted(small(timezone="Europe/Brussels", host="unae")).timezone == "Europe/Brussels"


def test_an_unknown_host_is_the_only_fault_of_an_event_that_takes_its_zone_from_it() -> None:
    assert [fault.pointer for fault in faults_of(small(timezone=None, host="vivez"))] == ["/host"]


def test_visibility_and_transparency_come_from_programme_and_kind() -> None:
    assert admitted(small(programme="educaid")).visibility == known().programmes["educaid"].visibility
    assert admitted(small(kind="internship")).transparent
    assert not admitted(small(kind="internship", transparent=False)).transparent


def test_a_rule_is_kept_in_one_form_and_its_dates_in_order() -> None:
    event = admitted(
        small(
            recurrence={
                "rule": "rrule:count=6; freq=weekly; byday=tu",
                "excluded": ["2027-04-06T14:30", "2027-03-23T14:30+01:00"],
            }
        )
    )
    assert event.recurrence is not None
    assert event.recurrence.rule == "FREQ=WEEKLY;COUNT=6;BYDAY=TU"
    assert event.recurrence.excluded == ("2027-03-23T14:30", "2027-04-06T14:30")


def test_the_first_date_of_the_rule_is_named_when_the_start_is_none() -> None:
    fault = faults_of(small(recurrence={"rule": "FREQ=WEEKLY;BYDAY=TH;COUNT=3"}))[0]
    assert fault.example == "2027-03-18T14:30"


def test_a_date_in_the_skipped_hour_may_be_excluded_or_moved() -> None:
    series = small(start="2027-03-21T02:30", end="2027-03-21T04:30")
    rule = "FREQ=WEEKLY;BYDAY=SU;COUNT=3"
    moved = {"date": "2027-03-28T02:30", "start": "2027-03-28T09:00", "end": "2027-03-28T11:00"}
    assert "02:30 does not exist on 2027-03-28" in faults_of({**series, "recurrence": {"rule": rule}})[0].detail
    assert not faults_of({**series, "recurrence": {"rule": rule, "excluded": ["2027-03-28T02:30"]}})
    assert not faults_of({**series, "recurrence": {"rule": rule, "moved": [moved]}})


@pytest.mark.parametrize(
    "rule",
    [
        "FREQ=SECONDLY;INTERVAL=1",
        "FREQ=MINUTELY;BYSETPOS=2",
        "FREQ=DAILY;INTERVAL=0",
        "FREQ=DAILY;COUNT=0",
        "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30;COUNT=2",
        "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30;UNTIL=99991231T000000Z",
        "FREQ=DAILY;COUNT=99999",
        "FREQ=YEARLY;BYYEARDAY=" + ",".join(map(str, range(1, 367))) + ";COUNT=10000",
        "FREQ=DAILY;" + "A" * 1_000_000,
        "FREQ=DAILY;COUNT=" + "9" * 5_000,
        ";" * 50_000,
    ],
)
def test_a_hostile_rule_is_refused_at_once(rule: str) -> None:
    started = time.process_time()
    assert faults_of(small(recurrence={"rule": rule}))
    assert time.process_time() - started < 1


def test_a_closing_day_may_be_the_day_of_the_start_and_of_a_series_that_of_its_last_date() -> None:
    assert not faults_of(small(registration={"opens": "2027-03-16", "closes": "2027-03-16"}))
    series = small(recurrence={"rule": "FREQ=WEEKLY;BYDAY=TU;COUNT=6"})
    assert not faults_of({**series, "registration": {"closes": "2027-04-20T14:30"}})
    assert faults_of({**series, "registration": {"closes": "2027-04-20T14:31"}})[0].pointer == "/registration/closes"


def test_an_online_or_hybrid_event_may_wait_for_its_link() -> None:
    assert not faults_of(small(format="online", seats={"online": 300}))
    assert not faults_of(small(format="hybrid", seats={"on_site": 0, "online": 300}))


def test_five_people_may_be_split_by_gender() -> None:
    outcome = {"attended_on_site": 3, "attended_online": 2, "attended_by_gender": {"f": 3, "m": 2}}
    assert not faults_of(small(status="confirmed", outcome=outcome))


def test_everything_that_an_event_can_have_is_taken_over() -> None:
    event = admitted(full())
    defaults = admitted(small())
    same = [
        name
        for name in event.__struct_fields__
        if getattr(event, name) == getattr(defaults, name) and name not in {"start", "end", "timezone"}
    ]
    assert sorted(same) == [
        "cancellation_reason", "cancelled_at", "created_at", "created_by", "id", "kind", "modified_at", "moved_from",
        "programme", "public_revision", "revision", "sequence", "timing_revision", "uid",
    ]  # fmt: skip


def test_input_and_event_are_each_others_inverse() -> None:
    event = admitted(full())
    assert replaced(event, as_input(event), known(), now=NOW) == event
    assert admitted(as_input(event, importing=True), importing=True) == event


def test_an_import_may_bring_a_whole_history() -> None:
    event = admitted(
        small(
            status="cancelled",
            cancellation_reason="Visa not issued in time",
            moved_from={"start": "2027-03-09T14:30", "end": "2027-03-09T16:00", "reason": "Half-term"},
        ),
        importing=True,
    )
    assert (event.status, event.cancelled_at, event.cancellation_reason) == (
        "cancelled",
        NOW,
        "Visa not issued in time",
    )
    assert event.moved_from is not None
    assert (event.moved_from.start, event.moved_from.at) == ("2027-03-09T14:30", NOW)
    assert admitted(as_input(event, importing=True), importing=True) == event
    assert replaced(event, as_input(event), known(), now=NOW) == event


def test_replacing_keeps_history_and_resets_what_is_left_out() -> None:
    event = admitted(full())
    new = replaced(event, small(title="New"), known(), now=NOW)
    assert (new.id, new.uid, new.created_by, new.status) == (event.id, event.uid, "test", "confirmed")
    assert (new.title, new.speakers, new.recurrence, new.reminders) == ({"en": "New"}, (), None, None)


def test_what_was_read_may_be_sent_back_whole_but_the_services_fields_not_changed() -> None:
    event = admitted(full())
    whole = {**as_input(event), "id": event.id, "revision": 1, "created_at": "2026-11-23T12:00:00Z"}
    assert replaced(event, whole, known(), now=NOW) == event
    with pytest.raises(Invalid) as caught:
        replaced(event, {**whole, "revision": 7}, known(), now=NOW)
    assert [(fault.pointer, fault.code) for fault in caught.value.faults] == [("/revision", "read-only")]


@pytest.mark.parametrize(
    ("first", "then"), [("confirmed", "draft"), ("confirmed", "cancelled"), ("draft", "cancelled")]
)
def test_a_status_does_not_go(first: str, then: str) -> None:
    with pytest.raises(Invalid) as caught:
        patched(admitted(small(status=first)), {"status": then}, known(), now=NOW)
    assert [(fault.pointer, fault.code) for fault in caught.value.faults] == [("/status", "status")]


def test_a_cancelled_event_can_be_corrected_but_does_not_come_back() -> None:
    event = admitted(small(status="cancelled"), importing=True)
    assert patched(event, {"notes": "Refund sent"}, known(), now=NOW).status == "cancelled"
    with pytest.raises(Invalid):
        patched(event, {"status": "confirmed"}, known(), now=NOW)


def test_a_patch_changes_what_it_names_and_null_takes_away() -> None:
    event = admitted(full())
    new = patched(
        event, {"title": {"nl-BE": None, "fr": "Classes"}, "place": {"room": "C.1"}, "ects": None}, known(), now=NOW
    )
    assert new.title == {"en": "Multilingual classrooms", "fr": "Classes"}
    assert (new.place.room, new.place.city, new.ects) == ("C.1", event.place.city, None)
    assert patched(event, {}, known(), now=NOW) == event


def test_a_patch_of_the_start_and_a_duration_moves_the_end() -> None:
    event = patched(admitted(small()), {"start": "2027-03-17T09:00", "duration": "PT2H"}, known(), now=NOW)
    assert (event.start, event.end) == ("2027-03-17T09:00", "2027-03-17T11:00")


def test_a_patch_that_leaves_contradictions_is_refused() -> None:
    with pytest.raises(Invalid) as caught:
        patched(admitted(full()), {"start": "2027-03-17T14:30", "tilte": None}, known(), now=NOW)
    assert [fault.pointer for fault in caught.value.faults] == ["/end", "/tilte"]


def test_a_patch_as_deep_as_a_well_is_refused() -> None:
    deep: dict[str, Any] = {}
    for _ in range(900):
        deep = {"place": deep}
    with pytest.raises(Invalid):
        patched(admitted(small()), deep, known(), now=NOW)


def test_a_published_event_says_since_when() -> None:
    assert admitted(small()).published_at is None
    assert admitted(small(status="tentative")).published_at == NOW


def test_the_ids_are_those_that_were_given() -> None:
    event = new_event(small(part_of=OTHER_ID), known(), id=ID, uid="u@x", now=NOW, created_by="key:1")
    assert (event.id, event.uid, event.created_by, event.created_at, event.revision) == (ID, "u@x", "key:1", NOW, 1)
