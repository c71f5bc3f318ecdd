"""Mails that lie beside one another: of the same rule before a move, or to the same person about the same event."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import Connection, and_, func, or_, select

from scheduler.model.message import Cause, Message
from scheduler.store import messages
from scheduler.store.tables import change, message, reminder


def of_rule(
    conn: Connection, registration_id: str | None, recipient: str, occurrence_id: str, rule: str
) -> list[Message]:
    """Every message that a rule ever wrote to one attendee, or to one speaker or host, about one date."""
    whom = message.c.registration_id == registration_id if registration_id else message.c.recipient == recipient
    query = (
        select(message)
        .join(reminder, reminder.c.id == message.c.reminder_id)
        .where(whom, reminder.c.event_id == _event_of(occurrence_id))
        .where(reminder.c.occurrence_id == occurrence_id, reminder.c.rule == rule)
    )
    return messages.rows(conn, query)


def to_addresses(
    conn: Connection, addresses: Iterable[str], causes: Iterable[Cause], event_id: str, sent_since: datetime
) -> list[Message]:
    """Messages of some causes about an event, to some addresses: those on their way, and those sent lately."""
    lately = and_(message.c.state == "sent", message.c.sent_at >= sent_since)
    query = select(message).where(
        message.c.address.in_(list(addresses)),
        message.c.cause.in_(list(causes)),
        message.c.event_id == event_id,
        or_(lately, message.c.state.in_(["waiting", "sending"])),
    )
    return messages.rows(conn, query.order_by(message.c.id))


def in_hand_until(conn: Connection, row: Message) -> datetime | None:
    """The end of the lease under which another message to the same attendee, speaker or host is being sent, which
    this one has to wait for; None when none is.

    Those that may have to wait themselves wait in the order of their ids.
    """
    whom = message.c.registration_id == row.registration_id
    if row.registration_id is None:
        whom = and_(message.c.event_id == row.event_id, message.c.recipient == row.recipient)
    first = or_(message.c.id < row.id, message.c.cause.not_in(["update", "reminder"]))
    query = select(func.max(message.c.lease_until)).where(whom, message.c.state == "sending", first)
    found: datetime | None = conn.scalar(query)
    return found


def last_change(conn: Connection, event_id: str) -> datetime | None:
    """The instant of the last change of an event."""
    found: datetime | None = conn.scalar(select(func.max(change.c.at)).where(change.c.event_id == event_id))
    return found


def _event_of(occurrence_id: str) -> str:
    """The id of a date is its event's and its position: by the event there is an index."""
    return occurrence_id.partition(".")[0]
