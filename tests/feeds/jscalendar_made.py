"""Our JSCalendar, and what an independent reader sees in it, beside what we see in the entries."""

from datetime import UTC, datetime
from typing import Any

from feeds.entry import Entry, When
from feeds.formats import jscalendar
from feeds.recurrence import occurrences
from tests.feeds import jscalendar_reader
from tests.feeds.entries import STAMP
from tests.feeds.jscalendar_reader import Seen

AFTER, BEFORE = datetime(2026, 1, 1, tzinfo=UTC), datetime(2028, 6, 1, tzinfo=UTC)
SOURCE = "https://events.example/feeds/events.json?programme=enspired"


def group(*entries: Entry) -> bytes:
    return jscalendar.group("eNSPIRED", "Guest lectures", entries, updated=STAMP, source=SOURCE)


def only(one: Entry) -> dict[str, Any]:
    (event,) = jscalendar_reader.entries(group(one))
    return event


def without(event: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in event.items() if name not in names}


def read(one: Entry) -> list[Seen]:
    """What the reader sees in our bytes, within the window."""
    found = jscalendar_reader.expand(only(one), BEFORE)
    return [seen for seen in found if seen.start_at < BEFORE and (seen.end_at > AFTER or seen.start_at >= AFTER)]


def ours(one: Entry) -> list[Seen]:
    found = []
    for date_ in occurrences(one, AFTER, BEFORE):
        folded = isinstance(date_.start, datetime) and date_.start.fold
        start = date_.start_at if folded else date_.start
        zone = "Etc/UTC" if folded or (date_.zone is None and isinstance(date_.start, datetime)) else date_.zone or ""
        original = local(date_.recurrence_id) if date_.recurrence_id is not None else ""
        status = "cancelled" if date_.cancelled else one.status
        found.append(Seen(date_.start_at, date_.end_at, original, local(start), zone, status))
    return sorted(found)


def local(when: When) -> str:
    return when.strftime("%Y-%m-%dT%H:%M:%S") if isinstance(when, datetime) else f"{when:%Y-%m-%d}T00:00:00"
