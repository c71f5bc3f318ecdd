"""uvicorn's HTTP protocol with a short way: what lies ready in memory is written before a task is even started.

Calendar programs ask all day whether anything changed. Everything that is in any way special (a connection that is
to be closed, a client that reads slowly, requests in a row before the first is answered) goes uvicorn's own way,
through the application, and gets the same answer there.
"""

from typing import Any, cast

import structlog
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol, RequestResponseCycle

from feeds.publish import FeedApp, Scope


class AtOnce(HttpToolsProtocol):
    """One connection."""

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        answer = self._at_once(cycle, app)
        if answer is None:
            super()._start_asgi_task(cycle, app)
            return
        cycle.response_started = cycle.response_complete = True
        self.transport.write(answer)
        cycle.on_response()

    def _at_once(self, cycle: RequestResponseCycle, app: Any) -> bytes | None:
        """The octets of the whole answer; None where uvicorn has to go its own way."""
        # Behind a trusted proxy uvicorn wraps the application, to learn the client's address; a feed needs none.
        feeds = app if isinstance(app, FeedApp) else getattr(app, "app", None)
        special = cycle is not self.cycle or self.pipeline or self.flow.write_paused or cycle.waiting_for_100_continue
        if special or not cycle.keep_alive or self.access_log or not isinstance(feeds, FeedApp):
            return None
        try:
            found = feeds.at_once(cast("Scope", cycle.scope))
        except Exception as error:  # the parser calls us: it would tell the client that its request is wrong
            structlog.get_logger().error("feed.at_once_failed", exc_info=error)
            return None
        if found is None:
            return None
        status, headers, body = found
        lines = [STATUS_LINE[status]]
        for name, value in (*cycle.default_headers, *headers):
            lines += (name, b": ", value, b"\r\n")
        lines += (b"\r\n", body)
        return b"".join(lines)
