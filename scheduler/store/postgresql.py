"""A database on a PostgreSQL server, which other nodes read and write as well."""

import asyncio
from contextlib import AbstractAsyncContextManager
from typing import Any

import msgspec
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import create_async_engine

from scheduler.store import bells, counters
from scheduler.store.pulse import Pulse, watching
from scheduler.store.writer import Body, T

_RETRIED = {"40001", "40P01", "23505"}
"""Serialization failure, deadlock detected, and a key that another transaction took meanwhile: the body runs once
more, sees what that one wrote and can say so."""
_ATTEMPTS = 4
_SNAPSHOT: dict[str, Any] = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
"""All statements of one read see the same moment, as they do on SQLite, and none of them can write."""


class PostgresServer:
    """The database that a URL names; nothing is asked of it yet."""

    version = None
    """Others write what we do not hear of; see Database."""

    def __init__(self, url: URL) -> None:
        self.pulse = Pulse(trusted=False)
        self.engine = create_async_engine(
            url.set(drivername="postgresql+asyncpg"),
            pool_pre_ping=True,
            hide_parameters=True,
            json_serializer=lambda value: msgspec.json.encode(value).decode(),
            json_deserializer=msgspec.json.decode,
        )
        self._snapshots = self.engine.execution_options(**_SNAPSHOT)

    async def read(self, body: Body[T]) -> T:
        """Runs `body` in a transaction that only reads. Raises SQLAlchemyError, OSError."""
        async with self._snapshots.connect() as conn:
            return await conn.run_sync(body)

    async def write(self, body: Body[T], *, own: bool) -> T:  # there is no version to leave as it is
        """Runs `body` in a transaction and commits it. Raises SQLAlchemyError, OSError."""
        for attempt in range(1, _ATTEMPTS + 1):
            try:
                async with self.engine.begin() as conn:
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

    def watching(self) -> AbstractAsyncContextManager[None]:
        """Keeps `pulse` up to date with what other nodes write."""
        return watching(self.engine, self.pulse)

    async def close(self) -> None:
        """Closes every connection."""
        await self.engine.dispose()
