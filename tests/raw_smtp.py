"""An SMTP server that misbehaves as told, line by line, and writes down every line it hears."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Self

SILENCE = "silence"
HANG_UP = "hang up"
USUAL = {
    "CONNECT": "220 raw.test ready",
    "EHLO": "250-raw.test\r\n250 8BITMIME",
    "MAIL": "250 ok",
    "RCPT": "250 ok",
    "RSET": "250 ok",
    "DATA": "354 go on",
    ".": "250 taken",
    "QUIT": "221 bye",
}


class RawServer:
    """`says` maps a command (or CONNECT, or `.` for the end of data) to its replies, the last one for ever.

    `lines` are the commands heard, `bodies` the messages' texts, `connections` how many were opened.
    """

    def __init__(self, says: Mapping[str, list[str]], tls: ssl.SSLContext | None) -> None:
        self.lines: list[str] = []
        self.bodies: list[bytes] = []
        self.connections = 0
        self.port = 0
        self._says = {command: list(replies) for command, replies in says.items()}
        self._tls = tls
        self._writers: set[asyncio.StreamWriter] = set()

    @classmethod
    @asynccontextmanager
    async def running(
        cls, says: Mapping[str, list[str]] | None = None, *, tls: ssl.SSLContext | None = None, implicit: bool = False
    ) -> AsyncIterator[Self]:
        """A server on a free port of 127.0.0.1; `tls` for STARTTLS, or from the first byte when `implicit`."""
        one = cls(says or {}, tls)
        server = await asyncio.start_server(one._serve, "127.0.0.1", 0, ssl=tls if implicit else None)
        one.port = server.sockets[0].getsockname()[1]
        try:
            yield one
        finally:
            server.close()
            one.hang_up()
            await server.wait_closed()
            await asyncio.sleep(0.01)

    def hang_up(self) -> None:
        """Drop every open connection."""
        for writer in list(self._writers):
            writer.transport.abort()

    def count(self, command: str) -> int:
        """How often a command was heard."""
        return sum(line.upper().startswith(command) for line in self.lines)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self._writers.add(writer)
        try:
            if await self._answer("CONNECT", writer):
                await self._converse(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError, ssl.SSLError):
            pass
        finally:
            self._writers.discard(writer)
            writer.transport.abort()

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while line := (await reader.readline()).decode().rstrip("\r\n"):
            self.lines.append(line)
            command = line.split(" ")[0].upper()
            if command == "STARTTLS" and self._tls:
                if not await self._upgrade(writer):
                    return
                continue
            reply = self._next(command)
            if not await self._speak(reply, writer):
                return
            if command == "DATA" and reply.startswith("354"):
                self.bodies.append(await reader.readuntil(b"\r\n.\r\n"))
                if not await self._answer(".", writer):
                    return

    async def _upgrade(self, writer: asyncio.StreamWriter) -> bool:
        """STARTTLS; False when the client refused, which leaves asyncio's writer without its transport."""
        plain = writer.transport
        writer.write(b"220 go ahead\r\n")
        try:
            await writer.start_tls(self._tls or ssl.create_default_context())
        except (AttributeError, ssl.SSLError, ConnectionError):
            vars(writer)["_transport"] = plain
            return False
        return True

    async def _answer(self, command: str, writer: asyncio.StreamWriter) -> bool:
        return await self._speak(self._next(command), writer)

    async def _speak(self, reply: str, writer: asyncio.StreamWriter) -> bool:
        if reply == SILENCE:
            await asyncio.sleep(30)
        if reply == HANG_UP:
            return False
        writer.write(reply.encode() + b"\r\n")
        await writer.drain()
        return True

    def _next(self, command: str) -> str:
        replies = self._says.get(command, [])
        if not replies:
            return USUAL.get(command, "500 what?")
        return replies.pop(0) if len(replies) > 1 else replies[0]
