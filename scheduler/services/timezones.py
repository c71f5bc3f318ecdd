"""When the time zone data change: wall times stay, instants are derived again, and whoever has to know is told."""

from datetime import datetime

from msgspec import Struct
from msgspec.structs import replace
from sqlalchemy import Connection

from scheduler.config import Config
from scheduler.model.event import Occurrence
from scheduler.model.occurrences import occurrences_of
from scheduler.services import changes, reminders
from scheduler.services.institutions import countries_of
from scheduler.services.people import SYSTEM
from scheduler.store import events, institutions, settings

_VERSION = "tzdata"


class Shift(Struct, frozen=True, kw_only=True):
    """An event whose instants moved: the first of its dates that did, before and after (UTC instants)."""

    event_id: str
    timezone: str
    before: datetime
    after: datetime


def derive_again(conn: Connection, version: str, *, config: Config, now: datetime) -> list[Shift]:
    """Derives every future instant again if the release of the time zone data is not the one used last.

    Wall times stay as they are; where an instant moved, SEQUENCE rises and reminders follow. Gives what moved.
    """
    if settings.get(conn, _VERSION) == version:
        return []
    settings.put(conn, _VERSION, version)
    ahead = events.select_all(conn, events.ending_after(now), limit=1_000_000)
    return [shift for event in ahead if (shift := _derive(conn, event.id, config=config, now=now)) is not None]


def _derive(conn: Connection, event_id: str, *, config: Config, now: datetime) -> Shift | None:
    event = events.get(conn, event_id, lock=True)  # as it is now: other nodes may be at work
    if event is None:
        return None
    stored, derived = events.dates_of(conn, event.id), list(occurrences_of(event))
    moved = _first_moved(stored, derived)
    if moved is None:
        return None
    after = replace(
        event,
        revision=event.revision + 1,
        public_revision=event.public_revision + 1,
        timing_revision=event.timing_revision + 1,
        sequence=event.sequence + 1,
        modified_at=max(now, event.modified_at),
    )
    countries = countries_of(after, institutions.all_institutions(conn))
    events.replace(conn, after, derived, countries)
    changes.record(conn, "updated", event, after, countries=countries, actor=SYSTEM, now=now)
    reminders.plan(conn, after, derived, config=config, now=now)
    return Shift(event_id=event.id, timezone=event.timezone, before=moved[0], after=moved[1])


def _first_moved(stored: list[Occurrence], derived: list[Occurrence]) -> tuple[datetime, datetime] | None:
    known = {date.id: date for date in stored}
    for date in derived:
        before = known.get(date.id, date)
        if (before.start_at, before.end_at) != (date.start_at, date.end_at):
            return before.start_at, date.start_at
    return None
