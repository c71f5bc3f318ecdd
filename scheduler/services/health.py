"""Whether the service can do its work; asked by /readyz, /metrics and before each heartbeat that leaves the house."""

from datetime import datetime, timedelta

from sqlalchemy import Connection

from scheduler.services.tally import Tally
from scheduler.store import messages, migrate

OVERDUE = timedelta(seconds=120)
"""So long may mail that is due stand still before somebody has to look."""


def checks(conn: Connection, tally: Tally | None, now: datetime) -> dict[str, bool]:
    """What has to be true, by name: the database answers, its schema is the newest, mail that is due goes out."""
    return {
        "database": True,
        "schema": migrate.current(conn) == migrate.newest(),
        "mail": _mail_flows(conn, tally, now),
    }


def _mail_flows(conn: Connection, tally: Tally | None, now: datetime) -> bool:
    """False when nothing goes out although something is due: the relay fails everybody, or the ledger has stopped.

    One recipient that is refused again and again is no reason, and neither is a long queue that a rate limit drains.
    """
    if tally is not None and tally.seconds_down() >= OVERDUE.total_seconds():
        return not messages.any_due(conn, now)
    if tally is not None and tally.last_sent is not None and now - tally.last_sent < OVERDUE:
        return True
    oldest = messages.oldest_overdue(conn, now)
    return oldest is None or now - oldest < OVERDUE
