"""Whatever is thrown at a route that writes: an answer of its description, never a fault of ours."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.api.contract import Contract
from tests.running import Api, event_body, started

EVENTS = "/api/v1/events"
FIELDS = sorted({*event_body(), "timezone", "recurrence", "seats", "online", "speakers", "registration", "part_of",
                 "reminders", "external_id", "place", "name", "email", "role", "key", "country", "query"})  # fmt: skip

texts = st.one_of(
    st.text(max_size=30),
    st.sampled_from(
        ["2027-03-16T14:30", "P1D", "enspired", "vives", "Europe/Brussels", "FREQ=DAILY;COUNT=3", "a@b.example"]
    ),
)
values = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), texts),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4), st.dictionaries(st.one_of(texts, st.sampled_from(FIELDS)), inner, max_size=6)
    ),
    max_leaves=25,
)
bodies = st.one_of(
    st.binary(max_size=200),
    values.map(lambda value: json.dumps(value).encode()),
    st.dictionaries(st.sampled_from(FIELDS), values, max_size=6).map(
        lambda fields: json.dumps({**event_body(), **fields}).encode()
    ),
)
headers = st.dictionaries(
    st.sampled_from(["If-Match", "Idempotency-Key", "Content-Type"]),
    st.text(st.characters(codec="latin-1", exclude_categories=["Cc"]), max_size=20),
)


@pytest.fixture(scope="module")
async def standing(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[tuple[Api, dict[str, Any]]]:
    """A service and an event, for all examples."""
    async with started(tmp_path_factory.mktemp("any")) as api:
        api.seen = Contract(api.litestar).check
        yield api, await api.event()


ROUTES: tuple[tuple[str, str], ...] = (
    ("POST", EVENTS),
    ("PUT", EVENTS + "/{id}"),
    ("PATCH", EVENTS + "/{id}"),
    ("POST", EVENTS + "/{id}/publish"),
    ("POST", EVENTS + "/{id}/cancel"),
    ("POST", EVENTS + "/{id}/registrations"),
    ("PUT", EVENTS + "/by-external-id/sis/1"),
    ("POST", "/api/v1/institutions"),
    ("PUT", "/api/v1/institutions/kemi"),
    ("POST", "/api/v1/keys"),
    ("POST", "/api/v1/subscriptions"),
)

_settings = settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))


@pytest.mark.parametrize(("method", "path"), ROUTES)
async def test_no_body_makes_a_route_that_writes_fall_over(
    standing: tuple[Api, dict[str, Any]], method: str, path: str, drive: Callable[..., Awaitable[None]]
) -> None:
    api, event = standing

    async def one(body: bytes, sent: dict[str, str]) -> None:
        wanted = {b"If-Match": b"*", b"Content-Type": b"application/json"}
        chosen = {**wanted, **{name.encode(): value.encode("latin-1") for name, value in sent.items()}}
        address = path.format(id=event["id"]) + "?dry_run=1"
        answer = await api.admin.request(method, address, content=body, headers=chosen)
        assert answer.status_code < 500, answer.text  # the contract has judged everything else

    await drive(one, bodies, headers)


@pytest.mark.parametrize("path", [EVENTS, "/api/v1/changes"])
async def test_no_query_makes_a_list_fall_over(
    standing: tuple[Api, dict[str, Any]], path: str, drive: Callable[..., Awaitable[None]]
) -> None:
    api, _ = standing
    names = st.sampled_from(["q", "from", "to", "limit", "cursor", "since", "kind", "country", "x", ""])

    async def one(pairs: Any) -> None:
        answer = await api.nobody.get(path, params=pairs)
        assert answer.status_code in {200, 410, 422}, answer.text

    await drive(one, st.lists(st.tuples(names, texts), max_size=4))


@pytest.fixture
def drive() -> Callable[..., Awaitable[None]]:
    """Runs an asynchronous check on many examples: Hypothesis calls in a thread, the check runs in this loop."""

    async def run(check: Callable[..., Awaitable[None]], *strategies: st.SearchStrategy[Any]) -> None:
        loop = asyncio.get_running_loop()

        @_settings
        @given(st.tuples(*strategies))
        def many(arguments: tuple[Any, ...]) -> None:
            asyncio.run_coroutine_threadsafe(check(*arguments), loop).result(60)  # type: ignore[arg-type]

        await asyncio.to_thread(many)

    return run
