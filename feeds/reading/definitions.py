"""A VTIMEZONE as a file defines it: offsets at an instant, and which IANA zone keeps the same time."""

import re
from bisect import bisect_right
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from functools import cached_property
from zoneinfo import ZoneInfo

from feeds.entry import Rule
from feeds.errors import InvalidRule
from feeds.expansion import Meter, rule_days
from feeds.reading.components import Component
from feeds.reading.values import texts
from feeds.rules import parse_rule

_OFFSET = re.compile(r"([+-]?)(\d\d):?(\d\d):?(\d\d)?", re.ASCII)
_TIME = re.compile(r"(\d{4})(\d\d)(\d\d)(?:T(\d\d)(\d\d)(\d\d))?", re.ASCII)
_CLOCK_PART = re.compile(r";?BY(?:HOUR|MINUTE|SECOND)=[^;]*", re.IGNORECASE)
_DAY = timedelta(days=1)
_WEEK = timedelta(days=7)
_LONGEST = 30  # years over which a definition is compared with a zone
_SECOND = timedelta(seconds=1)
_OBSERVANCES, _DATES = 200, 500


class Definition:
    """What a VTIMEZONE says for the years `first` to `last`, in which it is used."""

    def __init__(self, component: Component, first: int, last: int, meter: Meter) -> None:
        """Follow the observances of `component`. Raises ValueError, or OverflowError at the ends of the calendar."""
        self._meter = meter
        self.line = component.line
        self._first, self._last = first, last
        parts = [child for child in component.children if child.kind in {"STANDARD", "DAYLIGHT"}][:_OBSERVANCES]
        if not parts:
            raise ValueError("it has neither STANDARD nor DAYLIGHT")
        # The instant of each change, the offset before it and the one after.
        changes = sorted({change for part in parts for change in self._changes(part)})
        if not changes:
            raise ValueError("it has no change and no beginning")
        self._instants = [change[0] for change in changes]
        self._after = [change[2] for change in changes]
        self._before = changes[0][1]

    def offset(self, at: datetime) -> timedelta:
        """The offset from UTC at a naive UTC instant."""
        index = bisect_right(self._instants, at)
        return self._after[index - 1] if index else self._before

    def utc(self, wall: datetime) -> datetime:
        """The naive UTC instant of a wall time: the first pass of a double hour, the offset before a gap."""
        near = bisect_right(self._instants, wall)
        offsets = [self._before, *self._after][max(0, near - 2) : near + 3]
        found = [wall - offset for offset in offsets if self.offset(wall - offset) == offset]
        return min(found) if found else wall - self.offset(wall - _WEEK)

    def agrees(self, zone: str, *, roughly: bool = False) -> bool:
        """True when an IANA zone keeps the same time in the last years: sampled weekly, and at each change.

        `roughly` looks away on the days of the changes: some programs write them hours off.
        """
        tz = ZoneInfo(zone)
        self._meter.take(10)
        return all(_offset_of(tz, at) == self.offset(at) for at in (self._calm if roughly else self._samples))

    def first_match(self, zones: Iterable[str], *, roughly: bool = False) -> str | None:
        """The first of `zones` that agrees; None also when the meter is used up."""
        try:
            self._meter.take(len(self._samples) // 4)
            return next((zone for zone in zones if self.agrees(zone, roughly=roughly)), None)
        except InvalidRule:
            return None

    @cached_property
    def _calm(self) -> list[datetime]:
        return [at for at in self._samples if self.offset(at - _DAY) == self.offset(at + _DAY)]

    @cached_property
    def _samples(self) -> list[datetime]:
        first = max(self._first, self._last - _LONGEST)
        start, end = datetime(first, 1, 1), datetime(self._last + 1, 1, 1)  # noqa: DTZ001  # naive UTC
        # Summer and winter first, so that a wrong zone is told apart at once.
        found = [datetime(first, 1, 15), datetime(first, 7, 15)]  # noqa: DTZ001  # the same
        at = start
        while at < end:
            found.append(at)
            at += _WEEK
        for change in self._instants:
            if start <= change < end:
                found += [change - _SECOND, change]
        return found

    def _changes(self, part: Component) -> Iterable[tuple[datetime, timedelta, timedelta]]:
        before, after = _offset(part, "TZOFFSETFROM"), _offset(part, "TZOFFSETTO")
        start = part.first("DTSTART")
        if start is None:
            raise ValueError("an observance has no DTSTART")
        onset = _wall(start.value)
        walls = {onset} if onset.year > 1 else set()
        for line in part.properties:
            if line.name == "RDATE":
                walls |= {_wall(value) for value in texts(line.value)[:_DATES]}
            elif line.name == "RRULE":
                walls |= set(self._repeated(line.value, onset, before))
        return [(wall - before, before, after) for wall in walls]

    def _repeated(self, value: str, onset: datetime, before: timedelta) -> Iterable[datetime]:
        try:
            rule: Rule = parse_rule(_CLOCK_PART.sub("", value).strip(";"), all_day=False, zone=None, portable=False)
            # Outlook's rules begin in 1601; what counts is the year before those in use.
            from_year = max(onset.year, self._first - 1) if rule.count is None and rule.interval == 1 else onset.year
            if rule.frequency != "yearly" or rule.by_week_number or rule.by_year_day:
                raise ValueError("a clock changes by month and weekday, once a year")
            stop = datetime(self._last + 1, 12, 31)  # noqa: DTZ001  # wall time
            self._meter.take(5 * max(1, stop.year - from_year))
            days = list(rule_days(rule, _moved(onset, rule, from_year).date(), stop.date(), self._meter))
        except InvalidRule as error:
            raise ValueError(f"its rule cannot be followed: {error.detail}") from error
        found = [datetime.combine(day, onset.time()) for day in days]
        if isinstance(rule.until, datetime):
            until = rule.until.replace(tzinfo=None)
            return [wall for wall in found if wall - before <= until]
        return found[: rule.count] if rule.count else found


def _moved(onset: datetime, rule: Rule, year: int) -> datetime:
    """The same onset in a later year, before any date of the rule in it."""
    if year == onset.year:
        return onset
    day = 1 if rule.by_day or rule.by_month_day else min(onset.day, 28)
    return onset.replace(year=year, month=1 if rule.by_month else onset.month, day=day)


def _offset_of(tz: ZoneInfo, at: datetime) -> timedelta | None:
    return at.replace(tzinfo=UTC).astimezone(tz).utcoffset()


def _offset(part: Component, name: str) -> timedelta:
    line = part.first(name)
    match = _OFFSET.fullmatch(line.value.strip()) if line else None
    if match is None:
        raise ValueError(f"{name} is missing or is no offset such as +0100")
    seconds = 3600 * int(match[2]) + 60 * int(match[3]) + int(match[4] or 0)
    if seconds >= 86_400:
        raise ValueError(f"{name} is a day or more")
    return timedelta(seconds=-seconds if match[1] == "-" else seconds)


def _wall(value: str) -> datetime:
    match = _TIME.match(value.strip())
    if match is None:
        raise ValueError("an observance begins at no time such as 19700329T020000")
    return datetime(*(int(group or 0) for group in match.groups()))  # type: ignore[arg-type]  # noqa: DTZ001  # six numbers; wall time
