"""One SMTP conversation after the login: whole groups of commands in one write where the relay takes them (RFC 2920).

aiosmtplib connects, greets, encrypts and signs in (`scheduler.mail.connecting`); it waits for the reply to each
command, which costs a crowd of mails four times the round trips. Here they cost two.
"""

import asyncio
from collections import deque
from typing import Literal

from msgspec import Struct

CLOSING = 421
GO_ON = 354
LONGEST_LINE = 8192
LONGEST_REPLY = 65_536

Stage = Literal["MAIL", "RCPT", "DATA", "TEXT"]


class Reply(Struct, frozen=True):
    """A reply (RFC 5321 section 4.2): its three digits and its text, lines joined by line feeds."""

    code: int
    text: str

    @property
    def good(self) -> bool:
        """True for "done" (2yz)."""
        return 200 <= self.code < 300


class Lost(Exception):
    """The other side hung up, or speaks something else than SMTP: nothing more can be said here."""


class Refusal(Exception):
    """A reply that is no consent, and what it was the reply to (`TEXT`: the end of the mail)."""

    def __init__(self, stage: Stage, reply: Reply) -> None:
        super().__init__(reply.text)
        self.stage = stage
        self.reply = reply


class Conversation(asyncio.BufferedProtocol):
    """Speaks on a transport whose other side has greeted us and let us in. `pipelining` is what it offered."""

    def __init__(self, transport: asyncio.Transport, *, pipelining: bool) -> None:
        self._transport = transport
        self._pipelining = pipelining
        self._replies: deque[Reply] = deque()
        self._heard = bytearray(LONGEST_LINE)
        self._rest = bytearray()
        self._lines: list[str] = []
        self._expected = 0
        self._waiter: asyncio.Future[None] | None = None
        self._lost = ""
        self._data_begun = False
        self.consented = False
        """Whether the relay took the sender of the mail under way: from then on a failure is about that mail."""
        transport.set_protocol(self)

    @property
    def alive(self) -> bool:
        """True while it can be spoken on."""
        return not self._lost and not self._transport.is_closing()

    @property
    def withdrawable(self) -> bool:
        """False when only hanging up keeps a text from being expected."""
        return not self._data_begun

    async def address(self, sender: str, recipient: str) -> None:
        """Names both ends, and asks to begin the text with them where groups are taken. Raises Refusal or Lost."""
        self.consented = self._data_begun = False
        commands: dict[Stage, str] = {"MAIL": f"MAIL FROM:<{sender}>", "RCPT": f"RCPT TO:<{recipient}>"}
        if self._pipelining:
            await self._address_in_one(*commands.values())
            return
        for stage, command in commands.items():
            self._say(command)
            reply = await self._reply()
            if not reply.good:
                raise Refusal(stage, reply)
            self.consented = True

    async def text(self, data: bytes) -> Reply:
        """Sends a mail that is `stuffed`, and gives the reply with which it was taken. Raises Refusal or Lost."""
        if not self._data_begun:
            self._say("DATA")
            reply = await self._reply()
            if reply.code != GO_ON:
                raise Refusal("DATA", reply)
        self._data_begun = False
        self._write(data, 1)
        reply = await self._reply()
        if not reply.good:
            raise Refusal("TEXT", reply)
        return reply

    async def reset(self) -> bool:
        """Ends the transaction that was begun; whether the conversation can go on."""
        self._say("RSET")
        return (await self._reply()).good

    async def farewell(self) -> None:
        """Takes leave as RFC 5321 section 4.1.1.10 wants, and hangs up. Raises Lost."""
        self._say("QUIT")
        await self._reply()
        self.close()

    def close(self) -> None:
        """Hangs up at once; a text that was not ended is nothing to the relay (RFC 5321 section 4.1.1.10)."""
        self._lost = self._lost or "The connection was closed."
        self._transport.abort()

    async def _address_in_one(self, *commands: str) -> None:
        self._say(*commands, "DATA")
        mail = await self._reply()
        if mail.code == CLOSING:
            raise Refusal("MAIL", mail)
        self.consented = mail.good
        rcpt = await self._reply()
        if rcpt.code == CLOSING:
            raise Refusal("RCPT" if mail.good else "MAIL", rcpt if mail.good else mail)
        data = await self._reply()
        self._data_begun = data.code == GO_ON
        if mail.good and rcpt.good and self._data_begun:
            return
        if self._data_begun:  # it may say so even without a recipient: RFC 2920 section 3.1 has a lone dot end it
            self._data_begun = False
            self._say(".")
            await self._reply()
        if not mail.good:
            raise Refusal("MAIL", mail)
        raise Refusal("DATA", data) if rcpt.good else Refusal("RCPT", rcpt)

    def _say(self, *commands: str) -> None:
        self._write("\r\n".join([*commands, ""]).encode("ascii"), len(commands))

    def _write(self, data: bytes, expected: int) -> None:
        if not self.alive:
            raise Lost(self._lost or "The connection was closed.")
        self._expected += expected
        self._transport.write(data)

    async def _reply(self) -> Reply:
        if not self._replies:
            if self._lost:
                raise Lost(self._lost)
            self._waiter = asyncio.get_running_loop().create_future()
            try:
                await self._waiter
            finally:
                self._waiter = None
        if not self._replies:
            raise Lost(self._lost)
        return self._replies.popleft()

    # what asyncio calls

    def get_buffer(self, sizehint: int) -> bytearray:
        """Where asyncio may put what the relay says: replies are short, and a new buffer for each costs more."""
        return self._heard

    def buffer_updated(self, nbytes: int) -> None:
        """Takes in what the relay says; words out of turn (it is closing down) end the conversation."""
        *lines, rest = (self._rest + self._heard[:nbytes]).split(b"\n")
        self._rest = rest
        if len(rest) > LONGEST_LINE or sum(map(len, self._lines)) > LONGEST_REPLY:
            self._break("The mail server's answer has no end.")
        for line in lines:
            if not self._lost:
                self._take(line.decode("utf-8", "replace").rstrip("\r"))
        self._wake()

    def eof_received(self) -> bool:
        """The other side says nothing more."""
        self.connection_lost(None)
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection is gone."""
        self._lost = self._lost or f"Connection lost{f': {exc}' if exc else ''}"
        self._wake()

    def _take(self, line: str) -> None:
        code, mark = line[:3], line[3:4]
        if not (code.isascii() and code.isdigit()) or mark not in {"", " ", "-"}:
            self._break(f"Malformed SMTP response line: {line[:200]}")
            return
        self._lines.append(line[4:].strip())
        if mark == "-":
            return
        text, self._lines = "\n".join(self._lines), []
        if not self._expected:
            self._break(f"The mail server ended the conversation: {code} {text}")
            return
        self._expected -= 1
        self._replies.append(Reply(int(code), text))

    def _break(self, why: str) -> None:
        self._lost = self._lost or why
        self._transport.abort()

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done() and (self._replies or self._lost):
            self._waiter.set_result(None)


def stuffed(data: bytes) -> bytes:
    """The text as it travels: dots at the beginning of lines doubled (RFC 5321 section 4.5.2), ended by a lone dot."""
    if not data.count(b"\r\n") == data.count(b"\n") == data.count(b"\r"):
        data = b"\r\n".join(data.replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n"))
    data = data.replace(b"\r\n.", b"\r\n..")
    if data.startswith(b"."):
        data = b"." + data
    return data + (b".\r\n" if data.endswith(b"\r\n") else b"\r\n.\r\n")
