"""Rules 9 to 13: when an event is, and how it repeats."""

import re
from collections.abc import Iterator

from feeds.checking.findings import Finding
from feeds.reading.components import Component
from feeds.reading.tokens import Line

_UNTIL = re.compile(r"(?i)(?:^|;)UNTIL=([0-9TZ]+)")


def check_moments(event: Component, *, calendar_zone: bool) -> Iterator[Finding]:
    """One VEVENT; `calendar_zone` when X-WR-TIMEZONE is there."""
    start = event.first("DTSTART")
    if start is None:
        yield Finding(12, "fault", event.line, "DTSTART is missing")
        return
    repeats = event.first("RRULE") is not None
    form = form_of(start)
    if form == "floating":
        if calendar_zone:
            text = "X-WR-TIMEZONE is the only source of a time zone: most programs ignore it"
            yield Finding(10, "fault", start.number, text)
        yield Finding(9, "fault", start.number, "a time without a zone: everybody sees another moment")
    if form == "utc" and repeats:
        text = "a series in UTC moves by an hour when the clocks change: give it a TZID"
        yield Finding(9, "fault", start.number, text)
    yield from _check_end(event, start, form)
    yield from _check_series(event, start, form)


def form_of(line: Line) -> str:
    """How a time is written: "date", "utc", "zoned" or "floating"."""
    value = line.value.strip()
    if "T" not in value.upper():
        return "date"
    if value.upper().endswith("Z"):
        return "utc"
    return "zoned" if line.parameter("TZID").strip() else "floating"


def _check_end(event: Component, start: Line, form: str) -> Iterator[Finding]:
    end = event.first("DTEND")
    if end is None:
        if event.first("DURATION") is None:
            yield Finding(12, "warning", start.number, "there is no DTEND: some programs show no event, some an hour")
        return
    rule = 11 if form == "date" else 12
    if (form_of(end) == "date") != (form == "date"):
        yield Finding(rule, "fault", end.number, "DTSTART and DTEND are of different kinds: both dates, or both times")
        return
    comparable = form_of(end) == form and end.parameter("TZID") == start.parameter("TZID")
    if comparable and end.value.strip() <= start.value.strip():
        text = "DTEND of an all-day event is the day after its last" if form == "date" else "DTEND is not after DTSTART"
        yield Finding(rule, "fault", end.number, text)
    if form == "date" and event.first("X-MICROSOFT-CDO-ALLDAYEVENT") is None:
        yield Finding(11, "note", start.number, "X-MICROSOFT-CDO-ALLDAYEVENT:TRUE helps Outlook")


def _check_series(event: Component, start: Line, form: str) -> Iterator[Finding]:
    rules = [line for line in event.properties if line.name == "RRULE"]
    if len(rules) > 1:
        yield Finding(13, "fault", rules[1].number, "more than one RRULE: programs read the first or none")
    for line in event.properties:
        if line.name == "EXRULE":
            yield Finding(13, "fault", line.number, "EXRULE was withdrawn: use EXDATE")
        elif line.name == "RDATE" and not rules:
            yield Finding(13, "warning", line.number, "dates without RRULE: Google and others show only the first")
        elif line.name in {"EXDATE", "RECURRENCE-ID"}:
            yield from _check_exception(line, start, form)
    for line in rules:
        until = _UNTIL.search(line.value[:1_000])
        if until and form == "zoned" and not until[1].upper().endswith("Z"):
            yield Finding(13, "fault", line.number, "UNTIL has to be in UTC (RFC 5545 section 3.3.10)")
        elif until and form == "date" and "T" in until[1].upper():
            yield Finding(13, "fault", line.number, "UNTIL has to be a date as DTSTART is")


def _check_exception(line: Line, start: Line, form: str) -> Iterator[Finding]:
    if line.parameter("RANGE"):
        text = "RANGE=THISANDFUTURE is ignored by most programs: end the series and begin another"
        yield Finding(13, "fault", line.number, text)
    if line.name == "RECURRENCE-ID":
        return  # its zone is that of the series, which may not be that of the moved date
    if (form_of(line) == "date") != (form == "date"):
        yield Finding(13, "fault", line.number, f"{line.name} and DTSTART are of different kinds: it is not found")
    elif form_of(line) != form or line.parameter("TZID") != start.parameter("TZID"):
        yield Finding(13, "warning", line.number, f"{line.name} is not in the zone of DTSTART: some do not find it")
