"""When a reminder falls due: days on the event's clock, hours exact, over every change of clocks."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from scheduler.config.rules import Offset, parse_offset
from scheduler.model.event import Occurrence
from scheduler.model.message import next_attempt
from scheduler.model.occurrences import instants
from scheduler.model.quiet import QuietHours, considerate, quiet_hours
from scheduler.model.reminder import begins_at, due_at, is_at_the_door, pointless_from, repeats
from scheduler.model.wall import text

NINE = time(9)
ZONES = ("Europe/Brussels", "America/Guayaquil", "Africa/Casablanca", "America/Vancouver", "Australia/Lord_Howe")


def date(start: str, zone: str, end: str = "") -> Occurrence:
    start_at, end_at = instants(start, end or start, zone)
    return Occurrence(
        id="e.0", event_id="e", position=0, start=start, end=end or start, start_at=start_at, end_at=end_at
    )


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


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


@pytest.mark.parametrize(
    ("start", "rule", "zone", "due"),
    [
        ("2027-03-16T14:30", "P1D@17:00", "Europe/Brussels", "2027-03-15T16:00"),
        ("2027-03-16T14:30", "P1D@17:00", "America/Bogota", "2027-03-15T22:00"),
        ("2027-03-16T14:30", "P1D@17:00", "Asia/Phnom_Penh", "2027-03-15T10:00"),
        ("2027-03-16T20:00", "P1D@17:00", "Asia/Phnom_Penh", "2027-03-16T10:00"),  # the 17th there: the day before it
        ("2027-03-16T14:30", "P0D@08:00", "America/Bogota", "2027-03-16T13:00"),  # that morning, half an hour before
        ("2027-03-28T14:30", "P1D@17:00", "Europe/Brussels", "2027-03-27T16:00"),  # the evening before the change
        ("2027-03-29T14:30", "P1D@17:00", "Europe/Brussels", "2027-03-28T15:00"),
        ("2027-03-29T14:30", "P1D@02:30", "Europe/Brussels", "2027-03-28T01:30"),  # skipped: by the old clock
        ("2027-11-01T14:30", "P1D@02:30", "Europe/Brussels", "2027-10-31T00:30"),  # twice: the first
        ("2027-04-19", "P1D@17:00", "America/Guayaquil", "2027-04-18T22:00"),  # an all-day date is one everywhere
        ("2027-04-19", "P1D@17:00", "Europe/Brussels", "2027-04-18T15:00"),
    ],
)
def test_a_clock_time_is_that_of_the_place_where_the_recipient_is(start: str, rule: str, zone: str, due: str) -> None:
    assert due_at(date(start, "Europe/Brussels"), "Europe/Brussels", rule, NINE, zone) == utc(due)


@pytest.mark.parametrize(
    ("start", "end", "rule", "due"),
    [
        ("2027-03-27T14:30", "2027-03-27T16:00", "+PT2H", "2027-03-27T17:00"),
        ("2027-03-27T14:30", "2027-03-27T16:00", "+P1D", "2027-03-28T14:00"),  # 16:00 on the clock, summer time
        ("2027-03-27T14:30", "2027-03-27T16:00", "+PT24H", "2027-03-28T15:00"),
        ("2027-03-16T14:30", "2027-03-16T16:00", "+P1D@10:00", "2027-03-17T15:00"),  # ten o'clock in Bogotá
        ("2027-03-16T14:30", "2027-03-16T16:00", "+P0D@09:00", "2027-03-16T15:00"),  # never before the end
        ("2027-04-19", "2027-04-23", "+P1D", "2027-04-24T07:00"),  # nine o'clock on the day after the last one
        ("2027-04-19", "2027-04-23", "+PT2H", "2027-04-23T22:00"),  # the last day is over at midnight
    ],
)
def test_after_the_event_it_counts_from_its_end(start: str, end: str, rule: str, due: str) -> None:
    occurrence = date(start, "Europe/Brussels", end)
    assert due_at(occurrence, "Europe/Brussels", rule, NINE, "America/Bogota") == utc(due)


@given(
    st.datetimes(datetime(2026, 1, 1), datetime(2030, 1, 1)),  # noqa: DTZ001  # a time on a wall
    st.sampled_from(ZONES),
    st.sampled_from(ZONES),
    st.integers(0, 30),
    st.times(),
)
def test_the_day_before_is_the_day_before_there(naive: datetime, zone: str, there: str, days: int, clock: time) -> None:
    start = date(text(naive.replace(second=0, microsecond=0), zone), zone)
    due = due_at(start, zone, f"P{days}D@{clock:%H:%M}", NINE, there)
    local = due.astimezone(ZoneInfo(there))
    meant = datetime.combine(start.start_at.astimezone(ZoneInfo(there)).date() - timedelta(days=days), clock)
    apart = local.replace(tzinfo=None) - meant.replace(second=0, microsecond=0)
    assert timedelta(0) <= apart <= timedelta(hours=1)  # more than nothing only where the clocks jump over it


def test_a_follow_up_is_of_use_for_two_weeks_and_a_reminder_until_the_start() -> None:
    one = date("2027-03-16T14:30", "Europe/Brussels")
    assert pointless_from(one, "Europe/Brussels", "P1D", NINE, one.start_at) == one.start_at
    assert pointless_from(one, "Europe/Brussels", "+P1D", NINE, one.end_at) == one.end_at + timedelta(days=14)


@pytest.mark.parametrize(
    ("rule", "close"), [("PT1H", True), ("PT119M", True), ("PT2H", False), ("P1D", False), ("+PT1H", False)]
)
def test_what_is_shortly_before_the_start(rule: str, close: bool) -> None:
    assert is_at_the_door(rule) is close


QUIET = QuietHours(time(20), time(8))


@pytest.mark.parametrize(
    ("at", "zone", "over"),
    [
        ("2027-03-16T12:00", "Europe/Brussels", "2027-03-16T12:00"),
        ("2027-03-16T19:00", "Europe/Brussels", "2027-03-17T07:00"),  # eight in the evening
        ("2027-03-17T06:59", "Europe/Brussels", "2027-03-17T07:00"),
        ("2027-03-17T07:00", "Europe/Brussels", "2027-03-17T07:00"),
        ("2027-03-27T22:00", "Europe/Brussels", "2027-03-28T06:00"),  # an hour less of night
        ("2027-10-30T22:00", "Europe/Brussels", "2027-10-31T07:00"),  # an hour more
        ("2027-03-16T12:00", "Asia/Kathmandu", "2027-03-16T12:00"),
        ("2027-03-16T15:00", "Asia/Kathmandu", "2027-03-17T02:15"),
    ],
)
def test_quiet_hours_end_by_the_clock_of_the_place(at: str, zone: str, over: str) -> None:
    assert QUIET.over_at(utc(at), zone) == utc(over)


@given(
    st.datetimes(datetime(2026, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
    st.sampled_from(ZONES),
    st.times(),
    st.times(),
)
def test_after_quiet_hours_it_is_not_quiet_never_earlier_and_within_a_day(
    at: datetime, zone: str, begin: time, end: time
) -> None:
    begin, end = begin.replace(microsecond=0), end.replace(microsecond=0)
    quiet = QuietHours(begin, end)
    over = quiet.over_at(at, zone)
    assert at <= over <= at + timedelta(hours=26)
    if over == at:
        return
    shown = over.astimezone(ZoneInfo(zone)).time()
    jumped = datetime.combine(at, shown) - datetime.combine(at, end)  # the clocks jump over the end itself
    assert not quiet.cover(shown) or timedelta(0) <= jumped <= timedelta(hours=1)


@pytest.mark.parametrize(
    ("due", "begins", "lead", "sent"),
    [
        ("2027-03-15T22:00", "2027-03-16T22:00", 24, "2027-03-16T07:00"),  # a night webinar: in the morning of the day
        ("2027-03-16T06:30", "2027-03-16T07:30", 1, "2027-03-16T07:00"),  # half an hour is left: of use
        ("2027-03-16T06:10", "2027-03-16T07:10", 1, "2027-03-16T06:10"),  # ten minutes would be left: at its time
        ("2027-03-16T02:30", "2027-03-16T03:30", 1, "2027-03-16T02:30"),  # after the start: at its time
        ("2027-03-16T03:00", "2027-03-16T09:00", 6, "2027-03-16T07:00"),
        ("2027-03-16T02:00", "2027-03-16T07:30", 6, "2027-03-16T02:00"),
    ],
)
def test_quiet_hours_move_a_reminder_only_while_it_is_still_of_use(due: str, begins: str, lead: int, sent: str) -> None:
    found = considerate(utc(due), "Europe/Brussels", QUIET, begins=utc(begins), lead=timedelta(hours=lead))
    assert found == utc(sent)


def test_without_quiet_hours_and_after_an_event_nothing_stands_in_the_way() -> None:
    night = utc("2027-03-16T02:30")
    assert quiet_hours("off", "08:00") is None
    assert considerate(night, "Europe/Brussels", None, begins=None, lead=timedelta(days=1)) == night
    over = considerate(night, "Europe/Brussels", QUIET, begins=None, lead=timedelta(days=1))
    assert over == utc("2027-03-16T07:00")
