"""Institutions over HTTP, and what a change of one does to its events."""

from tests.running import Api

ADDRESS = "/api/v1/institutions"


async def test_an_institution_is_added_read_changed_and_removed(api: Api) -> None:
    made = await api.organiser.post(ADDRESS, json={"key": "rec", "name": {"fr": "Le REC"}, "country": "RW"})
    assert (made.status_code, made.json()["timezone"], made.headers["etag"]) == (201, "Africa/Kigali", '"1"')
    assert made.headers["location"] == f"http://127.0.0.1:8000{ADDRESS}/rec"
    read = await api.nobody.get(f"{ADDRESS}/rec")
    assert read.json() == made.json()
    assert (await api.nobody.get(f"{ADDRESS}/rec", headers={"If-None-Match": read.headers["etag"]})).status_code == 304
    listed = (await api.nobody.get(ADDRESS)).json()["items"]
    assert [one["key"] for one in listed] == ["kemi", "rec", "unae", "vives"]
    gone = await api.organiser.delete(f"{ADDRESS}/rec")
    assert (gone.status_code, gone.content) == (204, b"")
    assert (await api.nobody.get(f"{ADDRESS}/rec")).status_code == 404


async def test_a_taken_key_and_an_institution_in_use_are_refused(api: Api) -> None:
    await api.event(partners=["kemi"])
    before = await api.state()
    taken = await api.organiser.post(ADDRESS, json={"key": "vives", "name": "V", "country": "BE"})
    used = await api.organiser.delete(f"{ADDRESS}/kemi")
    assert {(one.status_code, one.json()["code"]) for one in (taken, used)} == {(409, "conflict")}
    assert await api.state() == before


async def test_a_new_name_shows_in_the_feeds_of_its_events_at_once(api: Api) -> None:
    event = await api.event()
    old = await api.nobody.get("/feeds/events.ics")
    assert "Bruges" in old.text
    body = {"name": "VIVES Brugge", "country": "BE", "city": {"en": "Kortrijk"}, "timezone": "Europe/Brussels"}
    api.clock.move(minutes=1)
    assert (await api.organiser.put(f"{ADDRESS}/vives", json=body, headers={"If-Match": '"1"'})).status_code == 200
    new = await api.nobody.get("/feeds/events.ics", headers={"If-None-Match": old.headers["etag"]})
    assert new.status_code == 200
    assert "Kortrijk" in new.text
    assert "LAST-MODIFIED:20261123T120100Z" in new.text
    assert (await api.nobody.get(f"/api/v1/events/{event['id']}")).json()["revision"] == 2


async def test_its_permanent_key_and_every_fault_are_named(api: Api) -> None:
    renamed = await api.organiser.put(
        f"{ADDRESS}/vives", json={"key": "other", "name": "V", "country": "BE"}, headers={"If-Match": "*"}
    )
    assert [one["pointer"] for one in renamed.json()["errors"]] == ["/key"]
    wrong = {"key": "A B", "name": "", "country": "Belgium", "timezone": "Brussels", "colour": "red"}
    answer = await api.organiser.post(ADDRESS, json=wrong)
    pointers = {one["pointer"] for one in answer.json()["errors"]}
    assert pointers == {"/key", "/name", "/country", "/timezone", "/colour"}
