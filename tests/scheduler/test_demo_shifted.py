"""The demo events moved to any other week: every one of them stays a right event."""

from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feeds.recurrence import fits, starts
from feeds.rules import parse_rule
from scheduler.demo import REFERENCE, load_events, shifted
from scheduler.model.occurrences import occurrences_of
from scheduler.model.wall import is_double, is_missing, parse
from tests.scheduler.demo_programme import ORACLE, Document, named, put_in

ANY_DAY = st.dates(date(2024, 1, 1), date(2040, 12, 31))


def same_clock(before: str, after: str) -> bool:
    return before[10:16] == after[10:16]


def walls(event: Document) -> list[str]:
    """Every wall time and date of an event but those of its series, in a fixed order."""
    groups = (event, event.get("registration", {}), event.get("travel", {}), event.get("moved_from", {}))
    names = ("start", "end", "opens", "closes", "arrival", "departure")
    return [group[name] for group in groups for name in names if name in group]


@settings(max_examples=60, deadline=None)
@given(today=ANY_DAY)
def test_moved_to_any_day_all_events_pass_the_door_on_the_same_weekday_and_clock_time(today: date) -> None:
    moved = shifted(load_events(), REFERENCE, today)
    put_in(moved)
    for before, after in zip(load_events(), moved, strict=True):
        for old, new in zip(walls(before), walls(after), strict=True):
            days = (date.fromisoformat(new[:10]) - date.fromisoformat(old[:10])).days
            assert days % 7 == 0
            assert -6 <= (REFERENCE + timedelta(days=days) - today).days <= 0
            assert same_clock(old, new)


@settings(max_examples=60, deadline=None)
@given(today=ANY_DAY)
def test_moved_to_any_day_a_series_has_as_many_dates_on_the_same_weekday_and_clock_time(today: date) -> None:
    events = put_in(shifted(load_events(), REFERENCE, today))
    for name, expected in ORACLE["series"].items():
        dates = sorted((one for one in occurrences_of(events[name]) if one.alive), key=lambda one: one.start_at)
        assert len(dates) == len(expected["occurrences"])
        for one, old in zip(dates, expected["occurrences"], strict=True):
            assert same_clock(old, one.start)
            assert parse(one.start, "UTC").weekday() == parse(old, "UTC").weekday()


@settings(max_examples=60, deadline=None)
@given(today=ANY_DAY)
def test_moved_to_any_day_a_series_starts_on_its_own_rule_and_leaves_out_dates_that_it_has(today: date) -> None:
    for event in shifted(load_events(), REFERENCE, today):
        if "recurrence" not in event:
            continue
        series, zone = event["recurrence"], event["timezone"]
        start = parse(event["start"], zone)
        rule = parse_rule(series["rule"], all_day=False, zone=zone)
        assert fits(rule, start)
        given_dates = [*series.get("excluded", ()), *(one["date"] for one in series.get("moved", ()))]
        assert {parse(wall, zone) for wall in given_dates} <= set(starts(rule, start, zone))


def test_within_the_week_of_reference_nothing_moves() -> None:
    for days in range(7):
        assert shifted(load_events(), REFERENCE, REFERENCE + timedelta(days=days)) == load_events()
    assert shifted(load_events(), REFERENCE, REFERENCE - timedelta(days=1)) != load_events()


def test_moving_leaves_the_events_that_it_was_given_alone() -> None:
    events = load_events()
    shifted(events, REFERENCE, date(2031, 7, 1))
    assert events == load_events()


@pytest.mark.parametrize(
    ("weeks", "rule", "excluded"),
    [
        # 2 February: the first Tuesday of its month; the third date is 6 April.
        (1, "FREQ=MONTHLY;COUNT=5;BYDAY=1TU", "2027-04-06T12:15"),
        # 23 February: the last Tuesday, as before.
        (4, "FREQ=MONTHLY;COUNT=5;BYDAY=-1TU", "2027-04-27T12:15"),
        # 16 March: the third of five Tuesdays.
        (7, "FREQ=MONTHLY;COUNT=5;BYDAY=3TU", "2027-05-18T12:15"),
        # 20 April: the third of four.
        (12, "FREQ=MONTHLY;COUNT=5;BYDAY=3TU", "2027-06-15T12:15"),
    ],
)
def test_a_monthly_series_takes_the_ordinal_of_its_new_start(weeks: int, rule: str, excluded: str) -> None:
    event = named(shifted(load_events(), REFERENCE, REFERENCE + timedelta(weeks=weeks)))["demo-20"]
    assert event["recurrence"] == {"rule": rule, "excluded": [excluded]}


def test_a_first_weekday_that_becomes_the_fifth_is_the_last_from_then_on() -> None:
    event = named(shifted(load_events(), REFERENCE, REFERENCE + timedelta(weeks=4)))["demo-06"]
    assert event["start"] == "2026-12-31T10:00"
    assert event["recurrence"]["rule"] == "FREQ=MONTHLY;COUNT=4;INTERVAL=2;BYDAY=-1TH"
    moved = event["recurrence"]["moved"][0]
    assert (moved["date"], moved["start"], moved["end"]) == ("2027-04-29T10:00", "2027-05-13T10:00", "2027-05-13T12:00")


def test_the_end_of_a_weekly_series_keeps_its_clock_time_in_the_zone() -> None:
    event = named(shifted(load_events(), REFERENCE, date(2027, 5, 31)))["demo-10"]
    assert event["recurrence"]["rule"] == "FREQ=WEEKLY;UNTIL=20271102T225959Z;BYDAY=TU"


def test_a_clock_time_that_summer_time_skips_is_an_hour_later_and_its_end_follows() -> None:
    event = {"timezone": "Europe/Brussels", "start": "2026-11-22T02:30", "end": "2026-11-22T03:10"}
    assert is_missing("2027-03-28T02:30", "Europe/Brussels")
    assert shifted([event], REFERENCE, date(2027, 3, 29)) == [
        {**event, "start": "2027-03-28T03:30", "end": "2027-03-28T04:10"}
    ]


def test_a_clock_time_that_comes_twice_says_that_it_is_the_first() -> None:
    event = {"timezone": "Europe/Brussels", "start": "2026-11-22T02:30", "end": "2026-11-22T03:10"}
    assert is_double("2027-10-31T02:30", "Europe/Brussels")
    assert shifted([event], REFERENCE, date(2027, 11, 1)) == [
        {**event, "start": "2027-10-31T02:30+02:00", "end": "2027-10-31T03:10"}
    ]


def test_a_rule_that_cannot_be_moved_by_weeks_is_refused() -> None:
    event = {
        "timezone": "Europe/Brussels",
        "start": "2026-12-03T10:00",
        "end": "2026-12-03T12:00",
        "recurrence": {"rule": "FREQ=MONTHLY;BYMONTHDAY=3;COUNT=3"},
    }
    with pytest.raises(ValueError, match="counted weekday"):
        shifted([event], REFERENCE, date(2027, 1, 4))
