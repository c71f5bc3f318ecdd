"""The dates of series as wall times."""

from datetime import UTC, datetime
from itertools import islice

from feeds.entry import Entry, When
from feeds.recurrence import occurrences, parse_rule, starts

BRUSSELS = "Europe/Brussels"
EARLY, LATE = datetime(1990, 1, 1, tzinfo=UTC), datetime(2090, 1, 1, tzinfo=UTC)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def walls(found: Entry, after: datetime = EARLY, before: datetime = LATE) -> list[str]:
    return [f"{one.start:%Y-%m-%d %H:%M}" for one in occurrences(found, after, before)]


def first(text: str, start: When, limit: int) -> list[When]:
    rule = parse_rule(text, all_day=not isinstance(start, datetime), zone=BRUSSELS, portable=False)
    return list(islice(starts(rule, start, BRUSSELS), limit))
