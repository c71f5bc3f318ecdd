"""What people decide about reminders: on their own page, with one click from a mail, and as a speaker."""

from typing import Any

import pytest

from scheduler.model.party import parties_of
from scheduler.model.registration import Registration
from scheduler.services import choices
from scheduler.store import events
from scheduler.store import registrations as store
from tests.running import Api, api
from tests.scheduler.pages import BROWSER, Document, confirmed, context_of, signed_in

__all__ = ["api"]
ADDRESS = "maria.speaker@example.org"
SPEAKER = {"role": {"en": "Subject adviser"}, "email": ADDRESS, "language": "es"}
ONE_CLICK = {"List-Unsubscribe": "One-Click"}


async def seen(api: Api, path: str) -> Document:
    answer = await api.nobody.get(path, headers=BROWSER)
    assert answer.status_code == 200
    return Document(answer.text)


async def row_of(api: Api, event: dict[str, Any]) -> Registration:
    (row,) = await api.db.read(lambda conn: store.by_email(conn, event["id"], "ann@example.org"))
    return row


async def wants(api: Api, email: str) -> bool:
    return await api.db.read(lambda conn: choices.wants_reminders(conn, email))


async def speakers_path(api: Api, event: dict[str, Any]) -> str:
    """The address that stands in a speaker's mails."""
    found = await api.db.read(lambda conn: events.get(conn, event["id"]))
    assert found is not None
    (party,) = parties_of(found, ("en", "es"), "en")
    links = context_of(api).links
    return links.choices(found.id, party.key).removeprefix(links.base)


@pytest.mark.parametrize("chosen", ["fewer", "none", "all"])
async def test_an_attendee_chooses_all_fewer_or_none(api: Api, chosen: str) -> None:
    event = await api.event()
    path = await confirmed(api, event)
    await api.nobody.post(f"{path}/preferences", data={"reminders": chosen, "language": "en"}, headers=BROWSER)
    assert (await row_of(api, event)).reminders == chosen
    radios = [one for one in (await seen(api, path)).all("input") if one.get("name") == "reminders"]
    assert [one.get("value") for one in radios] == ["all", "fewer", "none"]
    assert [one.get("value") for one in radios if "checked" in one.attributes] == [chosen]


@pytest.mark.parametrize("typed", ["on", "", "ALL", "<script>"])
async def test_a_choice_that_does_not_exist_changes_nothing(api: Api, typed: str) -> None:
    event = await api.event()
    path = await confirmed(api, event)
    await api.nobody.post(f"{path}/preferences", data={"reminders": typed}, headers=BROWSER)
    assert (await row_of(api, event)).reminders == "all"


async def test_no_reminders_at_all_works_without_a_cookie_and_twice_and_can_be_taken_back(api: Api) -> None:
    event = await api.event()
    path = await confirmed(api, event)
    assert "No reminders at all" in (await seen(api, f"{path}/no-reminders")).text
    assert await wants(api, "ann@example.org")
    for _ in range(2):
        answer = await api.nobody.post(f"{path}/no-reminders", data=ONE_CLICK)
        assert answer.status_code == 200
        assert "set-cookie" not in answer.headers
        assert "no reminders of any event" in Document(answer.text).text
    assert not await wants(api, "ANN@example.org")
    assert "no reminders of any event" in (await seen(api, path)).text
    answer = await api.nobody.post(f"{path}/reminders-again", headers=BROWSER)
    assert (answer.status_code, answer.headers["cache-control"]) == (303, "no-store")
    assert await wants(api, "ann@example.org")
    assert (await row_of(api, event)).reminders == "all"


async def test_a_speaker_stops_reminders_with_one_click_and_takes_it_back(api: Api) -> None:
    event = await api.event(speakers=[SPEAKER])
    path = await speakers_path(api, event)
    before = await api.state()
    for method in ("GET", "HEAD"):
        answer = await api.nobody.request(method, path, headers=BROWSER)
        assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-store")
    assert await api.state() == before
    assert "No recibir ningún recordatorio" in (await seen(api, path)).text
    for _ in range(2):
        answer = await api.nobody.post(path, data=ONE_CLICK)
        assert (answer.status_code, "set-cookie" in answer.headers) == (200, False)
        assert ADDRESS not in answer.text
    assert not await wants(api, ADDRESS)
    await api.nobody.post(f"{path}/reminders-again", headers=BROWSER)
    assert await wants(api, ADDRESS)


async def test_a_speakers_link_holds_no_address_and_ends_with_the_speaker(api: Api) -> None:
    event = await api.event(speakers=[SPEAKER])
    path = await speakers_path(api, event)
    assert "maria" not in path
    for broken in (path[:-1], f"{path}x", "/choices/nothing"):
        for method in ("GET", "POST"):
            assert (await api.nobody.request(method, broken, headers=BROWSER)).status_code == 404
    await api.admin.patch(
        f"/api/v1/events/{event['id']}", json={"speakers": []}, headers={"If-Match": f'"{event["revision"]}"'}
    )
    for method in ("GET", "POST"):
        assert (await api.nobody.request(method, path, headers=BROWSER)).status_code == 404


async def test_a_speakers_address_is_for_organisers_only(api: Api) -> None:
    event = await api.event(speakers=[SPEAKER], contact="host@example.org", visibility="public")
    assert event["speakers"][0]["email"] == ADDRESS
    key = event["id"]
    viewer = await signed_in(api, "viewer")
    for path in (f"/api/v1/events/{key}", "/api/v1/events", "/api/v1/changes?since=0", f"/en/events/{key}", "/en/",
                 f"/events/{key}.ics", "/feeds/events.ics", "/feeds/events.json", "/feeds/events.csv",
                 "/feeds/events.atom", "/api/v1/events?q=maria.speaker"):  # fmt: skip
        for reader in (api.nobody, viewer):
            answer = await reader.get(path, headers=BROWSER if path.startswith("/en") else {})
            assert answer.status_code == 200, path
            assert "maria.speaker" not in answer.text.replace("q=maria.speaker", ""), path
            assert "host@example.org" not in answer.text, path


async def test_true_and_false_are_still_taken_for_all_and_none(api: Api) -> None:
    event = await api.event()
    for sent, kept in ((True, "all"), (False, "none"), ("fewer", "fewer")):
        body = {"name": str(sent), "email": f"{kept}@example.org", "reminders": sent}
        answer = await api.admin.post(f"/api/v1/events/{event['id']}/registrations", json=body)
        assert (answer.status_code, answer.json()["reminders"]) == (201, kept)
