"""The look right before the text of a message leaves: many in one read, none where nothing was written meanwhile."""

import asyncio

from msgspec import Struct

from scheduler.services import cases
from scheduler.services.cases import Case
from scheduler.store.database import Database


class Seen(Struct, frozen=True):
    """What a message speaks of, as it stood when the database had seen `version` writes of others; see Database."""

    case: Case | None
    version: int | None


class LastLook:
    """Looks again for one sender. What it says was true at a moment after it was asked."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._waiting: dict[str, asyncio.Future[Case | None]] = {}
        self._looking: asyncio.Task[None] | None = None

    async def again(self, message_id: str, seen: Seen | None) -> Case | None:
        """What a message speaks of now; None when it is gone. Raises what the database raises."""
        if seen is not None and seen.version is not None and seen.version == self._db.version:
            return seen.case
        waiting = self._waiting.get(message_id)
        if waiting is None:
            waiting = self._waiting[message_id] = asyncio.get_running_loop().create_future()
        if self._looking is None:
            self._looking = asyncio.create_task(self._look())
        return await asyncio.shield(waiting)

    async def _look(self) -> None:
        try:
            while self._waiting:
                await asyncio.sleep(0)  # others who heard from the relay in the same moment look along
                batch, self._waiting = self._waiting, {}
                await self._look_at(batch)
        finally:
            self._looking = None

    async def _look_at(self, batch: dict[str, asyncio.Future[Case | None]]) -> None:
        ids = list(batch)
        try:
            found = await self._db.read(lambda conn: cases.look_up_all(conn, ids))
        except Exception as error:
            if len(batch) > 1:  # one that cannot be read must not stop the others
                for message_id, waiting in batch.items():
                    await self._look_at({message_id: waiting})
                return
            batch[ids[0]].set_exception(error)
            return
        for message_id, waiting in batch.items():
            waiting.set_result(found.get(message_id))
