"""Rows for many messages in one query each: what they are, and what they speak of."""

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Connection, and_, insert, or_, select

from scheduler.model.event import Event
from scheduler.model.message import Message
from scheduler.model.registration import Registration
from scheduler.model.reminder import Reminder
from scheduler.store import bells, messages
from scheduler.store.reminders import rows as reminder_rows
from scheduler.store.tables import event, message, registration, reminder
from scheduler.store.types import decode


def add_messages(conn: Connection, rows: Sequence[Message]) -> int:
    """Stores messages of one reminder, without those of which the recipient has one already; gives how many."""
    written = {row.registration_id or row.recipient for row in _of_reminders(conn, rows)}
    fresh = [row for row in rows if (row.registration_id or row.recipient) not in written]
    if fresh:
        conn.execute(insert(message), [messages.columns(row) for row in fresh])
        bells.written(conn)
    return len(fresh)


def _of_reminders(conn: Connection, rows: Sequence[Message]) -> Sequence[Any]:
    ours = message.c.reminder_id.in_({row.reminder_id for row in rows})
    people = message.c.registration_id.in_([row.registration_id for row in rows if row.registration_id])
    parties = and_(message.c.registration_id.is_(None), message.c.recipient.in_([row.recipient for row in rows]))
    return conn.execute(select(message.c.registration_id, message.c.recipient).where(ours, or_(people, parties))).all()


def messages_by_id(conn: Connection, ids: Iterable[str]) -> list[Message]:
    """Those of these messages that are there."""
    return messages.rows(conn, select(message).where(message.c.id.in_(list(ids))))


def events_by_id(conn: Connection, ids: Iterable[str]) -> dict[str, Event]:
    """Events by id."""
    query = select(event.c.id, event.c.document).where(event.c.id.in_(list(ids)))
    return {key: decode(document, Event) for key, document in conn.execute(query)}


def registrations_by_id(conn: Connection, ids: Iterable[str]) -> dict[str, Registration]:
    """Registrations by id."""
    query = select(registration.c.id, registration.c.document).where(registration.c.id.in_(list(ids)))
    return {key: decode(document, Registration) for key, document in conn.execute(query)}


def reminders_by_id(conn: Connection, ids: Iterable[str]) -> dict[str, Reminder]:
    """Reminders by id."""
    return {row.id: row for row in reminder_rows(conn, select(reminder).where(reminder.c.id.in_(list(ids))))}
