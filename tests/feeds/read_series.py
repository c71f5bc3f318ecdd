"""Series that others wrote, as the tests of the reader begin them."""

from datetime import UTC, datetime

from feeds.read import Read
from feeds.recurrence import occurrences
from tests.feeds.calendar_files import one

TUESDAY = "DTSTART;TZID=Europe/Brussels:20270316T143000"
WEEKLY = "RRULE:FREQ=WEEKLY;COUNT=4"
DAY = "DTSTART;VALUE=DATE:20270316"
AFTER, BEFORE = datetime(2027, 1, 1, tzinfo=UTC), datetime(2028, 1, 1, tzinfo=UTC)


def starts(found: Read) -> list[str]:
    """The starts of an entry in 2027, as text; cancelled ones in brackets."""
    seen = occurrences(found.entry, AFTER, BEFORE)
    texts = [str(one.start)[5:16] if isinstance(one.start, datetime) else str(one.start)[5:] for one in seen]
    return [f"({text})" if one.cancelled else text for text, one in zip(texts, seen, strict=True)]


def series(*lines: str, start: str = TUESDAY, zone: str | None = None) -> Read:
    """A series, read."""
    return one(*lines, start=start, zone=zone)
