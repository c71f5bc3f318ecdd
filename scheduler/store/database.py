"""The database: transactions as plain functions of a connection, on SQLite or PostgreSQL.

A transaction body is a synchronous function of a SQLAlchemy Core `Connection` and runs in one piece. On SQLite all
writes go through one thread with one connection (`scheduler.store.writer`); on PostgreSQL through asyncpg.
"""

import sqlite3
from contextlib import AbstractAsyncContextManager
from typing import Any

import structlog
from sqlalchemy import Connection
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import DBAPIError, IntegrityError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from scheduler.errors import Conflict, Unavailable
from scheduler.store import migrate as migrations
from scheduler.store.postgresql import PostgresServer
from scheduler.store.sqlite import SqliteFile
from scheduler.store.writer import Body, T

log = structlog.get_logger()

_NO_ENTRY = {"28000", "28P01", "3D000", "57P03"}
"""PostgreSQL: unknown user, wrong password, no such database, still starting."""
_OVERLOADED = {"53", "55", "57"}
"""PostgreSQL's classes of errors: a resource ran out (disk, memory, connections), held by others, an operator."""


class Discarded(Exception):
    """Carries the result of a dry run out of the transaction that it rolls back."""

    def __init__(self, result: Any) -> None:
        super().__init__()
        self.result = result


class Database:
    """An open database. `write` has committed, durably, when it returns; then `pulse` knows of it."""

    def __init__(self, url: URL, behind: SqliteFile | PostgresServer) -> None:
        self.url = url
        self.pulse = behind.pulse
        self._behind = behind

    @classmethod
    def open(cls, url: str, *, busy_seconds: float = 5.0) -> "Database":
        """Opens `sqlite:///path` or `postgresql://...`; makes the folder of a SQLite file. Nothing is read yet."""
        parsed = make_url(url)
        on_file = parsed.get_backend_name() == "sqlite"
        return cls(parsed, SqliteFile(parsed, busy_seconds) if on_file else PostgresServer(parsed))

    @property
    def version(self) -> int | None:
        """Rises with every write before its caller hears of the commit, except for those a sender calls its `own`.

        None where others may write what we do not hear of (PostgreSQL). Equal at two moments: nothing was written in
        between that could make a message unwanted.
        """
        return self._behind.version

    @property
    def shared(self) -> bool:
        """True when several nodes may work on it at once (PostgreSQL)."""
        return isinstance(self._behind, PostgresServer)

    def watching(self) -> AbstractAsyncContextManager[None]:
        """Keeps `pulse` up to date with what other nodes write; on SQLite there are none."""
        return self._behind.watching()

    async def migrate(self) -> None:
        """Brings the schema to the newest revision."""
        await self.write(migrations.migrate)

    async def read(self, body: Body[T]) -> T:
        """Runs `body` in a transaction that only reads. Raises Unavailable when the database cannot answer."""
        try:
            return await self._behind.read(body)
        except (SQLAlchemyError, sqlite3.Error, OSError) as error:
            raise _translated(error) from error

    async def write(self, body: Body[T], *, discard: bool = False, own: bool = False) -> T:
        """Runs `body` in a transaction and commits it; with `discard` rolls it back and still gives the result.

        `own` is for what makes no mail unwanted, and leaves `version` as it is: a sender's claims and notes, and the
        release of reminders to it.
        Raises Unavailable when the database is locked, full or out of reach; then nothing was written.
        """
        try:
            return await self._behind.write(_discarding(body) if discard else body, own=own)
        except Discarded as dry_run:
            return dry_run.result  # type: ignore[no-any-return] # it is body's own result
        except (SQLAlchemyError, OSError) as error:
            raise _translated(error) from error

    async def close(self) -> None:
        """Finishes the writes that wait, then closes every connection."""
        await self._behind.close()


def _discarding(body: Body[T]) -> Body[T]:
    def run(conn: Connection) -> T:
        raise Discarded(body(conn))

    return run


def _translated(error: SQLAlchemyError | sqlite3.Error | OSError) -> Exception:
    text = str(getattr(error, "orig", error)).lower()
    state: str = getattr(getattr(error, "orig", None), "sqlstate", None) or ""
    if isinstance(error, OSError) or state in _NO_ENTRY:
        # What the driver says names hosts and paths: that is for the log, not for whoever asked.
        log.error("database.closed_to_us", reason=text)
        return Unavailable("The database does not let us in. Nothing was changed.", retry_after=10)
    if isinstance(error, PoolTimeout) or state[:2] in _OVERLOADED:
        return Unavailable("The database cannot take this now. Nothing was changed.", retry_after=5)
    if isinstance(error, IntegrityError) and (state == "23505" or "unique" in text):
        return Conflict("Somebody wrote the same thing at the same moment. Nothing was changed.")
    if isinstance(error, DBAPIError) and error.connection_invalidated:
        return Unavailable("The database is out of reach. Nothing was changed.", retry_after=10)
    return error if state else _said(text) or error


def _said(text: str) -> Unavailable | None:
    for words, sentence, retry_after in _SAID:
        if any(word in text for word in words):
            return Unavailable(f"{sentence} Nothing was changed.", retry_after=retry_after)
    return None


_SAID = (
    (("locked", "busy"), "The database is busy; please try again in a moment.", 5),
    (("full", "disk i/o", "no space"), "The database cannot store anything now (disk full?).", 60),
    (("not a database", "malformed"), "The database file is damaged, or it is no SQLite database.", 60),
    (("unable to open", "readonly"), "The database file cannot be opened for writing.", 60),
)
"""What a driver says, what we say, and in how many seconds trying again makes sense."""
