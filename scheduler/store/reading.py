"""SQLite's readers: a transaction is one errand to the thread of its connection.

SQLAlchemy's own way to aiosqlite makes four errands of each statement (open, execute, fetch, close), and each waits for
its turn on the event loop: while a crowd's mails leave, a page of events waited for thirty turns.
"""

import asyncio
import contextvars
import sqlite3
from collections.abc import Callable
from functools import partial
from typing import TypeVar

import aiosqlite
from sqlalchemy import Connection, Engine, StaticPool, create_engine

from scheduler.errors import Unavailable

T = TypeVar("T")
_WAIT_SECONDS = 30


class _Reader(aiosqlite.Connection):
    """A connection on a thread of its own, which holds up no exit."""

    def __init__(self, path: str, prepare: Callable[[Engine], None]) -> None:
        super().__init__(lambda: sqlite3.connect(path, check_same_thread=False), iter_chunk_size=64)
        self._thread.daemon = True
        self._engine = create_engine(
            "sqlite+pysqlite://", creator=lambda: self._conn, poolclass=StaticPool, hide_parameters=True
        )
        prepare(self._engine)

    async def open(self) -> None:
        """Starts the thread, and opens the file in it. Raises sqlite3.Error."""
        _ = await self

    async def run(self, body: Callable[[Connection], T]) -> T:
        """What `body` gives, in a transaction, in this connection's thread."""
        work = partial(contextvars.copy_context().run, self._in_transaction, body)
        result: T = await self._execute(work)  # type: ignore[no-untyped-call] # aiosqlite names no types here
        return result

    def _in_transaction(self, body: Callable[[Connection], T]) -> T:
        with self._engine.connect() as conn:
            return body(conn)


class Readers:
    """So many readers of one database file; each is opened when it is first needed."""

    def __init__(self, path: str, size: int, prepare: Callable[[Engine], None]) -> None:
        """`prepare` sets up what is to happen when a connection opens, and when a transaction begins."""
        self._path, self._prepare = path, prepare
        self._room = asyncio.Semaphore(size)
        self._idle: list[_Reader] = []
        self._all: list[_Reader] = []

    async def read(self, body: Callable[[Connection], T]) -> T:
        """What `body` gives, in a transaction. Raises Unavailable when all readers are busy for long, sqlite3.Error
        when the file cannot be opened."""
        try:
            async with asyncio.timeout(_WAIT_SECONDS):
                await self._room.acquire()
        except TimeoutError:
            raise Unavailable("The database is busy; please try again in a moment.", retry_after=5) from None
        try:
            return await self._read(body)
        finally:
            self._room.release()

    async def _read(self, body: Callable[[Connection], T]) -> T:
        reader = self._idle.pop() if self._idle else await self._opened()
        try:
            return await reader.run(body)
        finally:
            self._idle.append(reader)

    async def _opened(self) -> _Reader:
        reader = _Reader(self._path, self._prepare)
        self._all.append(reader)
        await reader.open()
        return reader

    async def close(self) -> None:
        """Closes what was opened."""
        opened, self._all, self._idle = self._all, [], []
        for reader in opened:
            await reader.close()
