"""LMTP (RFC 2033): a mail server hands over what comes to our addresses, one recipient at a time.

250 is said only after the transaction has committed; while the database is away it is 451, and the mail server comes
again. Whatever else goes wrong on our side is 451 too: a mail is refused for good only for what it is.
"""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator
from typing import Any

import structlog
from aiosmtpd.lmtp import LMTP

from scheduler.errors import Unavailable
from scheduler.inbox.desk import Desk

log = structlog.get_logger()

_MOST_CONNECTIONS = 50
_IDLE_SECONDS = 60.0
_LAST_SECONDS = 3.0
_LONGEST_LINE = 65_536


class Handler:
    """What aiosmtpd asks at each command."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._busy = 0
        self.idle = asyncio.Event()
        self.idle.set()

    async def handle_RCPT(  # noqa: N802  # the name aiosmtpd calls
        self, _server: Any, _session: Any, envelope: Any, address: str, _options: list[str]
    ) -> str:
        """Takes addresses that stand for something of ours, one a mail: LMTP answers for each recipient apart."""
        if not self._desk.knows(address):
            self._desk.set_aside("unknown-address")
            return "550 5.1.1 there is no such address here"
        if envelope.rcpt_tos:
            return "452 4.5.3 one recipient at a time"
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 ok"

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802  # as above
        """Takes the mail, and says so when that is durable."""
        self._busy += 1
        self.idle.clear()
        try:
            await self._desk.deliver(envelope.content, sender=envelope.mail_from or "", recipients=envelope.rcpt_tos)
        except Unavailable as error:
            log.warning("inbox.put_off", reason=error.code)
            return "451 4.3.0 not now, please try again"
        finally:
            self._busy -= 1
            if not self._busy:
                self.idle.set()
        return "250 2.0.0 taken"

    async def handle_exception(self, error: Exception) -> str:
        """A fault of ours is no fault of the mail."""
        log.error("inbox.failed", exc_info=error)
        return "451 4.3.0 not now, please try again"


class Conversation(LMTP):
    """One connection of a mail server."""

    line_length_limit = _LONGEST_LINE

    def __init__(self, handler: Handler, open_ones: set["Conversation"], octets: int) -> None:
        super().__init__(
            handler,
            data_size_limit=octets,
            enable_SMTPUTF8=True,
            hostname="enspired",
            ident="enspired",
            timeout=_IDLE_SECONDS,
            loop=asyncio.get_running_loop(),
        )
        self._open_ones = open_ones

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begins the conversation, unless there are too many already."""
        if len(self._open_ones) >= _MOST_CONNECTIONS and isinstance(transport, asyncio.WriteTransport):
            transport.write(b"421 4.3.2 too many connections\r\n")
        self._open_ones.add(self)
        super().connection_made(transport)
        if len(self._open_ones) > _MOST_CONNECTIONS:
            transport.close()

    def connection_lost(self, error: Exception | None) -> None:
        """Forgets it."""
        self._open_ones.discard(self)
        super().connection_lost(error)

    def hang_up(self) -> None:
        """Closes the connection; a mail that got no 250 comes again."""
        if self.transport is not None:
            self.transport.close()


@contextlib.asynccontextmanager
async def listening(desk: Desk, place: str | tuple[str, int], *, shared: bool) -> AsyncIterator[None]:
    """Takes mails at `place` (a socket's path, or host and port) until the block ends.

    `shared`: several processes of one service listen at the same port. Raises OSError when the place is taken.
    """
    logging.getLogger("mail.log").setLevel(logging.CRITICAL)  # it writes addresses and whole mails
    handler, open_ones = Handler(desk), set[Conversation]()
    loop = asyncio.get_running_loop()

    def conversation() -> Conversation:
        return Conversation(handler, open_ones, desk.limits.octets)

    if isinstance(place, str):
        server = await loop.create_unix_server(conversation, place)
    else:
        server = await loop.create_server(conversation, *place, reuse_port=shared or None)
    log.info("inbox.listening", place=place if isinstance(place, str) else f"{place[0]}:{place[1]}")
    try:
        yield
    finally:
        server.close()
        with contextlib.suppress(TimeoutError):  # mails under way are still answered
            await asyncio.wait_for(handler.idle.wait(), _LAST_SECONDS)
        for one in tuple(open_ones):
            one.hang_up()
