"""What an event names of other events: only what its reader may read there too. A foreign id is not even named."""

from collections.abc import Iterable, Sequence

from msgspec.structs import replace
from sqlalchemy import Connection

from scheduler.model.access import Actor, manages
from scheduler.model.event import Event
from scheduler.store import events, selection


def readable_ids(conn: Connection, ids: Iterable[str], actor: Actor) -> frozenset[str]:
    """Which of these events an actor may read."""
    wanted = sorted(set(ids))
    found = events.select_all(conn, events.with_ids(wanted) & selection.readable(actor)) if wanted else []
    return frozenset(event.id for event in found)


def as_seen(conn: Connection, found: Sequence[Event], actor: Actor) -> list[Event]:
    """Events without the ids of others that an actor may not read; whoever manages an event sees it as it is."""
    named = {key for event in found for key in (*event.related, event.part_of or "") if key}
    known = readable_ids(conn, named, actor)
    return [event if manages(actor, event) else _without(event, known) for event in found]


def _without(event: Event, known: frozenset[str]) -> Event:
    kept = tuple(key for key in event.related if key in known)
    whole = event.part_of if event.part_of in known else None
    return event if (kept, whole) == (event.related, event.part_of) else replace(event, related=kept, part_of=whole)
