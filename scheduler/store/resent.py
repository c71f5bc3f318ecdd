"""The outbox as somebody sees it who sends a mail once more: what its recipient got, and how often on request."""

from datetime import datetime

from sqlalchemy import Connection, select

from scheduler.model.message import Message
from scheduler.store import messages
from scheduler.store.tables import message


def alike(conn: Connection, row: Message, since: datetime) -> list[Message]:
    """Messages of the same cause about the same event to the same recipient, written after an instant, oldest first."""
    same = (message.c.event_id == row.event_id, message.c.cause == row.cause, message.c.created_at > since)
    if row.registration_id:
        recipient = message.c.registration_id == row.registration_id
    else:
        recipient = (message.c.registration_id.is_(None)) & (message.c.recipient == row.recipient)
    return messages.rows(conn, select(message).where(recipient, *same).order_by(message.c.created_at, message.c.id))
