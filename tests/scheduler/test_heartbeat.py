"""The alarm that does not travel by mail: silence, at an address of the operator's."""

import asyncio
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from scheduler.heartbeat import Heartbeat
from tests.scheduler.configuration import problems
from tests.web_server import Quiet, WebServer


class Watch:
    """Counts who asks."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.status = 200
        watch = self

        class Asked(Quiet, BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                watch.asked.append(self.path)
                self.send_response(watch.status)
                self.end_headers()

        self._server = WebServer(Asked)
        self.url = f"{self._server.url}/ping/agenda"
        self.stop = self._server.stop


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


def answering(octets: bytes) -> Iterator[str]:
    """The address of somebody who takes a connection, says these octets and hangs up."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(20)

        def once() -> None:
            with suppress(OSError), server.accept()[0] as taken:
                taken.recv(4096)
                taken.sendall(octets)

        thread = threading.Thread(target=once, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}/ping/a-secret-key"
        thread.join(20)


NOT_HTTP = b"220 mail.example.org ESMTP\r\n"
ENDLESS = b"HTTP/1.1 200 OK\r\nX: " + 70_000 * b"x" + b"\r\n\r\n"
AWAY = b"HTTP/1.1 302 Found\r\nLocation: gopher://a-secret-key\r\n\r\n"
CUT_OFF = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"


@pytest.mark.parametrize("octets", [b"", NOT_HTTP, ENDLESS, AWAY, CUT_OFF])
async def test_a_watch_that_answers_nonsense_leaves_one_line_and_no_traceback(octets: bytes) -> None:
    for address in answering(octets):
        await one_line(address)


@pytest.mark.parametrize(
    "address",
    ["http://127.0.0.1:99999/a-secret-key", "http://[::1/a-secret-key", "http://127.0.0.1/a-secret-key with spaces",
     "http://" + 70 * "a" + ".example/a-secret-key", "http://127.0.0.1:port/a-secret-key", "gopher://a-secret-key"],
)  # fmt: skip
async def test_a_watch_whose_address_is_none_leaves_one_line_and_no_traceback(address: str) -> None:
    await one_line(address)


async def test_a_watch_with_a_strangers_certificate_leaves_one_line_and_no_traceback(certificate: Path) -> None:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate)
    server = await asyncio.start_server(lambda _, writer: writer.close(), "127.0.0.1", 0, ssl=context)
    async with server:
        await one_line(f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}/a-secret-key")


async def one_line(address: str) -> None:
    """A beat to this address is noted in one warning, which does not repeat the key in the address."""

    async def well() -> bool:
        return True

    with capture_logs() as heard:
        await Heartbeat(address, well).beat()
    (line,) = heard
    assert (line["event"], line["log_level"], "exc_info" in line) == ("heartbeat.unheard", "warning", False)
    assert line["reason"]
    assert "a-secret-key" not in line["reason"]


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
