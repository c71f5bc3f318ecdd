"""Messages in a sender's hands: claimed with a lease, and what is noted of many of them at once.

The lease and the number of the attempt fence each note.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Connection, and_, select, update

from scheduler.model.message import Failure, Message
from scheduler.store.messages import SECRET, of_row
from scheduler.store.tables import message

_AT_ONCE = 500


def claim(conn: Connection, now: datetime, owner: str, lease_until: datetime, limit: int) -> list[Message]:
    """Takes messages that are ready and gives them to `owner` until `lease_until`.

    Ready: waiting and due, or left behind by an owner whose lease ran out. On PostgreSQL rows that another node is
    claiming at this moment are passed over.
    """
    left = message.c.state == "sending", message.c.lease_until <= now
    found = _first(conn, limit, *left)
    due = message.c.state == "waiting", message.c.next_attempt_at <= now, message.c.not_before <= now
    found += _first(conn, limit - len(found), *due)
    if not found:
        return []
    taken = (
        update(message)
        .where(message.c.id.in_(found))
        .values(state="sending", lease_owner=owner, lease_until=lease_until, attempts=message.c.attempts + 1)
        .returning(*message.c)
    )
    return sorted(map(of_row, conn.execute(taken)), key=lambda found: found.id)


def _first(conn: Connection, limit: int, *conditions: ColumnElement[bool]) -> list[str]:
    """The ids of the first of these messages, in the order of the index: however many wait, few are read."""
    query = select(message.c.id).where(*conditions).order_by(message.c.next_attempt_at, message.c.id)
    return list(conn.scalars(query.limit(limit).with_for_update(skip_locked=True))) if limit else []


def release(conn: Connection, owner: str | None = None) -> int:
    """Makes messages that are being sent ready again at once: an owner's at its shutdown, or everybody's.

    Everybody's is right only where no other process can be sending (SQLite, under the service's lock).
    """
    query = update(message).where(message.c.state == "sending")
    if owner is not None:
        query = query.where(message.c.lease_owner == owner)
    return conn.execute(query.values(state="waiting", lease_owner=None, lease_until=None)).rowcount


def mark_sent(conn: Connection, claimed: Sequence[Message], now: datetime) -> int:
    """Notes that the relay took them; how many of the leases still held."""
    done = 0
    for group in _alike(claimed):
        values: dict[str, Any] = {"state": "sent", "sent_at": now, "last_error": "", "last_code": None}
        if group[0].cause in SECRET:
            values["facts"] = "{}"
        done += _update(conn, group, values)
    return done


def add_facts(conn: Connection, claimed: Message, facts: Mapping[str, str]) -> None:
    """Adds to the facts of a message, unless its lease has passed to somebody else."""
    values = {"facts": msgspec.json.encode({**claimed.facts, **facts}).decode()}
    conn.execute(update(message).where(_ours([claimed])).values(values))


def put_back(
    conn: Connection, claimed: Sequence[Message], *, failure: Failure | None = None, again_at: datetime | None = None
) -> int:
    """Makes messages wait again that were not tried: their attempt does not count. Gives how many leases still held.

    With `failure` the row says what stands in the way; with `again_at` others come first until then.
    """
    values: dict[str, Any] = {"state": "waiting", "attempts": message.c.attempts - 1}
    if failure is not None:
        values |= {"last_error": failure.text[:500], "last_code": failure.code}
    if again_at is not None:
        values["next_attempt_at"] = again_at
    return sum(_update(conn, group, values) for group in _alike(claimed))


def _alike(claimed: Sequence[Message]) -> list[list[Message]]:
    groups: dict[tuple[object, ...], list[Message]] = defaultdict(list)
    for one in claimed:
        groups[one.lease_owner, one.attempts, one.cause in SECRET].append(one)
    return [group[first : first + _AT_ONCE] for group in groups.values() for first in range(0, len(group), _AT_ONCE)]


def _ours(group: list[Message]) -> ColumnElement[bool]:
    return and_(
        message.c.id.in_([one.id for one in group]),
        message.c.lease_owner == group[0].lease_owner,
        message.c.attempts == group[0].attempts,
        message.c.state == "sending",
    )


def _update(conn: Connection, group: list[Message], values: dict[str, Any]) -> int:
    query = update(message).where(_ours(group)).values(lease_owner=None, lease_until=None, **values)
    return conn.execute(query).rowcount
