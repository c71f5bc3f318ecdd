"""The heartbeats: release what fell due, send what is ready, forget what is over. Nothing else happens here.

APScheduler only ticks (in memory, UTC). A tick sets a flag; tasks of our own do the work, so that a shutdown can let
them finish: the scheduler's own shutdown would cancel them in the middle of a delivery.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import datetime

import structlog
from apscheduler.schedulers.asyncio import AsyncIOScheduler

from scheduler.clock import Clock
from scheduler.config import Config
from scheduler.errors import Unavailable
from scheduler.services import digests, housekeeping, reminders
from scheduler.services.sending import Sender
from scheduler.store import leases
from scheduler.store.clock import database_now
from scheduler.store.database import Database

log = structlog.get_logger()

_PRUNE_SECONDS = 60
_BREATH_SECONDS = 0.02
"""Between two slices of a crowd, for whoever asks the service for something meanwhile."""


class Beat:
    """One job: a flag that a tick sets, and a task that does the work whenever it is set.

    When no tick has come for so many `seconds` it does the work all the same: ticks go by the date, and a machine
    whose clock is put back an hour would have none for an hour.
    """

    def __init__(self, name: str, work: Callable[[], Awaitable[None]], seconds: float = 2 * _PRUNE_SECONDS) -> None:
        self._name = name
        self._work = work
        self._seconds = seconds
        self._flag = asyncio.Event()
        self._flag.set()
        self._stopping = False
        self._missed = 0

    def wake(self) -> None:
        """Asks for the work to be done now."""
        self._flag.set()

    def stop(self) -> None:
        """Lets the work under way finish; no more after that."""
        self._stopping = True
        self._flag.set()

    async def run(self) -> None:
        """Works until `stop`. A fault is logged and the next tick tries again: the rows are still there."""
        while True:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._flag.wait(), self._seconds)
            self._flag.clear()
            if self._stopping:
                return
            try:
                await self._work()
            except Unavailable as error:
                self._put_off(error)
            except Exception as error:  # the ledger is intact; the next beat goes on
                log.error("beat.failed", beat=self._name, exc_info=error)
            else:
                self._go_on()

    def _put_off(self, error: Unavailable) -> None:
        """One line for as long as the database is away: a tick comes every second."""
        if not self._missed:
            log.warning("beat.put_off", beat=self._name, reason=error.detail)
        self._missed += 1

    def _go_on(self) -> None:
        if self._missed:
            log.info("beat.resumed", beat=self._name, missed=self._missed)
        self._missed = 0

    @property
    def stopping(self) -> bool:
        """True once `stop` was called."""
        return self._stopping


class Jobs:
    """The beats of one process."""

    def __init__(
        self,
        db: Database,
        config: Config,
        clock: Clock,
        sender: Sender,
        chores: Sequence[Callable[[], Awaitable[None]]],
        *,
        alive: Callable[[], Awaitable[None]] | None = None,
    ) -> None:
        """`chores` are further things to do once a minute, and once more at the end; `alive` tells a watch elsewhere,
        once a minute, that this service lives.
        """
        self._db = db
        self._config = config
        self._clock = clock
        self._sender = sender
        self._chores = chores
        seconds = config.reminders.heartbeat_seconds
        self.release = Beat("release", self._release, 2 * seconds)
        self.send = Beat("send", self._send, 2 * seconds)
        self.prune = Beat("prune", self._prune)
        self.alive = Beat("alive", alive or _nothing)
        self.tally = sender.tally
        self._beats = (self.release, self.send, self.prune, self.alive)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Beats until the block ends, then finishes what is under way and gives its leases back."""
        if not self._db.shared:
            await self._db.write(leases.release)
        ticker = AsyncIOScheduler(
            timezone="UTC", job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None}
        )
        seconds = self._config.reminders.heartbeat_seconds
        ticker.add_job(_tick, "interval", seconds=seconds, args=[self.release.wake])
        ticker.add_job(_tick, "interval", seconds=seconds, args=[self.send.wake])
        ticker.add_job(_tick, "interval", seconds=_PRUNE_SECONDS, args=[self.prune.wake])
        ticker.add_job(_tick, "interval", seconds=_PRUNE_SECONDS, args=[self.alive.wake])
        self._db.pulse.on_mail = self.send.wake
        tasks = [asyncio.create_task(beat.run()) for beat in self._beats]
        ticker.start()
        try:
            yield
        finally:
            ticker.shutdown(wait=False)
            for beat in self._beats:
                beat.stop()
            await asyncio.gather(*tasks)
            await self._sender.stop()
            await self._db.write(lambda conn: leases.release(conn, self._sender.owner))
            await self._do_chores()

    async def _now(self) -> datetime:
        """This machine's clock; on PostgreSQL the database's, which all nodes share."""
        return await self._db.read(database_now) if self._db.shared else self._clock()

    async def _release(self) -> None:
        now = await self._now()
        while await self._db.write(lambda conn: reminders.release_due(conn, config=self._config, now=now), own=True):
            self.send.wake()
            if self.release.stopping:
                return
            await asyncio.sleep(_BREATH_SECONDS)

    async def _send(self) -> None:
        while not self.send.stopping and await self._sender.start_ready(await self._now(), self.send.wake):
            pass

    async def _prune(self) -> None:
        now = await self._now()
        await self._db.write(lambda conn: housekeeping.prune(conn, config=self._config, now=now))
        if await self._db.write(lambda conn: digests.release_due(conn, config=self._config, now=now)):
            self.send.wake()
        await self._do_chores()

    async def _do_chores(self) -> None:
        for chore in self._chores:
            try:
                await chore()
            except Unavailable as error:
                log.warning("chore.put_off", reason=error.detail)
            except Exception as error:  # one that fails now is done in a minute; the others are done anyway
                log.error("chore.failed", exc_info=error)


async def _nothing() -> None:
    """There is no watch elsewhere."""


async def _tick(wake: Callable[[], None]) -> None:
    """Runs on the event loop: a plain function would be sent to a thread."""
    wake()
