"""Looks into the mailbox again and again, in a thread, and brings what is there to the desk."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import structlog

from scheduler.config import Replies
from scheduler.errors import Unavailable
from scheduler.inbox.desk import Desk
from scheduler.inbox.mailbox import Connection, Mailbox, MailboxError

log = structlog.get_logger()

_ONE_MAIL_SECONDS = 60


class Fetcher:
    """One mailbox and the task that reads it."""

    def __init__(self, desk: Desk, settings: Replies) -> None:
        self._desk = desk
        self._mailbox = Mailbox(settings)
        self._every = settings.poll_seconds
        self._stopping = asyncio.Event()
        self._connection: Connection | None = None

    async def run(self) -> None:
        """Looks, waits, looks again, until `stop`."""
        while not self._stopping.is_set():
            await self.look()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), self._every)

    async def look(self) -> int:
        """Goes through the unread mails once; how many were taken. A mailbox out of reach is logged."""
        loop = asyncio.get_running_loop()

        def take(data: bytes | None) -> bool:
            return asyncio.run_coroutine_threadsafe(self._take(data), loop).result(_ONE_MAIL_SECONDS)

        try:
            return await asyncio.to_thread(self._mailbox.read, take, self._hold)
        except MailboxError as error:
            if not self._stopping.is_set():
                log.warning("mailbox.unreadable", reason=str(error))
        except (Unavailable, TimeoutError):
            log.warning("inbox.put_off", reason="the database cannot take it now")
        return 0

    def stop(self) -> None:
        """Breaks off what is under way: a mail that was not marked as read comes again."""
        self._stopping.set()
        connection = self._connection
        if connection is not None:
            with contextlib.suppress(OSError, AttributeError):
                connection.sock.shutdown(socket.SHUT_RDWR)

    def _hold(self, connection: Connection) -> None:
        self._connection = connection

    async def _take(self, data: bytes | None) -> bool:
        if data is None:
            self._desk.set_aside("too-large")
            return True
        try:
            await self._desk.fetched(data)
        except Unavailable:
            raise
        except Exception as error:  # the others behind it must not wait for this one
            log.error("inbox.failed", exc_info=error)
            return False
        return True


@asynccontextmanager
async def fetching(desk: Desk, settings: Replies) -> AsyncIterator[None]:
    """Reads the mailbox until the block ends."""
    fetcher = Fetcher(desk, settings)
    task = asyncio.create_task(fetcher.run())
    try:
        yield
    finally:
        fetcher.stop()
        await task
