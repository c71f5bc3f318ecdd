"""Small facts that the service keeps about itself, by name."""

from sqlalchemy import Connection, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from scheduler.store.tables import setting


def get(conn: Connection, name: str) -> str | None:
    """A stored value."""
    value: str | None = conn.scalar(select(setting.c.value).where(setting.c.name == name))
    return value


def put(conn: Connection, name: str, value: str) -> None:
    """Stores a value, over what was there."""
    if conn.execute(update(setting).where(setting.c.name == name).values(value=value)).rowcount == 0:
        conn.execute(insert(setting).values(name=name, value=value))


def add(conn: Connection, name: str, value: str) -> str:
    """Stores a value unless there is one, and gives the one that is there: the same to every node that asks."""
    kind = postgresql if conn.dialect.name == "postgresql" else sqlite
    conn.execute(kind.insert(setting).values(name=name, value=value).on_conflict_do_nothing())
    return get(conn, name) or ""
