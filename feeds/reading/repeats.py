"""RRULE, RDATE, EXDATE and RECURRENCE-ID in the terms of their series (RFC 5545 section 3.8.5)."""

import re
from datetime import datetime

from msgspec import Struct
from msgspec.structs import replace

from feeds.contradictions import disagreements
from feeds.entry import NthWeekday, Recurrence, Rule, When, instant
from feeds.errors import InvalidRule
from feeds.reading.ends import fitted, lasting
from feeds.reading.event import Draft
from feeds.reading.findings import Limits, Notes, Unreadable
from feeds.reading.times import Time, read_time
from feeds.reading.tokens import Line
from feeds.reading.values import moment
from feeds.reading.zones import Zones
from feeds.rules import WEEKDAYS, parse_rule

_MIDNIGHT = datetime.min.time()
_UNTIL = re.compile(r"(?:^|;)\s*UNTIL\s*=\s*([^;]*)", re.IGNORECASE)
_OLD_RULE = re.compile(r"\s*(?:D|W|M[PD]|Y[MD])\d+(?:\s|$)", re.ASCII)
_CLOCK = re.compile(r"BY(HOUR|MINUTE|SECOND)=(\d{1,2})", re.IGNORECASE | re.ASCII)
_HARMLESS = {"RSCALE=GREGORIAN", "SKIP=OMIT"}
# A set of dates without a rule: a rule that gives its start and nothing else, and the dates added to it.
_NO_RULE = Rule(frequency="daily", count=1)


class Series(Struct, frozen=True):
    """How a VEVENT repeats; `unusual` gives the ends of added dates that last otherwise than the first."""

    recurrence: Recurrence
    unusual: tuple[tuple[When, When], ...] = ()


def read_series(draft: Draft, limits: Limits) -> Series | None:
    """How `draft` repeats, None for a single event. Raises Unreadable for what cannot be said exactly."""
    by_name: dict[str, list[Line]] = {"RRULE": [], "RDATE": [], "EXDATE": [], "EXRULE": []}
    for line in draft.component.properties:
        if line.name in by_name and line.value.strip():
            by_name[line.name].append(line)
    rules, added_lines = _distinct(by_name["RRULE"], draft.notes), by_name["RDATE"]
    if by_name["EXRULE"]:
        raise Unreadable(by_name["EXRULE"][0].number, "exrule", "EXRULE takes dates out by a rule: it is not supported")
    if len(rules) > 1:
        raise Unreadable(rules[1].number, "several-rules", "it repeats by more than one RRULE: it is not supported")
    if not rules and not added_lines:
        return None
    if draft.start.form == "fixed":
        words = (
            f"it repeats in the time zone {draft.start.tzid!r}, which the file defines and no known time zone follows"
        )
        raise Unreadable((rules or added_lines)[0].number, "unknown-zone", words)
    rule = _rule(rules[0], draft) if rules else _NO_RULE
    added, unusual = _added(added_lines, draft, limits)
    excluded = tuple(
        in_terms_of(draft.start, _time(line, value, draft), line, draft.zones, draft.notes)
        for line, value in _values(by_name["EXDATE"], limits)
    )
    recurrence = Recurrence(rule=rule, added=_once(added), excluded=_once(excluded))
    return Series(recurrence, unusual)


def in_terms_of(start: Time, time: Time, line: Line, zones: Zones, notes: Notes) -> When:
    """A date of the series that starts at `start`, as it is written there: a date, or wall time in its zone."""
    if not isinstance(start.when, datetime):
        if not isinstance(time.when, datetime):
            return time.when
        notes.add(line.number, "value-type", f"{line.name} is a time and DTSTART a date: its day was taken")
        # Midnight of the reader, written in UTC, is the evening before.
        local = time.form == "utc" and time.when.time() != _MIDNIGHT and zones.floating
        return time.wall_in(zones.floating).date() if local else time.day()
    usual = start.when.time()
    if not isinstance(time.when, datetime):
        notes.add(
            line.number, "value-type", f"{line.name} is a date and DTSTART a time: the start on that day was taken"
        )
        return datetime.combine(time.when, usual)
    wall = time.when if time.zone == start.zone else time.wall_in(start.zone)
    if time.form != "utc" and wall.time() == _MIDNIGHT != usual:
        notes.add(line.number, "value-type", f"{line.name} is a midnight: the start on that day was taken")
        return datetime.combine(wall.date(), usual)
    expected = datetime.combine(wall.date(), usual)
    same = instant(expected, start.zone) == time.at()  # also where a clock change skips the usual time
    return expected if same else wall.replace(fold=0)


def _rule(line: Line, draft: Draft) -> Rule:
    start, notes = draft.start, draft.notes
    timed = isinstance(start.when, datetime)
    if _OLD_RULE.match(line.value):
        words = "RRULE is in the form of vCalendar 1.0, which is not read: save it as iCalendar 2.0"
        raise Unreadable(line.number, "old-rule", words)
    value = line.value.replace("\\;", ";").replace("\\,", ",")
    if value != line.value:
        notes.add(line.number, "escaped", "the semicolons or commas of RRULE have backslashes, which were left out")
    parts = [part.strip() for part in value.split(";")[:100]]
    kept = [part for part in parts if part.upper() not in _HARMLESS and not _says_start(part, start)]
    if len(kept) < len(parts):
        notes.add(line.number, "rule-part", "parts of RRULE that say what holds anyway were left out")
    _check_until(line, value, start, notes)
    zone = start.zone if timed else draft.zones.floating
    try:
        rule = parse_rule(";".join(kept), all_day=not timed, zone=zone, portable=False)
    except InvalidRule as error:
        raise Unreadable(line.number, "bad-rule", f"RRULE: {error.detail}") from error
    differing = disagreements(rule)
    if differing:
        words = f"RRULE was read as RFC 5545 has it, but programs show other dates: {'; '.join(differing)}"
        notes.add(line.number, "programs-differ", words)
    return _explicit(rule, start)


def _explicit(rule: Rule, start: Time) -> Rule:
    """The same dates with the parts named that programs fill in differently (RFC 8984 section 4.3.3.1)."""
    if rule.frequency == "yearly" and rule.by_month_day and not (rule.by_month or rule.by_year_day):
        rule = replace(rule, by_month=tuple(range(1, 13)))
    if rule.by_week_number and not (rule.by_day or rule.by_month_day or rule.by_year_day):
        rule = replace(rule, by_day=(NthWeekday(WEEKDAYS[start.when.weekday()]),))
    return rule


def _says_start(part: str, start: Time) -> bool:
    """True for a BYHOUR, BYMINUTE or BYSECOND that is the start's own."""
    match = _CLOCK.fullmatch(part)
    if match is None or not isinstance(start.when, datetime):
        return False
    own = {"HOUR": start.when.hour, "MINUTE": start.when.minute, "SECOND": start.when.second}
    return own[match[1].upper()] == int(match[2])


def _check_until(line: Line, value: str, start: Time, notes: Notes) -> None:
    """UNTIL has to be of the type of DTSTART, and in UTC (RFC 5545 section 3.3.10); many programs differ."""
    match = _UNTIL.search(value[:1_000])
    if match is None:
        return
    try:
        until = moment(match[1])
    except ValueError:
        return  # the rule's own error says it better
    if not isinstance(start.when, datetime):
        if isinstance(until.wall, datetime):
            notes.add(line.number, "until-type", "UNTIL is a time and DTSTART a date: its day was taken")
    elif not isinstance(until.wall, datetime):
        notes.add(line.number, "until-type", "UNTIL is a date and DTSTART a time: the whole day was included")
    elif not until.utc and start.form != "floating":
        notes.add(line.number, "until-type", f"UNTIL is not in UTC: it was read in {start.zone or 'UTC'}")


def _added(lines: list[Line], draft: Draft, limits: Limits) -> tuple[list[When], tuple[tuple[When, When], ...]]:
    added: list[When] = []
    unusual: list[tuple[When, When]] = []
    usual = draft.entry.end - draft.entry.start
    for line, value in _values(lines, limits):
        begins, slash, ends = value.partition("/")
        time = _time(line, begins, draft)
        when = in_terms_of(draft.start, time, line, draft.zones, draft.notes)
        added.append(when)
        if slash and isinstance(when, datetime):
            end = _period_end(line, Time(when, draft.start.zone, draft.start.form), ends, draft)
            if end - when != usual:
                unusual.append((when, end))
    return added, tuple(unusual)


def _time(line: Line, value: str, draft: Draft) -> Time:
    return read_time(line, draft.zones, draft.notes, value, beside=draft.start)


def _period_end(line: Line, start: Time, value: str, draft: Draft) -> When:
    try:
        if not value.strip().upper().startswith(("P", "+P")):
            return fitted(line, start, _time(line, value, draft), draft.notes)
        return lasting(line, start, value, draft.notes)
    except (ValueError, OverflowError) as error:
        raise Unreadable(line.number, "bad-time", f"RDATE: {error}") from error


def _distinct(lines: list[Line], notes: Notes) -> list[Line]:
    found: dict[str, Line] = {}
    for line in lines:
        if line.value.strip().upper() in found:
            notes.add(line.number, "given-twice", "the same RRULE stands there again")
        found.setdefault(line.value.strip().upper(), line)
    return list(found.values())


def _values(lines: list[Line], limits: Limits) -> list[tuple[Line, str]]:
    found = [(line, value) for line in lines for value in line.value.split(",") if value.strip()]
    if len(found) > limits.dates:
        words = f"it has {len(found):,} dates in {found[0][0].name}, more than {limits.dates:,}"
        raise Unreadable(found[0][0].number, "too-large", words)
    return found


def _once(dates: list[When] | tuple[When, ...]) -> tuple[When, ...]:
    return tuple(dict.fromkeys(dates))
