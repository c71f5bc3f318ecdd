"""After a restore: nobody is mailed twice. What the lost service may have sent already waits for an operator.

Whatever fell due between the backup and the restore may have gone out, or not: only a person can find out (in the
relay's log). It is held; what falls due later goes out as always.
"""

from datetime import datetime

from msgspec import Struct
from sqlalchemy import Connection

from scheduler.config import Config
from scheduler.errors import NotFound
from scheduler.services import digests, reminders
from scheduler.store import digests as waiting
from scheduler.store import held
from scheduler.store import reminders as due

DISCARDED = "discarded by an operator after a restore"


class Held(Struct, frozen=True, kw_only=True):
    """What a restore held back: `reminders` that fell due since the backup, `messages` of all kinds together."""

    reminders: int
    messages: int


def hold_overdue(conn: Connection, *, config: Config, now: datetime) -> Held:
    """Writes the messages of reminders that fell due since the backup, and holds all that is ready."""
    written = 0
    while due.due(conn, now, 1):
        written += reminders.release_due(conn, config=config, now=now)
    while waiting.due(conn, now, 1):
        digests.release_due(conn, config=config, now=now)
    held.drop_sign_ins(conn)
    return Held(reminders=written, messages=held.hold(conn, now))


def release(conn: Connection, message_id: str = "", *, now: datetime) -> int:
    """Sends held messages after all: one, or all. Each is judged again: never too late, never cancelled.

    Raises NotFound for one that is not held.
    """
    return _found(held.release(conn, now, message_id), message_id)


def discard(conn: Connection, message_id: str = "") -> int:
    """Gives held messages up: one, or all. Raises NotFound for one that is not held."""
    return _found(held.discard(conn, DISCARDED, message_id), message_id)


def _found(count: int, message_id: str) -> int:
    if message_id and not count:
        raise NotFound("There is no such mail that is held.")
    return count
