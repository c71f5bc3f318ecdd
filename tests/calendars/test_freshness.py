"""An unchanged feed asks nobody; a changed one is never stale for its writer, nor for another node for long."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from msgspec import structs

from scheduler.calendars.library import EventLibrary
from scheduler.config import Config
from scheduler.store.database import Database
from scheduler.texts import load_catalogues
from tests.calendars.reading import FORMS, fetched, uids
from tests.running import Api
from tests.store.world import World

WITHIN_SECONDS = 10.0


class Counting(Database):
    """A database that counts what it is asked."""

    reads = 0

    async def read(self, body: Any) -> Any:
        self.reads += 1
        return await super().read(body)


@pytest.fixture
async def counting(migrated_url: str) -> AsyncIterator[Counting]:
    """An open database of this test's own, watched as in the service; once on each backend."""
    opened = Counting.open(migrated_url)
    assert isinstance(opened, Counting)
    async with opened.watching():
        while not opened.pulse.trusted:
            await asyncio.sleep(0.01)
        yield opened
    await opened.close()


def library_of(world: World, **feeds: Any) -> EventLibrary:
    """A library over a world, with other bounds."""
    config = structs.replace(world.config, feeds=structs.replace(world.config.feeds, **feeds))
    return EventLibrary(world.db, config, lambda: world.now, load_catalogues())


@pytest.mark.parametrize("form", FORMS)
async def test_the_poll_of_an_unchanged_feed_reads_nothing(counting: Counting, shipped: Config, form: str) -> None:
    world = World(counting, shipped)
    await world.create()
    library, path = library_of(world), f"/feeds/events.{form}"
    first = await fetched(library, path)
    before = counting.reads
    for _ in range(5):
        assert library.kept(path, b"", []) is first
        assert await library.publication(path, "", client="") is first
    assert counting.reads == before


async def test_a_writer_never_sees_a_stale_feed_after_its_own_write(counting: Counting, shipped: Config) -> None:
    world = World(counting, shipped)
    library = library_of(world)
    await fetched(library)

    async def write_and_look() -> None:
        event = await world.create()
        assert event.uid in uids((await fetched(library)).plain.body)
        await world.patch(event, visibility="private")
        kept = library.kept("/feeds/events.ics", b"", [])
        assert kept is None or event.uid not in uids(kept.plain.body)
        assert event.uid not in uids((await fetched(library)).plain.body)

    await asyncio.gather(*(write_and_look() for _ in range(8)))


async def test_a_change_reads_only_what_changed(counting: Counting, shipped: Config) -> None:
    world = World(counting, shipped)
    events = [await world.create(title=f"Talk {number}") for number in range(30)]
    library = library_of(world)
    await fetched(library)
    made = library._maker._renderer.made_bytes
    await world.patch(events[3], title={"en": "Another title"})
    ready = await fetched(library)
    assert b"Another title" in ready.plain.body
    assert 0 < library._maker._renderer.made_bytes - made < 5_000


async def test_what_changes_elsewhere_leaves_a_feed_as_it_was(counting: Counting, shipped: Config) -> None:
    world = World(counting, shipped)
    await world.create(kind="webinar")
    other = await world.create(kind="workshop")
    library = library_of(world)
    for form in FORMS:
        path, query = f"/feeds/events.{form}", "kind=webinar"
        before = await fetched(library, path, query)
        await world.patch(other, title={"en": f"Renamed for {form}"})
        after = await fetched(library, path, query)
        assert after is before


async def test_many_who_ask_at_once_get_a_feed_that_is_made_once(counting: Counting, shipped: Config) -> None:
    world = World(counting, shipped)
    await world.create()
    library, before = library_of(world), counting.reads
    found = await asyncio.gather(*(library.publication("/feeds/events.ics", "", client="") for _ in range(20)))
    assert all(ready is found[0] for ready in found)
    assert counting.reads - before <= 2


async def test_a_feed_moves_on_at_midnight(counting: Counting, shipped: Config) -> None:
    world = World(counting, shipped)
    world.configured("feeds", future_days=10)
    event = await world.create(start="2026-12-04T00:30", end="2026-12-04T01:00", timezone="UTC")
    library = library_of(world)
    assert uids((await fetched(library)).plain.body) == []
    world.now = world.now.replace(hour=23, minute=59)
    assert library.kept("/feeds/events.ics", b"", []) is not None
    world.now = world.now.replace(day=world.now.day + 2, hour=0, minute=0)
    assert library.kept("/feeds/events.ics", b"", []) is None
    assert uids((await fetched(library)).plain.body) == [event.uid]


async def test_a_full_feed_is_still_the_first_of_all(counting: Counting, shipped: Config) -> None:
    """What incremental work cannot know: which event comes in when one of the first leaves."""
    world = World(counting, shipped)
    events = [await world.create(start=f"2027-03-{day:02}T09:00", end=f"2027-03-{day:02}T10:00") for day in range(1, 8)]
    library = library_of(world, max_events=4)
    assert uids((await fetched(library)).plain.body) == [event.uid for event in events[:4]]
    await world.patch(events[1], visibility="private")
    assert uids((await fetched(library)).plain.body) == [events[place].uid for place in (0, 2, 3, 4)]
    await world.patch(events[1], visibility="public")
    assert uids((await fetched(library)).plain.body) == [event.uid for event in events[:4]]


async def test_another_node_shows_a_change_within_seconds(
    counting: Counting, shipped: Config, backend: str, migrated_url: str
) -> None:
    if backend == "sqlite":
        return  # one process has it
    world = World(counting, shipped)
    other = Database.open(migrated_url)
    there = EventLibrary(other, shipped, lambda: world.now, load_catalogues())
    async with other.watching():
        await fetched(there)
        event = await world.create()
        async with asyncio.timeout(WITHIN_SECONDS):
            while event.uid not in uids((await fetched(there)).plain.body):
                await asyncio.sleep(0.02)
    # Nobody watches any more: every request asks the database.
    assert there.kept("/feeds/events.ics", b"", []) is None
    again = await world.create()
    assert again.uid in uids((await fetched(there)).plain.body)
    await other.close()


async def test_memory_is_bounded_by_number_and_by_size(counting: Counting, shipped: Config) -> None:
    world = World(counting, shipped)
    for number in range(40):
        await world.create(title=f"Talk {number}", description={"en": "x" * 20_000})
    few = library_of(world, hot_feeds=3)
    for number in range(6):
        await fetched(few, query=f"q={number}")
    assert len(few._feeds) == 3
    small = library_of(world, hot_megabytes=1)
    for minutes in range(1, 7):  # each alarm is another 800 KB of events
        ready = await fetched(small, query=f"alarm=PT{minutes}M")
        assert len(ready.plain.body) > 800_000
    held = small._feeds._renderer.held_bytes()
    assert len(small._feeds) <= 2
    assert held < 2_000_000


async def test_over_http_a_change_is_there_with_its_answer(api: Api) -> None:
    found = await api.event(title="First")
    first = await api.nobody.get("/feeds/events.ics")
    held = {"If-None-Match": first.headers["etag"]}
    assert (await api.nobody.get("/feeds/events.ics", headers=held)).status_code == 304
    done = await api.admin.post(f"/api/v1/events/{found['id']}/cancel", json={"reason": "Ill"})
    assert done.status_code == 200
    second = await api.nobody.get("/feeds/events.ics", headers=held)
    assert second.status_code == 200
    assert second.headers["etag"] != first.headers["etag"]
    assert b"STATUS:CANCELLED" in second.content
