"""Registrations."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from msgspec import Struct
from sqlalchemy import Connection, and_, delete, exists, func, insert, or_, select, update

from scheduler.model.registration import Registration
from scheduler.store.tables import event, message, registration
from scheduler.store.types import decode, encode

FIRM = ("confirmed", "attended", "offered")


def get(conn: Connection, registration_id: str) -> Registration | None:
    """One registration."""
    document = conn.scalar(select(registration.c.document).where(registration.c.id == registration_id))
    return decode(document, Registration) if document else None


def add(conn: Connection, row: Registration) -> None:
    """Stores a new one."""
    conn.execute(insert(registration).values(id=row.id, event_id=row.event_id, **_columns(row)))


def replace(conn: Connection, row: Registration) -> None:
    """Stores its new state."""
    conn.execute(update(registration).where(registration.c.id == row.id).values(**_columns(row)))


def of_event(conn: Connection, event_id: str, states: Iterable[str] = ()) -> list[Registration]:
    """Registrations of an event in the order they were made; all states when `states` is empty."""
    query = select(registration.c.document).where(registration.c.event_id == event_id)
    if states:
        query = query.where(registration.c.state.in_(list(states)))
    return [decode(document, Registration) for document in conn.scalars(query.order_by(registration.c.id))]


def slice_after(conn: Connection, event_id: str, cursor: str, limit: int) -> list[Registration]:
    """The next confirmed registrations of an event with an id above `cursor`, in order of id."""
    query = (
        select(registration.c.document)
        .where(registration.c.event_id == event_id, registration.c.id > cursor, registration.c.state.in_(FIRM[:2]))
        .order_by(registration.c.id)
        .limit(limit)
    )
    return [decode(document, Registration) for document in conn.scalars(query)]


class _Zone(Struct, frozen=True):
    timezone: str = ""


def zones(conn: Connection, event_id: str) -> set[str]:
    """The zones (IANA; empty for an unknown one) of those who have a place at an event."""
    query = select(registration.c.document).where(
        registration.c.event_id == event_id, registration.c.state.in_(FIRM[:2])
    )
    return {decode(document, _Zone).timezone for document in conn.scalars(query)}


def seats_taken(conn: Connection, event_id: str, now: datetime) -> dict[str, int]:
    """Seats taken per mode (`on-site`, `online`): the firm ones, and pending ones whose hold still runs at `now`."""
    counted = or_(
        registration.c.state.in_(FIRM),
        and_(registration.c.state == "pending", registration.c.hold_until > now),
    )
    query = (
        select(registration.c.mode, func.sum(registration.c.seats))
        .where(registration.c.event_id == event_id, counted)
        .group_by(registration.c.mode)
    )
    return {mode: int(seats) for mode, seats in conn.execute(query)}


def waiting_line(conn: Connection, event_id: str, mode: str | None = None) -> list[Registration]:
    """Who waits, first in line first."""
    query = select(registration.c.document).where(
        registration.c.event_id == event_id, registration.c.state == "waiting"
    )
    if mode:
        query = query.where(registration.c.mode == mode)
    query = query.order_by(registration.c.queued_at, registration.c.id)
    return [decode(document, Registration) for document in conn.scalars(query)]


def by_email(conn: Connection, event_id: str, email: str) -> list[Registration]:
    """Registrations of one address for an event; several people may share it."""
    query = select(registration.c.document).where(
        registration.c.event_id == event_id, registration.c.email == email.lower()
    )
    return [decode(document, Registration) for document in conn.scalars(query.order_by(registration.c.id))]


def hold_address(conn: Connection, email: str) -> None:
    """Keeps other transactions that ask for the same thing from deciding about an address until commit.

    On SQLite there is one writer anyway; on PostgreSQL applications to several events may come at the same moment.
    """
    if conn.dialect.name == "postgresql":
        conn.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(email.lower(), 0))))


def pending_with_email(conn: Connection, email: str, now: datetime) -> list[Registration]:
    """Registrations of an address, for any event, that still wait for its confirmation."""
    query = select(registration.c.document).where(
        registration.c.email == email.lower(), registration.c.state == "pending"
    )
    rows = [decode(document, Registration) for document in conn.scalars(query.order_by(registration.c.id))]
    return [row for row in rows if row.expires_at is None or row.expires_at > now]


def with_email(conn: Connection, email: str, states: Iterable[str]) -> list[Registration]:
    """Registrations of an address, for any event, in these states."""
    query = select(registration.c.document).where(
        registration.c.email == email.lower(), registration.c.state.in_(list(states))
    )
    return [decode(document, Registration) for document in conn.scalars(query.order_by(registration.c.id))]


def place_in_line(conn: Connection, row: Registration) -> int:
    """Where a registration stands in the waiting line, 1 for the first; 0 when it does not wait."""
    if row.state != "waiting":
        return 0
    same = and_(registration.c.queued_at == row.queued_at, registration.c.id <= row.id)
    return line_length(conn, row.event_id, row.mode, or_(registration.c.queued_at < row.queued_at, same))


def last_queued(conn: Connection, event_id: str, mode: str) -> datetime | None:
    """When the last in line for a seat of a mode began to wait."""
    waits = and_(registration.c.event_id == event_id, registration.c.state == "waiting", registration.c.mode == mode)
    last: datetime | None = conn.scalar(select(func.max(registration.c.queued_at)).where(waits))
    return last


def line_length(conn: Connection, event_id: str, mode: str, condition: Any = None) -> int:
    """How many wait for a seat of a mode; of those that meet a condition, when there is one."""
    waits = and_(registration.c.event_id == event_id, registration.c.state == "waiting", registration.c.mode == mode)
    query = select(func.count()).select_from(registration).where(waits)
    return conn.scalar(query if condition is None else query.where(condition)) or 0


def counts(conn: Connection, event_id: str) -> dict[str, int]:
    """Seats per state."""
    query = (
        select(registration.c.state, func.sum(registration.c.seats))
        .where(registration.c.event_id == event_id)
        .group_by(registration.c.state)
    )
    return {state: int(seats) for state, seats in conn.execute(query)}


def events_over(conn: Connection, before: datetime, limit: int) -> list[str]:
    """Ids of events of which the last date ended before an instant and which still have registrations or mails."""
    people = or_(
        exists().where(registration.c.event_id == event.c.id),
        exists().where(message.c.event_id == event.c.id),  # also to speakers and hosts, who have no registration
    )
    query = select(event.c.id).where(event.c.end_at < before, people).order_by(event.c.end_at, event.c.id).limit(limit)
    return list(conn.scalars(query))


def unconfirmed(conn: Connection) -> list[Registration]:
    """Registrations that wait for their address to be confirmed."""
    query = select(registration.c.document).where(registration.c.state == "pending")
    return [decode(document, Registration) for document in conn.scalars(query.order_by(registration.c.id))]


def remove(conn: Connection, registration_id: str) -> None:
    """Deletes one registration; its messages are gone already."""
    conn.execute(delete(registration).where(registration.c.id == registration_id))


def remove_of_event(conn: Connection, event_id: str) -> None:
    """Deletes the registrations of an event; their messages are gone already."""
    conn.execute(delete(registration).where(registration.c.event_id == event_id))


def events_with_expired_holds(conn: Connection, now: datetime) -> list[str]:
    """Events of which a pending registration's hold has run out while somebody waits."""
    waits = select(registration.c.event_id).where(registration.c.state == "waiting")
    query = select(registration.c.event_id).where(
        registration.c.state == "pending", registration.c.hold_until <= now, registration.c.event_id.in_(waits)
    )
    return sorted(set(conn.scalars(query)))


def _columns(row: Registration) -> dict[str, object]:
    return {
        "state": row.state,
        "mode": row.mode,
        "seats": row.seats,
        "email": row.email.lower(),
        "institution": row.institution,
        "hold_until": row.hold_until,
        "queued_at": row.queued_at,
        "confirmed_at": row.confirmed_at,
        "document": encode(row),
    }
