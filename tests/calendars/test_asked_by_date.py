"""Programs that ask by date alone (If-Modified-Since): never told “unchanged” about something that they do not have."""

import re
from datetime import timedelta
from typing import Any

import httpx
import pytest

from scheduler.calendars.library import EventLibrary
from scheduler.config import Config
from scheduler.services import subscriptions
from scheduler.store import registrations
from scheduler.store.database import Database
from scheduler.texts import load_catalogues
from tests.calendars.reading import FORMS, fetched, unfolded
from tests.running import Api
from tests.store.world import World

VISIT: dict[str, Any] = {"kind": "exchange-visit", "start": "2027-03-15", "end": "2027-03-19"}
LONG = timedelta(minutes=5)


async def again(api: Api, answer: httpx.Response) -> httpx.Response:
    """The same asked by the date that the answer bore."""
    since = {"If-Modified-Since": answer.headers["last-modified"]}
    return await api.nobody.get(str(answer.request.url), headers=since)


async def renamed(api: Api, path: str, **fields: Any) -> None:
    """A changed event or institution."""
    found = (await api.admin.get(path)).json()
    headers = {"If-Match": f'"{found["revision"]}"'}
    if "institutions" in path:
        kept = {name: value for name, value in found.items() if name not in {"key", "revision", "created_at", "links"}}
        done = await api.admin.put(path, json=kept | fields, headers=headers)
    else:
        done = await api.admin.patch(path, json=fields, headers=headers)
    assert done.status_code == 200, done.text


def modified(body: bytes, uid: str) -> str:
    """LAST-MODIFIED of an event in a calendar."""
    part = next(one for one in unfolded(body).split("BEGIN:VEVENT") if f"UID:{uid}\r\n" in one)
    found: str = re.findall(r"LAST-MODIFIED:(\S+)", part)[0]
    return found


@pytest.mark.parametrize("form", FORMS)
async def test_two_changes_within_a_second_are_two_versions(api: Api, form: str) -> None:
    first = await api.event(title="First")
    api.clock.move(minutes=5)
    await api.event(title="Second")
    seen = await api.nobody.get(f"/feeds/events.{form}")
    api.clock.move(seconds=0.6)
    await renamed(api, f"/api/v1/events/{first['id']}", title="Third")
    api.clock.move(minutes=5)
    later = await again(api, seen)
    assert later.headers["last-modified"] == seen.headers["last-modified"]
    assert later.status_code == 200
    assert "Third" in later.text


@pytest.mark.parametrize("form", FORMS)
async def test_a_change_that_stands_alone_is_told_by_its_date(api: Api, form: str) -> None:
    event = await api.event(title="First")
    api.clock.move(minutes=5)
    await renamed(api, f"/api/v1/events/{event['id']}", title="Second")
    seen = await api.nobody.get(f"/feeds/events.{form}")
    api.clock.move(minutes=5)
    same = await again(api, seen)
    assert (same.status_code, same.content) == (304, b"")
    await renamed(api, f"/api/v1/events/{event['id']}", title="Third")
    assert (await again(api, seen)).status_code == 200


async def test_an_event_that_changed_twice_within_a_second_is_not_told_by_its_date(api: Api) -> None:
    event = await api.event(title="First")
    path = f"/events/{event['id']}.ics"
    api.clock.move(minutes=5)
    await renamed(api, f"/api/v1/events/{event['id']}", title="Second")
    seen = await api.nobody.get(path)
    assert (await again(api, seen)).status_code == 304
    await renamed(api, f"/api/v1/events/{event['id']}", title="Third")
    assert "Third" in (await again(api, seen)).text


async def test_a_change_that_was_committed_late_is_not_missed(database: Database, shipped: Config) -> None:
    """Begun before another one, and seen after it: its own date would lie behind that of the version before."""
    world = World(database, shipped)
    event = await world.create(title="First")
    world.now += LONG
    library = EventLibrary(world.db, world.config, lambda: world.now, load_catalogues())
    await world.create(title="Second")
    early = await fetched(library)
    world.now -= timedelta(seconds=20)
    await world.patch(event, title={"en": "Third"})
    world.now += LONG
    late = await fetched(library)
    assert early.plain.etag != late.plain.etag
    assert late.last_modified >= early.last_modified
    assert (early.dated, late.dated) == (True, False)
    library.close()


async def test_at_midnight_a_change_and_the_new_day_do_not_share_a_date(api: Api) -> None:
    event = await api.event(title="First")
    api.clock.now = api.clock.now.replace(hour=0, minute=0) + timedelta(days=1)
    seen = await api.nobody.get("/feeds/events.ics")
    assert (await again(api, seen)).status_code == 304
    await renamed(api, f"/api/v1/events/{event['id']}", title="Second")
    assert (await again(api, seen)).status_code == 200


@pytest.mark.parametrize("what", ["visit", "institution"])
async def test_an_item_is_dated_anew_when_only_a_name_beside_it_changed(api: Api, what: str) -> None:
    visit = await api.event(title="Visit to Quito", **VISIT)
    item = await api.event(title="School visit", part_of=visit["id"], host="vives")
    api.clock.move(minutes=5)
    alone, listed = f"/events/{item['id']}.ics", "/feeds/events.ics"
    before = {path: await api.nobody.get(path) for path in (alone, listed)}
    name = {"en": "Another name"}
    if what == "visit":
        await renamed(api, f"/api/v1/events/{visit['id']}", title=name)
    else:
        await renamed(api, "/api/v1/institutions/vives", name=name)
    api.clock.move(minutes=5)
    for seen in before.values():
        now = await again(api, seen)
        assert now.status_code == 200
        assert "Another name" in unfolded(now.content)
        assert modified(now.content, item["uid"]) > modified(seen.content, item["uid"])
        assert now.headers["last-modified"] != seen.headers["last-modified"]
    assert (await again(api, await api.nobody.get(alone))).status_code == 304


async def test_what_is_hidden_beside_an_item_leaves_its_octets_as_they_were(api: Api) -> None:
    visit = await api.event(title="Secret visit", visibility="private", **VISIT)
    item = await api.event(title="School visit", part_of=visit["id"])
    paths = [f"/events/{item['id']}.ics", *(f"/feeds/events.{form}" for form in FORMS)]
    before = [(await api.nobody.get(path)).content for path in paths]
    api.clock.move(minutes=5)
    await renamed(api, f"/api/v1/events/{visit['id']}", title="Another secret")
    assert [(await api.nobody.get(path)).content for path in paths] == before
    await renamed(api, f"/api/v1/events/{visit['id']}", visibility="public")
    assert "School visit (Another secret)" in unfolded((await api.nobody.get(paths[0])).content)


async def test_an_attendees_own_feed_is_never_told_by_a_date(api: Api) -> None:
    """Who withdraws takes the newest date away."""
    first, second = await api.event(title="First"), await api.event(title="Second")
    row = await api.register(first, "amal@example.org")
    api.clock.move(minutes=5)
    other = await api.register(second, "amal@example.org")

    def open_feed(conn: Any) -> str:
        held = registrations.get(conn, row["id"])
        assert held is not None
        return subscriptions.for_attendee(conn, held, now=api.clock.now)[0]

    address = f"/feeds/s/{await api.write(open_feed)}/mine.ics"
    seen = await api.nobody.get(address)
    api.clock.move(minutes=5)
    gone = await api.admin.delete(f"/api/v1/events/{second['id']}/registrations/{other['id']}")
    assert gone.status_code < 300, gone.text
    later = await again(api, seen)
    assert later.status_code == 200
    assert "SUMMARY:Second" not in later.text
