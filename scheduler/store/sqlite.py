"""A database in a file of this machine: a few readers, and one writer for all writes."""

import asyncio
from contextlib import AbstractAsyncContextManager, nullcontext
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL

from scheduler.store.pulse import Pulse
from scheduler.store.reading import Readers
from scheduler.store.writer import Body, T, Writer

_READERS = 4


class SqliteFile:
    """The file that a URL names; makes its folder, and reads nothing yet."""

    def __init__(self, url: URL, busy_seconds: float) -> None:
        """`busy_seconds`: how long to wait for another process that holds the file."""
        path = Path(url.database or "")
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        writing = create_engine(
            url.set(drivername="sqlite+pysqlite"), connect_args={"check_same_thread": False}, hide_parameters=True
        )
        _prepare(writing, busy_seconds, reads_only=False)
        self.pulse = Pulse(trusted=True)
        self._writer = Writer(writing, self.pulse)
        self._readers = Readers(str(path), _READERS, partial(_prepare, busy_seconds=busy_seconds, reads_only=True))

    @property
    def version(self) -> int:
        """See Database."""
        return self._writer.version

    async def read(self, body: Body[T]) -> T:
        """Runs `body` in a transaction that only reads. Raises Unavailable, SQLAlchemyError, sqlite3.Error."""
        return await self._readers.read(body)

    async def write(self, body: Body[T], *, own: bool) -> T:
        """Runs `body` in a transaction and commits it. Raises Unavailable, SQLAlchemyError."""
        return await asyncio.wrap_future(self._writer.submit(body, own=own))

    def watching(self) -> AbstractAsyncContextManager[None]:
        """There is nobody else to watch."""
        return nullcontext()

    async def close(self) -> None:
        """Finishes the writes that wait, then closes every connection."""
        await asyncio.to_thread(self._writer.close)
        await self._readers.close()


def _prepare(engine: Engine, busy_seconds: float, *, reads_only: bool) -> None:
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
