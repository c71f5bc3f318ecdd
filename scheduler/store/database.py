"""The database: transactions as plain functions of a connection, on SQLite or PostgreSQL.

A transaction body is a synchronous function of a SQLAlchemy Core `Connection` and runs in one piece. On SQLite all
writes go through one thread with one connection (`scheduler.store.writer`); on PostgreSQL through asyncpg.
"""

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, nullcontext
from pathlib import Path
from typing import Any, TypeVar

import msgspec
import structlog
from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import DBAPIError, IntegrityError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from scheduler.errors import Conflict, Unavailable
from scheduler.store import bells, counters
from scheduler.store import migrate as migrations
from scheduler.store.pulse import Pulse, watching
from scheduler.store.writer import Writer

log = structlog.get_logger()

T = TypeVar("T")
Body = Callable[[Connection], T]

_RETRIED = {"40001", "40P01", "23505"}
"""PostgreSQL: serialization failure, deadlock detected, and a key that another transaction took meanwhile: the body
runs once more, sees what that one wrote and can say so."""
_NO_ENTRY = {"28000", "28P01", "3D000", "57P03"}
"""PostgreSQL: unknown user, wrong password, no such database, still starting."""
_OVERLOADED = {"53", "55", "57"}
"""PostgreSQL's classes of errors: a resource ran out (disk, memory, connections), held by others, an operator."""
_ATTEMPTS = 4
_SNAPSHOT: dict[str, Any] = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
"""All statements of one read see the same moment, as they do on SQLite, and none of them can write."""
_QUIET: dict[str, Any] = {"hide_parameters": True}
"""Names and addresses must not reach a log by way of an error message."""


class Discarded(Exception):
    """Carries the result of a dry run out of the transaction that it rolls back."""

    def __init__(self, result: Any) -> None:
        super().__init__()
        self.result = result


class Database:
    """An open database. `write` has committed, durably, when it returns; then `pulse` knows of it."""

    def __init__(self, url: URL, reader: AsyncEngine, writer: Writer | None, pulse: Pulse) -> None:
        self.url = url
        self.pulse = pulse
        self._reader = reader
        self._snapshots = reader if writer else reader.execution_options(**_SNAPSHOT)
        self._writer = writer

    @classmethod
    def open(cls, url: str, *, busy_seconds: float = 5.0) -> "Database":
        """Opens `sqlite:///path` or `postgresql://...`; makes the folder of a SQLite file. Nothing is read yet."""
        parsed = make_url(url)
        if parsed.get_backend_name() == "sqlite":
            Path(parsed.database or "").parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            reader = create_async_engine(
                parsed.set(drivername="sqlite+aiosqlite"), pool_size=4, max_overflow=0, **_QUIET
            )
            _prepare_sqlite(reader.sync_engine, busy_seconds, reads_only=True)
            writing = create_engine(
                parsed.set(drivername="sqlite+pysqlite"), connect_args={"check_same_thread": False}, **_QUIET
            )
            _prepare_sqlite(writing, busy_seconds, reads_only=False)
            pulse = Pulse(trusted=True)
            return cls(parsed, reader, Writer(writing, pulse), pulse)
        reader = create_async_engine(
            parsed.set(drivername="postgresql+asyncpg"),
            pool_pre_ping=True,
            **_QUIET,
            json_serializer=lambda value: msgspec.json.encode(value).decode(),
            json_deserializer=msgspec.json.decode,
        )
        return cls(parsed, reader, None, Pulse(trusted=False))

    @property
    def version(self) -> int | None:
        """Rises with every write before its caller hears of the commit, except for those a sender calls its `own`.

        None where others may write what we do not hear of (PostgreSQL). Equal at two moments: nothing was written in
        between that could make a message unwanted.
        """
        return self._writer.version if self._writer is not None else None

    @property
    def shared(self) -> bool:
        """True when several nodes may work on it at once (PostgreSQL)."""
        return self._writer is None

    def watching(self) -> AbstractAsyncContextManager[None]:
        """Keeps `pulse` up to date with what other nodes write; on SQLite there are none."""
        return watching(self._reader, self.pulse) if self.shared else nullcontext()

    async def migrate(self) -> None:
        """Brings the schema to the newest revision."""
        await self.write(migrations.migrate)

    async def read(self, body: Body[T]) -> T:
        """Runs `body` in a transaction that only reads. Raises Unavailable when the database cannot answer."""
        try:
            async with self._snapshots.connect() as conn:
                return await conn.run_sync(body)
        except (SQLAlchemyError, OSError) as error:
            raise _translated(error) from error

    async def write(self, body: Body[T], *, discard: bool = False, own: bool = False) -> T:
        """Runs `body` in a transaction and commits it; with `discard` rolls it back and still gives the result.

        `own` is for a sender's claims and notes alone: they leave `version` as it is.
        Raises Unavailable when the database is locked, full or out of reach; then nothing was written.
        """
        try:
            return await self._write(_discarding(body) if discard else body, own=own)
        except Discarded as dry_run:
            return dry_run.result  # type: ignore[no-any-return] # it is body's own result
        except (SQLAlchemyError, OSError) as error:
            raise _translated(error) from error

    async def _write(self, body: Body[T], *, own: bool) -> T:
        if self._writer is not None:
            return await asyncio.wrap_future(self._writer.submit(body, own=own))
        for attempt in range(1, _ATTEMPTS + 1):
            try:
                async with self._reader.begin() as conn:
                    result = await conn.run_sync(body)
                    counted = await conn.run_sync(counters.values_if_taken)
                    await conn.run_sync(bells.ring_if_written)
                self.pulse.publish(counted)
                return result
            except DBAPIError as error:
                if attempt == _ATTEMPTS or getattr(error.orig, "sqlstate", None) not in _RETRIED:
                    raise
                await asyncio.sleep(0.01 * 2**attempt)
        raise AssertionError

    async def close(self) -> None:
        """Finishes the writes that wait, then closes every connection."""
        if self._writer is not None:
            await asyncio.to_thread(self._writer.close)
        await self._reader.dispose()


def _discarding(body: Body[T]) -> Body[T]:
    def run(conn: Connection) -> T:
        raise Discarded(body(conn))

    return run


def _prepare_sqlite(engine: Engine, busy_seconds: float, *, reads_only: bool) -> None:
    begin = "BEGIN" if reads_only else "BEGIN IMMEDIATE"

    @event.listens_for(engine, "connect")
    def connect(dbapi: Any, _record: Any) -> None:
        dbapi.isolation_level = None
        cursor = dbapi.cursor()
        pragmas = ["journal_mode=WAL", f"busy_timeout={int(busy_seconds * 1000)}", "foreign_keys=ON"]
        pragmas += ["query_only=ON"] if reads_only else ["synchronous=FULL", "secure_delete=ON"]
        for pragma in pragmas:
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine, "begin")
    def start(conn: Connection) -> None:
        conn.exec_driver_sql(begin)


def _translated(error: SQLAlchemyError | OSError) -> Exception:
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
