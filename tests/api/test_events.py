"""Events over HTTP: register, read, change, publish, cancel, delete, under one's own key."""

from typing import Any

from tests.running import NOW, Api, event_body

EVENTS = "/api/v1/events"
ANY = {"If-Match": "*"}


async def ics(api: Api, event: dict[str, Any]) -> str:
    """The event's calendar file."""
    return (await api.nobody.get(f"/events/{event['id']}.ics")).text


async def test_a_new_event_is_a_draft_with_its_address_and_version(api: Api) -> None:
    made = await api.organiser.post(EVENTS, json=event_body(status=None))
    assert made.status_code == 201
    event = made.json()
    assert made.headers["location"] == f"http://127.0.0.1:8000{EVENTS}/{event['id']}" == event["links"]["self"]
    assert made.headers["etag"] == '"1"'
    assert (event["status"], event["revision"], event["timezone"]) == ("draft", 1, "Europe/Brussels")
    assert event["start_at"] == "2027-03-16T13:30:00Z"
    assert (await api.organiser.get(made.headers["location"])).json() == event


async def test_an_event_is_read_with_304_until_it_changes(api: Api) -> None:
    event = await api.event()
    address = f"{EVENTS}/{event['id']}"
    first = await api.nobody.get(address)
    again = await api.nobody.get(address, headers={"If-None-Match": f'"other", W/{first.headers["etag"]}'})
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", first.headers["etag"])
    await api.admin.patch(address, json={"title": "Renamed"}, headers={"If-Match": '"1"'})
    changed = await api.nobody.get(address, headers={"If-None-Match": first.headers["etag"]})
    assert (changed.status_code, changed.json()["title"]) == (200, {"en": "Renamed"})


async def test_a_tag_of_one_reader_is_no_answer_for_another(api: Api) -> None:
    event = await api.event(format="online", online={"url": "https://meet.example.org/a"})
    address = f"{EVENTS}/{event['id']}"
    tag = (await api.nobody.get(address)).headers["etag"]
    for reader in (api.host, api.admin):
        answer = await reader.get(address, headers={"If-None-Match": tag})
        assert answer.status_code == 200
        assert "url" in answer.json()["online"]


async def test_what_was_read_can_be_sent_back_and_changes_nothing(api: Api) -> None:
    event = await api.event(seats={"on_site": 5}, summary="A summary", recurrence={"rule": "FREQ=WEEKLY;COUNT=3"})
    address = f"{EVENTS}/{event['id']}"
    read = (await api.organiser.get(address)).json()
    before = await api.state()
    put = await api.organiser.put(address, json=read, headers={"If-Match": '"1"'})
    assert (put.status_code, put.json(), put.headers["etag"]) == (200, read, '"1"')
    assert await api.state() == before


async def test_put_replaces_and_patch_changes_single_fields(api: Api) -> None:
    event = await api.event(summary="A summary", notes="Notes")
    address = f"{EVENTS}/{event['id']}"
    patched = await api.organiser.patch(address, json={"summary": None, "seats": {"on_site": 3}}, headers=ANY)
    assert patched.status_code == 200, patched.text
    assert (patched.json()["summary"], patched.json()["seats"]["on_site"]) == ({}, 3)
    assert patched.json()["notes"] == "Notes"
    put = await api.organiser.put(
        address, json=event_body(title="Only this"), headers={"If-Match": patched.headers["etag"]}
    )
    assert (put.json()["notes"], put.json()["seats"]["on_site"], put.json()["revision"]) == ("", None, 3)


async def test_a_patch_of_what_is_derived_is_refused(api: Api) -> None:
    event = await api.event()
    answer = await api.organiser.patch(
        f"{EVENTS}/{event['id']}", json={"start_at": "2027-01-01T00:00:00Z", "dates": []}, headers=ANY
    )
    assert answer.status_code == 422
    assert {fault["pointer"] for fault in answer.json()["errors"]} == {"/start_at", "/dates"}


async def test_a_draft_is_published_and_shows_in_the_feed_at_once(api: Api) -> None:
    event = await api.event(status="draft")
    assert event["id"] not in (await api.nobody.get("/feeds/events.ics")).text
    published = await api.organiser.post(f"{EVENTS}/{event['id']}/publish", json={"status": "tentative"})
    assert (published.status_code, published.json()["status"], published.headers["etag"]) == (200, "tentative", '"2"')
    assert "STATUS:TENTATIVE" in await ics(api, event)
    confirmed = await api.organiser.post(f"{EVENTS}/{event['id']}/publish")
    assert confirmed.json()["status"] == "confirmed"
    again = await api.organiser.post(f"{EVENTS}/{event['id']}/publish")
    assert (again.status_code, again.json()["revision"]) == (200, confirmed.json()["revision"])
    assert event["id"] in (await api.nobody.get("/feeds/events.ics")).text


async def test_a_published_event_is_cancelled_and_only_a_draft_deleted(api: Api) -> None:
    event, draft = await api.event(), await api.event(status="draft")
    refused = await api.organiser.delete(f"{EVENTS}/{event['id']}", headers={"If-Match": '"1"'})
    assert (refused.status_code, refused.json()["code"]) == (409, "conflict")
    cancelled = await api.organiser.post(f"{EVENTS}/{event['id']}/cancel", json={"reason": "The speaker is ill."})
    assert cancelled.json()["status"] == "cancelled"
    assert cancelled.json()["cancellation_reason"] == "The speaker is ill."
    assert "STATUS:CANCELLED" in await ics(api, event)
    again = await api.organiser.post(f"{EVENTS}/{event['id']}/cancel", json={"reason": "Another reason"})
    assert (again.status_code, again.json()["revision"]) == (200, cancelled.json()["revision"])
    assert (await api.organiser.post(f"{EVENTS}/{event['id']}/publish")).status_code == 409
    assert (await api.organiser.post(f"{EVENTS}/{draft['id']}/cancel")).status_code == 409
    gone = await api.organiser.delete(f"{EVENTS}/{draft['id']}", headers={"If-Match": '"1"'})
    assert (gone.status_code, gone.content) == (204, b"")
    assert (await api.organiser.get(f"{EVENTS}/{draft['id']}")).status_code == 404


async def test_an_event_under_ones_own_key_is_created_once_and_then_left_alone(api: Api) -> None:
    address = f"{EVENTS}/by-external-id/sis/2027-0316"
    first = await api.organiser.put(address, json=event_body())
    assert (first.status_code, first.json()["external_id"]) == (201, {"source": "sis", "id": "2027-0316"})
    before = await api.state()
    for body in (event_body(), first.json()):
        again = await api.organiser.put(address, json=body)
        assert (again.status_code, again.json()) == (200, first.json())
    assert await api.state() == before
    changed = await api.organiser.put(address, json=event_body(title="Another title"))
    assert (changed.status_code, changed.json()["revision"]) == (200, 2)
    assert changed.json()["id"] == first.json()["id"]
    assert (await api.organiser.get(address)).json() == changed.json()
    assert "external_id" not in (await api.nobody.get(address)).json()


async def test_ones_own_key_has_to_be_sound_and_free(api: Api) -> None:
    await api.event(external_id={"source": "sis", "id": "1"})
    other = await api.event()
    taken = await api.organiser.post(EVENTS, json=event_body(external_id={"source": "sis", "id": "1"}))
    assert (taken.status_code, taken.json()["code"]) == (409, "conflict")
    patched = await api.organiser.patch(
        f"{EVENTS}/{other['id']}", json={"external_id": {"source": "sis", "id": "1"}}, headers=ANY
    )
    assert patched.status_code == 409
    strange = await api.organiser.put(f"{EVENTS}/by-external-id/{'S' * 100}/x", json=event_body())
    assert strange.status_code == 422
    assert strange.json()["errors"][0]["pointer"].startswith("/external_id")
    another = event_body(external_id={"source": "sis", "id": "3"})
    mismatch = await api.organiser.put(f"{EVENTS}/by-external-id/sis/2", json=another)
    assert (mismatch.status_code, mismatch.json()["errors"][0]["pointer"]) == (422, "/external_id")


async def test_a_day_programme_has_one_level(api: Api) -> None:
    visit = await api.event(kind="exchange-visit", start="2027-03-16", end="2027-03-18")
    item = await api.event(part_of=visit["id"])
    for part, whole in ((await api.event(), item), (visit, await api.event())):
        answer = await api.organiser.patch(f"{EVENTS}/{part['id']}", json={"part_of": whole["id"]}, headers=ANY)
        assert answer.status_code == 422
        assert answer.json()["errors"][0]["pointer"] == "/part_of"


async def test_a_change_records_when_it_was_made_and_who_made_it(api: Api) -> None:
    event = await api.event(api.organiser)
    assert event["created_by"].startswith("key:")
    assert event["created_at"] == NOW.isoformat().replace("+00:00", "Z")
    api.clock.move(hours=2)
    later = await api.organiser.patch(f"{EVENTS}/{event['id']}", json={"start": "2027-03-16T15:00"}, headers=ANY)
    moved = later.json()["moved_from"]
    assert (moved["start"], moved["at"]) == ("2027-03-16T14:30", "2026-11-23T14:00:00Z")
    assert later.json()["sequence"] == 1


async def test_nobody_waits_longer_than_the_answer_to_see_a_change_in_the_feed(api: Api) -> None:
    event = await api.event()
    for number in range(3):
        await api.organiser.patch(f"{EVENTS}/{event['id']}", json={"title": f"Title {number}"}, headers=ANY)
        assert f"SUMMARY:Title {number}" in (await api.nobody.get("/feeds/events.ics")).text
