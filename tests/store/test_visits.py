"""A visit and its day programme are cancelled together, whoever's programme an item belongs to."""

from scheduler.model.access import Actor
from scheduler.services import events as service
from scheduler.store import events as store
from tests.store.world import World

ORGANISER = Actor(role="organiser", name="key:vst", programmes=("enspired",), writes=True)


async def test_a_visit_is_cancelled_with_an_item_of_another_programme(world: World) -> None:
    visit = await world.create(kind="exchange-visit")
    item = await world.create(part_of=visit.id, programme="schoollinks", visibility="private")
    await world.register(item, "Ann")
    door = world.door(ORGANISER)
    await world.db.write(lambda conn: service.cancel(conn, visit.id, "No visa", door, expected=None))
    after = await world.db.read(lambda conn: [store.get(conn, event.id) for event in (visit, item)])
    assert [event.status for event in after if event] == ["cancelled", "cancelled"]
    assert len(await world.messages(item, "cancellation")) == 1
