"""The short way of the server: over real sockets it answers as the long way does, whatever a connection does."""

import re
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.organiser import Organiser
from tests.service import Service

Answer = tuple[int, dict[str, str], bytes]


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A running service with one event, also reached through a proxy that it trusts."""
    folder: Path = tmp_path_factory.mktemp("at-once")
    with Service(folder / "data", env={"ENSPIRED_SERVER__TRUSTED_PROXIES": '["127.0.0.1"]'}) as service:
        key = service.new_key()
        service.start()
        with Organiser(service.url, key) as organiser:
            organiser.create(title={"en": "Talk"})
        yield service


class Wire:
    """One connection, read answer by answer."""

    def __init__(self, service: Service) -> None:
        self.socket = socket.create_connection(("127.0.0.1", service.port), timeout=20)
        self.file = self.socket.makefile("rb")

    def __enter__(self) -> "Wire":
        return self

    def __exit__(self, *_: object) -> None:
        self.file.close()
        self.socket.close()

    def send(self, *requests: bytes) -> None:
        """Sends requests in one go."""
        self.socket.sendall(b"".join(requests))

    def answer(self, *, head: bool = False) -> Answer:
        """The next answer; reads no body after a HEAD or a 304."""
        status = int(self.file.readline().split()[1])
        headers: dict[str, str] = {}
        while (line := self.file.readline().strip()) != b"":
            name, _, value = line.decode().partition(": ")
            assert name not in headers
            headers[name] = value
        bare = head or status == 304
        return status, headers, b"" if bare else self.file.read(int(headers["content-length"]))

    @property
    def closed(self) -> bool:
        """Whether the server has nothing more to say."""
        return self.file.read(1) == b""


def request(*, method: str = "GET", path: str = "/feeds/events.ics", version: str = "1.1", **headers: str) -> bytes:
    """A request with headers (`if_none_match` for If-None-Match)."""
    lines = [f"{method} {path} HTTP/{version}", "Host: x", "Accept-Encoding: gzip"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def asked(service: Service, raw: bytes, *, head: bool = False) -> Answer:
    """One request on a connection of its own."""
    with Wire(service) as wire:
        wire.send(raw)
        return wire.answer(head=head)


def the_same(one: Answer, other: Answer) -> bool:
    """Equal but for the date and the connection."""
    own = {"date", "connection"}
    said = [{name: value for name, value in answer[1].items() if name not in own} for answer in (one, other)]
    return one[0] == other[0] and said[0] == said[1] and one[2] == other[2]


def test_both_ways_give_the_same_answer(served: Service) -> None:
    first = asked(served, request())
    tag = first[1]["etag"]
    for held in ("", tag, '"old"'):
        headers = {"if_none_match": held} if held else {}
        short = asked(served, request(**headers))
        assert short[0] == (304 if held == tag else 200)
        # What is to be closed goes the long way.
        assert the_same(short, asked(served, request(connection="close", **headers)))
        assert the_same(short, asked(served, request(version="1.0", connection="keep-alive", **headers)))
        assert re.fullmatch(r"\w{3}, \d\d \w{3} \d{4} [\d:]{8} GMT", short[1]["date"])
    assert asked(served, request(method="HEAD"), head=True)[0] == 200
    assert asked(served, request(method="HEAD", if_none_match=tag), head=True)[0] == 304


def test_a_connection_stays_open_and_is_closed_when_that_is_wanted(served: Service) -> None:
    with Wire(served) as wire:
        for _ in range(3):
            wire.send(request())
            status, headers, _ = wire.answer()
            assert status == 200
            wire.send(request(if_none_match=headers["etag"]))
            assert wire.answer()[0] == 304
        wire.send(request(connection="close"))
        assert wire.answer()[1]["connection"] == "close"
        assert wire.closed


def test_requests_in_a_row_are_answered_in_their_order(served: Service) -> None:
    tag = asked(served, request())[1]["etag"]
    row = [request(), request(if_none_match=tag), request(path="/healthz"), request(if_none_match=tag), request()]
    with Wire(served) as wire:
        wire.send(*row * 40)
        seen = [wire.answer()[0] for _ in range(len(row) * 40)]
    assert seen == [200, 304, 200, 304, 200] * 40


def test_a_thousand_requests_behind_a_slow_one_do_no_harm(served: Service) -> None:
    tag = asked(served, request())[1]["etag"]
    with Wire(served) as wire:
        wire.send(request(path="/healthz"), *[request(if_none_match=tag)] * 1500)
        assert [wire.answer()[0] for _ in range(1501)] == [200] + [304] * 1500


def test_a_body_that_nobody_asked_for_is_passed_over(served: Service) -> None:
    tag = asked(served, request())[1]["etag"]
    with Wire(served) as wire:
        wire.send(request(if_none_match=tag, content_length="5"), b"hello", request(path="/healthz"))
        assert wire.answer()[0] == 304
        assert wire.answer()[0] == 200
        wire.send(request(if_none_match=tag, content_length="5", expect="100-continue"))
        assert wire.answer()[0] == 304


@pytest.mark.parametrize("path", ["/feeds/events.ics#x", "http://x/feeds/events.ics", "/feeds/event%73.ics"])
def test_other_ways_to_write_the_address_lead_to_the_same_feed(served: Service, path: str) -> None:
    assert the_same(asked(served, request(path=path)), asked(served, request()))


def test_an_address_that_is_no_text_is_not_there(served: Service) -> None:
    asked(served, request())
    assert asked(served, request().replace(b"events", b"\xc3\xa9"))[0] in {400, 404}


def test_half_a_request_is_waited_for(served: Service) -> None:
    raw = request()
    with Wire(served) as wire:
        for place in range(0, len(raw), 7):
            wire.send(raw[place : place + 7])
        assert wire.answer()[0] == 200
