"""Judges a feed, ours or a stranger's, by the twenty rules of a feed that every program renders right.

Pure: whoever has the octets, and the headers they came with, asks. The rules stand in docs/feeds.md.
"""

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from feeds.checking.answers import check_answer
from feeds.checking.events import check_amount, check_event, check_series, check_stamps
from feeds.checking.findings import READING, Finding, Level, gathered
from feeds.checking.heads import check_head, check_zones, said
from feeds.checking.moments import check_moments
from feeds.checking.octets import check_octets
from feeds.errors import InvalidCalendar, TooLarge
from feeds.read import Limits, read
from feeds.reading.components import Component, calendars
from feeds.reading.findings import Notes
from feeds.reading.tokens import tokenize
from feeds.reading.unfolding import logical_lines

__all__ = ["READING", "Finding", "Level", "check"]

_DEFAULT = Limits()
_CALENDAR = re.compile(rb"(?i)begin:vcalendar")
_OF_CALENDARS = frozenset({2, 17})


def check(headers: Mapping[str, str] | None, body: bytes, *, limits: Limits = _DEFAULT) -> tuple[Finding, ...]:
    """What is wrong with a feed, by rule and line; `headers` are those of the answer, None for a file.

    What cannot be read at all, or not exactly, has the rule READING. Never raises for any octets.
    """
    found = list(check_answer(headers)) if headers is not None else []
    try:
        found += _check_calendar(body, _date(headers or {}), limits)
    except (InvalidCalendar, TooLarge) as error:
        if not _CALENDAR.search(body):
            # How the lines of a web page end is not what is wrong with it.
            found = [one for one in found if one.rule not in _OF_CALENDARS]
        found.append(Finding(READING, "fault", error.line, error.detail))
    return gathered(found)


def _check_calendar(body: bytes, asked_at: datetime | None, limits: Limits) -> Iterator[Finding]:
    yield from check_octets(body)
    lines = (tokenize(logical, limits) for logical in logical_lines(body, limits))
    roots = calendars(lines, Notes(limits.warnings), limits)
    if len(roots) > 1:
        yield Finding(5, "warning", roots[1].line, "there is more than one VCALENDAR: programs read the first")
    for root in roots:
        yield from check_head(root)
        yield from check_zones(root)
        yield from _check_events(root, asked_at)
    yield from _check_reading(body, limits)


def _check_events(root: Component, asked_at: datetime | None) -> Iterator[Finding]:
    events = [child for child in root.children if child.kind == "VEVENT"]
    for event in events:
        yield from check_event(event)
        yield from check_moments(event, calendar_zone=bool(said(root, "X-WR-TIMEZONE")))
    yield from check_series(events)
    yield from check_stamps(events, asked_at)
    yield from check_amount(events)


def _check_reading(body: bytes, limits: Limits) -> Iterator[Finding]:
    reading = read(body, limits=limits)
    for refusal in reading.refused:
        yield Finding(READING, "fault", refusal.line, f"an event was not read: {refusal.reason}")
    for caution in (*reading.warnings, *(one for entry in reading.entries for one in entry.warnings)):
        yield Finding(READING, "warning", caution.line, caution.text)


def _date(headers: Mapping[str, str]) -> datetime | None:
    said_ = next((value for name, value in headers.items() if name.lower() == "date"), "")
    try:
        at = parsedate_to_datetime(said_)
    except (ValueError, IndexError, TypeError):
        return None
    return at if at.tzinfo else at.replace(tzinfo=UTC)
