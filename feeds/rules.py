"""RRULE text to a `Rule` and back (RFC 5545 section 3.3.10).

Nothing of the text that came in is ever passed on: a rule that is understood is written again in one canonical form,
and what calendar programs are known to read differently is refused with a sentence.
"""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, time
from difflib import get_close_matches
from typing import TypeVar, get_args
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from feeds.contradictions import contradictions, disagreements
from feeds.entry import Frequency, NthWeekday, Rule, Weekday, When, instant
from feeds.errors import InvalidRule, UnknownZone

T = TypeVar("T")

WEEKDAYS: tuple[Weekday, ...] = get_args(Weekday)
LONGEST_TEXT = 1_000
LARGEST_INTERVAL = 1_000
LARGEST_COUNT = 10_000

_SEPARATOR = re.compile(r"\s*([;,=:])\s*")
_NUMBER = re.compile(r"[+-]?\d{1,5}")
_BY_DAY = re.compile(rf"([+-]?\d{{1,2}})?({'|'.join(WEEKDAYS)})")
_UNTIL = re.compile(r"(\d{4})(\d\d)(\d\d)(?:T(\d\d)(\d\d)(\d\d)(Z?))?")
_SUB_DAILY = ("SECONDLY", "MINUTELY", "HOURLY")
_REFUSED = {
    "RSCALE": "RSCALE is refused: dates follow the Gregorian calendar; leave it out",
    "SKIP": "SKIP is refused: a month without that day is passed over; leave it out",
    **dict.fromkeys(
        ("BYHOUR", "BYMINUTE", "BYSECOND"),
        "BYHOUR, BYMINUTE and BYSECOND are refused: the time of day is that of the start; leave them out",
    ),
}
# Name, attribute of Rule, largest number, whether counting from the end (-1) is allowed.
_LISTS = (
    ("BYMONTH", "by_month", 12, False, "BYMONTH=3,9"),
    ("BYWEEKNO", "by_week_number", 53, True, "BYWEEKNO=20"),
    ("BYYEARDAY", "by_year_day", 366, True, "BYYEARDAY=100"),
    ("BYMONTHDAY", "by_month_day", 31, True, "BYMONTHDAY=15"),
    ("BYSETPOS", "by_set_position", 366, True, "BYSETPOS=-1"),
)
_BY_NAME: dict[str, Weekday] = {day: day for day in WEEKDAYS}
_KNOWN = ("FREQ", "INTERVAL", "COUNT", "UNTIL", "BYDAY", "WKST", *(row[0] for row in _LISTS))


class _Fault(Exception):
    """One thing wrong with a rule; collected, so that all are reported at once."""


def parse_rule(text: str, *, all_day: bool, zone: str | None, portable: bool = True) -> Rule:
    """Read RRULE `text`, with or without the name "RRULE:", in either case, for a start in an IANA `zone`.

    UNTIL becomes a date for an `all_day` start. For a timed one it becomes a UTC instant: a date is read as the
    end of that day in `zone`, a local time as that wall time in `zone` (UTC when there is no zone).
    A rule without COUNT or UNTIL is allowed here. `portable` also refuses what RFC 5545 allows and programs read
    differently (feeds.contradictions). Raises InvalidRule, naming every part that is wrong with an example of what is
    right, and UnknownZone.
    """
    _check_zone(zone)
    faults: list[str] = []
    parts = _parts(text, faults)

    def read(name: str, reader: Callable[[str], T], default: T) -> T:
        try:
            return reader(parts[name]) if name in parts else default
        except _Fault as fault:
            faults.append(str(fault))
            return default

    none: tuple[int, ...] = ()
    lists = {
        attribute: read(name, _numbers(name, largest, signed, example), none)
        for name, attribute, largest, signed, example in _LISTS
    }
    rule = Rule(
        frequency=read("FREQ", _frequency, "daily"),
        interval=read("INTERVAL", _whole("INTERVAL", LARGEST_INTERVAL), 1),
        count=read("COUNT", _whole("COUNT", LARGEST_COUNT), None),
        until=read("UNTIL", _until(all_day, zone), None),
        by_day=read("BYDAY", _by_day, ()),
        week_start=read("WKST", _week_start, "MO"),
        **lists,
    )
    faults += contradictions(rule)
    faults += disagreements(rule) if portable else []
    if faults:
        raise InvalidRule("; ".join(faults))
    return rule


def rule_text(rule: Rule) -> str:
    """The RRULE value in canonical form; `parse_rule` of it gives the same rule."""
    parts = [f"FREQ={rule.frequency.upper()}"]
    if rule.until is not None:
        utc = isinstance(rule.until, datetime)
        parts.append(f"UNTIL={basic(rule.until)}{'Z' if utc else ''}")
    if rule.count is not None:
        parts.append(f"COUNT={rule.count}")
    if rule.interval != 1:
        parts.append(f"INTERVAL={rule.interval}")
    for name, attribute, *_ in _LISTS[:-1]:
        parts += _list_text(name, getattr(rule, attribute))
    parts += _list_text("BYDAY", [f"{item.nth or ''}{item.day}" for item in rule.by_day])
    parts += _list_text("BYSETPOS", rule.by_set_position)
    if rule.week_start != "MO":
        parts.append(f"WKST={rule.week_start}")
    return ";".join(parts)


def basic(when: When) -> str:
    """A date or date-time in the basic form of RFC 5545: 20270316 or 20270316T143000."""
    day = f"{when.year:04}{when.month:02}{when.day:02}"
    return f"{day}T{when:%H%M%S}" if isinstance(when, datetime) else day


def _parts(text: str, faults: list[str]) -> dict[str, str]:
    if len(text) > LONGEST_TEXT:
        raise InvalidRule(f"a rule has at most {LONGEST_TEXT:,} characters")
    if not text.isascii():
        raise InvalidRule("a rule has letters A-Z, digits and ; = , only")
    # Only around separators: "BYDAY=M O" may mean two things.
    plain = _SEPARATOR.sub(r"\1", text.strip()).upper().removeprefix("RRULE:").removesuffix(";")
    parts: dict[str, str] = {}
    for part in plain.split(";"):
        name, equals, value = part.partition("=")
        if not equals or not value or not name:
            faults.append(f"{_shown(part)} is not a part of a rule: write NAME=VALUE, for example FREQ=WEEKLY")
        elif name in _REFUSED:
            faults.append(_REFUSED[name])
        elif name not in _KNOWN:
            close = get_close_matches(name, _KNOWN, n=1)
            faults.append(f"{_shown(name)} is not a part of a rule{f': {close[0]} is' if close else ''}")
        elif name in parts:
            faults.append(f"{name} is given twice: give it once, with commas between values")
        else:
            parts[name] = value
    if "FREQ" not in parts and not any("FREQ" in fault for fault in faults):
        faults.append("FREQ is missing, for example FREQ=WEEKLY")
    return parts


def _frequency(value: str) -> Frequency:
    known: dict[str, Frequency] = {name.upper(): name for name in get_args(Frequency)}
    if value in _SUB_DAILY:
        raise _Fault(f"FREQ={value} is refused: events repeat daily at most, for example FREQ=DAILY")
    if value not in known:
        raise _Fault(f"FREQ={_shown(value)} is unknown: use {', '.join(known)}")
    return known[value]


def _whole(name: str, largest: int) -> Callable[[str], int]:
    def read(value: str) -> int:
        if not _NUMBER.fullmatch(value) or not 1 <= int(value) <= largest:
            raise _Fault(f"{name}={_shown(value)} is not a whole number from 1 to {largest:,}: for example {name}=2")
        return int(value)

    return read


def _numbers(name: str, largest: int, signed: bool, example: str) -> Callable[[str], tuple[int, ...]]:
    def read(value: str) -> tuple[int, ...]:
        items = value.split(",")
        if not all(_NUMBER.fullmatch(item) and 1 <= abs(int(item)) <= largest for item in items) or (
            not signed and any(int(item) < 0 for item in items)
        ):
            span = f"1 to {largest}" + (f" or -{largest} to -1" if signed else "")
            raise _Fault(f"{name}={_shown(value)}: numbers from {span}, for example {example}")
        return tuple(sorted({int(item) for item in items}))

    return read


def _by_day(value: str) -> tuple[NthWeekday, ...]:
    found = set()
    for item in value.split(","):
        match = _BY_DAY.fullmatch(item)
        nth = int(match[1] or 0) if match else 0
        if not match or (match[1] and not 1 <= abs(nth) <= 53):
            raise _Fault(f"BYDAY={_shown(value)}: days such as MO, 2TU or -1FR, for example BYDAY=TU,TH")
        found.add(NthWeekday(_BY_NAME[match[2]], nth))
    return tuple(sorted(found, key=lambda item: (WEEKDAYS.index(item.day), item.nth)))


def _week_start(value: str) -> Weekday:
    if value not in WEEKDAYS:
        raise _Fault(f"WKST={_shown(value)}: one of {', '.join(WEEKDAYS)}, for example WKST=MO")
    return _BY_NAME[value]


def _until(all_day: bool, zone: str | None) -> Callable[[str], When]:
    def read(value: str) -> When:
        example = "UNTIL=20270630" if all_day else "UNTIL=20270630T120000Z"
        match = _UNTIL.fullmatch(value)
        try:
            if not match:
                raise ValueError
            day = date(int(match[1]), int(match[2]), int(match[3]))
            if match[4] is None:
                return day if all_day else instant(datetime.combine(day, time(23, 59, 59)), zone)
            wall = datetime.combine(day, time(int(match[4]), int(match[5]), int(match[6])))
            # Outlook ends an all-day series at midnight local time, written in UTC: the evening before.
            at = wall.replace(tzinfo=UTC) if match[7] else instant(wall, zone)
            if not all_day:
                return at
            return at.astimezone(ZoneInfo(zone) if zone else UTC).date() if match[7] else day
        except (ValueError, OverflowError) as error:
            raise _Fault(f"UNTIL={_shown(value)} is not a date or UTC time: for example {example}") from error

    return read


def _check_zone(zone: str | None) -> None:
    try:
        ZoneInfo(zone or "UTC")
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise UnknownZone(f"{zone!r} is not a time zone of the IANA database") from error


def _list_text(name: str, values: tuple[int, ...] | list[str]) -> list[str]:
    return [f"{name}={','.join(map(str, values))}"] if values else []


def _shown(value: str) -> str:
    """A piece of what came in, short and without control characters, for a message."""
    return "".join(character if character.isprintable() else "?" for character in value[:40])
