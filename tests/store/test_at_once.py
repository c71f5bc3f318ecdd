"""Several people and nodes at the same moment: nothing is lost, nothing is stuck, nothing happens twice."""

import asyncio
from collections import Counter
from datetime import timedelta
from functools import partial

from msgspec.structs import replace
from sqlalchemy import Connection

from scheduler.errors import Stale
from scheduler.model.filter import Filter
from scheduler.model.institution import Institution
from scheduler.services import events, institutions, reminders
from scheduler.services.people import SYSTEM
from scheduler.store import events as event_store
from scheduler.store import institutions as institution_store
from scheduler.store import selection
from tests.scheduler.inputs import small
from tests.store.world import START, World, add_institution

DAY = timedelta(days=1)


async def test_moves_releases_and_registrations_at_once_get_in_nobodys_way(world: World) -> None:
    """A fan-out refers to the event that a move holds, and a move changes the reminder that a fan-out holds."""
    world.configured("reminders", joins_minutes=0, registered_minutes=0)  # else the notice of the move says it all
    found = [await world.create(title=f"{number}", reminders=["P1D", "P2D"]) for number in range(4)]
    for event in found:
        for number in range(5):
            await world.register(event, f"P{number}")
    await world.send()
    world.now = START - DAY
    release = partial(reminders.release_due, config=world.config, now=world.now)
    await asyncio.gather(
        *(world.db.write(release) for _ in range(10)),
        *(world.move(event, f"2027-03-16T14:{minute}") for event in found for minute in (31, 32, 33)),
        *(world.register(event, f"Late{number}") for event in found for number in range(3)),
    )
    world.now += timedelta(minutes=3)
    await world.tick()
    await world.tick(world.now + timedelta(seconds=40))
    rows = [row for event in found for row in await world.messages(event, "reminder")]
    sent = Counter((row.event_id, row.address) for row in rows if row.state == "sent")
    # Both rules for who was there; who came a moment before the new time of the second gets that one.
    assert Counter((address[:1], count) for (_, address), count in sent.items()) == {("p", 2): 20, ("l", 1): 12}


async def test_of_two_organisers_who_change_the_same_version_one_is_told(world: World) -> None:
    event = await world.create()
    door = world.door()

    def change(conn: Connection, title: str) -> str:
        body = {"title": title}
        return events.change(conn, event.id, body, door, expected=event.revision, partly=True).event.title["en"]

    results = await asyncio.gather(
        *(world.db.write(partial(change, title=f"{number}")) for number in range(8)), return_exceptions=True
    )
    assert Counter(type(result) for result in results) == {str: 1, Stale: 7}


async def test_of_two_who_change_the_same_version_of_an_institution_one_is_told(world: World) -> None:
    row = await world.db.write(lambda conn: add_institution(conn, "vives"))
    for number in range(3):
        await world.create(title=f"{number}", host="vives")

    def change(conn: Connection, city: str) -> Institution:
        wanted = replace(row, city={"en": city})
        return institutions.change(conn, "vives", wanted, expected=1, actor=SYSTEM, now=world.now)

    results = await asyncio.gather(
        *(world.db.write(partial(change, city=f"{number}")) for number in range(6)), return_exceptions=True
    )
    assert Counter(type(result) for result in results) == {Institution: 1, Stale: 5}
    stored = await world.db.read(lambda conn: institution_store.get(conn, "vives"))
    assert stored is not None
    assert stored.revision == 2


async def test_an_organisers_own_key_sent_ten_times_at_once_makes_one_event(world: World) -> None:
    door = world.door()

    def put(conn: Connection) -> str:
        return events.put_external(conn, "sis", "2027-1", small(status="confirmed"), door).event.id

    ids = await asyncio.gather(*(world.db.write(put) for _ in range(10)))
    assert len(set(ids)) == 1
    assert len(await world.db.read(lambda conn: event_store.select_all(conn, selection.matching(Filter())))) == 1


async def test_pages_of_events_with_the_same_start_miss_and_repeat_none(world: World) -> None:
    made = {(await world.create(title=f"{number}")).id for number in range(7)}
    seen: list[str] = []
    after = None
    while page := await world.db.read(
        partial(event_store.select_page, condition=selection.readable(SYSTEM), limit=3, after=after)
    ):
        seen += [event.id for _, event in page]
        after = (page[-1][0], page[-1][1].id)
    assert seen == sorted(made)


async def test_a_dry_run_of_everything_leaves_no_trace(world: World) -> None:
    event = await world.create(reminders=["P1D"])
    await world.register(event, "Ann")
    before = (await world.changes(), await world.messages(event), await world.reminders(event))
    door = world.door()

    def everything(conn: Connection) -> str:
        events.change(
            conn, event.id, {"start": "2027-03-17T14:30", "end": "2027-03-17T16:00"}, door, expected=None, partly=True
        )
        return events.cancel(conn, event.id, "ill", door, expected=None).event.status

    assert await world.db.write(everything, discard=True) == "cancelled"
    assert (await world.changes(), await world.messages(event), await world.reminders(event)) == before
