"""The alarm that does not travel by mail: silence, at an address of the operator's."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from scheduler.heartbeat import Heartbeat
from tests.scheduler.configuration import problems


class Watch:
    """Counts who asks."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.status = 200
        watch = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                watch.asked.append(self.path)
                self.send_response(watch.status)
                self.end_headers()

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/ping/agenda"
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


@pytest.fixture
def watch() -> Iterator[Watch]:
    one = Watch()
    yield one
    one.stop()


async def test_a_watch_is_asked_while_all_is_well_and_hears_nothing_else(watch: Watch) -> None:
    well = True

    async def check() -> bool:
        return well

    heartbeat = Heartbeat(watch.url, check)
    await heartbeat.beat()
    well = False
    await heartbeat.beat()
    well = True
    await heartbeat.beat()
    assert watch.asked == ["/ping/agenda"] * 2


async def test_a_watch_in_trouble_is_no_trouble_of_ours(watch: Watch) -> None:
    async def well() -> bool:
        return True

    watch.status = 500
    await Heartbeat(watch.url, well).beat()
    await Heartbeat("http://127.0.0.1:1/", well).beat()
    assert len(watch.asked) == 1


def test_tokens_and_watches_that_cannot_work_are_told_all_at_once(tmp_path: Path) -> None:
    file = tmp_path / "enspired.toml"
    file.write_text(
        '[server]\nheartbeat_url = "watch.example.org"\n'
        '[mail]\ntransport = "smtp"\nauth = "xoauth2"\noauth_token_url = "http://login.example.org/token"\n'
        'host = "smtp.example.org"\nsecurity = "none"\n'
    )
    told = "\n".join(problems(file))
    for words in (
        "server.heartbeat_url", "mail.username", "mail.oauth_client_id", "mail.oauth_client_secret",
        "secret unencrypted", "token unencrypted",
    ):  # fmt: skip
        assert words in told
