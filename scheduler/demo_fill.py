"""Fills an empty database with the demo programme, through the same doors as the API."""

from collections.abc import Callable, Iterable
from datetime import datetime
from functools import partial
from typing import Any

from msgspec import Struct
from sqlalchemy import Connection

from scheduler.config import Config
from scheduler.demo import REFERENCE, load_events, load_institutions, resolved, shifted
from scheduler.errors import Conflict, NotFound
from scheduler.model.access import Actor
from scheduler.model.intake_institution import new_institution
from scheduler.model.intake_known import known_of
from scheduler.model.intake_registration import new_registration
from scheduler.model.person import ApiKey, Person
from scheduler.services import events, institutions, people, registrations
from scheduler.store import events as event_store
from scheduler.store import institutions as institution_store
from scheduler.store import people as people_store
from scheduler.store import registrations as registration_store
from scheduler.store import settings
from scheduler.store.database import Database

ADMIN, ORGANISER = "admin@example.org", "organiser@example.org"
KEY_LABEL = "enspired demo"
_MARK = "demo"
_ACTOR = Actor(role="admin", name="demo", writes=True)

Progress = Callable[[int, int], None]
"""Told how many of how many steps are done."""

Document = dict[str, Any]

_PEOPLE: tuple[Document, ...] = (
    {"name": "Amina Otieno", "email": "amina.otieno@example.org", "language": "en", "timezone": "Africa/Nairobi"},
    {"name": "Jan Peeters", "email": "jan.peeters@example.org", "language": "nl", "timezone": "Europe/Brussels"},
    {"name": "María Quispe", "email": "maria.quispe@example.org", "language": "es", "timezone": "America/Guayaquil"},
    {"name": "Chantal Ilunga", "email": "chantal.ilunga@example.org", "language": "fr", "timezone": "Africa/Kinshasa"},
    {"name": "Sophea Chann", "email": "sophea.chann@example.org", "language": "en", "timezone": "Asia/Phnom_Penh"},
    {"name": "Thandi Nkosi", "email": "thandi.nkosi@example.org", "language": "en", "timezone": "Africa/Johannesburg"},
)
_FULL = "demo-13"
"""This event has thirty seats and a waiting list: a class takes most of them, so that somebody waits."""


class Filled(Struct, frozen=True, kw_only=True):
    """How many of each the demo holds."""

    institutions: int
    events: int
    registrations: int


async def fill(database: Database, *, config: Config, domain: str, now: datetime, progress: Progress) -> Filled:
    """Puts the demo programme in, moved to around `now`; what is there from an earlier run stays as it is.

    An interrupted run is finished by the next. Raises Conflict for a database that holds another programme.
    """
    door = events.Door(actor=_ACTOR, config=config, domain=domain, now=now, importing=True)
    finished = await database.write(_begin)
    places, programme = load_institutions(), shifted(load_events(), REFERENCE, now.date())
    total = 2 + len(programme)
    if not finished:
        await database.write(lambda conn: _add_institutions(conn, places, door))
        progress(1, total)
        for step, event in enumerate(programme, 2):
            await database.write(partial(_add_event, document=event, door=door))
            progress(step, total)
        await database.write(lambda conn: _finish(conn, programme, door))
    progress(total, total)
    return await database.read(_count)


def hosts(conn: Connection, *, config: Config, now: datetime) -> Person:
    """Makes sure that the demo's two people are there, and gives its admin."""
    programmes = tuple(config.programmes)
    if people_store.person_with_email(conn, ORGANISER) is None:
        people.add(conn, ORGANISER, "organiser", now=now, name="Olga Organiser", programmes=programmes)
    admin = people_store.person_with_email(conn, ADMIN)
    return admin or people.add(conn, ADMIN, "admin", now=now, name="Ada Admin")


def fresh_key(conn: Connection, *, config: Config, now: datetime) -> str:
    """A new organiser's key for every programme; the demo's earlier ones stop working."""
    for key in _demo_keys(conn):
        people.revoke_key(conn, key.id, now=now)
    secret, _ = people.create_key(conn, "organiser", now=now, label=KEY_LABEL, programmes=tuple(config.programmes))
    return secret


def _demo_keys(conn: Connection) -> Iterable[ApiKey]:
    return [key for key in people_store.all_keys(conn) if key.label == KEY_LABEL and key.revoked_at is None]


def _begin(conn: Connection) -> bool:
    """True when the demo is complete here already."""
    mark = settings.get(conn, _MARK)
    if mark is None:
        if event_store.select_page(conn, event_store.whole(), limit=1):
            raise Conflict("This database holds a programme already; the demo needs an empty folder.")
        settings.put(conn, _MARK, "begun")
    return mark == "complete"


def _add_institutions(conn: Connection, documents: list[Document], door: events.Door) -> None:
    there = institution_store.all_institutions(conn)
    known = known_of(door.config, there)
    for document in documents:
        if document["key"] not in there:
            institutions.add(conn, new_institution(document, known, now=door.now), actor=door.actor)


def _add_event(conn: Connection, document: Document, door: events.Door) -> None:
    """An event that is there already is left alone; `related` comes later, when all have their ids."""
    name = document["external_id"]["id"]
    if _find(conn, name):
        return
    alone = {field: value for field, value in document.items() if field != "related"}
    parent = document.get("part_of")
    (ready,) = resolved([alone], {parent: _id(conn, parent)} if parent else {})
    events.create(conn, ready, door)


def _finish(conn: Connection, programme: list[Document], door: events.Door) -> None:
    for document in programme:
        if "related" in document:
            related = [_id(conn, name) for name in document["related"]]
            patch = {"related": related}
            events.change(conn, _id(conn, document["external_id"]["id"]), patch, door, expected=None, partly=True)
    for place, document in enumerate(programme):
        _add_registrations(conn, document, place, door)
    settings.put(conn, _MARK, "complete")


def _add_registrations(conn: Connection, document: Document, place: int, door: events.Door) -> None:
    """Two people for each event that takes registrations and still lies ahead."""
    name = document["external_id"]["id"]
    event = _find(conn, name)
    if event is None or "part_of" in document or not event.alive or event.registration.mode == "none":
        return
    if registrations.last_start(event_store.dates_of(conn, event.id)) <= door.now:
        return
    mode = "on-site" if event.format == "on-site" or (event.format == "hybrid" and place % 2) else "online"
    chosen = [_PEOPLE[(place + step) % len(_PEOPLE)] for step in range(2)]
    if name == _FULL:
        chosen = [{**_PEOPLE[1], "seats": 29}, _PEOPLE[0], _PEOPLE[2], _PEOPLE[3]]
    known = known_of(door.config, institution_store.all_institutions(conn))
    for person in chosen:
        wish = new_registration({**person, "mode": mode}, known, event)
        registrations.register(conn, event.id, wish, config=door.config, now=door.now)


def _find(conn: Connection, name: str) -> Any:
    return event_store.by_external_id(conn, "demo", name)


def _id(conn: Connection, name: str) -> str:
    event = _find(conn, name)
    if event is None:
        raise NotFound(f"The demo lacks its event {name}.")
    found: str = event.id
    return found


def _count(conn: Connection) -> Filled:
    everything = event_store.select_all(conn, event_store.whole())
    registered = sum(len(registration_store.of_event(conn, event.id)) for event in everything)
    known = institution_store.all_institutions(conn)
    return Filled(institutions=len(known), events=len(everything), registrations=registered)
