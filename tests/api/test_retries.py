"""Sending twice does once: Idempotency-Key; and rehearsing keeps nothing: dry_run."""

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path

import pytest

from scheduler.config import load
from scheduler.services import housekeeping
from tests.api.contract import Contract
from tests.running import Api, StandingClock, event_body, started

EVENTS = "/api/v1/events"
KEY = {"Idempotency-Key": "2027-03-16-1"}


async def test_the_same_request_again_gets_the_same_answer_and_is_done_once(api: Api) -> None:
    first = await api.organiser.post(EVENTS, json=event_body(), headers=KEY)
    before = await api.state()
    again = await api.organiser.post(EVENTS, json=event_body(), headers=KEY)
    assert (again.status_code, again.content) == (201, first.content)
    assert (again.headers["location"], again.headers["etag"]) == (first.headers["location"], first.headers["etag"])
    assert "idempotent-replayed" not in first.headers
    assert again.headers["idempotent-replayed"] == "true"
    assert await api.state() == before


async def test_another_request_under_the_same_key_is_refused(api: Api) -> None:
    first = await api.organiser.post(EVENTS, json=event_body(), headers=KEY)
    before = await api.state()
    for answer in (
        await api.organiser.post(EVENTS, json=event_body(title="Another"), headers=KEY),
        await api.organiser.post(f"{EVENTS}?dry_run=1", json=event_body(), headers=KEY),
        await api.organiser.post(f"{EVENTS}/{first.json()['id']}/cancel", headers=KEY),
    ):
        assert (answer.status_code, answer.json()["code"]) == (422, "idempotency-mismatch")
    assert await api.state() == before


async def test_a_refusal_is_not_kept(api: Api) -> None:
    wrong = await api.organiser.post(EVENTS, json=event_body(programme="nothing"), headers=KEY)
    assert wrong.status_code == 422
    right = await api.organiser.post(EVENTS, json=event_body(), headers=KEY)
    assert right.status_code == 201
    assert "idempotent-replayed" not in right.headers


async def test_everybody_has_keys_of_their_own(api: Api) -> None:
    one = await api.organiser.post(EVENTS, json=event_body(), headers=KEY)
    other = await api.admin.post(EVENTS, json=event_body(), headers=KEY)
    assert one.json()["id"] != other.json()["id"]


async def test_a_key_of_this_kind_is_forgotten_after_a_day(api: Api) -> None:
    first = await api.organiser.post(EVENTS, json=event_body(), headers=KEY)
    api.clock.move(hours=25)
    await api.write(lambda conn: housekeeping.prune(conn, config=load(environ={}), now=api.clock.now))
    again = await api.organiser.post(EVENTS, json=event_body(), headers=KEY)
    assert again.json()["id"] != first.json()["id"]


@pytest.mark.parametrize("key", ["x" * 256, "a\tb"])
async def test_a_strange_key_is_refused(shared: Api, key: str) -> None:
    answer = await shared.organiser.post(EVENTS, json=event_body(), headers={"Idempotency-Key": key})
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/Idempotency-Key")


@pytest.fixture
async def on_both(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Api]:
    """A running service on each database."""
    async with started(tmp_path_factory.mktemp("both"), settings={"database.url": _plain(database_url)}) as api:
        api.seen = Contract(api.litestar).check
        yield api


def _plain(url: str) -> str:
    return url.replace("+aiosqlite", "").replace("+asyncpg", "")


async def test_twins_that_come_at_once_are_done_once(on_both: Api) -> None:
    body = event_body(external_id={"source": "sis", "id": "1"})
    answers = await asyncio.gather(*(on_both.organiser.post(EVENTS, json=body, headers=KEY) for _ in range(8)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.content for answer in answers}) == 1
    assert sum("idempotent-replayed" in answer.headers for answer in answers) == 7
    assert (await on_both.state())["event"] == 1


async def test_one_external_id_put_many_times_at_once_makes_one_event(on_both: Api) -> None:
    address = f"{EVENTS}/by-external-id/sis/1"
    answers = await asyncio.gather(*(on_both.organiser.put(address, json=event_body()) for _ in range(8)))
    assert sorted(answer.status_code for answer in answers) == [200] * 7 + [201]
    assert (await on_both.state())["event"] == 1


async def test_one_version_changed_by_many_at_once_is_changed_by_one(on_both: Api) -> None:
    event = await on_both.event()
    address = f"{EVENTS}/{event['id']}"
    answers = await asyncio.gather(
        *(on_both.organiser.patch(address, json={"notes": f"{n}"}, headers={"If-Match": '"1"'}) for n in range(8))
    )
    assert sorted(answer.status_code for answer in answers) == [200] + [412] * 7


async def test_the_last_seat_is_given_once(on_both: Api) -> None:
    event = await on_both.event(seats={"on_site": 1})
    answers = await asyncio.gather(
        *(
            on_both.organiser.post(
                f"{EVENTS}/{event['id']}/registrations", json={"name": f"P {n}", "email": f"p{n}@example.org"}
            )
            for n in range(8)
        )
    )
    states = sorted(answer.json()["state"] for answer in answers)
    assert states == ["confirmed"] + ["waiting"] * 7
    assert sorted(answer.json().get("position", 0) for answer in answers) == list(range(8))


async def test_a_rehearsal_answers_alike_and_keeps_nothing(on_both: Api) -> None:
    event, draft = await on_both.event(), await on_both.event(status="draft")
    await on_both.register(event, "one@example.org")
    await on_both.register(event, "two@example.org", name="Two")
    before = await on_both.state()
    client, address = on_both.organiser, f"{EVENTS}/{event['id']}"
    any_version = {"If-Match": "*"}
    tried = [
        (await client.post(f"{EVENTS}?dry_run=1", json=event_body()), 201, {}),
        (await client.patch(f"{address}?dry_run=true", json={"summary": "x"}, headers=any_version), 200, {}),
        (await client.post(f"{address}/cancel?dry_run=1", json={"reason": "x"}), 200, {"cancellation": 2}),
        (
            await client.post(f"{address}/registrations?dry_run=1", json={"name": "N", "email": "n@example.org"}),
            201,
            {"confirmation": 1},
        ),
        (await client.delete(f"{EVENTS}/{draft['id']}?dry_run=1", headers=any_version), 200, {}),
        (await client.post(f"{EVENTS}/{draft['id']}/publish?dry_run=1"), 200, {}),
        (await on_both.admin.post("/api/v1/keys?dry_run=1", json={"role": "viewer"}), 201, {}),
    ]
    for answer, status, would_send in tried:
        assert answer.status_code == status, answer.text
        assert answer.headers["x-dry-run"] == "true"
        assert answer.json()["would_send"] == would_send, answer.request.url
    assert await on_both.state() == before
    wrong = await client.post(f"{EVENTS}?dry_run=1", json=event_body(kind="nothing"))
    assert (wrong.status_code, wrong.json()["errors"][0]["pointer"]) == (422, "/kind")


async def test_a_rehearsal_counts_only_its_own_mails_while_time_goes_on(tmp_path: Path) -> None:
    async with started(tmp_path, clock=TickingClock()) as api:
        event = await api.event()
        await api.register(event, "one@example.org")
        answer = await api.organiser.post(f"{EVENTS}/{event['id']}/cancel?dry_run=1")
        assert answer.json()["would_send"] == {"cancellation": 1}


class TickingClock(StandingClock):
    """A clock that goes on a little whenever somebody looks at it."""

    def __call__(self) -> datetime:
        """The present instant (UTC), 7 microseconds after the last one."""
        self.move(microseconds=7)
        return self.now


@pytest.mark.parametrize("query", ["dry_run=ture", "dryrun=1", "dry_run=1&notify=0"])
async def test_a_slip_never_turns_a_rehearsal_into_the_real_thing(shared: Api, query: str) -> None:
    before = await shared.state()
    answer = await shared.organiser.post(f"{EVENTS}?{query}", json=event_body())
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid")
    assert await shared.state() == before
