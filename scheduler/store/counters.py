"""Counters that rise inside the transaction that changes something: what readers of memory go by.

`change` counts changes of events, `access` changes of who may read what (a revoked or rotated subscription).
"""

from sqlalchemy import Connection, insert, select, text, update

from scheduler.store.tables import counter

CHANGE = "change"
ACCESS = "access"
CHANNEL = "enspired_counters"
"""Where PostgreSQL tells other nodes, at the moment of commit."""

_TAKEN = "enspired_counter_taken"


def take(conn: Connection, name: str) -> int:
    """The next value of a counter. The row stays locked until commit, so that values commit in order."""
    conn.info[_TAKEN] = True
    if conn.dialect.name == "postgresql":
        conn.execute(text(f"NOTIFY {CHANNEL}"))
    bump = update(counter).where(counter.c.name == name).values(value=counter.c.value + 1).returning(counter.c.value)
    taken: int | None = conn.scalar(bump)
    if taken is None:
        conn.execute(insert(counter).values(name=name, value=1))
        return 1
    return taken


def current(conn: Connection, name: str) -> int:
    """The committed value of a counter; 0 when it was never taken."""
    value: int | None = conn.scalar(select(counter.c.value).where(counter.c.name == name))
    return value or 0


def values(conn: Connection) -> dict[str, int]:
    """Every counter; 0 for one that was never taken."""
    rows = conn.execute(select(counter.c.name, counter.c.value))
    return {CHANGE: 0, ACCESS: 0, **{row[0]: row[1] for row in rows}}


def values_if_taken(conn: Connection) -> dict[str, int]:
    """Every counter if this transaction took one; empty for all the others, which so cost nothing."""
    return values(conn) if conn.info.pop(_TAKEN, False) else {}
