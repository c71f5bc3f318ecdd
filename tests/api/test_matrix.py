"""The permission matrix (design, section 5): every route, every role, every kind of event."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from sqlalchemy import Connection

from scheduler.config import load
from scheduler.model.links import Links
from scheduler.services import people, registrations, subscriptions
from scheduler.services.start import signing_secret
from scheduler.web.api.reference import operations_of
from scheduler.web.auth import COOKIE
from tests.api import matrix
from tests.api.contract import Contract
from tests.api.matrix import Subject
from tests.running import BASE, NOW, Api, event_body, started


class World:
    """A running service with one event of every kind."""

    def __init__(self, api: Api, subjects: list[Subject]) -> None:
        self.api = api
        self.subjects = subjects


@pytest.fixture(scope="module")
async def world(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    """One world for all these tests: none of them changes anything."""
    async with started(tmp_path_factory.mktemp("matrix")) as api:
        api.seen = Contract(api.litestar).check
        yield World(api, await matrix.subjects(api))


def bytes_of(response: httpx.Response) -> tuple[int, dict[str, str], bytes]:
    """Everything that an answer tells."""
    return response.status_code, dict(response.headers), response.content


def client(api: Api, role: str) -> httpx.AsyncClient:
    """The client of a role."""
    found: httpx.AsyncClient = getattr(api, role)
    return found


async def send(api: Api, role: str, method: str, address: str, body: Any) -> httpx.Response:
    """One request of a role, as good as it can be: the answer says what the role may do."""
    headers = {"If-Match": "*"} if method in {"PUT", "PATCH", "DELETE"} else {}
    return await client(api, role).request(method, address, json=body, headers=headers)


async def test_every_operation_is_in_the_matrix(world: World) -> None:
    one = world.subjects[0]
    tried = {
        *matrix.reads(one),
        *matrix.writes(one),
        *matrix.FREE_READS,
        *matrix.FREE_WRITES,
        *matrix.ADMINS_ONLY,
        *matrix.SUBSCRIPTIONS,
    }
    assert {str(handler.operation_id) for _, _, handler in operations_of(world.api.litestar)} == tried


@pytest.mark.parametrize("role", [*matrix.EVERYBODY, "revoked", "garbage"])
async def test_an_event_is_read_by_those_who_may_and_by_nobody_else(world: World, role: str) -> None:
    unknown = Subject("public", "confirmed", matrix.UNKNOWN, "unknown", matrix.UNKNOWN)
    for one in world.subjects:
        for operation, address in matrix.reads(one).items():
            response = await client(world.api, role).get(address)
            where = (role, one.visibility, one.status, operation)
            if role in {"revoked", "garbage"}:
                assert response.status_code == 401, where
                continue
            wanted = expected(operation, role, one)
            assert response.status_code == wanted, where
            if wanted == 404 and role in one.readers():
                continue  # a draft has no registrations
            if wanted == 404:
                stranger = await client(world.api, role).get(matrix.reads(unknown)[operation])
                assert bytes_of(response) == bytes_of(stranger), where
            head = await client(world.api, role).head(address)
            assert (head.status_code, head.content) == (response.status_code, b""), where


def expected(operation: str, role: str, one: Subject) -> int:
    """The status that the matrix gives."""
    inner = operation in {"listMessages", "listReminders", "listRegistrations", "getRegistration"}
    if inner and role == "nobody":
        return 401
    if role not in one.readers():
        return 404
    if not inner or role in matrix.MANAGERS or (role == "host" and operation not in {"listMessages", "listReminders"}):
        return 404 if operation == "getRegistration" and one.status == "draft" else 200
    return 403


@pytest.mark.parametrize("role", matrix.EVERYBODY)
async def test_lists_and_changes_hold_exactly_what_a_role_may_read(world: World, role: str) -> None:
    readable = {one.id for one in world.subjects if role in one.readers()}
    listed = (await client(world.api, role).get(matrix.FREE_READS["listEvents"])).json()
    assert {item["id"] for item in listed["items"]} == readable
    changed = (await client(world.api, role).get(matrix.FREE_READS["listChanges"])).json()
    assert {item["event_id"] for item in changed["changes"]} == readable


@pytest.mark.parametrize("role", matrix.EVERYBODY)
async def test_no_canary_reaches_a_role_that_may_not_see_it(world: World, role: str) -> None:
    for one in world.subjects:
        text = "".join([(await client(world.api, role).get(path)).text for path in matrix.reads(one).values()])
        host = role == "host" and role in one.readers()
        manages = role in matrix.MANAGERS
        attended = one.status != "draft"
        where = (role, one.visibility, one.status)
        assert (matrix.JOINING in text) == (manages or host), where
        assert (matrix.DIAL_IN in text) == (manages or host), where
        assert (matrix.NOTES in text) == manages, where
        assert (matrix.OWN_NAME in text) == (attended and (manages or host)), where
        assert (matrix.OWN_ADDRESS in text) == (attended and (manages or host)), where
        assert (matrix.OTHER_NAME in text) == (attended and manages), where
        assert (matrix.OTHER_ADDRESS in text) == (attended and manages), where


@pytest.mark.parametrize("role", matrix.EVERYBODY)
async def test_lists_and_changes_hold_no_canary_of_a_person_and_changes_no_joining_link(
    world: World, role: str
) -> None:
    texts = {name: (await client(world.api, role).get(path)).text for name, path in matrix.FREE_READS.items()}
    for name, text in texts.items():
        for canary in (matrix.OWN_NAME, matrix.OWN_ADDRESS, matrix.OTHER_NAME, matrix.OTHER_ADDRESS):
            assert canary not in text, (role, name)
        assert "canary.o" not in text, (role, name)
    assert matrix.JOINING not in texts["listChanges"]
    assert matrix.NOTES not in texts["listChanges"]
    assert (matrix.JOINING in texts["listEvents"]) == (role in {*matrix.MANAGERS, "host"})
    assert (matrix.NOTES in texts["listEvents"]) == (role in matrix.MANAGERS)


async def test_feeds_show_what_is_public_and_nothing_inside_it(world: World) -> None:
    for role in ("nobody", "admin"):  # a key opens nothing here
        feed = (await client(world.api, role).get("/feeds/events.ics")).text
        for one in world.subjects:
            alone = await client(world.api, role).get(f"/events/{one.id}.ics")
            shown = one.visibility == "public" and one.status != "draft"
            assert (one.id in feed) == shown, (role, one)
            assert alone.status_code == (200 if shown else 404), (role, one)
            for canary in ("canary-joining-link", "canary-dial-in", "canary-notes", "attendee.example", "Canary"):
                assert canary not in feed + alone.text, (role, one, canary)


@pytest.mark.parametrize("role", [*matrix.EVERYBODY, "revoked", "garbage"])
async def test_an_event_is_written_by_those_who_may_and_by_nobody_else(world: World, role: str) -> None:
    before = await world.api.state()
    unknown = Subject("public", "confirmed", matrix.UNKNOWN, "unknown", matrix.UNKNOWN)
    for one in world.subjects:
        for operation, (method, address, body) in matrix.writes(one).items():
            response = await send(world.api, role, method, address, body)
            where = (role, one.visibility, one.status, operation, response.text[:300])
            if role in matrix.KEYLESS:
                assert response.status_code == 401, where
            elif role in {"viewer", "host", "elsewhere", "reader"}:
                assert response.status_code == 403, where
            elif role == "stranger":
                assert response.status_code == (403 if role in one.readers() else 404), where
            else:
                drafted = operation in {"withdrawRegistration", "resendMessage"} and one.status == "draft"
                assert response.status_code in ({404} if drafted else {200, 201, 204, 409}), where
            if response.status_code == 404 and operation != "putEventByExternalId" and role == "stranger":
                other = await send(world.api, role, *matrix.writes(unknown)[operation])
                assert bytes_of(response) == bytes_of(other), where
    after = await world.api.state()
    assert after == before


@pytest.mark.parametrize("role", [*matrix.EVERYBODY, "revoked", "garbage"])
async def test_what_belongs_to_no_event_is_written_by_those_who_may(world: World, role: str) -> None:
    before = await world.api.state()
    for operation, (method, address, body) in {**matrix.FREE_WRITES, **matrix.ADMINS_ONLY}.items():
        response = await send(world.api, role, method, address, body)
        allowed = ("admin",) if operation in matrix.ADMINS_ONLY else ("organiser", "stranger", "admin")
        if role in matrix.KEYLESS:
            assert response.status_code == 401, (role, operation)
            assert response.headers["www-authenticate"].startswith("Bearer")
        elif role not in allowed or (operation, role) == ("createEvent", "stranger"):
            assert response.status_code == 403, (role, operation)
        else:
            assert response.status_code in {200, 201, 204, 404}, (role, operation, response.text)
    assert await world.api.state() == before


@pytest.mark.parametrize("role", [*matrix.EVERYBODY, "revoked", "garbage"])
async def test_subscriptions_are_managed_by_those_who_may_and_an_attendees_own_by_nobody(
    world: World, role: str
) -> None:
    before = await world.api.state()
    for operation, (method, address, body) in matrix.SUBSCRIPTIONS.items():
        response = await send(world.api, role, method, address, body)
        if role in matrix.KEYLESS:
            assert response.status_code == 401, (role, operation)
        elif operation == "createSubscription":
            wanted = 201 if role in {"host", "organiser", "admin"} else 403
            assert response.status_code == wanted, (role, response.text)
        else:
            assert response.status_code == (200 if operation == "listSubscriptions" else 404), (role, operation)
    assert await world.api.state() == before
    attended = next(one for one in world.subjects if one.status == "confirmed")
    own = await world.api.write(lambda conn: _own_feed(conn, attended.registration))
    for method, address in (
        ("POST", f"/api/v1/subscriptions/{own}/rotate"),
        ("DELETE", f"/api/v1/subscriptions/{own}"),
    ):
        assert (await send(world.api, role, method, address, None)).status_code in {401, 404}


def _own_feed(conn: Connection, registration_id: str) -> str:
    _, own = subscriptions.for_attendee(conn, registrations.look_up(conn, registration_id).registration, now=NOW)
    return own.id


async def test_an_organiser_cannot_carry_an_event_over_into_a_foreign_programme_or_day_programme(world: World) -> None:
    public = next(one for one in world.subjects if (one.visibility, one.status) == ("public", "confirmed"))
    moved = await world.api.organiser.patch(
        f"/api/v1/events/{public.id}?dry_run=1", json={"programme": "schoollinks"}, headers={"If-Match": "*"}
    )
    assert moved.status_code == 403
    item = event_body(programme="schoollinks", part_of=public.id)
    joined = await world.api.stranger.post("/api/v1/events?dry_run=1", json=item)
    assert joined.status_code == 422
    assert joined.json()["errors"][0]["pointer"] == "/part_of"


async def test_sessions_and_attendees_links_open_nothing_here(world: World) -> None:
    config = load(environ={})

    def signed_in(conn: Connection) -> tuple[str, str]:
        admin = people.add(conn, "admin@example.org", "admin", now=NOW)
        token, _ = people.sign_in_link(conn, admin, config=config, now=NOW)
        session, _ = people.sign_in(conn, token, config=config, now=NOW)
        return session, signing_secret(conn, config)

    session, secret = await world.api.write(signed_in)
    private = next(one for one in world.subjects if (one.visibility, one.status) == ("private", "confirmed"))
    token = Links(BASE, secret).attendee(private.registration).rpartition("/")[2]
    assert (await world.api.nobody.get(f"/r/{token}")).status_code == 200
    console = world.api.client("nobody", Cookie=f"{COOKIE}={session}")
    assert (await console.get("/console")).status_code == 200
    for headers in (
        {"Cookie": f"{COOKIE}={session}"},
        {"Authorization": f"Bearer {session}"},
        {"Authorization": f"Bearer {token}"},
        {"Authorization": "Basic YWRtaW46YWRtaW4="},
        {"Authorization": "Bearer "},
    ):
        one = world.api.client("nobody", **headers)
        wanted = 404 if "Cookie" in headers else 401
        assert (await one.get(f"/api/v1/events/{private.id}")).status_code == wanted, headers
        assert (await one.get(f"/api/v1/events/{private.id}/registrations")).status_code == 401, headers
        assert (await one.get(f"/api/v1/events/{token}")).status_code == wanted, headers
