"""API keys: made, shown once, used, revoked; and what a program learns first."""

from sqlalchemy import Connection

from scheduler.services import people
from tests.running import NOW, Api

KEYS = "/api/v1/keys"


async def test_a_key_is_shown_once_and_works_until_it_is_revoked(api: Api) -> None:
    made = await api.admin.post(KEYS, json={"role": "organiser", "programmes": ["enspired"], "label": "our website"})
    row = made.json()
    secret = row.pop("key")
    assert made.status_code == 201
    assert secret.startswith(f"enspired_key_{row['prefix']}_")
    api.keys["viewer"] = secret
    client = api.client("viewer")
    you = (await client.get("/api/v1")).json()["you"]
    assert you == {"role": "organiser", "programmes": ["enspired"], "institutions": [], "writes": True}
    listed = await api.admin.get(KEYS)
    assert secret not in listed.text
    assert row["prefix"] in {one["prefix"] for one in listed.json()["items"]}
    gone = await api.admin.delete(f"{KEYS}/{row['prefix']}")
    assert (gone.status_code, "revoked_at" in gone.json()) == (200, True)
    refused = await client.get("/api/v1")
    assert (refused.status_code, refused.json()["code"]) == (401, "unauthenticated")
    assert refused.headers["www-authenticate"] == 'Bearer realm="enspired"'
    assert (await api.admin.delete(f"{KEYS}/{row['prefix']}")).json() == gone.json()


async def test_a_key_that_was_revoked_while_it_was_used_stays_revoked(api: Api) -> None:
    def held_from_before(conn: Connection) -> None:
        key = people.holder_of(conn, api.keys["viewer"])
        assert key is not None
        people.revoke_key(conn, key.prefix, now=NOW)
        people.note_use(conn, key, NOW)

    await api.write(held_from_before)
    assert (await api.viewer.get("/api/v1")).status_code == 401


async def test_a_key_that_cannot_be_given_is_refused_with_every_reason(api: Api) -> None:
    before = await api.state()
    for body, pointers in (
        ({}, {"/role"}),
        ({"role": "king", "label": "a\nb", "writes": 1, "colour": 1}, {"/role", "/label", "/writes", "/colour"}),
        ({"role": "organiser"}, {"/programmes"}),
        ({"role": "host", "institutions": ["nowhere"]}, {"/institutions/0"}),
        ({"role": "organiser", "programmes": ["x"], "institutions": "vives"}, {"/programmes/0", "/institutions"}),
    ):
        answer = await api.admin.post(KEYS, json=body)
        assert answer.status_code == 422
        assert {one["pointer"] for one in answer.json()["errors"]} == pointers, body
    kept = await api.admin.post(KEYS, json={"role": "viewer"}, headers={"Idempotency-Key": "1"})
    assert (kept.status_code, kept.json()["errors"][0]["pointer"]) == (422, "/Idempotency-Key")
    assert await api.state() == before


async def test_the_last_use_of_a_key_is_noted_once_a_minute(api: Api) -> None:
    async def used() -> str | None:
        rows = (await api.admin.get(KEYS)).json()["items"]
        found: str | None = next(one.get("last_used_at") for one in rows if one["prefix"] in api.keys["viewer"])
        return found

    assert await used() is None
    await api.viewer.get("/api/v1")
    assert await used() == "2026-11-23T12:00:00Z"
    api.clock.move(seconds=30)
    await api.viewer.get("/api/v1")
    assert await used() == "2026-11-23T12:00:00Z"
    api.clock.move(seconds=30)
    await api.viewer.get("/api/v1")
    assert await used() == "2026-11-23T12:01:00Z"


async def test_a_program_finds_its_way_from_the_index(api: Api) -> None:
    index = (await api.nobody.get("/api/v1")).json()
    assert index["you"]["role"] == "nobody"
    for name, address in index["links"].items():
        assert (await api.admin.get(address)).status_code in {200, 422}, name
    words = (await api.nobody.get(index["links"]["vocabulary"])).json()
    assert {"en", "nl", "fr", "es"} == set(words["languages"])
    kinds = {one["key"]: one["names"]["nl"] for one in words["tables"]["kinds"]}
    assert kinds["guest-lecture"] == "Gastcollege"
    assert words["choices"]["status"] == ["draft", "tentative", "confirmed", "cancelled"]
