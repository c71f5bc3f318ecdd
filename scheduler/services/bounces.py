"""Mails that came back after the relay had taken them: noted beside the message, for the organiser to see."""

from datetime import datetime
from typing import Literal

from sqlalchemy import Connection

from scheduler.store import bounces, messages

Outcome = Literal["bounced", "delayed", "unknown", "never-sent"]


def note(conn: Connection, message_id: str, *, hard: bool, status: str, reason: str, now: datetime) -> Outcome:
    """Notes what another server said of a message: for good (`hard`), or that it is late.

    Nobody's registration changes, and their later mails are still tried: an address that fails today often works
    next week, and a stranger must not be able to silence anybody. A late notice never overwrites a final one.
    """
    message = messages.get(conn, message_id)
    if message is None:
        return "unknown"
    if not message.attempts:
        return "never-sent"
    said = reason if status in reason else f"{status} {reason}".strip()
    bounces.note(conn, message_id, said, now if hard else None)
    return "bounced" if hard else "delayed"
