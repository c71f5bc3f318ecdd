"""Persons, sign-in by a mailed link, sessions, and API keys."""

from datetime import datetime, timedelta

from msgspec.structs import replace
from sqlalchemy import Connection

from scheduler.config import Config
from scheduler.errors import Conflict, Fault, Gone, Invalid, NotFound
from scheduler.model.access import Actor
from scheduler.model.ids import new_id
from scheduler.model.person import ApiKey, GivenRole, Person
from scheduler.model.secret import hashed, new_secret, new_token
from scheduler.services import outbox
from scheduler.store import messages, registrations
from scheduler.store import people as store

_SIGN_INS_PER_HOUR = 5
_USED_STEP = timedelta(minutes=1)


def add(
    conn: Connection,
    email: str,
    role: GivenRole,
    *,
    now: datetime,
    name: str = "",
    language: str = "en",
    programmes: tuple[str, ...] = (),
    institutions: tuple[str, ...] = (),
) -> Person:
    """Adds somebody who may sign in. Raises Conflict when the address is taken."""
    if store.person_with_email(conn, email) is not None:
        raise Conflict("There is somebody with this address already.")
    person = Person(
        id=new_id(now),
        email=email.lower(),
        name=name,
        language=language,
        role=role,
        programmes=programmes,
        institutions=institutions,
        created_at=now,
    )
    store.add_person(conn, person)
    return person


def ask_to_sign_in(conn: Connection, email: str, *, config: Config, now: datetime) -> None:
    """Mails a sign-in link, if the address is known; says nothing about whether it is."""
    person = store.person_with_email(conn, email)
    if person is None or not person.active:
        return
    registrations.hold_address(conn, person.email)
    if messages.count_since(conn, person.email, "sign-in", now - timedelta(hours=1)) >= _SIGN_INS_PER_HOUR:
        return
    token, expires_at = sign_in_link(conn, person, config=config, now=now)
    outbox.write(
        conn,
        "sign-in",
        config=config,
        now=now,
        address=person.email,
        language=person.language,
        person=person,
        facts={"token": token},
        expires_at=expires_at,
    )


def sign_in_link(conn: Connection, person: Person, *, config: Config, now: datetime) -> tuple[str, datetime]:
    """A token that signs somebody in, once, and the UTC instant at which it runs out."""
    token = new_token()
    expires_at = now + timedelta(minutes=config.security.sign_in_minutes)
    store.add_sign_in(conn, hashed(token), person.id, now, expires_at)
    return token, expires_at


def link_holds(conn: Connection, token: str, now: datetime) -> bool:
    """True while a sign-in link can be used. Looking does not use it up: mail scanners follow links."""
    return store.sign_in_holds(conn, hashed(token), now)


def sign_in(conn: Connection, token: str, *, config: Config, now: datetime) -> tuple[str, datetime]:
    """Uses a link up and opens a session: its token and the UTC instant of its end. Raises Gone."""
    person_id = store.use_sign_in(conn, hashed(token), now)
    person = store.get_person(conn, person_id) if person_id else None
    if person is None or not person.active:
        raise Gone("This sign-in link was used already or has run out. Please ask for a new one.")
    session = new_token()
    expires_at = now + timedelta(hours=config.security.session_hours)
    store.add_session(conn, hashed(session), person.id, now, expires_at)
    return session, expires_at


def in_session(conn: Connection, session: str, now: datetime) -> Person | None:
    """Who is signed in under a session token."""
    return store.person_in_session(conn, hashed(session), now)


def sign_out(conn: Connection, session: str) -> None:
    """Ends a session."""
    store.end_session(conn, hashed(session))


def create_key(
    conn: Connection,
    role: GivenRole,
    *,
    now: datetime,
    label: str = "",
    programmes: tuple[str, ...] = (),
    institutions: tuple[str, ...] = (),
    writes: bool = True,
) -> tuple[str, ApiKey]:
    """A new API key: its secret, shown this once, and what is kept of it."""
    secret, prefix, secret_hash = new_secret("key")
    key = ApiKey(
        id=new_id(now),
        prefix=prefix,
        label=label,
        role=role,
        programmes=programmes,
        institutions=institutions,
        writes=writes,
        created_at=now,
    )
    store.add_key(conn, key, secret_hash)
    return secret, key


def holder_of(conn: Connection, secret: str) -> ApiKey | None:
    """The key behind a secret, unless it was revoked."""
    return store.key_with_hash(conn, hashed(secret))


def worth_noting(key: ApiKey, now: datetime) -> bool:
    """True when the last use that is on record is a minute old: not every request needs a write."""
    return key.last_used_at is None or now - key.last_used_at >= _USED_STEP


def note_use(conn: Connection, key: ApiKey, now: datetime) -> None:
    """Remembers when a key was last used; one that was revoked in between stays revoked."""
    present = store.get_key(conn, key.id)
    if present is not None and present.revoked_at is None:
        store.replace_key(conn, replace(present, last_used_at=now))


def revoke_key(conn: Connection, prefix: str, *, now: datetime) -> ApiKey:
    """Revokes the key with a prefix or id. Raises NotFound."""
    for key in store.all_keys(conn):
        if prefix in {key.prefix, key.id}:
            revoked = replace(key, revoked_at=key.revoked_at or now)
            store.replace_key(conn, revoked)
            return revoked
    raise NotFound("There is no such key.")


def check_grant(
    role: str, programmes: tuple[str, ...], institutions: tuple[str, ...], config: Config, known: frozenset[str]
) -> None:
    """Checks the reach of a role before it is given. Raises Invalid with all faults."""
    faults = [
        Fault(pointer=f"/programmes/{place}", detail=f"There is no programme “{key}”.")
        for place, key in enumerate(programmes)
        if key not in config.programmes
    ]
    faults += [
        Fault(pointer=f"/institutions/{place}", detail=f"There is no institution “{key}”.")
        for place, key in enumerate(institutions)
        if key not in known
    ]
    if role == "organiser" and not programmes:
        faults.append(Fault(pointer="/programmes", detail="An organiser needs a programme.", example=["enspired"]))
    if role == "host" and not institutions:
        faults.append(Fault(pointer="/institutions", detail="A host needs an institution.", example=["vives"]))
    if faults:
        raise Invalid(tuple(faults))


SYSTEM = Actor(role="admin", name="system", writes=True)
"""The service itself, and whoever works on its machine at the command line."""
