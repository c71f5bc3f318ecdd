"""What Python's readers see in a calendar, in a form that can be compared with ours."""

from datetime import UTC, date, datetime

import icalendar
import recurring_ical_events

from feeds.entry import Entry
from feeds.recurrence import occurrences

Seen = tuple[str, int | str, int | str]
"""uid, start and end of an occurrence: Unix seconds, or an ISO date."""


def parsed(calendar: bytes) -> icalendar.Calendar:
    """The calendar as Python's icalendar reads it, which must not complain about anything."""
    found = icalendar.Calendar.from_ical(calendar)
    assert isinstance(found, icalendar.Calendar)
    complaints = [component.errors for component in found.walk() if component.errors]
    assert complaints == []
    return found


def seen_by_recurring(calendar: bytes, after: datetime, before: datetime) -> list[Seen]:
    """The occurrences that recurring-ical-events finds between two instants."""
    found = recurring_ical_events.of(parsed(calendar)).between(after, before)
    return sorted((str(event["UID"]), mark(event["DTSTART"].dt), mark(event["DTEND"].dt)) for event in found)


def seen_by_us(entries: list[Entry], after: datetime, before: datetime) -> list[Seen]:
    """The occurrences that `feeds.recurrence` finds."""
    return sorted(
        (
            entry.uid,
            mark(one.start_at if isinstance(one.start, datetime) else one.start),
            mark(one.end_at if isinstance(one.end, datetime) else one.end),
        )
        for entry in entries
        for one in occurrences(entry, after, before)
    )


def mark(when: datetime | date) -> int | str:
    """An instant as Unix seconds, a date as text."""
    return int(when.astimezone(UTC).timestamp()) if isinstance(when, datetime) else when.isoformat()
