"""Wall times as text: `2027-03-16T14:30`, an all-day date `2027-03-16`, or `2027-10-31T02:30+01:00`.

An offset stands only where the wall time alone is not enough: it chooses within the hour that exists twice.
These texts, beside an IANA zone, are what is stored; every UTC instant is derived from them.
"""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

WallTime = str
"""Text in one of the three forms above; `scheduler.model.intake` is the door that checks it."""

When = datetime | date


def is_date(wall: WallTime) -> bool:
    """True for an all-day date."""
    return len(wall) == len("2027-03-16")


def parse(wall: WallTime, zone: str) -> When:
    """The wall time as a naive datetime whose `fold` says which pass of a double hour, or the date.

    Raises ValueError when the text has none of the three forms.
    """
    if is_date(wall):
        return date.fromisoformat(wall)
    moment = datetime.fromisoformat(wall)
    if moment.tzinfo is None:
        return moment
    offset = moment.utcoffset()
    naive = moment.replace(tzinfo=None)
    second = naive.replace(tzinfo=ZoneInfo(zone), fold=1)
    first = second.replace(fold=0)
    return naive.replace(fold=int(first.utcoffset() != offset and second.utcoffset() == offset))


def text(when: When, zone: str) -> WallTime:
    """The text of a naive datetime or date; the inverse of `parse`."""
    if not isinstance(when, datetime):
        return when.isoformat()
    naive = when.replace(tzinfo=None, fold=0).isoformat(timespec="seconds" if when.second else "minutes")
    if not when.fold or not is_double(naive, zone):
        return naive
    offset = when.replace(tzinfo=ZoneInfo(zone)).isoformat(timespec="minutes")[-6:]
    return naive + offset


def instant(wall: WallTime, zone: str, *, day_starts: time = time(0)) -> datetime:
    """The UTC instant of a wall time; a date counts from `day_starts` on the zone's clock.

    In a gap the offset before the change counts (RFC 5545 section 3.3.5).
    """
    when = parse(wall, zone)
    moment = when if isinstance(when, datetime) else datetime.combine(when, day_starts)
    return moment.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)


def is_double(wall: WallTime, zone: str) -> bool:
    """True when the clock shows this wall time twice that day."""
    first, second = _both(wall, zone)
    return first.utcoffset() != second.utcoffset() and _exists(first)


def is_missing(wall: WallTime, zone: str) -> bool:
    """True when the clock jumps over this wall time."""
    return not _exists(_both(wall, zone)[0])


def shifted(wall: WallTime, zone: str, days: int) -> WallTime:
    """The same clock time `days` later (or earlier)."""
    return text(parse(wall, zone) + timedelta(days=days), zone)


def _both(wall: WallTime, zone: str) -> tuple[datetime, datetime]:
    naive = datetime.fromisoformat(wall).replace(tzinfo=ZoneInfo(zone))
    return naive.replace(fold=0), naive.replace(fold=1)


def _exists(local: datetime) -> bool:
    back = local.astimezone(UTC).astimezone(local.tzinfo)
    return back.replace(tzinfo=None) == local.replace(tzinfo=None, fold=0)
