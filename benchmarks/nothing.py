"""An ASGI application that does nothing but answer with what it has: what no Python service on uvicorn can beat."""

import os
from collections.abc import Awaitable, Callable, MutableMapping
from pathlib import Path
from typing import Any

Scope = MutableMapping[str, Any]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

BODY = Path(os.environ.get("BENCHMARK_BODY", os.devnull)).read_bytes()
TAG = b'"0123456789abcdef"'
FULL = [
    (b"content-type", b"text/calendar; charset=utf-8"),
    (b"content-encoding", b"gzip"),
    (b"content-length", str(len(BODY)).encode()),
    (b"etag", TAG),
]


async def app(scope: Scope, _receive: Callable[[], Awaitable[Any]], send: Send) -> None:
    """304 for whoever has it, else the body."""
    for name, value in scope["headers"]:
        if name == b"if-none-match" and value == TAG:
            await send({"type": "http.response.start", "status": 304, "headers": [(b"etag", TAG)]})
            await send({"type": "http.response.body", "body": b""})
            return
    await send({"type": "http.response.start", "status": 200, "headers": FULL})
    await send({"type": "http.response.body", "body": BODY})
