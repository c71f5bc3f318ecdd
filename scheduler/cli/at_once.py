"""uvicorn's HTTP protocol with a short way: what lies ready in memory is written before a request is made of it.

Calendar programs ask all day whether anything changed. Everything that is in any way special (a connection that is to
be closed, a client that reads slowly, requests in a row before the first is answered) goes uvicorn's own way,
through the application, and gets the same answer there.
"""

from typing import Any

import structlog
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from feeds.publish import FeedApp

_FEEDS = b"/feeds/"


class AtOnce(HttpToolsProtocol):
    """One connection."""

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        # Behind a trusted proxy uvicorn wraps the application, to learn the client's address; a feed needs none.
        app = self.app if isinstance(self.app, FeedApp) else getattr(self.app, "app", None)
        plain = not self.access_log and not self.root_path and self.limit_concurrency is None
        self._feeds = app if isinstance(app, FeedApp) and plain else None
        self._answered = False

    def on_headers_complete(self) -> None:
        """The parser has read a request up to its body."""
        answer = self._at_once() if self.url.startswith(_FEEDS) else None
        if answer is None:
            self._answered = False
            super().on_headers_complete()
            return
        self._answered = True
        self.transport.write(answer)
        self.on_response_complete()

    def on_body(self, body: bytes) -> None:
        """A body is of no interest when the answer is written."""
        if not self._answered:
            super().on_body(body)

    def on_message_complete(self) -> None:
        """Nobody waits for the end of a request that is answered."""
        if not self._answered:
            super().on_message_complete()

    @property
    def _special(self) -> bool:
        """True where the order of answers, the connection or the client's pace takes more than a write."""
        parser = self.parser
        open_request = not getattr(self.cycle, "response_complete", True)  # there is no cycle yet at the beginning
        waiting = open_request or self.pipeline or self.flow.write_paused or self.expect_100_continue
        return bool(waiting) or parser.should_upgrade() or parser.get_http_version() != "1.1"

    def _at_once(self) -> bytes | None:
        """The octets of the whole answer; None where uvicorn has to go its own way."""
        path, _, query = self.url.partition(b"?")
        if (
            self._feeds is None
            or b"%" in path
            or not path.isascii()
            or self._special
            or not self.parser.should_keep_alive()
        ):
            return None
        try:
            found = self._feeds.at_once(
                self.parser.get_method().decode("ascii"), path.decode("ascii"), query, self.headers
            )
        except Exception as error:  # the parser calls us: it would tell the client that its request is wrong
            structlog.get_logger().error("feed.at_once_failed", exc_info=error)
            return None
        if found is None:
            return None
        status, headers, body = found
        lines = [STATUS_LINE[status]]
        for name, value in (*self.server_state.default_headers, *headers):
            lines += (name, b": ", value, b"\r\n")
        lines += (b"\r\n", body)
        return b"".join(lines)
