"""Events that read differently because of something beside them: an institution's name, the visit they are part of.

Whatever shows them has to say that they changed (RFC 5545 section 3.8.7.3), or calendars keep the old words.
"""

from datetime import datetime
from typing import Any

from msgspec.structs import replace
from sqlalchemy import Connection

from scheduler.model.access import Actor
from scheduler.model.event import Event
from scheduler.services import changes
from scheduler.store import events


def touch(
    conn: Connection,
    before: Event,
    *,
    countries: frozenset[str],
    countries_before: frozenset[str],
    actor: Actor,
    now: datetime,
) -> None:
    """A new public revision of an event whose own fields are as they were."""
    after = replace(
        before,
        revision=before.revision + 1,
        public_revision=before.public_revision + 1,
        modified_at=max(now, before.modified_at),
    )
    events.replace(conn, after, events.dates_of(conn, before.id), countries)
    changes.record(
        conn, "updated", before, after, countries=countries, countries_before=countries_before, actor=actor, now=now
    )


def items_renamed(conn: Connection, before: Event, after: Event) -> list[Event]:
    """The locked items of a day programme that are shown with another name than before, because the visit has one.

    A public item is not touched for a visit that is not public: nobody there could know why it changed.
    """
    if _shown(before) == _shown(after):
        return []
    public = "public" in (before.visibility, after.visibility)
    items = [events.get(conn, item.id, lock=True) for item in events.select_all(conn, events.part_of(after.id))]
    return [item for item in items if item is not None and (public or item.visibility != "public")]


def _shown(whole: Event) -> Any:
    """What an item says of the whole, and to whom."""
    return (whole.title, whole.visibility) if whole.published else None
