"""Notes what became of messages, many in one transaction: while one commits, the next ones gather."""

import asyncio
from collections.abc import Callable, Mapping
from contextlib import suppress
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
_GATHER_SECONDS = 0.02


class _Taken(Struct, frozen=True):
    """A message that the relay took at an instant, facts to keep with it, and who hears how noting it went."""

    message: Message
    at: datetime
    facts: Mapping[str, str]
    heard: Callable[[Exception | None], None]


class Notes:
    """The notes of one sender. What the relay took and is not committed here is what a crash would repeat.

    `after` is called after each batch. `gather` is how many wait for each other, for a moment, before they are
    written; 0 where nothing goes on without its note.
    """

    def __init__(self, db: Database, after: Callable[[], None], *, gather: int = 0) -> None:
        self._db = db
        self._after = after
        self._gather = gather
        self._enough = asyncio.Event()
        self._sent: list[_Taken] = []
        self._writing: asyncio.Task[None] | None = None

    @property
    def open(self) -> bool:
        """True while something is still to be noted."""
        return self._writing is not None

    def sent(
        self, message: Message, at: datetime, facts: Mapping[str, str], heard: Callable[[Exception | None], None]
    ) -> None:
        """Notes soon that the relay took a message, with facts to keep with it; `heard` is called once that is
        committed, with None, or with what made it impossible."""
        self._sent.append(_Taken(message, at, facts, heard))
        if len(self._sent) >= self._gather:
            self._enough.set()
        if self._writing is None:
            self._writing = asyncio.create_task(self._write_sent())

    async def written(self) -> None:
        """Back when nothing is open any more."""
        while self._writing is not None:
            await asyncio.shield(self._writing)

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
                await self._gathered()
                batch, self._sent = self._sent, []
                await self._write_batch(batch)
        finally:
            self._writing = None

    async def _gathered(self) -> None:
        if len(self._sent) < self._gather:
            self._enough.clear()
            with suppress(TimeoutError):
                async with asyncio.timeout(_GATHER_SECONDS):
                    await self._enough.wait()

    async def _write_batch(self, batch: list[_Taken]) -> None:
        fault: Exception | None = None
        try:
            await self.insist(lambda conn: _mark(conn, batch))
        except Exception as error:  # their leases run out and they are sent again; the next ones go on
            fault = error
        for taken in batch:
            taken.heard(fault)
        self._after()


def _mark(conn: Connection, batch: list[_Taken]) -> None:
    for taken in batch:
        if taken.facts:
            leases.add_facts(conn, taken.message, taken.facts)
    leases.mark_sent(conn, [taken.message for taken in batch], batch[0].at)
