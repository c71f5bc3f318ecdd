"""The application that publishes feeds: what is sent, what fails, and everything else left to the one behind."""

import logging
from collections.abc import AsyncIterator
from inspect import signature
from typing import Any

import httpx
import msgspec
import pytest

from feeds.bodies import body
from feeds.errors import FeedError, Gone, InvalidQuery, NotThere, Unavailable
from feeds.publish import FeedApp, problem
from feeds.source import Ready, RequestHeaders
from tests.feeds.publications import CHUNKED, PUBLICATION, READY


class Shelf:
    """A library with one feed, and a failure for each way in which one can fail."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str, str]] = []
        self.at_hand: Ready | None = None
        self.failures: dict[str, Exception] = {
            "/feeds/s/revoked/x.ics": Gone("This link was revoked."),
            "/feeds/busy.ics": Unavailable("Come back later.", retry_after=30),
            "/feeds/query.ics": InvalidQuery("There is no filter called colour."),
            "/feeds/broken.ics": RuntimeError("the secret of the house"),
        }

    def kept(self, path: str, query: bytes, headers: RequestHeaders) -> Ready | None:
        return self.at_hand

    async def publication(self, path: str, query: str, *, client: str) -> Ready:
        self.asked.append((path, query, client))
        if path in self.failures:
            raise self.failures[path]
        if path not in {"/feeds/events.ics", "/events/7.ics"}:
            raise NotThere("There is no such feed.")
        return READY


async def behind(scope: Any, receive: Any, send: Any) -> None:
    """The application behind: it says which path it saw, and the lifespan protocol."""
    if scope["type"] == "lifespan":
        await send({"type": "lifespan.startup.complete"})
        return
    await send({"type": "http.response.start", "status": 299, "headers": []})
    await send({"type": "http.response.body", "body": scope["path"].encode()})


@pytest.fixture
def shelf() -> Shelf:
    return Shelf()


@pytest.fixture
async def client(shelf: Shelf) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app=FeedApp(shelf, behind))
    async with httpx.AsyncClient(transport=transport, base_url="https://events.example") as found:
        yield found


async def test_a_feed_is_answered_and_not_sent_twice(client: httpx.AsyncClient, shelf: Shelf) -> None:
    first = await client.get("/feeds/events.ics?country=EC&lang=es")
    assert (first.status_code, first.content) == (200, body(PUBLICATION))
    assert first.headers["content-encoding"] == "gzip"
    again = await client.get("/feeds/events.ics", headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert shelf.asked[0] == ("/feeds/events.ics", "country=EC&lang=es", client.headers["user-agent"])


async def test_what_lies_ready_is_sent_without_asking_anybody(client: httpx.AsyncClient, shelf: Shelf) -> None:
    shelf.at_hand = CHUNKED
    first = await client.get("/feeds/events.ics")
    again = await client.get("/feeds/events.ics", headers={"If-None-Match": first.headers["etag"]})
    by_reading = await client.get("/feeds/events.ics", headers={"If-None-Match": f"W/{first.headers['etag']}"})
    assert (first.status_code, again.status_code, first.content) == (200, 304, body(PUBLICATION))
    assert by_reading.status_code == 200 or by_reading.headers["etag"] == first.headers["etag"]
    assert len(shelf.asked) == 1


async def test_one_event_is_a_calendar_too(client: httpx.AsyncClient) -> None:
    answer = await client.get("/events/7.ics", headers={"Accept-Encoding": "identity"})
    assert answer.content.startswith(b"BEGIN:VCALENDAR\r\n")
    assert (await client.head("/events/7.ics")).status_code == 200


@pytest.mark.parametrize(
    "path", ["/", "/feeds", "/feeds/", "/events/7", "/events/7/x.ics", "/events/.ics/", "/en/events/7", "/xfeeds/a.ics"]
)
async def test_everything_else_goes_to_the_application_behind(client: httpx.AsyncClient, path: str) -> None:
    answer = await client.post(path)
    assert (answer.status_code, answer.text) == (299, path)


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("/feeds/s/revoked/x.ics", 410, "gone"),
        ("/feeds/nothing.ics", 404, "not-found"),
        ("/feeds/query.ics", 400, "invalid-query"),
        ("/feeds/busy.ics", 503, "unavailable"),
        ("/feeds/broken.ics", 503, "unavailable"),
    ],
)
async def test_a_failure_is_a_problem_and_never_an_empty_calendar(
    client: httpx.AsyncClient, path: str, status: int, code: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.CRITICAL)
    answer = await client.get(path)
    assert answer.status_code == status
    assert answer.json()["code"] == code
    assert "secret" not in answer.text
    assert "VCALENDAR" not in answer.text
    assert ("retry-after" in answer.headers) is (status == 503)
    head = await client.head(path)
    assert (head.status_code, head.content) == (status, b"")


async def test_a_write_is_refused_before_the_library_is_asked(client: httpx.AsyncClient, shelf: Shelf) -> None:
    answer = await client.post("/feeds/events.ics", content=b"x" * 1000)
    assert (answer.status_code, answer.headers["allow"], answer.json()["code"]) == (
        405,
        "GET, HEAD",
        "method-not-allowed",
    )
    assert shelf.asked == []


async def test_a_failure_is_logged_without_the_address_of_the_feed(
    client: httpx.AsyncClient, caplog: pytest.LogCaptureFixture
) -> None:
    await client.get("/feeds/broken.ics?token=abc")
    assert [record.message for record in caplog.records if record.name == "feeds.publish"] == [
        "a feed could not be made"
    ]
    assert "token=abc" not in caplog.text


async def test_lifespan_reaches_the_application_behind(shelf: Shelf) -> None:
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    async def receive() -> Any:
        return {"type": "lifespan.startup"}

    await FeedApp(shelf, behind)({"type": "lifespan"}, receive, send)
    assert sent == [{"type": "lifespan.startup.complete"}]


async def test_the_prefix_of_a_mount_is_not_part_of_the_path(shelf: Shelf) -> None:
    transport = httpx.ASGITransport(app=FeedApp(shelf, behind), root_path="/agenda")
    async with httpx.AsyncClient(transport=transport, base_url="https://events.example") as client:
        assert (await client.get("/agenda/feeds/events.ics")).status_code == 200
    assert shelf.asked[0][0] == "/feeds/events.ics"


def test_every_error_of_the_family_has_a_status_that_clients_understand() -> None:
    for kind in FeedError.__subclasses__():
        answer = problem(kind(*("why" for _ in signature(kind).parameters)))
        assert 400 <= answer.status < 600
        assert msgspec.json.decode(answer.body)["status"] == answer.status
