"""The door for events: every fault is named, at its place, with an example that is right, and all at once."""

import copy
import time
from typing import Any

import pytest

from tests.scheduler.inputs import admitted, faults_of, known, small
from tests.scheduler.intake_cases import FAULTS

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


def test_visibility_and_transparency_come_from_programme_and_kind() -> None:
    assert admitted(small(programme="educaid")).visibility == known().programmes["educaid"].visibility
    assert admitted(small(kind="internship")).transparent
    assert not admitted(small(kind="internship", transparent=False)).transparent


def test_an_online_or_hybrid_event_may_wait_for_its_link() -> None:
    assert not faults_of(small(format="online", seats={"online": 300}))
    assert not faults_of(small(format="hybrid", seats={"on_site": 0, "online": 300}))


def test_five_people_may_be_split_by_gender() -> None:
    outcome = {"attended_on_site": 3, "attended_online": 2, "attended_by_gender": {"f": 3, "m": 2}}
    assert not faults_of(small(status="confirmed", outcome=outcome))
