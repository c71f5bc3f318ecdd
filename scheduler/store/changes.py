"""The change counter and its rows: a feed's version, the API's `since`, the history."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any, Literal

import msgspec
from msgspec import Struct
from sqlalchemy import Connection, func, insert, select

from scheduler.store import counters
from scheduler.store.tables import change

ChangeKind = Literal["created", "updated", "published", "moved", "cancelled", "deleted"]
Snapshot = dict[str, Any]


class Change(Struct, frozen=True, kw_only=True):
    """One change of one event. `before` and `after` hold public fields only; None where it did not exist or show."""

    counter: int
    event_id: str
    kind: ChangeKind
    actor: str
    at: datetime
    before: Snapshot | None = None
    after: Snapshot | None = None


class Touched(Struct, frozen=True):
    """That an event changed, and when (a UTC instant)."""

    counter: int
    event_id: str
    at: datetime


def current(conn: Connection) -> int:
    """The counter of the last committed change; 0 when nothing ever changed."""
    return counters.current(conn, counters.CHANGE)


def take(conn: Connection) -> int:
    """The next counter. The row stays locked until commit, so that counters commit in order."""
    return counters.take(conn, counters.CHANGE)


def add(conn: Connection, row: Change) -> None:
    """Writes one change under the counter it was given."""
    conn.execute(
        insert(change).values(
            counter=row.counter,
            event_id=row.event_id,
            kind=row.kind,
            actor=row.actor,
            at=row.at,
            before=_text(row.before),
            after=_text(row.after),
        )
    )


def since(conn: Connection, after: int, limit: int) -> list[Change]:
    """Changes with a counter above `after`, in order, at most `limit`."""
    query = select(change).where(change.c.counter > after).order_by(change.c.counter).limit(limit)
    return list(_rows(conn, query))


def touched_since(conn: Connection, after: int, limit: int) -> list[Touched]:
    """Which events changed with a counter above `after`, in order, at most `limit` changes; not what changed."""
    query = select(change.c.counter, change.c.event_id, change.c.at).where(change.c.counter > after)
    return [Touched(*row) for row in conn.execute(query.order_by(change.c.counter).limit(limit))]


def latest_of(conn: Connection, event_ids: Iterable[str]) -> dict[str, Change]:
    """The last change of each of these events."""
    last = select(func.max(change.c.counter)).where(change.c.event_id.in_(list(event_ids))).group_by(change.c.event_id)
    return {row.event_id: row for row in _rows(conn, select(change).where(change.c.counter.in_(last)))}


def of_event(conn: Connection, event_id: str) -> list[Change]:
    """The history of one event, oldest first."""
    query = select(change).where(change.c.event_id == event_id).order_by(change.c.counter)
    return list(_rows(conn, query))


def recent(conn: Connection, event_id: str = "", limit: int = 3) -> list[datetime]:
    """When the last changes were made (of one event only, when it is given): UTC instants, the last first."""
    query = select(change.c.at).order_by(change.c.counter.desc()).limit(limit)
    return list(conn.scalars(query.where(change.c.event_id == event_id) if event_id else query))


def oldest(conn: Connection) -> int:
    """The lowest counter that is still kept; 0 when there is none."""
    return conn.scalar(select(func.min(change.c.counter))) or 0


def _rows(conn: Connection, query: Any) -> Iterator[Change]:
    for row in conn.execute(query).mappings():
        fields = dict(row)
        fields["before"] = _snapshot(row["before"])
        fields["after"] = _snapshot(row["after"])
        yield Change(**fields)


def _text(snapshot: Snapshot | None) -> str | None:
    return None if snapshot is None else msgspec.json.encode(snapshot, order="deterministic").decode()


def _snapshot(text: str | None) -> Snapshot | None:
    return None if text is None else msgspec.json.decode(text)
