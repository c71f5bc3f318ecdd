"""Institutions: add, change, remove. A change that shows touches the events that name the institution."""

from datetime import datetime

from msgspec.structs import replace
from sqlalchemy import Connection

from scheduler.errors import Conflict, Forbidden, NotFound, Stale
from scheduler.model.access import Actor
from scheduler.model.differences import differences
from scheduler.model.event import Event
from scheduler.model.institution import Institution
from scheduler.model.intake_institution import institution_as_input
from scheduler.services.touching import touch
from scheduler.store import events
from scheduler.store import institutions as store


def add(conn: Connection, row: Institution, *, actor: Actor) -> Institution:
    """Stores a new institution. Raises Forbidden, Conflict when the key is taken."""
    _check_may(actor)
    if store.get(conn, row.key) is not None:
        raise Conflict(f"There is an institution “{row.key}” already; use PUT to change it.")
    store.add(conn, row)
    return row


def change(
    conn: Connection, key: str, row: Institution, *, expected: int | None, actor: Actor, now: datetime
) -> Institution:
    """Stores a new revision; its events show it at once. Raises NotFound, Forbidden, Stale."""
    _check_may(actor)
    naming = [events.get(conn, event_id, lock=True) for event_id in store.events_naming(conn, key)]
    before = get(conn, key, lock=True)
    if expected is not None and expected != before.revision:
        detail = "Somebody changed this institution meanwhile: look at the differences, then send your change again."
        apart = differences(institution_as_input(before), institution_as_input(row))
        raise Stale(detail, current=before.revision, representation=before, differences=apart)
    if row == before:
        return before
    row = replace(row, key=key, created_at=before.created_at, revision=before.revision + 1)
    known = store.all_institutions(conn)
    store.replace(conn, row)
    for event in filter(None, naming):
        touch(
            conn,
            event,
            countries=countries_of(event, {**known, key: row}),
            countries_before=countries_of(event, known),
            actor=actor,
            now=now,
        )
    return row


def remove(conn: Connection, key: str, *, actor: Actor) -> None:
    """Deletes an institution that no event names. Raises NotFound, Forbidden, Conflict."""
    _check_may(actor)
    get(conn, key)
    if store.events_naming(conn, key):
        raise Conflict("Events name this institution; it cannot be removed.")
    store.remove(conn, key)


def get(conn: Connection, key: str, *, lock: bool = False) -> Institution:
    """One institution, held until commit with `lock`. Raises NotFound."""
    row = store.get(conn, key, lock=lock)
    if row is None:
        raise NotFound("There is no such institution.")
    return row


def countries_of(event: Event, known: dict[str, Institution]) -> frozenset[str]:
    """The countries of the institutions that an event names."""
    keys = {event.host, event.sender, *event.co_hosts, *event.partners}
    return frozenset(known[key].country for key in keys if key in known)


def _check_may(actor: Actor) -> None:
    if actor.role not in {"organiser", "admin"} or not actor.writes:
        raise Forbidden("Institutions are kept by organisers and administrators.")
