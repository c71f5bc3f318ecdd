"""Times in JSCalendar (RFC 8984): lengths around clock changes, and any series, read back by an independent reader."""

import json
import random
from datetime import date, datetime, timedelta

import msgspec
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from feeds.entry import Conference, Entry
from feeds.errors import InvalidRule
from feeds.formats import jscalendar, lengths
from feeds.recurrence import occurrences
from tests.feeds import jscalendar_reader
from tests.feeds.entries import STAMP, entry, override, series, wall
from tests.feeds.jscalendar_made import AFTER, BEFORE, local, only, ours, read
from tests.feeds.jscalendar_reader import Seen
from tests.feeds.test_readers import random_rule

# Durations: days on the clock, then exact time.

ZONES = ["Europe/Brussels", "America/Guayaquil", "America/New_York", "Australia/Lord_Howe", "Africa/Casablanca",
         "Africa/Cairo", "America/Nuuk", None]  # fmt: skip


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
