"""An alarm that does not travel by mail: a watch elsewhere is told every minute that all is well, and misses it else.

The address is the operator's own setting (`[server] heartbeat_url`), made for this by most monitoring services.
"""

import asyncio
from collections.abc import Awaitable, Callable
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import structlog

log = structlog.get_logger()

SECONDS = 10.0


class Heartbeat:
    """Asks `url` (GET) whenever it beats and `well` says so."""

    def __init__(self, url: str, well: Callable[[], Awaitable[bool]]) -> None:
        self._url = url
        self._well = well

    async def beat(self) -> None:
        """One beat, or none. A watch that does not answer is written to the log: it will ask for itself."""
        if not await self._well():
            log.warning("heartbeat.withheld")
            return
        try:
            await asyncio.to_thread(_get, self._url)
        except Exception as error:  # whatever a watch does wrong is no trouble of ours
            log.warning("heartbeat.unheard", reason=_reason(error))


def _reason(error: Exception) -> str:
    """In one line; of errors that repeat the address, which may hold a key of the operator's, only the kind."""
    if isinstance(error, HTTPError):
        return f"HTTP {error.code}"
    cause = getattr(error, "reason", error)
    return str(cause) if isinstance(error, OSError) else type(error).__name__


def _get(url: str) -> None:
    request = Request(url, headers={"User-Agent": "enspired-scheduler"})  # noqa: S310 # checked to be http or https
    with urlopen(request, timeout=SECONDS) as answer:  # noqa: S310  # as above
        answer.read(1024)
