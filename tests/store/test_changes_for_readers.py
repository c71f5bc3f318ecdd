"""What a reader is told of changes: all that concerns them, nothing that is not theirs."""

import asyncio
from typing import Any

import msgspec
import pytest
from sqlalchemy import Connection, select

from scheduler.errors import Gone
from scheduler.model.access import NOBODY, Actor
from scheduler.services import events, institutions
from scheduler.services.people import SYSTEM
from scheduler.store.tables import change
from tests.store.world import World, add_institution, doing

MEMBER = Actor(role="viewer", name="member", programmes=("enspired",))
PARTNER = Actor(role="host", name="partner", institutions=("vives",))


def told(page: Any) -> list[tuple[str, str]]:
    """Kind and title of each change on a page."""
    return [(seen.kind, seen.event["title"]["en"] if seen.event else "") for seen in page.changes]


async def test_a_reader_goes_on_from_the_last_counter_and_hears_of_each_change_once(world: World) -> None:
    event = await world.create(title="One")
    first = await world.changes(actor=NOBODY)
    assert (told(first), first.next_since, first.more) == ([("created", "One")], 1, False)
    await world.patch(event, title="Two")
    await world.move(event, "2027-03-17T14:30")
    second = await world.changes(first.next_since, NOBODY)
    assert told(second) == [("updated", "Two"), ("moved", "Two")]
    assert told(await world.changes(second.next_since, NOBODY)) == []
    await world.cancel(event)
    assert told(await world.changes(second.next_since, NOBODY)) == [("cancelled", "Two")]


@pytest.mark.parametrize(
    ("reader", "visibility", "kinds"),
    [
        (NOBODY, "private", ["removed"]),
        (NOBODY, "members", ["removed"]),
        (MEMBER, "members", ["updated"]),
        (PARTNER, "institutions", ["updated"]),
        (PARTNER, "members", ["removed"]),
        (SYSTEM, "private", ["updated"]),
    ],
)
async def test_what_leaves_a_readers_sight_is_reported_as_removed(
    world: World, reader: Actor, visibility: str, kinds: list[str]
) -> None:
    await world.db.write(lambda conn: add_institution(conn, "vives"))
    event = await world.create(host="vives")
    since = (await world.changes(actor=reader)).next_since
    await world.patch(event, visibility=visibility)
    assert [seen.kind for seen in (await world.changes(since, reader)).changes] == kinds


@pytest.mark.parametrize(
    ("chosen", "patch"),
    [
        ({"kind": "workshop"}, {"kind": "webinar"}),
        ({"theme": "gender"}, {"themes": []}),
        ({"text": "Multilingual"}, {"title": "Other"}),
        ({"country": "BE"}, {"host": "unae"}),
        ({"institution": "vives"}, {"host": None}),
        ({"format": "on-site"}, {"format": "online", "host": None}),
    ],
)
async def test_what_leaves_a_filter_is_reported_as_removed_and_what_enters_is_shown(
    world: World, chosen: dict[str, Any], patch: dict[str, Any]
) -> None:
    await world.db.write(lambda conn: add_institution(conn, "vives", "BE"))
    await world.db.write(lambda conn: add_institution(conn, "unae", "EC"))
    start: dict[str, Any] = {"themes": ["gender"], "host": "vives"}
    event = await world.create(**start)
    since = (await world.changes(**chosen)).next_since
    await world.patch(event, **patch)
    page = await world.changes(since, **chosen)
    assert [seen.kind for seen in page.changes] == ["removed"]
    undo = {"kind": "workshop", "title": "Multilingual classrooms", "format": "on-site", **start}
    await world.patch(event, **undo)
    assert [seen.kind for seen in (await world.changes(page.next_since, **chosen)).changes] == ["updated"]


async def test_an_institution_that_changes_country_takes_its_events_along(world: World) -> None:
    row = await world.db.write(lambda conn: add_institution(conn, "vives", "BE"))
    await world.create(host="vives")
    elsewhere = msgspec.structs.replace(row, country="NL")

    def change(conn: Connection) -> None:
        institutions.change(conn, "vives", elsewhere, expected=None, actor=SYSTEM, now=world.now)

    await world.db.write(change)
    assert [seen.kind for seen in (await world.changes(1, country="BE")).changes] == ["removed"]
    assert [seen.kind for seen in (await world.changes(1, country="NL")).changes] == ["updated"]


async def test_what_was_public_once_cannot_be_read_out_of_the_history(world: World) -> None:
    event = await world.create(title="Secret plan")
    assert told(await world.changes(actor=NOBODY)) == [("created", "Secret plan")]
    await world.patch(event, title="Plan")
    assert told(await world.changes(actor=NOBODY)) == [("created", "Plan"), ("updated", "Plan")]
    await world.patch(event, visibility="private")
    page = await world.changes(actor=NOBODY)
    assert "plan" not in str(page).lower()
    assert {kind for kind, _ in told(page)} == {"removed"}


async def test_a_draft_is_nobodys_business_until_it_is_published(world: World) -> None:
    event = await world.create(title="Draft", status="draft")
    assert told(await world.changes(actor=NOBODY)) == []
    await world.patch(event, status="confirmed")
    assert told(await world.changes(actor=NOBODY)) == [("updated", "Draft")]


async def test_a_deleted_draft_is_reported_to_those_who_saw_it(world: World) -> None:
    event = await world.create(status="draft")
    await world.db.write(lambda conn: events.delete(conn, event.id, world.door(), expected=None))
    assert [kind for kind, _ in told(await world.changes())] == ["removed", "removed"]
    assert told(await world.changes(actor=NOBODY)) == []


async def test_a_counter_from_another_life_of_the_database_starts_over(world: World) -> None:
    await world.create()
    with pytest.raises(Gone):
        await world.changes(2)
    await world.db.write(doing(change.delete()))
    await world.create()
    with pytest.raises(Gone):
        await world.changes(0)
    assert len((await world.changes(1)).changes) == 1


async def test_nothing_private_stands_in_any_snapshot(world: World) -> None:
    canaries = {
        "notes": "canary-notes",
        "travel": {"visa": "canary-visa", "travellers": 1},
        "funding": {"source": "canary-funding"},
        "evaluation": {"form": "canary-form"},
        "online": {"url": "https://canary.example.org", "dial_in": "canary-dial", "low_bandwidth": "canary-thin"},
        "external_id": {"source": "canary-source", "id": "canary-id"},
    }
    event = await world.create(format="online", **canaries)
    await world.register(event, "Canary-Person")
    await world.patch(event, title="New")
    await world.cancel(event)
    rows = await world.db.read(lambda conn: [tuple(row) for row in conn.execute(select(change))])
    assert len(rows) == 3
    assert "canary" not in str(rows).lower()


async def test_pages_of_changes_miss_nothing_while_others_write(world: World) -> None:
    seen: list[int] = []
    done = asyncio.Event()

    async def follow() -> None:
        since = 0
        while not (done.is_set() and seen and seen[-1] == 24):
            page = await world.changes(since)
            seen.extend(found.counter for found in page.changes)
            since = page.next_since
            await asyncio.sleep(0.002)

    async def write(number: int) -> None:
        event = await world.create(title=f"{number}")
        await world.patch(event, title=f"{number} again")

    follower = asyncio.create_task(follow())
    await asyncio.gather(*(write(number) for number in range(12)))
    done.set()
    await asyncio.wait_for(follower, 20)
    assert seen == list(range(1, 25))
