"""A real SMTP server inside the test process, which records what it takes and answers what it is told to."""

import asyncio
import threading
import time
from collections import defaultdict
from datetime import datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any, Literal, cast

from aiosmtpd.smtp import SMTP
from msgspec import Struct

from tests.sink import arrival

Stage = Literal["MAIL", "RCPT", "DATA"]
HANG_UP = "hang up"  # instead of an answer: close the connection, so that the sender cannot know


class Received(Struct, frozen=True):
    """One message that arrived: `at` is the instant (aware UTC) at which its last byte was there.

    `answer` is what the sender was told; a message answered by `HANG_UP` arrived, but its sender cannot know.
    """

    at: datetime
    mail_from: str
    rcpt_tos: tuple[str, ...]
    content: bytes
    answer: str

    @property
    def message(self) -> EmailMessage:
        """The parsed message."""
        return message_from_bytes(self.content, policy=default)

    @property
    def message_id(self) -> str:
        """Its Message-ID, with the angle brackets."""
        return str(self.message["Message-ID"] or "").strip()


class SmtpSink:
    """The server, on its own thread and port of 127.0.0.1; usable from tests with and without a loop."""

    def __init__(self) -> None:
        self.host = "127.0.0.1"
        self.port = 0
        self.received: list[Received] = []
        self._answers: dict[tuple[Stage, str | None], list[str]] = defaultdict(list)
        self._always: dict[tuple[Stage, str | None], str] = {}
        self._lock = threading.Lock()
        self._thread: _Thread | None = None

    @property
    def messages(self) -> list[Received]:
        """What was accepted with a 2xx answer, oldest first."""
        return [one for one in list(self.received) if one.answer.startswith("2")]

    def answer(self, stage: Stage, *replies: str, address: str | None = None, always: bool = False) -> None:
        """Script the next answers at `stage` ("451 4.3.0 later", or `HANG_UP`), then all is well again.

        `address` limits them to that recipient (RCPT), sender (MAIL) or to messages whose only recipient it is
        (DATA). `always` keeps the last reply for ever.
        """
        with self._lock:
            self._answers[stage, address].extend(replies[:-1] if always else replies)
            if always:
                self._always[stage, address] = replies[-1]

    def clear(self) -> None:
        """Forget what arrived and what was scripted."""
        with self._lock:
            self.received.clear()
            self._answers.clear()
            self._always.clear()

    async def wait_for(self, count: int, seconds: float = 10.0) -> list[Received]:
        """The accepted messages once there are `count`; an AssertionError after `seconds` names what came."""
        deadline = time.monotonic() + seconds
        while len(self.messages) < count:
            subjects = [str(one.message["Subject"]) for one in self.messages]
            assert time.monotonic() < deadline, f"{len(subjects)} of {count} mails came: {subjects}"
            await asyncio.sleep(0.01)
        return self.messages

    def start(self) -> None:
        """Listen on a free port; after `stop`, on the same one again."""
        self._thread = _Thread(self, self.host, self.port)
        self.port = self._thread.port

    def stop(self) -> None:
        """Hang up and close the port: from now on connections are refused."""
        if self._thread:
            self._thread.stop()
            self._thread = None

    def reply(self, stage: Stage, address: str | None, usual: str) -> str:
        """The scripted answer at `stage` for `address`, or the `usual` one."""
        with self._lock:
            for key in ((stage, address), (stage, None)):
                if self._answers[key]:
                    return self._answers[key].pop(0)
                if key in self._always:
                    return self._always[key]
        return usual

    # aiosmtpd finds its hooks by these names

    async def handle_MAIL(  # noqa: N802
        self, server: Any, _session: Any, envelope: Any, address: str, options: list[str]
    ) -> str:
        """Answer MAIL FROM."""
        answer = self.reply("MAIL", address, "250 2.1.0 sender ok")
        if answer.startswith("2"):
            envelope.mail_from = address
            envelope.mail_options.extend(options)
        return _speak(server, answer)

    async def handle_RCPT(  # noqa: N802
        self, server: Any, _session: Any, envelope: Any, address: str, options: list[str]
    ) -> str:
        """Answer RCPT TO."""
        answer = self.reply("RCPT", address, "250 2.1.5 recipient ok")
        if answer.startswith("2"):
            envelope.rcpt_tos.append(address)
            envelope.rcpt_options.extend(options)
        return _speak(server, answer)

    async def handle_DATA(self, server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802
        """Record the message with the instant of its arrival, then answer the end of its data."""
        at = arrival()
        recipients = tuple(envelope.rcpt_tos)
        answer = self.reply("DATA", recipients[0] if len(recipients) == 1 else None, "250 2.0.0 recorded")
        self.received.append(Received(at, envelope.mail_from, recipients, bytes(envelope.content), answer))
        return _speak(server, answer)


class _Thread:
    """A loop on a thread of its own that serves SMTP and leaves neither a task nor a socket behind."""

    def __init__(self, handler: SmtpSink, host: str, port: int) -> None:
        self._loop = asyncio.new_event_loop()
        self._open: set[asyncio.Transport] = set()
        self._thread = threading.Thread(target=self._loop.run_forever, name="smtp sink", daemon=True)
        self._thread.start()
        self._server = asyncio.run_coroutine_threadsafe(self._listen(handler, host, port), self._loop).result(10)
        self.port: int = self._server.sockets[0].getsockname()[1]

    async def _listen(self, handler: SmtpSink, host: str, port: int) -> asyncio.Server:
        return await self._loop.create_server(lambda: _Session(handler, self._open, self._loop), host, port)

    def stop(self) -> None:
        """Close the port, hang up on everybody, end the thread."""
        asyncio.run_coroutine_threadsafe(self._close(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _close(self) -> None:
        for listening in self._server.sockets:
            self._loop.remove_reader(listening.fileno())
        own = asyncio.current_task()
        # A connection that is being accepted at this moment shows itself some turns of the loop later, and an
        # aborted one closes its socket in the turn after. Cancelling the one, or closing the server before the
        # other is there, would leave sockets open.
        quiet = 0
        while quiet < 5:
            for transport in self._open:
                transport.abort()
            quiet = 0 if self._open or asyncio.all_tasks() - {own} else quiet + 1
            await asyncio.sleep(0)
        self._server.close()
        await self._server.wait_closed()


class _Session(SMTP):
    """One connection, entered in `opened` for as long as it is there."""

    def __init__(self, handler: SmtpSink, opened: set[asyncio.Transport], loop: asyncio.AbstractEventLoop) -> None:
        super().__init__(handler, loop=loop, enable_SMTPUTF8=True, hostname="sink.test", ident="sink")
        self._opened = opened

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._opened.add(cast("asyncio.Transport", transport))
        super().connection_made(transport)

    def connection_lost(self, error: Exception | None) -> None:
        self._opened.discard(self.transport)
        super().connection_lost(error)


def _speak(server: Any, answer: str) -> str:
    if answer == HANG_UP:
        server.transport.abort()
        return "421 4.3.2 gone"
    return answer
