"""Durations as RFC 8984 section 1.4.6 counts them: days on the wall clock, then hours, minutes and seconds exactly.

Our occurrences last as long on the clock as the first one; where hands are turned during an occurrence the exact
part differs, and `uneven` finds those dates, so that a reader of the JSON ends every date when we do.
"""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from datetime import date, datetime, timedelta
from itertools import takewhile
from zoneinfo import ZoneInfo

from feeds.entry import Entry, Recurrence, When, instant
from feeds.errors import InvalidRule
from feeds.recurrence import instants, starts
from feeds.write import zones_of

ChangeDays = Mapping[str, tuple[date, ...]]
"""IANA zone -> the days up to whose noon, since the noon before, its offset changed."""

_NOTHING, _DAY = timedelta(0), timedelta(days=1)
_FIRST, _LAST = date(1900, 1, 2), date(2400, 12, 31)


def text(days: int, exact: timedelta) -> str:
    """An ISO 8601 duration of calendar `days` and `exact` time: P1D, PT1H30M, P1DT25H, PT0S. The sign is left out."""
    minutes, seconds = divmod(round(abs(exact).total_seconds()), 60)
    hours, minutes = divmod(minutes, 60)
    units = [(hours, "H"), (minutes, "M"), (seconds, "S")]
    used = [index for index, (amount, _) in enumerate(units) if amount]
    # The grammar has no seconds right behind hours: PT1H0M5S.
    clock = "".join(f"{amount}{unit}" for amount, unit in units[used[0] : used[-1] + 1]) if used else ""
    if not days and not clock:
        return "PT0S"
    return f"P{f'{days}D' if days else ''}{f'T{clock}' if clock else ''}"


def on_the_clock(start: When, end: When) -> str:
    """How long an event lasts on the wall clock, whatever is done to the clock meanwhile."""
    length: timedelta = end - start  # type: ignore[operator]  # two datetimes or two dates
    length = max(length, _NOTHING)
    return text(length.days, length - timedelta(days=length.days))


def lasting(start: When, end: When, zone: str | None) -> str:
    """How long one date lasts, from wall times in an IANA zone (UTC without one) or dates with an exclusive end."""
    if not isinstance(start, datetime) or not isinstance(end, datetime):
        return on_the_clock(start, end)
    _, end_at = instants(start, end, zone)
    days = max((end - start).days, 0)
    exact = end_at - instant(start + timedelta(days=days), zone) if days else end_at - instant(start, zone)
    if exact < _NOTHING and days:
        # The last full day ends in a skipped hour, after the end itself.
        days -= 1
        exact = end_at - instant(start + timedelta(days=days) if days else start, zone)
    return text(days, max(exact, _NOTHING))


def change_days(entries: Iterable[Entry]) -> dict[str, tuple[date, ...]]:
    """The days on which the clocks that `entries` use are changed, as long as they are used (endless: ten years)."""
    return {zone: tuple(_changes(zone, *span)) for zone, span in zones_of(entries).items()}


def uneven(entry: Entry, recurrence: Recurrence, changes: ChangeDays) -> dict[When, str]:
    """The dates of a series during which the clock is changed, with how long each lasts; excluded ones too.

    Dates more than ten years after the start of an endless series are not looked at.
    """
    if not isinstance(entry.start, datetime) or not isinstance(entry.end, datetime) or not entry.zone:
        return {}
    length = entry.end - entry.start
    usual = on_the_clock(entry.start, entry.end)
    added = [when for when in recurrence.added if isinstance(when, datetime)]
    candidates = {*_near(entry.start, length, changes.get(entry.zone, ())), *added, entry.start}
    found = {when: lasting(when, when + length, entry.zone) for when in map(_first_pass, candidates)}
    found = {when: lasts for when, lasts in found.items() if lasts != usual}
    if not found:
        return {}
    dates = _dates(entry, recurrence, max(found))
    return {when: lasts for when, lasts in found.items() if when in dates}


def _near(start: datetime, length: timedelta, days: Iterable[date]) -> Iterator[datetime]:
    """The starts, at this time of day, whose last part day may hold a change."""
    for day in days:
        # The last part day begins at most a day before the change, which lies between two noons.
        for shift in range(-2, 1):
            yield datetime.combine(day + timedelta(days=shift - length.days), start.time())


def _dates(entry: Entry, recurrence: Recurrence, last: When) -> set[When]:
    dates: set[When] = {_first_pass(when) for when in recurrence.added}
    # A series that is too long to follow must not keep a feed from being written.
    with suppress(InvalidRule):
        dates.update(takewhile(lambda when: when <= last, starts(recurrence.rule, entry.start, entry.zone)))
    return dates


def _changes(zone: str, first: date, last: date) -> Iterator[date]:
    tz = ZoneInfo(zone)
    day = max(first - _DAY if first > _FIRST else _FIRST, _FIRST)
    end = min(last, _LAST) + _DAY
    before = _noon(day - _DAY, tz)
    while day <= end:
        offset = _noon(day, tz)
        if offset != before:
            yield day
        day, before = day + _DAY, offset


def _noon(day: date, tz: ZoneInfo) -> timedelta | None:
    return datetime(day.year, day.month, day.day, 12, tzinfo=tz).utcoffset()


def _first_pass(when: When) -> When:
    return when.replace(fold=0) if isinstance(when, datetime) else when
