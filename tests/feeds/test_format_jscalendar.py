"""JSCalendar (RFC 8984): read back by an independent reader, and held against the RFC's own examples."""

import json
import random
from datetime import UTC, date, datetime, timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from feeds.entry import Alarm, Attendee, Conference, Entry, When
from feeds.errors import InvalidRule
from feeds.formats import jscalendar, lengths
from feeds.recurrence import occurrences
from tests.feeds import jscalendar_reader
from tests.feeds.entries import STAMP, entry, override, series, wall
from tests.feeds.jscalendar_reader import Seen
from tests.feeds.test_readers import random_rule

AFTER, BEFORE = datetime(2026, 1, 1, tzinfo=UTC), datetime(2028, 6, 1, tzinfo=UTC)
SOURCE = "https://events.example/feeds/events.json?programme=enspired"
ZONES = ["Europe/Brussels", "America/Guayaquil", "America/New_York", "Australia/Lord_Howe", "Africa/Casablanca",
         "Africa/Cairo", "America/Nuuk", None]  # fmt: skip


def group(*entries: Entry) -> bytes:
    return jscalendar.group("eNSPIRED", "Guest lectures", entries, updated=STAMP, source=SOURCE)


def only(one: Entry) -> dict[str, Any]:
    (event,) = jscalendar_reader.entries(group(one))
    return event


def without(event: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in event.items() if name not in names}


def read(one: Entry) -> list[Seen]:
    """What the reader sees in our bytes, within the window."""
    found = jscalendar_reader.expand(only(one), BEFORE)
    return [seen for seen in found if seen.start_at < BEFORE and (seen.end_at > AFTER or seen.start_at >= AFTER)]


def ours(one: Entry) -> list[Seen]:
    found = []
    for date_ in occurrences(one, AFTER, BEFORE):
        folded = isinstance(date_.start, datetime) and date_.start.fold
        start = date_.start_at if folded else date_.start
        zone = "Etc/UTC" if folded or (date_.zone is None and isinstance(date_.start, datetime)) else date_.zone or ""
        original = local(date_.recurrence_id) if date_.recurrence_id is not None else ""
        status = "cancelled" if date_.cancelled else one.status
        found.append(Seen(date_.start_at, date_.end_at, original, local(start), zone, status))
    return sorted(found)


def local(when: When) -> str:
    return when.strftime("%Y-%m-%dT%H:%M:%S") if isinstance(when, datetime) else f"{when:%Y-%m-%d}T00:00:00"


# The RFC's own examples.


def test_the_simple_event_of_section_6_1() -> None:
    one = entry(
        wall("2020-01-15 13:00"),
        zone="America/New_York",
        uid="a8df6573-0474-496d-8496-033ad45d7fea",
        modified=datetime(2020, 1, 2, 18, 23, 4, tzinfo=UTC),
        summary="Some event",
    )
    assert without(only(one), "sequence", "status", "freeBusyStatus") == {
        "@type": "Event",
        "uid": "a8df6573-0474-496d-8496-033ad45d7fea",
        "updated": "2020-01-02T18:23:04Z",
        "title": "Some event",
        "start": "2020-01-15T13:00:00",
        "timeZone": "America/New_York",
        "duration": "PT1H",
    }


def test_the_all_day_event_of_section_6_4() -> None:
    one = series(date(1900, 4, 1), "FREQ=YEARLY", summary="April Fool's Day")
    assert without(only(one), "uid", "updated", "sequence", "status", "freeBusyStatus") == {
        "@type": "Event",
        "title": "April Fool's Day",
        "showWithoutTime": True,
        "start": "1900-04-01T00:00:00",
        "duration": "P1D",
        "recurrenceRules": [{"@type": "RecurrenceRule", "frequency": "yearly"}],
    }


def test_the_course_with_overrides_of_section_6_9() -> None:
    course = series(
        wall("2020-01-08 09:00"),
        "FREQ=WEEKLY;UNTIL=20200624T080000Z",
        "Europe/London",
        hours=1.5,
        end=wall("2020-01-08 10:30"),
        summary="Calculus I",
        location="Math lab room 1",
        excluded=(wall("2020-04-01 09:00"),),
    )
    first = override(course, wall("2020-01-07 14:00"), wall("2020-01-07 14:00"), 1.5, sequence=0,
                     summary="Introduction to Calculus I (optional)")  # fmt: skip
    exam = override(course, wall("2020-06-25 09:00"), wall("2020-06-25 10:00"), 2, sequence=0,
                    summary="Calculus I Exam", location="Big Auditorium")  # fmt: skip
    event = only(msgspec.structs.replace(course, overrides=(first, exam)))
    assert event["recurrenceRules"] == [
        {"@type": "RecurrenceRule", "frequency": "weekly", "until": "2020-06-24T09:00:00"}
    ]
    assert event["recurrenceOverrides"] == {
        "2020-01-07T14:00:00": {"title": "Introduction to Calculus I (optional)"},
        "2020-04-01T09:00:00": {"excluded": True},
        "2020-06-25T09:00:00": {
            "title": "Calculus I Exam",
            "start": "2020-06-25T10:00:00",
            "duration": "PT2H",
            "locations": {"1": {"@type": "Location", "name": "Big Auditorium"}},
        },
    }


# The shape.


def test_a_group_says_where_it_comes_from_and_when_it_changed() -> None:
    found = json.loads(group(entry()))
    assert without(found, "entries", "uid") == {
        "@type": "Group",
        "title": "eNSPIRED",
        "description": "Guest lectures",
        "descriptionContentType": "text/plain",
        "updated": "2026-11-02T09:30:00Z",
        "source": SOURCE,
        "prodId": "-//VVOB//eNSPIRED scheduler//EN",
    }
    assert found["uid"] == json.loads(group())["uid"]
    assert found["uid"] != json.loads(jscalendar.group("eNSPIRED", "", (), updated=STAMP, source=""))["uid"]


def test_everything_that_an_entry_says_has_its_property() -> None:
    one = entry(
        summary="Reading\nlab",
        description="Bring a book.\r\nAnd a pen.",
        language="nl",
        status="tentative",
        sequence=3,
        transparent=True,
        created=STAMP - timedelta(days=1),
        location="Room 2\nCampus Ledeganck",
        geo=(51.05, 3.72),
        url="https://events.example/nl/events/1?a=b c",
        categories=("eNSPIRED", "Guest lecture", ""),
        conferences=(Conference(url="https://meet.example/1", label="Teams"), Conference(url="javascript:alert(1)")),
        alarms=(Alarm(timedelta(minutes=90)), Alarm(timedelta(0))),
        related_to="visit@x",
        organizer=Attendee(address="host@school.example", name="Host"),
        attendees=(Attendee(address="me@school.example"),),
    )
    assert only(one) == {
        "@type": "Event",
        "uid": "0198-talk@events.example",
        "created": "2026-11-01T09:30:00Z",
        "updated": "2026-11-02T09:30:00Z",
        "sequence": 3,
        "title": "Reading lab",
        "description": "Bring a book.\nAnd a pen.",
        "descriptionContentType": "text/plain",
        "locale": "nl",
        "start": "2027-03-16T14:30:00",
        "timeZone": "Europe/Brussels",
        "duration": "PT1H",
        "status": "tentative",
        "freeBusyStatus": "free",
        "keywords": {"eNSPIRED": True, "Guest lecture": True},
        "locations": {
            "1": {"@type": "Location", "name": "Room 2, Campus Ledeganck", "coordinates": "geo:51.050000,3.720000"}
        },
        "virtualLocations": {"1": {"@type": "VirtualLocation", "name": "Teams", "uri": "https://meet.example/1"}},
        "links": {"1": {"@type": "Link", "href": "https://events.example/nl/events/1?a=b%20c", "rel": "describedby"}},
        "alerts": {
            "1": {
                "@type": "Alert",
                "action": "display",
                "trigger": {"@type": "OffsetTrigger", "offset": "-PT1H30M"},
            },
            "2": {"@type": "Alert", "action": "display", "trigger": {"@type": "OffsetTrigger", "offset": "PT0S"}},
        },
        "relatedTo": {"visit@x": {"@type": "Relation", "relation": {"parent": True}}},
    }


def test_a_patch_takes_away_what_a_date_does_not_have() -> None:
    master = series(wall("2027-03-02 14:30"), "FREQ=WEEKLY;COUNT=4", location="Room 2", url="https://x.example/1")
    moved = override(master, wall("2027-03-09 14:30"), wall("2027-03-10 08:30"), zone="America/Guayaquil",
                     location="", url="https://x.example/1", status="cancelled", related_to="other")  # fmt: skip
    assert only(msgspec.structs.replace(master, overrides=(moved,)))["recurrenceOverrides"] == {
        "2027-03-09T14:30:00": {
            "locations": None,
            "sequence": 1,
            "start": "2027-03-10T08:30:00",
            "status": "cancelled",
            "timeZone": "America/Guayaquil",
        }
    }


def test_an_override_in_another_zone_says_its_start_even_when_the_clock_shows_the_same() -> None:
    master = series(wall("2027-03-02 14:30"), "FREQ=WEEKLY;COUNT=2")
    moved = override(master, wall("2027-03-09 14:30"), wall("2027-03-09 14:30"), zone="Africa/Nairobi", sequence=0)
    event = only(msgspec.structs.replace(master, overrides=(moved,)))
    assert event["recurrenceOverrides"]["2027-03-09T14:30:00"] == {
        "start": "2027-03-09T14:30:00",
        "timeZone": "Africa/Nairobi",
    }


def test_the_same_entries_in_any_order_give_the_same_bytes() -> None:
    found = [entry(uid="b"), entry(uid="a"), entry(date(2027, 3, 16), uid="c"), series(wall("2026-01-01 09:00"),
             "FREQ=DAILY;COUNT=3", uid="d")]  # fmt: skip
    assert group(*found) == group(*reversed(found))
    assert [event["uid"] for event in json.loads(group(*found))["entries"]] == ["d", "c", "a", "b"]


def test_until_lets_in_what_the_instant_lets_in() -> None:
    # The second 02:10 of 31 October: the first 02:30 came before it, though 02:30 is later on the clock.
    double = series(wall("2027-10-29 02:30"), "FREQ=DAILY;UNTIL=20271031T011000Z")
    assert only(double)["recurrenceRules"][0]["until"] == "2027-10-31T02:30:00"
    skipped = series(wall("2027-03-26 02:30"), "FREQ=DAILY;UNTIL=20270328T010000Z")
    assert only(skipped)["recurrenceRules"][0]["until"] == "2027-03-27T02:30:00"
    for one in (double, skipped):
        assert read(one) == ours(one)


# Durations: days on the clock, then exact time.


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        ("2027-03-16 14:30", "2027-03-16 16:00", "PT1H30M"),
        ("2027-03-16 14:30:00", "2027-03-16 15:30:05", "PT1H0M5S"),
        ("2027-03-27 22:00", "2027-03-28 06:00", "PT7H"),  # the night of the change
        ("2027-10-30 22:00", "2027-10-31 06:00", "PT9H"),
        ("2027-03-27 09:00", "2027-03-28 09:00", "P1D"),  # 23 hours, a day on the clock
        ("2027-03-26 14:00", "2027-03-28 12:00", "P1DT21H"),
        ("2027-03-28 02:30", "2027-03-28 03:30", "PT1H"),  # starts in the skipped hour
        ("2027-03-27 02:30", "2027-03-28 03:15", "PT23H45M"),  # a day on is skipped, and later than the end
        ("2027-10-31 01:30", "2027-10-31 03:30", "PT3H"),
        ("2027-03-16 14:30", "2027-03-16 14:30", "PT0S"),
    ],
)
def test_a_duration_counts_days_on_the_clock_and_hours_exactly(start: str, end: str, expected: str) -> None:
    one = entry(wall(start), end=wall(end))
    assert only(one)["duration"] == expected
    assert read(one) == ours(one)


def test_the_second_pass_of_a_double_hour_is_written_in_utc() -> None:
    start = wall("2027-10-31 02:30").replace(fold=1)
    event = only(entry(start, end=wall("2027-10-31 03:30")))
    assert (event["start"], event["timeZone"], event["duration"]) == ("2027-10-31T01:30:00", "Etc/UTC", "PT1H")


def test_a_night_shift_lasts_as_long_on_the_clock_on_the_nights_of_both_changes() -> None:
    nights = series(wall("2027-01-02 22:00"), "FREQ=WEEKLY", end=wall("2027-01-03 06:00"))
    event = only(nights)
    assert event["duration"] == "PT8H"
    assert event["recurrenceOverrides"]["2027-03-27T22:00:00"] == {"duration": "PT7H"}
    assert event["recurrenceOverrides"]["2027-10-30T22:00:00"] == {"duration": "PT9H"}
    assert len(event["recurrenceOverrides"]) == 20  # ten years
    assert read(nights) == ours(nights)


def test_a_series_that_begins_on_the_night_of_a_change_has_the_usual_length() -> None:
    event = only(series(wall("2027-03-27 22:00"), "FREQ=WEEKLY;COUNT=3", end=wall("2027-03-28 06:00")))
    assert event["duration"] == "PT8H"
    assert event["recurrenceOverrides"] == {"2027-03-27T22:00:00": {"duration": "PT7H"}}


@pytest.mark.parametrize("zone", ["Europe/Brussels", "Australia/Lord_Howe", "Pacific/Easter", "Africa/Cairo"])
@pytest.mark.parametrize("hours", [0.5, 3, 11.75, 23.75, 24, 30, 47.75, 70])
def test_dates_around_every_change_end_when_ours_end(zone: str, hours: float) -> None:
    nothing = series(wall("2027-01-01 00:00"), "FREQ=YEARLY;COUNT=2", zone)
    changes = lengths.change_days([nothing])[zone]
    assert len([day for day in changes if day.year == 2027]) == 2
    for quarter in range(1, 96, 3):
        for day in changes[:2]:
            start = wall(f"{day - timedelta(days=7)}") + timedelta(minutes=15 * quarter)
            one = series(start, "FREQ=DAILY;COUNT=11", zone, end=start + timedelta(hours=hours))
            assert read(one) == ours(one)


def test_an_added_night_of_a_change_has_its_length_and_an_excluded_one_is_gone() -> None:
    nights = series(wall("2027-01-02 22:00"), "FREQ=WEEKLY;COUNT=2", end=wall("2027-01-03 06:00"),
                    added=(wall("2027-03-27 21:00"), wall("2027-03-29 22:00"), wall("2027-10-30 22:00")),
                    excluded=(wall("2027-10-30 22:00"),))  # fmt: skip
    assert only(nights)["recurrenceOverrides"] == {
        "2027-03-27T21:00:00": {"duration": "PT7H"},
        "2027-03-29T22:00:00": {},
        "2027-10-30T22:00:00": {"excluded": True},
    }
    assert read(nights) == ours(nights)


def test_a_class_by_day_has_no_overrides_for_the_clock() -> None:
    assert "recurrenceOverrides" not in only(series(wall("2027-01-03 09:00"), "FREQ=DAILY"))


def test_an_endless_rule_that_never_matches_is_written_all_the_same() -> None:
    event = only(series(wall("2027-01-02 22:00"), "FREQ=MONTHLY;BYMONTH=2;BYMONTHDAY=30",
                        end=wall("2027-01-03 06:00")))  # fmt: skip
    assert event["recurrenceRules"] == [
        {"@type": "RecurrenceRule", "frequency": "monthly", "byMonth": ["2"], "byMonthDay": [30]}
    ]


# Any series.

times = st.integers(0, 95).map(lambda quarter: timedelta(minutes=15 * quarter))
spans = st.integers(0, 4 * 30).map(lambda quarter: timedelta(minutes=15 * quarter)) | st.integers(0, 300).map(
    lambda quarter: timedelta(minutes=15 * quarter)
)


@st.composite
def any_series(draw: st.DrawFn) -> Entry:
    """A series around the changes of two years, with dates added, taken out, moved, in any of the zones."""
    chance = random.Random(draw(st.integers(0, 2**32)))
    zone = draw(st.sampled_from(ZONES))
    day = date(2026, 1, 1) + timedelta(days=draw(st.integers(0, 500)))
    if draw(st.booleans()) and draw(st.booleans()):
        return all_day(draw, chance, day)
    start = datetime.combine(day, datetime.min.time()) + draw(times)
    length = draw(spans)
    try:
        one = series(start, random_rule(chance), zone, end=start + length)
        known = [found.recurrence_id for found in occurrences(one, AFTER, BEFORE)]
    except InvalidRule:
        assume(False)
        raise
    assert one.recurrence
    excluded = draw(st.lists(st.sampled_from(known), max_size=3)) if known else []
    added = [start + timedelta(days=days) for days in draw(st.lists(st.integers(-30, 600), max_size=3, unique=True))]
    one = msgspec.structs.replace(
        one, recurrence=msgspec.structs.replace(one.recurrence, excluded=tuple(excluded), added=tuple(added))
    )
    moved = []
    for original in draw(st.lists(st.sampled_from([*known, start]), max_size=3, unique=True)):
        assert isinstance(original, datetime)
        to = original + timedelta(minutes=15 * draw(st.integers(-400, 400)))
        to = to.replace(fold=draw(st.integers(0, 1)))
        other = draw(st.sampled_from([zone, zone, "Africa/Nairobi"]))
        status = draw(st.sampled_from(["confirmed", "cancelled"]))
        moved.append(override(one, original, to, draw(st.integers(1, 40)) / 4, zone=other, status=status))
    return msgspec.structs.replace(one, overrides=tuple(moved))


def all_day(draw: st.DrawFn, chance: random.Random, day: date) -> Entry:
    try:
        one = series(day, random_rule(chance), end=day + timedelta(days=draw(st.integers(1, 4))))
    except InvalidRule:
        assume(False)
        raise
    assert one.recurrence
    excluded = tuple(day + timedelta(days=days) for days in draw(st.lists(st.integers(0, 60), max_size=2)))
    return msgspec.structs.replace(one, recurrence=msgspec.structs.replace(one.recurrence, excluded=excluded))


def unfolded(one: Seen) -> Seen:
    """A second pass is written in UTC, but only where there are two; the instants are what counts."""
    return msgspec.structs.replace(one, start="", zone="")


@settings(max_examples=400)
@given(any_series())
def test_a_reader_of_the_json_sees_the_same_dates_as_we_do(one: Entry) -> None:
    seen, expected = read(one), ours(one)
    assert sorted(map(unfolded, seen)) == sorted(map(unfolded, expected))
    assert {(date_.original, date_.start, date_.zone) for date_ in seen if date_.zone != "Etc/UTC"} <= {
        (local(date_.recurrence_id or date_.start), local(date_.start), date_.zone or "")
        for date_ in occurrences(one, AFTER, BEFORE)
    }


@given(st.sampled_from(ZONES), st.integers(0, 4 * 24 * 700), spans, st.booleans(), st.booleans())
def test_a_reader_of_the_json_sees_a_single_event_at_the_same_instants(
    zone: str | None, quarter: int, length: timedelta, second: bool, end_second: bool
) -> None:
    start = (wall("2026-01-01 00:00") + timedelta(minutes=15 * quarter)).replace(fold=second)
    one = entry(start, zone=zone, end=(start + length).replace(fold=end_second))
    assert [unfolded(seen) for seen in read(one)] == [unfolded(seen) for seen in ours(one)]


def test_a_duration_text_is_read_back_as_it_was() -> None:
    for days in (0, 1, 40):
        for seconds in (0, 1, 59, 60, 3600, 3605, 3660, 90_000, 99_999):
            assert jscalendar_reader.length(lengths.text(days, timedelta(seconds=seconds))) == (
                days,
                timedelta(seconds=seconds),
            )


@given(st.text(), st.text(), st.text(), st.text())
def test_any_text_makes_a_document_that_every_parser_reads(title: str, said: str, place: str, address: str) -> None:
    one = entry(
        uid=said, summary=title, description=said, location=place, url=address, language=place, related_to=title,
        categories=(said, title), conferences=(Conference(url=address, label=place),),
    )  # fmt: skip
    document = jscalendar.group(title, said, [one], updated=STAMP, source=address)
    assert document == msgspec.json.format(document, indent=-1)
    found = json.loads(document)["entries"][0]
    controls = {chr(code) for code in range(32)} - {"\n", "\t"}
    assert not controls & set(found.get("description", "") + found.get("title", ""))


def test_half_a_surrogate_pair_and_an_address_that_runs_code_do_no_harm() -> None:
    event = only(entry(summary="a\ud800b", url="JavaScript:alert(1)", conferences=(Conference(url="no scheme"),)))
    assert event["title"] == "a?b"
    assert "links" not in event
    assert "virtualLocations" not in event
