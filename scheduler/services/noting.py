"""Notes what became of messages, many in one transaction: while one commits, the next ones gather."""

import asyncio
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import TypeVar

from msgspec import Struct
from sqlalchemy import Connection

from scheduler.errors import Unavailable
from scheduler.model.message import Message
from scheduler.store import leases
from scheduler.store.database import Database

T = TypeVar("T")
_RETRY_SECONDS = 0.2


class _Taken(Struct, frozen=True):
    """A message that the relay took at an instant, facts to keep with it, and who waits for the note."""

    message: Message
    at: datetime
    facts: Mapping[str, str]
    done: asyncio.Future[None]


class Notes:
    """The notes of one sender. What the relay took and is not committed here is what a crash would repeat."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._sent: list[_Taken] = []
        self._writing: asyncio.Task[None] | None = None

    async def sent(self, message: Message, at: datetime, facts: Mapping[str, str]) -> None:
        """Notes that the relay took a message, and facts to keep with it; back when that is committed."""
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._sent.append(_Taken(message, at, facts, done))
        if self._writing is None:
            self._writing = asyncio.create_task(self._write_sent())
        await done

    async def insist(self, body: Callable[[Connection], T]) -> T:
        """Writes what happened, and does not give up while the database is busy: it has happened."""
        while True:
            try:
                return await self._db.write(body, own=True)
            except Unavailable:
                await asyncio.sleep(_RETRY_SECONDS)

    async def _write_sent(self) -> None:
        try:
            while self._sent:
                batch, self._sent = self._sent, []
                await self._write_batch(batch)
        finally:
            self._writing = None

    async def _write_batch(self, batch: list[_Taken]) -> None:
        try:
            await self.insist(lambda conn: _mark(conn, batch))
        except Exception as error:
            for taken in batch:
                if not taken.done.done():
                    taken.done.set_exception(error)
        else:
            for taken in batch:
                if not taken.done.done():
                    taken.done.set_result(None)


def _mark(conn: Connection, batch: list[_Taken]) -> None:
    for taken in batch:
        if taken.facts:
            leases.add_facts(conn, taken.message, taken.facts)
    leases.mark_sent(conn, [taken.message for taken in batch], batch[0].at)
