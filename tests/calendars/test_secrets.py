"""Secret addresses: gone at once, unknown ones all alike, never in a shared cache, never in a log."""

import logging
from datetime import timedelta
from typing import Any

import pytest

from scheduler.model.secret import hashed
from scheduler.services import subscriptions
from scheduler.store import registrations
from scheduler.store import subscriptions as store
from tests.calendars.reading import FORMS
from tests.running import Api


async def subscribed(api: Api, **fields: Any) -> dict[str, Any]:
    """A new subscription as the API gives it."""
    made = await api.admin.post("/api/v1/subscriptions", json={"name": "VIVES", "institution": "vives", **fields})
    assert made.status_code == 201, made.text
    found: dict[str, Any] = made.json()
    return found


async def revoke(api: Api, found: dict[str, Any]) -> None:
    """Ends a subscription."""
    done = await api.admin.delete(f"/api/v1/subscriptions/{found['id']}")
    assert done.status_code in {200, 204}, done.text


@pytest.mark.parametrize("form", FORMS)
async def test_a_revoked_address_is_gone_with_the_next_request_and_never_unchanged(api: Api, form: str) -> None:
    await api.event()
    found = await subscribed(api)
    address = found["address"].replace(".ics", f".{form}")
    first = await api.nobody.get(address)
    held = {"If-None-Match": first.headers["etag"]}
    assert (await api.nobody.get(address, headers=held)).status_code == 304
    await revoke(api, found)
    for headers in (held, {}, {"If-None-Match": "*"}, {"If-Modified-Since": first.headers["last-modified"]}):
        for _ in range(2):
            answer = await api.nobody.get(address, headers=headers)
            assert (answer.status_code, answer.json()["code"]) == (410, "gone")
            assert "VEVENT" not in answer.text


async def test_a_rotated_address_is_gone_and_the_new_one_reads(api: Api) -> None:
    found = await subscribed(api)
    assert (await api.nobody.get(found["address"])).status_code == 200
    new = (await api.admin.post(f"/api/v1/subscriptions/{found['id']}/rotate")).json()
    assert (await api.nobody.get(found["address"])).status_code == 410
    assert (await api.nobody.get(new["address"])).status_code == 200


STRANGE = (
    "/feeds/s/enspired_feed_00000000_nothing/agenda.ics",
    "/feeds/s/enspired_feed_00000000_" + "x" * 43 + "/agenda.ics",
    "/feeds/s/x/agenda.ics",
    "/feeds/s/" + "y" * 5_000 + "/agenda.ics",
    "/feeds/s/%00%ff/agenda.ics",
    "/feeds/s//agenda.ics",
    "/feeds/s/x/agenda.pdf",
    "/feeds/s/x/y/z.json",
    "/feeds/s/x/agenda.ics?kind=webinar",
    "/feeds/s/x/agenda.ics?nonsense",
)


async def test_strange_addresses_are_answered_alike_and_by_the_same_way(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked_up: list[str] = []
    look_up = store.with_hash

    def noting(conn: Any, secret_hash: str) -> Any:
        looked_up.append(secret_hash)
        return look_up(conn, secret_hash)

    monkeypatch.setattr(store, "with_hash", noting)
    answers = [await api.nobody.get(path) for path in STRANGE * 2]
    assert {answer.status_code for answer in answers} == {404}
    assert len({(answer.content, tuple(sorted(answer.headers.items()))) for answer in answers}) == 1
    # Every one of them, each time: no answer is quicker because somebody asked before, or could not be a secret.
    assert len(looked_up) == len(answers)
    assert all(len(one) == len(hashed("x")) for one in looked_up)


async def test_a_kept_subscription_is_opened_without_the_database(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    found = await subscribed(api)
    first = await api.nobody.get(found["address"])

    async def refuse(*_: object) -> Any:
        raise AssertionError("the database was asked")

    monkeypatch.setattr(api.db, "read", refuse)
    again = await api.nobody.get(found["address"], headers={"If-None-Match": first.headers["etag"]})
    assert again.status_code == 304


async def test_who_fetched_last_is_known_also_when_nothing_was_sent(api: Api) -> None:
    found = await subscribed(api)
    agent = {"User-Agent": "Mozilla/5.0 Thunderbird/153.7.0"}
    first = await api.nobody.get(found["address"], headers=agent)
    api.clock.now += timedelta(minutes=3)
    await api.nobody.get(found["address"], headers={**agent, "If-None-Match": first.headers["etag"]})
    await api.app.library.flush()  # type: ignore[attr-defined]
    row = await api.db.read(lambda conn: store.get(conn, found["id"]))
    assert row is not None
    assert (row.last_client, row.last_fetched_at) == ("Thunderbird", api.clock.now)


async def test_a_secret_never_reaches_a_log(api: Api, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    found = await subscribed(api)
    secret = found["address"].split("/")[-2]
    caplog.clear()
    for path in (found["address"], f"/feeds/s/{secret}/x.pdf", f"/feeds/s/{secret}/x.ics?lang=xx"):
        await api.nobody.get(path)
    await revoke(api, found)
    await api.nobody.get(found["address"])
    ours = [record for record in caplog.records if not record.name.startswith(("httpx", "httpcore"))]
    assert [record.name for record in ours if secret in record.getMessage()] == []


async def test_a_members_only_event_shows_to_those_who_were_granted_it_and_nobody_else(api: Api) -> None:
    await api.event(title="For members", visibility="members")
    await api.event(title="For vives", visibility="institutions")
    await api.event(title="For nobody", visibility="private")
    granted = await subscribed(api, institution="vives", programmes=["enspired"])
    other = await subscribed(api, institution="unae")
    for form in FORMS:
        seen = [
            (await api.nobody.get(address)).text
            for address in (
                granted["address"].replace(".ics", f".{form}"),
                other["address"].replace(".ics", f".{form}"),
                f"/feeds/events.{form}",
            )
        ]
        assert "For members" in seen[0]
        assert "For vives" in seen[0]
        assert not any("For " in text for text in seen[1:])
        assert "For nobody" not in seen[0]


async def test_an_attendees_own_feed_has_the_joining_link_in_every_form_that_carries_one(api: Api) -> None:
    online = {"url": "https://meet.example/secret-room", "visibility": "registered"}
    event = await api.event(title="Online talk", format="online", online=online, place=None)
    registration = await api.register(event, "amal@example.org")

    def open_feed(conn: Any) -> str:
        row = registrations.get(conn, registration["id"])
        assert row is not None
        return subscriptions.for_attendee(conn, row, now=api.clock.now)[0]

    secret = await api.write(open_feed)
    for form in FORMS:
        public = await api.nobody.get(f"/feeds/events.{form}")
        own = await api.nobody.get(f"/feeds/s/{secret}/mine.{form}")
        assert (own.status_code, "secret-room" in public.text) == (200, False)
        assert "Online talk" in own.text
        assert ("secret-room" in own.text) is (form in {"ics", "json", "atom"})
        assert own.headers["cache-control"] == "private, max-age=0"
