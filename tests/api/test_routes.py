"""Which addresses there are, who guards them, and what they answer to methods that they do not take."""

import re

import httpx
import pytest
from litestar.handlers import BaseRouteHandler
from litestar.routes import HTTPRoute

from scheduler.web import access
from scheduler.web.api.operations import OPERATIONS
from scheduler.web.api.reference import operations_of
from tests.running import Api

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT", "PROPFIND", "BREW")


def guards_of(handler: BaseRouteHandler) -> set[object]:
    """The guards of a handler, as they were written."""
    return {getattr(guard, "func", guard) for guard in handler.resolve_guards()}


async def test_every_route_has_a_guard(shared: Api) -> None:
    bare = [
        f"{route.path} {handler.handler_name}"
        for route in shared.litestar.routes
        for handler in getattr(route, "route_handlers", None) or [getattr(route, "route_handler", None)]
        if isinstance(handler, BaseRouteHandler)
        and not handler.handler_name.endswith("options_handler")  # the framework's own: says which methods there are
        and not guards_of(handler) & access.GUARDS
    ]
    assert bare == []


async def test_every_route_that_writes_for_an_organiser_asks_for_a_key(shared: Api) -> None:
    open_writes = [
        str(handler.operation_id)
        for _, method, handler in operations_of(shared.litestar)
        if method != "get" and access.public in guards_of(handler)
    ]
    assert open_writes == []


async def test_every_route_of_the_api_is_described_and_no_other(shared: Api) -> None:
    served = {str(handler.operation_id) for _, _, handler in operations_of(shared.litestar)}
    assert served == set(OPERATIONS)


async def test_nothing_is_served_where_nobody_expects_it(shared: Api) -> None:
    known = re.compile(
        r"/(api(/v1)?|healthz|readyz|metrics|console|static|events|subscribe|about|privacy|accessibility|r|d|choices|\{lang:str\})?(/|$)"
    )
    strange = [route.path for route in shared.litestar.routes if not known.match(route.path)]
    assert strange == []
    for path in ("/schema", "/api/v1/schema", "/api/v1/schema/swagger", "/schema/openapi.json", "/docs", "/.env"):
        assert (await shared.nobody.get(path)).status_code == 404, path


@pytest.mark.parametrize("method", METHODS)
async def test_a_method_that_a_route_does_not_take_is_refused_with_those_it_takes(shared: Api, method: str) -> None:
    event = await shared.event()
    for route in shared.litestar.routes:
        if not isinstance(route, HTTPRoute) or not route.path.startswith("/api/") or method in route.methods:
            continue
        path = re.sub(r"\{\w+:\w+\}", event["id"], route.path)
        before = await shared.state()
        answer = await shared.admin.request(method, path)
        assert answer.status_code == 405, (method, path, answer.text)
        assert answer.headers["content-type"] == "application/problem+json"
        assert method == "HEAD" or answer.json()["code"] == "method-not-allowed"
        assert {one.strip() for one in answer.headers["allow"].split(",")} == set(route.methods), (method, path)
        assert await shared.state() == before


async def test_options_says_which_methods_there_are_and_nothing_about_an_event(shared: Api) -> None:
    event = await shared.event(visibility="private")
    known = await shared.nobody.options(f"/api/v1/events/{event['id']}")
    unknown = await shared.nobody.options("/api/v1/events/01hzy3v8q4c7k2m9n5p6r8s1t0")
    assert known.status_code == 204
    assert set(known.headers["allow"].split(", ")) == {"GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS"}
    assert (known.headers, known.content) == (unknown.headers, unknown.content)


@pytest.mark.parametrize(
    "path",
    [
        "/api/v1/events/a%2Fb",
        "/api/v1/events/..%2f..%2fetc%2fpasswd",
        "/api/v1/events/%00",
        "/api/v1/events/a%0d%0aX-Header:%20b",
        "/api/v1/events/%ff%fe",
        "/api/v1/institutions/%00",
        "/api/v1/events/by-external-id/%00/%00",
        "/api/v1/events/" + "9" * 5000,
        "/api/v1/nothing",
        "/api/v2/events",
        "/apis/v1/events",
    ],
)
async def test_an_odd_address_is_simply_not_there(shared: Api, path: str) -> None:
    answer = await shared.admin.get(path)
    assert answer.status_code == 404, answer.text
    if path.startswith("/api/v"):
        assert answer.json()["code"] == "not-found"


async def test_a_trailing_or_doubled_slash_leads_to_the_same_answer(shared: Api) -> None:
    event = await shared.event()
    plain = await shared.nobody.get(f"/api/v1/events/{event['id']}")
    for path in (f"/api/v1/events/{event['id']}/", f"/api/v1//events/{event['id']}"):
        assert (await shared.nobody.get(path)).content == plain.content
    hidden = await shared.event(visibility="private")
    for path in (f"/api/v1/events/{hidden['id']}/", f"//api/v1/events/{hidden['id']}"):
        assert (await shared.nobody.get(httpx.URL(f"http://127.0.0.1:8000{path}"))).status_code == 404


async def test_a_spoofed_host_or_proxy_header_never_reaches_a_link(shared: Api) -> None:
    spoofed = {
        "X-Forwarded-Host": "evil.example",
        "X-Forwarded-For": "10.0.0.1",
        "X-Forwarded-Proto": "gopher",
        "Forwarded": "host=evil.example",
        "Host": "evil.example",
    }
    client = shared.client("admin", **spoofed)
    for number in range(3):
        made = await client.post("/api/v1/events", json={**_body(), "start": f"2027-03-1{number}"})
        assert made.status_code == 201
        assert "evil.example" not in made.text + str(made.headers)
    listed = await client.get("/api/v1/events?limit=1")
    assert listed.headers["link"].startswith("<http://127.0.0.1:8000/api/v1/events?")
    assert "evil.example" not in listed.text
    assert "evil.example" not in (await client.get("/feeds/events.ics")).text


async def test_another_site_gets_no_leave_to_read(shared: Api) -> None:
    answer = await shared.client("nobody", Origin="https://evil.example").get("/api/v1/events")
    assert not [name for name in answer.headers if name.startswith("access-control-")]
    asked = await shared.nobody.options(
        "/api/v1/events", headers={"Origin": "https://evil.example", "Access-Control-Request-Method": "POST"}
    )
    assert not [name for name in asked.headers if name.startswith("access-control-")]


def _body() -> dict[str, object]:
    return {"title": "x", "programme": "enspired", "kind": "workshop", "host": "vives", "status": "confirmed"}
