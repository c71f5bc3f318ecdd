"""The outbox as change notices see it: what each attendee of an event was written, and the notice that still waits."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import Connection, delete, select

from scheduler.model.message import Cause, Message, MessageState
from scheduler.store import messages
from scheduler.store.tables import change, message

CONCERNED = ("confirmed", "attended", "waiting")
"""The states of a registration whose holder hears of changes."""
_INFORMING: tuple[Cause, ...] = ("confirm-address", "confirmation", "waiting", "place-free", "reminder", "update")
_OPEN: tuple[MessageState, ...] = ("waiting", "sending", "held")


def letters_of_event(conn: Connection, event_id: str) -> dict[str, list[Message]]:
    """By registration, oldest first, every message that says when and where an event is."""
    query = (
        select(message)
        .where(message.c.event_id == event_id, message.c.cause.in_(_INFORMING), message.c.registration_id.is_not(None))
        .order_by(message.c.created_at, message.c.id)
    )
    found: dict[str, list[Message]] = {}
    for row in messages.rows(conn, query):
        found.setdefault(row.registration_id or "", []).append(row)
    return found


def of_registration(conn: Connection, registration_id: str) -> list[Message]:
    """What one attendee was written that says when and where, oldest first."""
    query = select(message).where(message.c.registration_id == registration_id, message.c.cause.in_(_INFORMING))
    return messages.rows(conn, query.order_by(message.c.created_at, message.c.id))


def waiting_for(conn: Connection, registration_ids: Iterable[str]) -> set[str]:
    """Those of these registrations to whom a notice is still to be sent, or may have to be sent again."""
    theirs = message.c.registration_id.in_(list(registration_ids)), message.c.cause == "update"
    query = select(message.c.registration_id, message.c.state).where(*theirs)
    # The state in the query would have SQLite read everything that waits, for each claim.
    return {holder for holder, state in conn.execute(query) if state in _OPEN}


def take_back(conn: Connection, row: Message) -> bool:
    """Removes a message that surely nobody was sent; False when somebody has claimed it, now or ever."""
    unsent = (message.c.id == row.id, message.c.state == "waiting", message.c.attempts == 0)
    return conn.scalar(delete(message).where(*unsent).returning(message.c.id)) is not None


def snapshots(conn: Connection, event_id: str) -> list[tuple[datetime, str | None]]:
    """The public fields of an event after each of its changes, as JSON text, oldest first, with the instants (UTC).

    None where the public could not see it.
    """
    query = select(change.c.at, change.c.after).where(change.c.event_id == event_id).order_by(change.c.counter)
    return [(at, after) for at, after in conn.execute(query)]
