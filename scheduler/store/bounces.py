"""What came back after a relay had taken a message."""

from datetime import datetime

from sqlalchemy import Connection, update

from scheduler.store.tables import message

LONGEST = 500


def note(conn: Connection, message_id: str, said: str, bounced_at: datetime | None) -> None:
    """Keeps what came back: for good at `bounced_at`, or a late notice (None), which never replaces a final one."""
    query = update(message).where(message.c.id == message_id)
    if bounced_at is None:
        conn.execute(query.where(message.c.bounced_at.is_(None)).values(bounce=said[:LONGEST]))
    else:
        conn.execute(query.values(bounce=said[:LONGEST], bounced_at=bounced_at))
