"""When an event is: wall times in its zone, checked against the clock changes of that zone.

A time that the clock skips or shows twice is never guessed, and an instant is never converted silently: the fault
says what the clock does that day and gives the text that would be right.
"""

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from msgspec import Struct

from feeds.timezones import is_zone, suggest_zones
from scheduler.config.rules import parse_offset
from scheduler.model.intake_reader import LONGEST_GUESS, Faulty, Node, Reader, require, shown
from scheduler.model.wall import instant, is_date, is_double, is_missing, parse, text

FIRST_YEAR, LAST_YEAR = 1990, 2100
LONGEST = timedelta(days=366)
TIME_EXAMPLE = "2027-03-16T14:30"
DATE_EXAMPLE = "2027-03-16"
_WALL = re.compile(r"(\d{4}-\d\d-\d\d)(?:T(\d\d:\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?(Z|[+-]\d\d:\d\d)?)?", re.ASCII)


class Span(Struct, frozen=True):
    """A start and an end that go together, as they are stored."""

    start: str
    end: str


def zone(node: Node) -> str:
    """An IANA time zone, spelt as the tz database spells it."""
    if not isinstance(node.value, str):
        raise node.wrong_type("an IANA time zone", "Europe/Brussels")
    if is_zone(node.value):
        return node.value
    meant = suggest_zones(node.value) if len(node.value) <= LONGEST_GUESS and not node.faults.many else ()
    hint = f" Did you mean {' or '.join(f'“{name}”' for name in meant)}?" if meant else ""
    detail = f"“{shown(node.value)}” is not an IANA time zone.{hint}"
    raise node.refuse(detail, meant[0] if meant else "Europe/Brussels", "unknown-zone")


def wall_time(tz: str | None) -> Reader[str]:
    """A reader of a date or a wall time in the zone `tz`; without a zone (itself at fault) only the form is checked.

    The text comes back as it is stored: with an offset only in an hour that the clock shows twice.
    """

    def read(node: Node) -> str:
        day, clock, offset = form(node)
        if clock is None:
            return day
        naive = f"{day}T{clock}"
        if tz is None:
            return naive
        if is_missing(naive, tz):
            raise _missing(node, naive, tz)
        if is_double(naive, tz):
            return _one_pass(node, naive, offset, tz)
        if offset is not None:
            _check_offset(node, naive, offset, tz)
        return naive

    return read


def form(node: Node) -> tuple[str, str | None, str | None]:
    """The date, the clock time (None for all day) and the offset (None when left out) of a text of the right form."""
    if not isinstance(node.value, str):
        raise node.wrong_type("a date, or a date and time", TIME_EXAMPLE)
    match = _WALL.fullmatch(node.value.strip())
    if not match:
        raise node.refuse(
            "Not a date, or a date and time with “T” between them, as in the example.", _corrected(node.value), "time"
        )
    day, clock, seconds, fraction, offset = match.groups()
    try:
        found = datetime.fromisoformat(f"{day}T{clock or '00:00'}{offset or ''}")
    except ValueError:
        raise node.refuse("There is no such date or time in the calendar.", TIME_EXAMPLE, "time") from None
    if not FIRST_YEAR <= found.year <= LAST_YEAR:
        raise node.refuse(f"The year has to be from {FIRST_YEAR} to {LAST_YEAR}.", TIME_EXAMPLE, "out-of-range")
    if int(seconds or 0) or int(fraction or 0):
        raise node.refuse("Times are given to the minute: leave the seconds out.", f"{day}T{clock}", "time")
    return day, clock, offset


def span(node: Node, nodes: Mapping[str, Node], tz: str | None) -> Span:
    """The start and end of an event from its `start`, `end` and `duration`.

    An all-day end is its last day and may be left out for one day; a timed event needs an end or a duration.
    Raises Faulty.
    """
    require(node, nodes, {"start": TIME_EXAMPLE})
    start = _read_or_none(nodes.get("start"), tz)
    end = _read_or_none(nodes.get("end"), tz)
    lasts = nodes.get("duration")
    if lasts and "end" in nodes:
        raise lasts.refuse("Give an end or a duration, not both.", code="contradiction")
    if start is None or (end is None and "end" in nodes):
        if lasts:
            _duration(lasts)
        raise Faulty
    if lasts:
        end = _end(lasts, start, tz)
    elif end is None and not is_date(start):
        detail = "An event with a clock time needs an end, or a duration such as “PT90M”."
        raise node.child("end", None).refuse(detail, _later(start, timedelta(hours=1)), "required")
    found = Span(start, end or start)
    check_order(lasts or nodes.get("end") or node, found, tz)
    return found


def check_order(node: Node, found: Span, tz: str | None) -> None:
    """Notes, at the node of the end, an end that does not fit its start; raises Faulty."""
    start, end = found.start, found.end
    if is_date(start) != is_date(end):
        both = "dates" if is_date(start) else "dates with a clock time"
        raise node.refuse(
            f"Start and end have to be of one kind: here both {both}.", _same_kind(start), "contradiction"
        )
    length = _length(start, end, tz)
    if length < timedelta(0):
        raise node.refuse("The end is before the start.", _same_kind(start), "order")
    if not length and not is_date(start):
        raise node.refuse("The end is the same moment as the start.", _same_kind(start), "order")
    if length > LONGEST:
        detail = f"At most {LONGEST.days} days; this is {length.days}. Make it several events, or a series."
        raise node.refuse(detail, _same_kind(start), "too-long")


def at(wall: str, tz: str | None) -> datetime:
    """The instant of a wall time; without a zone, as if it were UTC, which keeps the order right."""
    return instant(wall, tz or "UTC")


def _read_or_none(node: Node | None, tz: str | None) -> str | None:
    try:
        return wall_time(tz)(node) if node else None
    except Faulty:
        return None


def _missing(node: Node, naive: str, tz: str) -> Faulty:
    local = datetime.fromisoformat(naive).replace(tzinfo=ZoneInfo(tz))
    low, high = int(local.replace(fold=1).timestamp()), int(local.timestamp())
    before = datetime.fromtimestamp(low, ZoneInfo(tz)).utcoffset() or timedelta(0)
    while high - low > 1:
        middle = (low + high) // 2
        unchanged = datetime.fromtimestamp(middle, ZoneInfo(tz)).utcoffset() == before
        low, high = (middle, high) if unchanged else (low, middle)
    onset = datetime.fromtimestamp(high, ZoneInfo(tz))
    jump = (onset.astimezone(UTC) + before).replace(tzinfo=None)
    following = onset.replace(tzinfo=None, fold=0).isoformat(timespec="minutes")
    there = "" if jump.date() == onset.date() else f" of {onset:%Y-%m-%d}"
    detail = (
        f"{naive[11:]} does not exist on {naive[:10]} in {tz}: "
        f"the clock jumps from {jump:%H:%M} to {onset:%H:%M}{there}."
    )
    return node.refuse(detail, following, "missing-time")


def _one_pass(node: Node, naive: str, offset: str | None, tz: str) -> str:
    """The pass of a double hour that an offset chooses."""
    local = datetime.fromisoformat(naive).replace(tzinfo=ZoneInfo(tz))
    passes = [one.isoformat(timespec="minutes") for one in (local, local.replace(fold=1))]
    for one in passes:
        if offset is not None and datetime.fromisoformat(naive + offset) == datetime.fromisoformat(one):
            return one
    first, second = passes
    wrong = "" if offset is None else f" The offset {offset} is neither of the two."
    detail = (
        f"The clock in {tz} shows {naive[11:]} twice on {naive[:10]}.{wrong} "
        f"Choose the first with “{first}” or the second with “{second}”."
    )
    raise node.refuse(detail, passes, "ambiguous-time" if offset is None else "wrong-offset")


def _check_offset(node: Node, naive: str, offset: str, tz: str) -> None:
    given = datetime.fromisoformat(naive + offset)
    local = datetime.fromisoformat(naive).replace(tzinfo=ZoneInfo(tz))
    if given == local:
        return
    there = given.astimezone(ZoneInfo(tz))
    naive_there = there.replace(tzinfo=None, fold=0).isoformat(timespec="minutes")
    shown_there = there.isoformat(timespec="minutes") if is_double(naive_there, tz) else naive_there
    own = local.isoformat(timespec="minutes")[16:]
    detail = (
        f"At {naive[11:]} on {naive[:10]} the clock in {tz} is at {own}, not at {offset}. Times are those of the "
        f"event's own clock, without an offset; {naive[11:]}{offset} is {shown_there} there."
    )
    raise node.refuse(detail, shown_there if offset == "Z" else naive, "wrong-offset")


def _duration(node: Node) -> timedelta:
    example = "PT90M"
    if not isinstance(node.value, str):
        raise node.wrong_type("an ISO 8601 duration", example)
    try:
        offset = parse_offset(node.value)
    except ValueError:
        detail = "Not an ISO 8601 duration of at most 366 days, such as “PT90M” or “P2D”."
        raise node.refuse(detail, example, "duration") from None
    return timedelta(days=offset.days) + offset.exact


def _end(node: Node, start: str, tz: str | None) -> str:
    """Days move along the wall clock, hours and minutes along real time (RFC 5545 section 3.3.6)."""
    _duration(node)
    offset = parse_offset(str(node.value))
    when = parse(start, tz or "UTC")
    if not isinstance(when, datetime):
        if offset.exact:
            raise node.refuse("An all-day event lasts whole days.", "P2D", "duration")
        return (when + timedelta(days=offset.days - 1)).isoformat()
    shifted = when + timedelta(days=offset.days) if offset.days else when
    there = (at(text(shifted, tz or "UTC"), tz) + offset.exact).astimezone(ZoneInfo(tz or "UTC"))
    naive = there.replace(tzinfo=None, fold=0).isoformat(timespec="minutes")
    return there.isoformat(timespec="minutes") if tz and is_double(naive, tz) else naive


def _length(start: str, end: str, tz: str | None) -> timedelta:
    if is_date(start):
        return date.fromisoformat(end) - date.fromisoformat(start)
    return at(end, tz) - at(start, tz)


def _same_kind(start: str) -> str:
    return start if is_date(start) else _later(start, timedelta(hours=1))


def _later(start: str, by: timedelta) -> str:
    """A plausible end for an example, on the wall clock."""
    return (datetime.fromisoformat(start[:16]) + by).isoformat(timespec="minutes")


def _corrected(given: str) -> str:
    """The example: what was meant, where only the T is missing; else a time that is right."""
    candidate = re.sub(r"\s+", "T", given.strip()[:16], count=1)
    try:
        return datetime.fromisoformat(candidate).isoformat(timespec="minutes") if len(candidate) == 16 else TIME_EXAMPLE
    except ValueError:
        return TIME_EXAMPLE
