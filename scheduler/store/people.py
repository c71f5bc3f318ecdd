"""Persons, sign-in links, sessions and API keys. Secrets are stored as SHA-256 hashes only."""

from datetime import datetime

from sqlalchemy import Connection, delete, insert, select, update

from scheduler.model.person import ApiKey, Person
from scheduler.store.tables import api_key, person, session, sign_in
from scheduler.store.types import decode, encode


def add_person(conn: Connection, row: Person) -> None:
    """Stores a new person."""
    conn.execute(insert(person).values(id=row.id, email=row.email.lower(), document=encode(row)))


def replace_person(conn: Connection, row: Person) -> None:
    """Stores a changed person."""
    conn.execute(update(person).where(person.c.id == row.id).values(email=row.email.lower(), document=encode(row)))


def get_person(conn: Connection, person_id: str) -> Person | None:
    """One person."""
    document = conn.scalar(select(person.c.document).where(person.c.id == person_id))
    return decode(document, Person) if document else None


def person_with_email(conn: Connection, email: str) -> Person | None:
    """The person with an address, in any case."""
    document = conn.scalar(select(person.c.document).where(person.c.email == email.lower()))
    return decode(document, Person) if document else None


def all_people(conn: Connection) -> list[Person]:
    """Everybody who may sign in."""
    return [decode(document, Person) for document in conn.scalars(select(person.c.document).order_by(person.c.email))]


def add_sign_in(conn: Connection, token_hash: str, person_id: str, now: datetime, expires_at: datetime) -> None:
    """Stores a sign-in link, good once until `expires_at`."""
    row = {"token_hash": token_hash, "person_id": person_id, "created_at": now, "expires_at": expires_at, "used": False}
    conn.execute(insert(sign_in).values(**row))


def sign_in_holds(conn: Connection, token_hash: str, now: datetime) -> bool:
    """True while a sign-in link is unused and unexpired."""
    query = select(sign_in.c.person_id).where(
        sign_in.c.token_hash == token_hash, sign_in.c.used.is_(False), sign_in.c.expires_at > now
    )
    return conn.scalar(query) is not None


def use_sign_in(conn: Connection, token_hash: str, now: datetime) -> str | None:
    """Uses a link up and gives the person's id; None when it was used, has expired or never existed."""
    query = (
        update(sign_in)
        .where(sign_in.c.token_hash == token_hash, sign_in.c.used.is_(False), sign_in.c.expires_at > now)
        .values(used=True)
        .returning(sign_in.c.person_id)
    )
    found: str | None = conn.scalar(query)
    return found


def add_session(conn: Connection, token_hash: str, person_id: str, now: datetime, expires_at: datetime) -> None:
    """Stores a session."""
    row = {"token_hash": token_hash, "person_id": person_id, "created_at": now, "expires_at": expires_at}
    conn.execute(insert(session).values(**row))


def person_in_session(conn: Connection, token_hash: str, now: datetime) -> Person | None:
    """Who a running session belongs to."""
    query = (
        select(person.c.document)
        .join(session, session.c.person_id == person.c.id)
        .where(session.c.token_hash == token_hash, session.c.expires_at > now)
    )
    document = conn.scalar(query)
    found = decode(document, Person) if document else None
    return found if found and found.active else None


def end_session(conn: Connection, token_hash: str) -> None:
    """Signs out."""
    conn.execute(delete(session).where(session.c.token_hash == token_hash))


def prune(conn: Connection, now: datetime) -> int:
    """Deletes links and sessions that have expired."""
    gone = conn.execute(delete(sign_in).where(sign_in.c.expires_at <= now)).rowcount
    return gone + conn.execute(delete(session).where(session.c.expires_at <= now)).rowcount


def add_key(conn: Connection, row: ApiKey, secret_hash: str) -> None:
    """Stores a new API key."""
    conn.execute(
        insert(api_key).values(
            id=row.id, prefix=row.prefix, secret_hash=secret_hash, created_at=row.created_at, document=encode(row)
        )
    )


def key_with_hash(conn: Connection, secret_hash: str) -> ApiKey | None:
    """The key that is not revoked and has this hash."""
    query = select(api_key.c.document).where(api_key.c.secret_hash == secret_hash, api_key.c.revoked_at.is_(None))
    document = conn.scalar(query)
    return decode(document, ApiKey) if document else None


def get_key(conn: Connection, key_id: str) -> ApiKey | None:
    """One key, locked until commit."""
    document = conn.scalar(select(api_key.c.document).where(api_key.c.id == key_id).with_for_update())
    return decode(document, ApiKey) if document else None


def all_keys(conn: Connection) -> list[ApiKey]:
    """Every key, newest first, revoked ones too."""
    query = select(api_key.c.document).order_by(api_key.c.created_at.desc())
    return [decode(document, ApiKey) for document in conn.scalars(query)]


def replace_key(conn: Connection, row: ApiKey) -> None:
    """Stores a changed key: revoked, or used."""
    conn.execute(
        update(api_key)
        .where(api_key.c.id == row.id)
        .values(revoked_at=row.revoked_at, last_used_at=row.last_used_at, document=encode(row))
    )
