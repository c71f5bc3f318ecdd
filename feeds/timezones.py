"""VTIMEZONE for an IANA zone over a span of years, written by ourselves (RFC 5545 section 3.6.5).

The onset of each observance is wall time in the offset *before* the change, as the RFC wants it; zones whose own
POSIX rule describes the span get two recurring observances, all others one observance a change. The data is that
of the PyPI package tzdata, whatever the machine has installed.
"""

import re
from datetime import UTC, date, datetime, time, timedelta
from difflib import get_close_matches
from functools import lru_cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Literal
from zoneinfo import ZoneInfo

from icalendar.timezone.windows_to_olson import WINDOWS_TO_OLSON
from msgspec import Struct

from feeds.errors import UnknownZone

# A footer such as CET-1CEST,M3.5.0,M10.5.0/3 (RFC 9636 section 3.3): two onsets as month.week.weekday/time.
_FOOTER_RULE = re.compile(r"M(\d+)\.(\d)\.(\d)(?:/(-?\d+)(?::(\d\d))?(?::(\d\d))?)?$")
_WEEKDAYS = ("SU", "MO", "TU", "WE", "TH", "FR", "SA")
# The placeholder of the tz database is a file there, but no place keeps its time.
_NO_PLACES = frozenset({"Factory"})
_FIRST_YEAR, _LAST_YEAR = 1900, 2400
_NO_TIME = timedelta(0)


class Change(Struct, frozen=True):
    """A moment at which a zone's offset changes: `wall` is its wall time in the offset before it."""

    wall: datetime
    before: timedelta
    after: timedelta
    name: str
    kind: Literal["STANDARD", "DAYLIGHT"]


class YearlyOnset(Struct, frozen=True):
    """The same weekday of the same month every year: `week` 1-4 counts from the start, 5 is the last."""

    month: int
    week: int
    weekday: int  # 0 is Sunday, as POSIX counts
    time: timedelta

    def wall(self, year: int) -> datetime:
        """The onset of that year, as wall time in the offset before it."""
        first = date(year, self.month, 1)
        day = first + timedelta((self.weekday - first.isoweekday()) % 7 + 7 * (self.week - 1))
        if day.month != self.month:
            day -= timedelta(7)
        return datetime.combine(day, time()) + self.time

    def text(self) -> str:
        """The onset as an RRULE value."""
        nth = -1 if self.week == 5 else self.week
        return f"FREQ=YEARLY;BYMONTH={self.month};BYDAY={nth}{_WEEKDAYS[self.weekday]}"


def is_zone(name: str) -> bool:
    """True when `name` is an IANA zone or one of its aliases, spelt exactly as the tz database spells it."""
    return name in _zone_names()


def suggest_zones(name: str) -> tuple[str, ...]:
    """Up to three zones that an unknown `name` may have meant: other case, a city alone, a Windows name, a slip."""
    wanted = name.strip()
    windows = {key.casefold(): zone for key, zone in WINDOWS_TO_OLSON.items()}
    # Outlook numbers the copies of a zone that it made itself: "Romance Standard Time 1".
    as_windows = windows.get(re.sub(r"\s+\d+$", "", wanted).casefold())
    if as_windows:
        return (as_windows,)
    folded = wanted.replace(" ", "_").casefold()
    names = sorted(_zone_names())
    same = [zone for zone in names if zone.casefold() == folded]
    city = [zone for zone in names if zone.casefold().rpartition("/")[2] == folded.rpartition("/")[2]]
    whole = {zone.casefold(): zone for zone in names}
    cities = {zone.casefold().rpartition("/")[2]: zone for zone in names if "/" in zone}
    close = [whole[key] for key in get_close_matches(folded, whole, n=3, cutoff=0.75)]
    alike = [cities[key] for key in get_close_matches(folded.rpartition("/")[2], cities, n=3, cutoff=0.75)]
    return tuple(dict.fromkeys(same[:1] or [*city, *close, *alike]))[:3]


def vtimezone(zone: str, first: date, last: date) -> bytes:
    """The VTIMEZONE of an IANA `zone` that is right from `first` to `last`, as CRLF lines.

    The same for any two spans of the same years; TZID is `zone` as given, also when it is an alias.
    Raises UnknownZone.
    """
    if not is_zone(zone):
        raise UnknownZone(f"{zone!r} is not a time zone of the IANA database")
    since = min(max(first.year, _FIRST_YEAR), _LAST_YEAR)
    return _vtimezone(zone, since, min(max(last.year, since), _LAST_YEAR))


@lru_cache(maxsize=512)
def _vtimezone(zone: str, since: int, until: int) -> bytes:
    # A year more on both sides: January lives in the observance that began the autumn before, and the last
    # of December, west of Greenwich, is the next year in UTC.
    changes = _changes(zone, since - 1, until + 1)
    rules = _rules(zone)
    tail = _described(changes, rules)
    explicit, described = changes[:tail], changes[tail:]
    lines = ["BEGIN:VTIMEZONE", f"TZID:{zone}"]
    if not changes or changes[0].wall.year >= since:
        lines += _observance(_opening(zone, since - 1))
    for change in explicit:
        lines += _observance(change)
    for change in described[:2]:
        lines += _observance(change, next(rule for rule in rules if rule.wall(change.wall.year) == change.wall))
    lines += ["END:VTIMEZONE", ""]
    return "\r\n".join(lines).encode()


def _described(changes: list[Change], rules: tuple[YearlyOnset, ...]) -> int:
    """The index from which on the zone's own yearly rules say every change, to the end of the span."""
    index = len(changes)
    while index and any(rule.wall(changes[index - 1].wall.year) == changes[index - 1].wall for rule in rules):
        # A year that was skipped would come back if a rule ran over it.
        if index < len(changes) and changes[index].wall - changes[index - 1].wall > timedelta(days=366):
            break
        # Ojinaga kept the days of its changes when it moved to other offsets in 2022.
        if index + 1 < len(changes) and _offsets(changes[index - 1]) != _offsets(changes[index + 1]):
            break
        index -= 1
    # Two rules, each with a first onset; one alone would recur for ever on its own.
    return index if len(changes) - index >= 2 else len(changes)


def _offsets(change: Change) -> tuple[timedelta, timedelta]:
    return change.before, change.after


def _observance(change: Change, rule: YearlyOnset | None = None) -> list[str]:
    return [
        f"BEGIN:{change.kind}",
        f"DTSTART:{change.wall:%Y%m%dT%H%M%S}",
        f"TZOFFSETFROM:{_offset(change.before)}",
        f"TZOFFSETTO:{_offset(change.after)}",
        *([f"RRULE:{rule.text()}"] if rule else []),
        f"TZNAME:{change.name}",
        f"END:{change.kind}",
    ]


def _opening(zone: str, year: int) -> Change:
    """The observance in force at the beginning of `year`, for zones that do not change before the span."""
    start = datetime(year, 1, 1, tzinfo=UTC).astimezone(_tz(zone))
    offset = start.utcoffset() or _NO_TIME
    return Change(datetime(min(year, 1970), 1, 1), offset, offset, start.tzname() or zone, "STANDARD")  # noqa: DTZ001  # wall time


def _changes(zone: str, since: int, until: int) -> list[Change]:
    """Every change of offset from the start of `since` to the end of `until`, in order."""
    tz = _tz(zone)
    found: list[Change] = []
    at, end = datetime(since, 1, 1, tzinfo=UTC), datetime(until + 1, 1, 1, tzinfo=UTC)
    offset = at.astimezone(tz).utcoffset()
    while at < end:
        # No zone has changed twice within a day since 1900.
        ahead = at + timedelta(days=1)
        now = ahead.astimezone(tz).utcoffset()
        if now != offset:
            found.append(_change(tz, at, ahead))
            offset = now
        at = ahead
    return found


def _change(tz: ZoneInfo, low: datetime, high: datetime) -> Change:
    """The one change between two instants, by bisection to the second."""
    before, after = low.astimezone(tz), high.astimezone(tz)
    while high - low > timedelta(seconds=1):
        middle = low + timedelta(seconds=(high - low).total_seconds() // 2)
        if middle.astimezone(tz).utcoffset() == before.utcoffset():
            low = middle
        else:
            high = middle
    was, becomes = before.utcoffset() or _NO_TIME, after.utcoffset() or _NO_TIME
    # Ireland's law calls winter the exception (negative DST); readers expect DAYLIGHT to be the later clock.
    saving = bool(before.dst() or after.dst())
    kind: Literal["STANDARD", "DAYLIGHT"] = "DAYLIGHT" if saving and becomes > was else "STANDARD"
    return Change((high + was).replace(tzinfo=None), was, becomes, after.tzname() or "", kind)


def _rules(zone: str) -> tuple[YearlyOnset, ...]:
    """The two yearly onsets of a zone's footer, where a plain RRULE can say both; none otherwise."""
    footer = _resource(zone).read_bytes().rstrip(b"\n").rpartition(b"\n")[2].decode("ascii")
    found = [match for part in footer.split(",")[1:] if (match := _FOOTER_RULE.match(part))]
    onsets = [
        YearlyOnset(
            int(month),
            int(week),
            int(weekday),
            timedelta(hours=int(hours or 2), minutes=int(minutes or 0), seconds=int(seconds or 0)),
        )
        for month, week, weekday, hours, minutes, seconds in (match.groups() for match in found)
    ]
    # 24:00, 50:00 or -1:00 fall on another day than the weekday that they are counted from (Cairo, Gaza, Nuuk).
    plain = all(_NO_TIME <= onset.time < timedelta(days=1) for onset in onsets)
    return tuple(onsets) if plain and len(onsets) == 2 else ()


def _offset(offset: timedelta) -> str:
    seconds = round(offset.total_seconds())
    hours, rest = divmod(abs(seconds), 3600)
    text = f"{'-' if seconds < 0 else '+'}{hours:02}{rest // 60:02}"
    # Only Liberia kept seconds after 1970, until 1972; RFC 5545 section 3.3.14 has room for them.
    return f"{text}{rest % 60:02}" if rest % 60 else text


@lru_cache(maxsize=1)
def _zone_names() -> frozenset[str]:
    return frozenset((files("tzdata") / "zones").read_text("ascii").split()) - _NO_PLACES


@lru_cache(maxsize=128)
def _tz(zone: str) -> ZoneInfo:
    with _resource(zone).open("rb") as data:
        return ZoneInfo.from_file(data, key=zone)


def _resource(zone: str) -> Traversable:
    return files("tzdata").joinpath("zoneinfo", *zone.split("/"))
