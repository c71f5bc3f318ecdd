"""What this process knows of the counters, without asking: the poll of an unchanged feed costs a look at this.

A transaction of this process publishes its counters as soon as it has committed, before its caller hears of it.
On PostgreSQL a listener hears of other nodes' commits and new messages at once, and asks once a second in case it
did not; with the counters it asks for the clock that all nodes share.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from datetime import datetime
from typing import Any

import structlog
from sqlalchemy.ext.asyncio import AsyncEngine

from scheduler.store import bells, counters
from scheduler.store.clock import database_now

log = structlog.get_logger()

POLL_SECONDS = 1.0
_ANSWER_SECONDS = 3.0


class Pulse:
    """The counters as last heard of; they only rise. `change` is -1 until somebody has read them.

    `trusted` is False while nobody watches a database that other nodes write to, or it does not answer.
    """

    def __init__(self, *, trusted: bool) -> None:
        self.trusted = trusted
        self.change = -1
        self.access = -1
        self.on_mail: Callable[[], None] = _nobody
        """Called when another node, or this one, has written messages (PostgreSQL)."""
        self.on_time: Callable[[datetime], None] = _nobody
        """Told the database's clock about once a second (PostgreSQL)."""

    def publish(self, values: Mapping[str, int]) -> None:
        """Takes notice of counters that were read from the database."""
        self.change = max(self.change, values.get(counters.CHANGE, self.change))
        self.access = max(self.access, values.get(counters.ACCESS, self.access))


def _nobody(*_: object) -> None:
    """Nobody wants to know."""


@asynccontextmanager
async def watching(engine: AsyncEngine, pulse: Pulse) -> AsyncIterator[None]:
    """Follows a PostgreSQL database that others write to as well, until the block ends."""
    task = asyncio.create_task(_watch(engine.execution_options(isolation_level="AUTOCOMMIT"), pulse))
    try:
        yield
    finally:
        pulse.trusted = False
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def _watch(engine: AsyncEngine, pulse: Pulse) -> None:
    while True:
        try:
            await _follow(engine, pulse)
        except Exception as error:  # whatever it is, we do not know the counters now; readers go to the database
            pulse.trusted = False
            log.warning("pulse.lost", exc_info=error)
            await asyncio.sleep(POLL_SECONDS)


async def _follow(engine: AsyncEngine, pulse: Pulse) -> None:
    """Over one connection; ends with an error when that does."""
    heard = asyncio.Event()

    def hear(*_: object) -> None:
        heard.set()

    def hear_of_mail(*_: object) -> None:
        pulse.on_mail()

    async with engine.connect() as conn:
        driver: Any = (await conn.get_raw_connection()).driver_connection
        await driver.add_listener(counters.CHANNEL, hear)
        await driver.add_listener(bells.CHANNEL, hear_of_mail)
        try:
            while True:
                heard.clear()
                async with asyncio.timeout(_ANSWER_SECONDS):
                    pulse.publish(await conn.run_sync(counters.values))
                    pulse.on_time(await conn.run_sync(database_now))
                pulse.trusted = True
                with suppress(TimeoutError):
                    await asyncio.wait_for(heard.wait(), POLL_SECONDS)
        finally:
            if not driver.is_closed():
                await driver.remove_listener(counters.CHANNEL, hear)
                await driver.remove_listener(bells.CHANNEL, hear_of_mail)
