"""A web server of the tests' own: a real one, behind a free port of this machine."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

_LOOKS = 0.02
"""How often the thread looks whether it is to stop, in seconds."""


class Quiet:
    """What makes a handler keep quiet about what it is asked."""

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name is the library's
        """Says nothing."""


class WebServer:
    """Serves with `handler` in a thread of its own until `stop`; `url` is its address, without a path."""

    def __init__(self, handler: type[BaseHTTPRequestHandler]) -> None:
        self._server = _Server(("127.0.0.1", 0), handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=[_LOOKS], daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Answers nobody any more."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


class _Server(ThreadingHTTPServer):
    """Forgives whoever goes away in the middle of an answer."""

    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Says nothing."""
