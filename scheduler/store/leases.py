"""What a sender notes of many messages at once: the lease and the number of the attempt fence each of them."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Connection, and_, update

from scheduler.model.message import Failure, Message
from scheduler.store.messages import SECRET
from scheduler.store.tables import message

_AT_ONCE = 500


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
