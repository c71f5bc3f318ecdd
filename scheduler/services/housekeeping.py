"""What is forgotten, and when."""

from datetime import datetime, timedelta

from sqlalchemy import Connection

from scheduler.config import Config
from scheduler.services import digests, registrations, retention
from scheduler.store import idempotency, messages, people

_SIGN_IN_MAILS = timedelta(days=7)


def prune(conn: Connection, *, config: Config, now: datetime) -> None:
    """Deletes expired links, sessions and kept answers, and gives seats back that nobody confirmed."""
    people.prune(conn, now)
    idempotency.prune(conn, now - timedelta(hours=config.server.idempotency_hours))
    messages.prune(conn, now - _SIGN_IN_MAILS)
    registrations.free_expired_holds(conn, config=config, now=now)
    digests.forget_unconfirmed(conn, config=config, now=now)
    retention.forget_unconfirmed(conn, now=now)
    retention.forget_attendees(conn, config=config, now=now)
