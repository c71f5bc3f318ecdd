"""Entries to write tests with, and calendars made of them."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import msgspec

from feeds.entry import Entry, NthWeekday, Recurrence, Rule, When
from feeds.recurrence import parse_rule
from feeds.write import Head, calendar, vevent, vtimezones, zones_of

STAMP = datetime(2026, 11, 2, 9, 30, tzinfo=UTC)
START = datetime.fromisoformat("2027-03-16 14:30")


def wall(text: str) -> datetime:
    """A wall time: `wall("2027-03-28 09:00")`."""
    return datetime.fromisoformat(text)


def entry(start: When = START, hours: float = 1, **changes: Any) -> Entry:
    """A timed entry of `hours`, in Brussels unless told otherwise; or an all-day one of a day for a date."""
    length = timedelta(hours=hours) if isinstance(start, datetime) else timedelta(days=1)
    plain = Entry(
        uid="0198-talk@events.example",
        sequence=0,
        stamp=STAMP,
        modified=STAMP,
        start=start,
        end=start + length,
        zone="Europe/Brussels" if isinstance(start, datetime) else None,
        summary="Guest lecture",
    )
    return msgspec.structs.replace(plain, **changes)


def series(start: When, rule: str, zone: str | None = "Europe/Brussels", **changes: Any) -> Entry:
    """A series of one-hour (or one-day) entries; `excluded` and `added` may be given."""
    all_day = not isinstance(start, datetime)
    zone = None if all_day else zone
    recurrence = Recurrence(
        rule=parse_rule(rule, all_day=all_day, zone=zone, portable=False),
        added=changes.pop("added", ()),
        excluded=changes.pop("excluded", ()),
    )
    return entry(start, zone=zone, recurrence=recurrence, **changes)


def override(master: Entry, original: When, start: When, hours: float = 1, **changes: Any) -> Entry:
    """A moved or changed date of `master`."""
    length = timedelta(hours=hours) if isinstance(start, datetime) else timedelta(days=1)
    changes = {"sequence": master.sequence + 1, "overrides": (), "recurrence": None, **changes}
    return msgspec.structs.replace(master, recurrence_id=original, start=start, end=start + length, **changes)


def calendar_of(*entries: Entry) -> bytes:
    """The whole calendar that a feed with these entries would be."""
    return calendar(Head(name="eNSPIRED"), vtimezones(zones_of(entries)), map(vevent, entries))


def days(*texts: str) -> list[date]:
    """Dates from ISO texts."""
    return [date.fromisoformat(text) for text in texts]


TUESDAYS = Rule(frequency="weekly", by_day=(NthWeekday("TU"),), count=6)
