"""Messages that wait for an operator after a restore."""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, and_, or_, true, update

from scheduler.store.messages import anew
from scheduler.store.tables import message


def hold(conn: Connection, now: datetime) -> int:
    """Holds what the lost service could have sent before it was lost: ready, or being sent. How many.

    That counts as an attempt whose outcome nobody knows: an invitation that is held may stand in a calendar.
    """
    ready = and_(message.c.state == "waiting", message.c.next_attempt_at <= now, message.c.not_before <= now)
    query = update(message).where(or_(ready, message.c.state == "sending"), message.c.cause != "sign-in")
    attempts = message.c.attempts + 1
    values: dict[str, Any] = {"state": "held", "lease_owner": None, "lease_until": None, "attempts": attempts}
    return conn.execute(query.values(**values)).rowcount


def drop_sign_ins(conn: Connection) -> int:
    """Drops sign-in links that had not left: whoever wants one asks again. How many."""
    query = update(message).where(message.c.cause == "sign-in", message.c.state.in_(["waiting", "sending"]))
    values: dict[str, Any] = {"state": "dropped", "facts": "{}", "lease_owner": None, "lease_until": None}
    return conn.execute(query.values(**values, last_error="the service was restored from a backup")).rowcount


def release(conn: Connection, now: datetime, message_id: str = "") -> int:
    """Lets held messages go, this one or all. How many."""
    which = message.c.id == message_id if message_id else true()
    query = update(message).where(message.c.state == "held", which)
    return conn.execute(query.values(state="waiting", next_attempt_at=now, **anew(now))).rowcount


def discard(conn: Connection, reason: str, message_id: str = "") -> int:
    """Drops held messages, this one or all. How many."""
    which = message.c.id == message_id if message_id else true()
    query = update(message).where(message.c.state == "held", which)
    return conn.execute(query.values(state="dropped", last_error=reason)).rowcount
