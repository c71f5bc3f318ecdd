"""Events: draft, change, publish, move, cancel, delete: rules and one transaction each.

Every function locks the event's row, decides, and writes the event, its dates, its history, its reminders and its
messages together.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from msgspec import Struct
from msgspec.structs import replace
from sqlalchemy import Connection

from scheduler.config import Config
from scheduler.errors import Conflict, Fault, Forbidden, Invalid, NotFound, Stale
from scheduler.model import intake
from scheduler.model.access import NOBODY, Actor, may_create, may_read, may_write
from scheduler.model.changes import advanced
from scheduler.model.differences import differences
from scheduler.model.event import Event, Occurrence
from scheduler.model.ids import new_id
from scheduler.model.institution import Institution
from scheduler.model.intake_known import Known, known_of
from scheduler.model.occurrences import occurrences_of
from scheduler.services import changes, notices, party_notices, programme_notices, registrations, reminders
from scheduler.services.calling_off import tell_everybody, who_hears
from scheduler.services.institutions import countries_of
from scheduler.services.references import as_seen
from scheduler.services.touching import items_renamed, touch
from scheduler.store import events as store
from scheduler.store import institutions
from scheduler.store.changes import ChangeKind


class Held(Struct, frozen=True, kw_only=True):
    """An event with its dates and its institutions: what every door needs to show it."""

    event: Event
    dates: tuple[Occurrence, ...]
    institutions: dict[str, Institution]
    created: bool = False


class Door(Struct, frozen=True, kw_only=True):
    """Who writes, by which configuration, at which instant. `importing` lets history in (demo, imports)."""

    actor: Actor
    config: Config
    domain: str
    now: datetime
    importing: bool = False


def get(conn: Connection, event_id: str, actor: Actor) -> Held:
    """An event that an actor may read. Raises NotFound, also for one they may not."""
    event = store.get(conn, event_id)
    if event is None or not may_read(actor, event):
        raise NotFound("There is no such event.")
    return held(conn, *as_seen(conn, [event], actor))


def get_external(conn: Connection, source: str, external: str, actor: Actor) -> Held:
    """The event that an organiser's own key names. Raises NotFound, also for one they may not read."""
    event = store.by_external_id(conn, source, external)
    if event is None or not may_read(actor, event):
        raise NotFound("There is no such event.")
    return held(conn, *as_seen(conn, [event], actor))


def held(conn: Connection, event: Event, *, created: bool = False) -> Held:
    """An event with its dates and institutions."""
    return Held(
        event=event,
        dates=tuple(store.dates_of(conn, event.id)),
        institutions=institutions.all_institutions(conn),
        created=created,
    )


def create(conn: Connection, data: object, door: Door) -> Held:
    """Registers a new event: a draft, or published at once when its status says so.

    Raises Invalid with all faults, Forbidden for a programme that is not the actor's, Conflict for a taken key.
    """
    key = new_id(door.now)
    event = intake.new_event(
        data,
        _known(conn, door),
        id=key,
        uid=f"{key}@{door.domain}",
        now=door.now,
        created_by=door.actor.name,
        importing=door.importing,
    )
    if not may_create(door.actor, event.programme):
        raise Forbidden(f"Your role does not reach the programme “{event.programme}”.")
    _check_references(conn, event, door.actor)
    event = advanced(None, event, door.now)
    return _save(conn, None, event, "created", door)


def put_external(conn: Connection, source: str, external: str, data: object, door: Door) -> Held:
    """Creates or replaces the event that an organiser's own key names; doing it again changes nothing more."""
    if isinstance(data, Mapping):
        named = {"source": source, "id": external}
        if data.get("external_id") not in (None, named):
            detail = "The address names another external id: leave it out here."
            raise Invalid((Fault(pointer="/external_id", detail=detail, example=named),))
        data = {**data, "external_id": named}
    event = store.by_external_id(conn, source, external)
    if event is None:
        try:
            return create(conn, data, door)
        except Conflict:  # another node registered it since we looked: then it is there to be changed
            event = store.by_external_id(conn, source, external)
            if event is None:
                raise
    return change(conn, event.id, data, door, expected=None)


def change(
    conn: Connection, event_id: str, data: object, door: Door, *, expected: int | None, partly: bool = False
) -> Held:
    """Replaces an event's content, or with `partly` applies a merge patch (RFC 7396).

    Raises NotFound, Forbidden, Stale (when `expected` is not the present revision), Invalid, Conflict.
    """
    before = writable(conn, event_id, door.actor)
    known = _known(conn, door)

    def reshaped(sent: object) -> Event:
        if partly:
            return intake.patched(before, sent, known, now=door.now)
        return intake.replaced(before, sent, known, now=door.now, importing=door.importing)

    _check_version(conn, before, expected, lambda: reshaped(intake.without_service_fields(data)))
    after = reshaped(data)
    if not may_create(door.actor, after.programme):
        raise Forbidden(f"Your role does not reach the programme “{after.programme}”.")
    if before.published and after.status == "draft":
        raise Conflict("A published event does not become a draft again; cancel it instead.")
    _check_references(conn, after, door.actor)
    if after == before:
        return held(conn, before)
    after = advanced(before, after, door.now)
    if before.status == "cancelled" and after.timing_revision > before.timing_revision:
        raise Conflict("This event was cancelled; it cannot be moved. Register a new one.")
    moved = before.published and after.timing_revision > before.timing_revision
    return _save(conn, before, after, "moved" if moved else "updated", door)


def publish(conn: Connection, event_id: str, status: str, door: Door, *, expected: int | None) -> Held:
    """Makes a draft tentative or confirmed, or changes between the two. Publishing twice is harmless."""
    if status not in {"tentative", "confirmed"}:
        detail = "An event is published as tentative or confirmed."
        raise Invalid((Fault(pointer="/status", detail=detail, example="confirmed"),))
    before = writable(conn, event_id, door.actor)
    _check_version(conn, before, expected)
    if before.status == "cancelled":
        raise Conflict("This event was cancelled; it cannot be published.")
    if before.status == status:
        return held(conn, before)
    wanted = replace(before, status=status, published_at=before.published_at or door.now)
    return _save(conn, before, advanced(before, wanted, door.now), "published", door)


def cancel(conn: Connection, event_id: str, reason: str, door: Door, *, expected: int | None) -> Held:
    """Cancels a published event and its day programme: silences reminders, tells everybody registered, once."""
    before = writable(conn, event_id, door.actor)
    _check_version(conn, before, expected)
    if not before.published:
        raise Conflict("A draft is deleted, not cancelled.")
    if before.status == "cancelled":
        return held(conn, before)
    heard = who_hears(conn, before, door.config)
    saved = _call_off(conn, before, reason, door)
    for item in store.select_all(conn, store.part_of(event_id)):
        locked = store.get(conn, item.id, lock=True)
        if locked is not None and locked.alive:
            told = may_read(NOBODY, before) or not may_read(NOBODY, locked)  # a hidden visit's reason stays hidden
            _call_off(conn, locked, reason if told else "", door, heard)
    return saved


def _call_off(conn: Connection, before: Event, reason: str, door: Door, heard: frozenset[str] = frozenset()) -> Held:
    """Cancels one event; whether the actor may was asked before, of the visit as a whole, of which some `heard`."""
    wanted = replace(before, status="cancelled", cancelled_at=door.now, cancellation_reason=reason)
    saved = _save(conn, before, advanced(before, wanted, door.now), "cancelled", door)
    tell_everybody(conn, saved.event, saved.dates, reason, but=heard, config=door.config, now=door.now)
    return saved


def delete(conn: Connection, event_id: str, door: Door, *, expected: int | None) -> None:
    """Deletes a draft. Raises Conflict for a published event, which is cancelled instead."""
    before = writable(conn, event_id, door.actor)
    _check_version(conn, before, expected)
    if before.published:
        raise Conflict("A published event is not deleted: cancel it, so that everybody hears of it.")
    if store.select_all(conn, store.part_of(event_id), limit=1):
        raise Conflict("This event has a day programme; delete its items first.")
    countries = countries_of(before, institutions.all_institutions(conn))
    changes.record(conn, "deleted", before, None, countries=countries, actor=door.actor, now=door.now)
    store.remove(conn, event_id)


def writable(conn: Connection, event_id: str, actor: Actor) -> Event:
    """The locked event that an actor may write. Raises NotFound when they may not even read it, else Forbidden."""
    event = store.get(conn, event_id, lock=True)
    if event is None or not may_read(actor, event):
        raise NotFound("There is no such event.")
    if not may_write(actor, event):
        raise Forbidden("Your role does not let you change this event.")
    return event


def _save(conn: Connection, before: Event | None, after: Event, kind: ChangeKind, door: Door) -> Held:
    dates = occurrences_of(after)
    known = institutions.all_institutions(conn)
    countries = countries_of(after, known)
    if before is None:
        store.add(conn, after, dates, countries)
    else:
        store.replace(conn, after, dates, countries)
    changes.record(
        conn,
        kind,
        before,
        after,
        countries=countries,
        countries_before=countries_of(before, known) if before else None,
        actor=door.actor,
        now=door.now,
    )
    reminders.plan(conn, after, list(dates), config=door.config, now=door.now)
    programme_notices.tell(conn, before, after, dates, config=door.config, now=door.now)
    if before is not None:
        notices.tell(conn, before, after, dates, config=door.config, now=door.now)
        party_notices.tell(conn, before, after, dates, config=door.config, now=door.now)
        registrations.promote(conn, after, config=door.config, now=door.now)
        for item in items_renamed(conn, before, after):
            its = countries_of(item, known)
            touch(conn, item, countries=its, countries_before=its, actor=door.actor, now=door.now)
    return Held(event=after, dates=tuple(dates), institutions=known, created=before is None)


def _known(conn: Connection, door: Door) -> Known:
    return known_of(door.config, institutions.all_institutions(conn))


def _check_version(
    conn: Connection, event: Event, expected: int | None, wanted: Callable[[], Event] | None = None
) -> None:
    if expected is None or expected == event.revision:
        return
    try:
        apart = differences(intake.as_input(event), intake.as_input(wanted())) if wanted else ()
    except Invalid:
        apart = ()
    current: Any = held(conn, event)
    detail = "Somebody changed this event meanwhile: look at the differences, then send your change again."
    raise Stale(detail, current=event.revision, representation=current, differences=apart)


def _check_references(conn: Connection, event: Event, actor: Actor) -> None:
    """That the external id is free, and that the events it names exist for the actor. Raises Conflict, Invalid."""
    external = event.external_id
    namesake = store.by_external_id(conn, external.source, external.id) if external else None
    if namesake is not None and namesake.id != event.id:
        raise Conflict("Another event has this external id already.")
    wanted = [(f"/related/{place}", key) for place, key in enumerate(event.related)]
    wanted += [("/part_of", event.part_of)] if event.part_of else []
    faults = []
    for pointer, key in wanted:
        other = store.get(conn, key) if key != event.id else None
        if other is None or not may_read(actor, other):
            faults.append(Fault(pointer=pointer, detail=f"There is no other event “{key}”."))
        elif pointer == "/part_of":
            faults += _faults_as_part(conn, event, other, actor)
    if faults:
        raise Invalid(tuple(faults))


def _faults_as_part(conn: Connection, event: Event, whole: Event, actor: Actor) -> list[Fault]:
    """Why an event cannot be an item of another one's day programme."""
    if not may_write(actor, whole):
        return [Fault(pointer="/part_of", detail="Your role does not let you add to this event's day programme.")]
    if whole.part_of or store.select_all(conn, store.part_of(event.id), limit=1):
        return [Fault(pointer="/part_of", detail="A day programme has one level: an item has no items of its own.")]
    return []
