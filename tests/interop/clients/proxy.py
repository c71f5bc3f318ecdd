"""A recording proxy between a calendar program and the service: one JSON line a request, without secrets."""

import asyncio
import json
import re
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Self

from tests.service import free_port

# What decides an answer, or tells programs apart; cookies and hosts have no place in a fixture.
HEADERS = ("user-agent", "accept", "accept-encoding", "accept-language", "cache-control", "pragma")
CONDITIONS = ("if-none-match", "if-modified-since")
SECRET = re.compile(r"enspired_feed_\w+_[\w-]+")
_HEAD_END = b"\r\n\r\n"
_SECONDS = 30.0


class RecordingProxy:
    """Listens on 127.0.0.1 at `port`, passes every request on to `target` and writes a line into `log`.

    A line has the `step` that ran, `at` (seconds since the start), method, path, headers, status, ETag and the length
    of the body in octets. One request a connection. Runs in a thread of its own; a context manager.
    """

    def __init__(self, log: Path, port: int | None = None) -> None:
        self.port = port or free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.target = 0
        self.step = ""
        self.log = log
        self._began = time.monotonic()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        serving = asyncio.start_server(self._converse, "127.0.0.1", self.port)
        asyncio.run_coroutine_threadsafe(serving, self._loop).result(_SECONDS)
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(_SECONDS)

    def lines(self, step: str = "") -> list[dict[str, Any]]:
        """What was recorded, oldest first; of one step or of all."""
        text = self.log.read_text() if self.log.exists() else ""
        return [line for line in map(json.loads, text.splitlines()) if step in ("", line["step"])]

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError, asyncio.IncompleteReadError):
            head = await reader.readuntil(_HEAD_END)
            start, headers = _read_head(head)
            body = await reader.readexactly(int(headers.get("content-length", 0)))
            answer = await self._ask(start, headers, body)
            self._note(start, headers, answer)
            writer.write(answer)
            await writer.drain()
        writer.close()

    async def _ask(self, start: str, headers: Mapping[str, str], body: bytes) -> bytes:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.target)
        sent = [start, *(f"{name}: {value}" for name, value in {**headers, "connection": "close"}.items())]
        writer.write("\r\n".join(sent).encode("latin-1") + _HEAD_END + body)
        answer = await asyncio.wait_for(reader.read(), _SECONDS)
        writer.close()
        return answer

    def _note(self, start: str, headers: Mapping[str, str], answer: bytes) -> None:
        method, path, _ = start.split(" ", 2)
        head, _, body = answer.partition(_HEAD_END)
        status, told = _read_head(head)
        line = {
            "step": self.step,
            "at": round(time.monotonic() - self._began, 1),
            "method": method,
            "path": SECRET.sub("{secret}", path),
            "headers": {name: headers[name] for name in (*HEADERS, *CONDITIONS) if name in headers},
            "status": int(status.split()[1]),
            "etag": told.get("etag", ""),
            "length": len(body),
        }
        with self.log.open("a") as log:
            log.write(json.dumps(line) + "\n")


def _read_head(head: bytes) -> tuple[str, dict[str, str]]:
    """The first line, and the headers with their names in lower case."""
    start, *rest = head.decode("latin-1").rstrip("\r\n").split("\r\n")
    pairs = (line.partition(":") for line in rest)
    return start, {name.strip().lower(): value.strip() for name, _, value in pairs}
