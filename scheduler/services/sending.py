"""Sends what the outbox holds: claim, look again, word, hand over, note.

The order is what makes the promise: a message is noted as sent only after the relay took it, so a crash in between
repeats it (under the same Message-ID) and never loses it.
"""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TypeVar

import structlog
from sqlalchemy import Connection

from scheduler.clock import Clock
from scheduler.config import Config
from scheduler.errors import ServiceError, Unavailable
from scheduler.mail.transport import Delivered, Envelope, Refused, Transport
from scheduler.model.institution import Institution
from scheduler.model.message import Failure, Message
from scheduler.services import cases, outbox
from scheduler.services.cases import Case
from scheduler.services.correspondence import Correspondence
from scheduler.services.objections import LEASE_LOST
from scheduler.services.objections import objection as objection_to
from scheduler.store import institutions
from scheduler.store.database import Database

log = structlog.get_logger()

T = TypeVar("T")
_RETRY_NOTE_SECONDS = 0.2


class Sender:
    """One sender of one process, under a name of its own in the leases."""

    def __init__(
        self,
        db: Database,
        *,
        config: Config,
        clock: Clock,
        transport: Transport,
        correspondence: Correspondence,
        owner: str,
    ) -> None:
        self._db = db
        self._config = config
        self._clock = clock
        self._transport = transport
        self._correspondence = correspondence
        self._preparing: set[str] = set()
        self._under_way: set[asyncio.Task[None]] = set()
        self._ahead = timedelta(0)
        self.owner = owner

    async def start_ready(self, now: datetime, freed: Callable[[], None]) -> int:
        """Claims as many ready messages as can start at once, starts them, and gives how many there were.

        `freed` is called whenever one has come to its end, so that one slow recipient holds nobody else up. `now` is
        the clock that all nodes share: leases and last moments are judged by it, however wrong this machine's is.
        """
        self._ahead = now - self._clock()
        room = self._transport.room() - len(self._preparing)
        if room <= 0:
            return 0
        claimed = await self._db.write(lambda conn: outbox.claim(conn, self.owner, room, config=self._config, now=now))
        for message in claimed:
            self._preparing.add(message.id)
            task = asyncio.create_task(self._see_through(message, freed))
            self._under_way.add(task)
            task.add_done_callback(self._under_way.discard)
        return len(claimed)

    async def finish(self) -> None:
        """Waits until everything that was started has come to its end."""
        await asyncio.gather(*self._under_way)

    async def _see_through(self, message: Message, freed: Callable[[], None]) -> None:
        try:
            await self._send(message)
        except Exception as error:  # its lease runs out and it comes again; the others go on
            log.error("message.interrupted", message=message.id, exc_info=error)
        finally:
            self._preparing.discard(message.id)
            freed()

    async def _send(self, message: Message) -> None:
        case, known = await self._db.read(lambda conn: _look_up(conn, message.id))
        if case is None:
            return
        objection = objection_to(case, message, self._now())
        if objection:
            await self._drop(message, objection)
            return
        try:
            envelope = self._correspondence.envelope(case, known, now=self._now())
        except Exception as error:  # a message that cannot be worded must not stop the others
            log.error("message.unwritable", message=message.id, exc_info=not isinstance(error, ServiceError))
            failure = Failure(text=f"It could not be written: {type(error).__name__}", permanent=False)
            await self._fail(message, failure)
            return
        if self._time_enough(message):
            await self._hand_over(message, envelope)

    def _time_enough(self, message: Message) -> bool:
        """False when the lease could run out while the relay still answers: then it is left to be claimed again."""
        deadline = timedelta(seconds=self._config.mail.timeout_seconds)
        return message.lease_until is None or message.lease_until - self._now() >= deadline

    async def _hand_over(self, message: Message, envelope: Envelope) -> None:
        objections: list[str] = []

        async def still_wanted() -> bool:
            case, _ = await self._db.read(lambda conn: _look_up(conn, message.id))
            objections.append(objection_to(case, message, self._now()) if case else "it was forgotten")
            return not objections[-1]

        self._preparing.discard(message.id)
        delivery = await self._transport.deliver(envelope, still_wanted)
        if isinstance(delivery, Delivered):
            await self._note(lambda conn: outbox.sent(conn, message, now=self._now()))
            log.info("message.sent", message=message.id, cause=message.cause, attempt=message.attempts)
        elif isinstance(delivery, Refused):
            await self._fail(message, delivery.failure)
        else:
            await self._drop(message, objections[-1])

    async def _drop(self, message: Message, reason: str) -> None:
        if reason != LEASE_LOST:
            await self._note(lambda conn: outbox.dropped(conn, message, reason))

    async def _fail(self, message: Message, failure: Failure) -> None:
        now = self._now()
        retry_at = await self._note(lambda conn: outbox.failed(conn, message, failure, config=self._config, now=now))
        log.warning("message.refused", message=message.id, code=failure.code, again_at=str(retry_at or "never"))

    def _now(self) -> datetime:
        return self._clock() + self._ahead

    async def _note(self, body: Callable[[Connection], T]) -> T:
        """Writes what became of a message, and does not give up while the database is busy: it has happened."""
        while True:
            try:
                return await self._db.write(body)
            except Unavailable:
                await asyncio.sleep(_RETRY_NOTE_SECONDS)


def _look_up(conn: Connection, message_id: str) -> tuple[Case | None, dict[str, Institution]]:
    return cases.look_up(conn, message_id), institutions.all_institutions(conn)
