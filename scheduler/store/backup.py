"""All rows of a database as plain values, and back: the same on SQLite and on PostgreSQL.

The description of the tables travels with the rows, so that an older backup is loaded into the schema of its own day
and brought up to date by the migrations.
"""

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from typing import Any

from msgspec import Struct
from sqlalchemy import (
    Boolean,
    Connection,
    Integer,
    MetaData,
    String,
    Table,
    column,
    delete,
    func,
    insert,
    inspect,
    select,
)
from sqlalchemy import table as light_table
from sqlalchemy.exc import DBAPIError, OperationalError, StatementError
from sqlalchemy.types import TypeEngine

from scheduler.store.tables import metadata
from scheduler.store.types import UtcDateTime

_AT_ONCE = 500
_TYPES: dict[str, Callable[[], TypeEngine[Any]]] = {
    "instant": UtcDateTime,
    "boolean": Boolean,
    "integer": Integer,
    "text": String,
}

_UNFIT = (DBAPIError, StatementError, ValueError, TypeError, KeyError)
_SIGNS = (
    ("foreign key", "it points to something that is not in the file"),
    ("unique", "what may be there once is there twice"),
    ("null", "a value is missing"),
)
"""What a driver says of a row that it refuses, and what we say."""

Row = list[Any]
"""The values of a row in the order of its table's columns; an instant is ISO 8601 text in UTC."""


class TableShape(Struct, frozen=True):
    """A table's name and its columns: name and one of `instant`, `boolean`, `integer`, `text`."""

    name: str
    columns: tuple[tuple[str, str], ...]


def shapes(tables: MetaData = metadata) -> tuple[TableShape, ...]:
    """All tables, those first that others point to."""
    return tuple(
        TableShape(str(table.name), tuple((str(one.name), _kind(one.type)) for one in table.columns))
        for table in tables.sorted_tables
    )


def count(conn: Connection) -> int:
    """How many rows there are in all."""
    return sum(conn.scalar(select(func.count()).select_from(table)) or 0 for table in metadata.sorted_tables)


def rows(conn: Connection) -> Iterator[tuple[str, Row]]:
    """Every row with its table's name, in the order of `shapes`; read piece by piece from one moment's state."""
    for table in metadata.sorted_tables:
        for row in conn.execute(_all_of(table).execution_options(yield_per=_AT_ONCE)):
            yield str(table.name), [_plain(value) for value in row]


def empty(conn: Connection) -> bool:
    """True when the database has no tables yet."""
    return not inspect(conn).get_table_names()


class DamagedRow(Exception):
    """A row that cannot be stored: the table it names, its number among all rows (1 the first), and what is wrong."""

    def __init__(self, table: str, number: int, reason: str) -> None:
        super().__init__(f"row {number} ({table}): {reason}")
        self.table, self.number, self.reason = table, number, reason


def load(conn: Connection, tables: Iterable[TableShape], source: Iterable[tuple[str, Row]]) -> dict[str, int]:
    """Stores rows into tables that were just made; how many went into each. Raises DamagedRow."""
    known = {shape.name: shape for shape in tables}
    counts = dict.fromkeys(known, 0)
    done = 0
    for name, batch in _batches(source):
        try:
            with conn.begin_nested():
                _store(conn, known[name], batch)
        except OperationalError:  # a full disk says nothing about the row
            raise
        except _UNFIT:
            _find_damage(conn, known, name, batch, done)
            raise
        counts[name] += len(batch)
        done += len(batch)
    return counts


def _store(conn: Connection, shape: TableShape, batch: list[Row]) -> None:
    values = [_values(shape, row) for row in batch]
    columns = (column(key, _TYPES[kind]()) for key, kind in shape.columns)
    conn.execute(insert(light_table(shape.name, *columns)), values)


def _find_damage(conn: Connection, known: dict[str, TableShape], name: str, batch: list[Row], done: int) -> None:
    """Stores the rows of a batch that failed one by one, to name the first that cannot be stored. Raises DamagedRow."""
    for number, row in enumerate(batch, done + 1):
        try:
            with conn.begin_nested():
                _store(conn, known[name], [row])
        except _UNFIT as error:
            raise DamagedRow(name, number, _words(error)) from error


def _words(error: Exception) -> str:
    if isinstance(error, KeyError):
        return "there is no such table"
    text = str(getattr(error, "orig", "")).lower()
    return next((words for sign, words in _SIGNS if sign in text), "its values do not fit the table")


def clear(conn: Connection, tables: Iterable[TableShape]) -> None:
    """Empties tables into which a migration has already put rows of its own."""
    for shape in reversed(list(tables)):
        conn.execute(delete(light_table(shape.name)))


def _all_of(table: Table) -> Any:
    """Parts of a visit after their whole: the rows go back in this order, and each points to one that is there."""
    order = list(table.primary_key.columns)
    if "part_of" in table.c:
        return select(table).order_by(table.c.part_of.is_not(None), *order)
    return select(table).order_by(*order)


def _batches(source: Iterable[tuple[str, Row]]) -> Iterator[tuple[str, list[Row]]]:
    name = ""
    batch: list[Row] = []
    for found, row in source:
        if batch and (found != name or len(batch) == _AT_ONCE):
            yield name, batch
            batch = []
        name = found
        batch.append(row)
    if batch:
        yield name, batch


def _kind(kind: TypeEngine[Any]) -> str:
    if isinstance(kind, UtcDateTime):
        return "instant"
    if isinstance(kind, Boolean):
        return "boolean"
    return "integer" if isinstance(kind, Integer) else "text"


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value


def _values(shape: TableShape, row: Row) -> dict[str, Any]:
    pairs = zip(shape.columns, row, strict=True)
    return {
        name: datetime.fromisoformat(value) if kind == "instant" and value is not None else value
        for (name, kind), value in pairs
    }
