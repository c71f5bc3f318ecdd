"""When a reminder falls due: days on the event's clock, hours exact, over every change of clocks."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from scheduler.model.event import Occurrence
from scheduler.model.message import next_attempt
from scheduler.model.occurrences import instants
from scheduler.model.reminder import Offset, begins_at, due_at, parse_offset, repeats
from scheduler.model.wall import text

NINE = time(9)
ZONES = ("Europe/Brussels", "America/Guayaquil", "Africa/Casablanca", "America/Vancouver", "Australia/Lord_Howe")


def date(start: str, zone: str) -> Occurrence:
    start_at, end_at = instants(start, start, zone)
    return Occurrence(id="e.0", event_id="e", position=0, start=start, end=start, start_at=start_at, end_at=end_at)


@pytest.mark.parametrize(
    ("rule", "days", "hours"),
    [("P7D", 7, 0), ("P1W", 7, 0), ("P1W2D", 9, 0), ("PT168H", 0, 168), ("P1DT2H", 1, 2), ("PT90M", 0, 1.5)],
)
def test_a_rule_is_days_on_the_clock_and_exact_time(rule: str, days: int, hours: float) -> None:
    assert parse_offset(rule) == Offset(days, timedelta(hours=hours))


@pytest.mark.parametrize(
    "rule", ["", "P", "PT", "P1DT", "P0D", "PT0M", "-P1D", "P1M", "P1Y", "PT1.5H", "P1D ", "p1d", "1D", "P367D", "P60W"]
)
def test_what_is_no_rule_is_refused(rule: str) -> None:
    with pytest.raises(ValueError, match="^" + rule.replace(".", r"\.") + "$"):
        parse_offset(rule)


@pytest.mark.parametrize(
    ("start", "rule", "due"),
    [
        ("2027-03-28T14:30", "P1D", "2027-03-27T13:30"),  # clocks forward that night: still 14:30 the day before
        ("2027-03-28T14:30", "PT24H", "2027-03-27T12:30"),
        ("2027-10-31T14:30", "P1D", "2027-10-30T12:30"),  # clocks back that night
        ("2027-10-31T14:30", "PT24H", "2027-10-30T13:30"),
        ("2027-10-31T14:30", "P1DT2H", "2027-10-30T10:30"),
        ("2027-03-29T02:30", "P1D", "2027-03-28T01:30"),  # 02:30 does not exist the day before: 03:30 summer time
        ("2027-11-01T02:30", "P1D", "2027-10-31T00:30"),  # 02:30 exists twice the day before: the first
        ("2027-10-31T02:30+01:00", "PT1H", "2027-10-31T00:30"),  # the second 02:30, an hour after the first
        ("2027-03-29", "P1D", "2027-03-28T07:00"),  # all day: from nine o'clock, summer time
        ("2027-03-28", "P1D", "2027-03-27T08:00"),
        ("2027-03-28", "PT1H", "2027-03-28T06:00"),
    ],
)
def test_due_over_both_changes_of_clocks_in_brussels(start: str, rule: str, due: str) -> None:
    expected = datetime.fromisoformat(due).replace(tzinfo=UTC)
    assert due_at(date(start, "Europe/Brussels"), "Europe/Brussels", rule, NINE) == expected


@given(
    st.datetimes(datetime(2026, 1, 1), datetime(2030, 1, 1)),  # noqa: DTZ001  # a time on a wall
    st.sampled_from(ZONES),
    st.integers(1, 366),
    st.integers(1, 2000),
)
def test_days_keep_the_clock_time_and_minutes_the_distance(naive: datetime, zone: str, days: int, minutes: int) -> None:
    naive = naive.replace(second=0, microsecond=0)
    start = date(text(naive, zone), zone)
    by_days = due_at(start, zone, f"P{days}D", NINE)
    intended = (naive - timedelta(days=days)).replace(tzinfo=ZoneInfo(zone))
    assert by_days == intended.astimezone(UTC)
    assert start.start_at - due_at(start, zone, f"PT{minutes}M", NINE) == timedelta(minutes=minutes)


def test_a_reminder_makes_no_sense_from_the_start_on_or_from_nine_of_an_all_day_date() -> None:
    assert begins_at(date("2027-03-16T14:30", "Europe/Brussels"), "Europe/Brussels", NINE).hour == 13
    assert begins_at(date("2027-03-16", "America/Guayaquil"), "America/Guayaquil", NINE).hour == 14


def test_a_moved_date_is_reminded_of_at_its_own_time() -> None:
    moved = replace(date("2027-03-16T14:30", "Europe/Brussels"), original="2027-03-15T14:30", status="moved")
    assert due_at(moved, "Europe/Brussels", "P1D", NINE) == datetime(2027, 3, 15, 13, 30, tzinfo=UTC)


@pytest.mark.parametrize(("hours", "again"), [(-48, False), (0, False), (24, False), (24.001, True), (48, True)])
def test_a_sent_reminder_is_repeated_only_for_more_than_a_day_later(hours: float, again: bool) -> None:
    due = datetime(2027, 3, 16, tzinfo=UTC)
    assert repeats(due, due + timedelta(hours=hours)) is again


def test_attempts_wait_longer_and_longer_and_then_always_as_long() -> None:
    now = datetime(2027, 3, 16, tzinfo=UTC)
    waits = [(next_attempt(attempts, now, (1, 5, 15, 60)) - now) // timedelta(minutes=1) for attempts in range(1, 8)]
    assert waits == [1, 5, 15, 60, 60, 60, 60]
