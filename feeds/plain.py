"""Series that repeat every so many days and nothing else: nearly all there are, so they get a closed form."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from msgspec import Struct

from feeds.entry import Rule, When, instant
from feeds.offsets import YEARS, day_offsets
from feeds.rules import WEEKDAYS

LONGEST_DAYS = 300
"""Occurrences that last longer than this go the general way."""


class Plain(Struct, frozen=True):
    """One date of such a series: its 0-based position, wall times, and UTC instants.

    The instants are None where the zone's offset changes on one of its days: there the hour decides.
    """

    position: int
    start: datetime
    end: datetime
    start_at: datetime | None
    end_at: datetime | None


def plain_days(rule: Rule, start: When, zone: str | None, stop: date) -> range | None:
    """The days (ordinals) of such a timed series up to `stop`, its start first; None for any other series."""
    step = _step(rule, start)
    if not step or not isinstance(start, datetime) or start.fold:
        return None
    if start.year not in YEARS or stop.year + 1 not in YEARS:
        return None
    first, end = start.toordinal(), last_day(rule, zone)
    days = range(first, max(first, min(stop, end or stop).toordinal()) + 1, step)
    days = days if rule.count is None else days[: rule.count]
    last = start + timedelta(days=days[-1] - first)
    late = len(days) > 1 and last.date() == end and is_late(rule, last, zone)
    return days[:-1] if late else days


def plain_dates(days: range, start: datetime, length: timedelta, zone: str | None, near: date) -> Iterator[Plain]:
    """The dates on `days` (of `plain_days`) from `near` on, each lasting `length` on the clock."""
    skipped = min(len(days), max(0, -((days[0] - near.toordinal()) // days.step)))
    step = timedelta(days=days.step)
    wall = start + step * skipped
    at = wall.replace(tzinfo=UTC)
    reach = (start + length).toordinal() - start.toordinal()
    year, base, offsets = 0, 0, day_offsets(None, YEARS[0])
    for position, day in enumerate(days[skipped:], skipped):
        if wall.year != year:
            year, base = wall.year, date(wall.year, 1, 1).toordinal()
            offsets = (*day_offsets(zone, year), *day_offsets(zone, year + 1))
        before, after = offsets[day - base], offsets[day - base + reach]
        if before is None or after is None:
            yield Plain(position, wall, wall + length, None, None)
        else:
            yield Plain(position, wall, wall + length, at - before, at + length - after)
        wall += step
        at += step


def last_day(rule: Rule, zone: str | None) -> date | None:
    """The last day on which UNTIL may allow a start, in the series' zone."""
    if rule.until is None:
        return None
    if isinstance(rule.until, datetime):
        return rule.until.astimezone(ZoneInfo(zone) if zone else UTC).date()
    return rule.until


def is_late(rule: Rule, when: When, zone: str | None) -> bool:
    """True when a start lies behind UNTIL, to the second."""
    return isinstance(rule.until, datetime) and isinstance(when, datetime) and instant(when, zone) > rule.until


def _step(rule: Rule, start: When) -> int:
    """Every how many days; 0 for a rule that does not repeat so."""
    others = (rule.by_month, rule.by_week_number, rule.by_year_day, rule.by_month_day, rule.by_set_position)
    if any(others):
        return 0
    if rule.frequency == "daily" and not rule.by_day:
        return rule.interval
    same_day = not rule.by_day or [item.day for item in rule.by_day] == [WEEKDAYS[start.weekday()]]
    return 7 * rule.interval if rule.frequency == "weekly" and same_day else 0
