"""Wakes the senders of all nodes when a transaction has written messages: PostgreSQL tells them at the commit."""

from sqlalchemy import Connection, text

CHANNEL = "enspired_mail"
_WRITTEN = "enspired_mail_written"


def written(conn: Connection) -> None:
    """Remembers that this transaction has written a message."""
    conn.info[_WRITTEN] = True


def ring_if_written(conn: Connection) -> None:
    """Called once before the commit: one bell, however many messages. On SQLite there is nobody else to hear it."""
    if conn.info.pop(_WRITTEN, False) and conn.dialect.name == "postgresql":
        conn.execute(text(f"NOTIFY {CHANNEL}"))
