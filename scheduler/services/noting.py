"""Notes what became of messages, many in one transaction: while one commits, the next ones gather."""

import asyncio
from collections.abc import Callable
from datetime import datetime
from typing import TypeVar

from sqlalchemy import Connection

from scheduler.errors import Unavailable
from scheduler.model.message import Message
from scheduler.store import leases
from scheduler.store.database import Database

T = TypeVar("T")
_RETRY_SECONDS = 0.2


class Notes:
    """The notes of one sender. What the relay took and is not committed here is what a crash would repeat."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._sent: list[tuple[Message, datetime, asyncio.Future[None]]] = []
        self._writing: asyncio.Task[None] | None = None

    async def sent(self, message: Message, at: datetime) -> None:
        """Notes that the relay took a message; back when that is committed."""
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._sent.append((message, at, done))
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

    async def _write_batch(self, batch: list[tuple[Message, datetime, asyncio.Future[None]]]) -> None:
        taken, at = [message for message, _, _ in batch], batch[0][1]
        try:
            await self.insist(lambda conn: leases.mark_sent(conn, taken, at))
        except Exception as error:
            for _, _, done in batch:
                if not done.done():
                    done.set_exception(error)
        else:
            for _, _, done in batch:
                if not done.done():
                    done.set_result(None)
