"""The outbox as notices to speakers, hosts and visitors see it: what each was told, and what a later one tells."""

from sqlalchemy import Connection, select

from scheduler.model.message import Cause, Message
from scheduler.store import messages
from scheduler.store.tables import message


def to_parties(conn: Connection, event_id: str) -> dict[str, list[Message]]:
    """The change notices to the speakers and hosts of an event by recipient, oldest first."""
    return _by_reader(conn, event_id, "update", message.c.registration_id.is_(None))


def to_registrations(conn: Connection, event_id: str, cause: Cause) -> dict[str, list[Message]]:
    """The notices of a cause to the attendees of an event by registration, oldest first."""
    return _by_reader(conn, event_id, cause, message.c.registration_id.is_not(None))


def overtake(conn: Connection, row: Message, reason: str) -> None:
    """Drops a notice that waits after a failed attempt: a later one tells all of it."""
    messages.drop_waiting(conn, reason, message.c.id == row.id)


def _by_reader(conn: Connection, event_id: str, cause: Cause, condition: object) -> dict[str, list[Message]]:
    query = (
        select(message)
        .where(message.c.event_id == event_id, message.c.cause == cause, condition)  # type: ignore[arg-type]
        .order_by(message.c.created_at, message.c.id)
    )
    found: dict[str, list[Message]] = {}
    for row in messages.rows(conn, query):
        found.setdefault(row.registration_id or row.recipient, []).append(row)
    return found
