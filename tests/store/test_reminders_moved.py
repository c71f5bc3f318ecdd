"""Reminders of an event that moves: at the new time, once, and again only after a long way."""

from datetime import timedelta

import pytest

from scheduler.model.message import Failure
from tests.store.world import START, World

pytestmark = pytest.mark.usefixtures("each_mail_for_itself")

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
LATER = "2027-03-18T14:30"


async def test_moved_before_it_was_due_the_reminder_goes_out_at_the_new_time_only(world: World) -> None:
    event = await world.create(reminders=["P1D"])
    await world.register(event, "Ann")
    old = (await world.reminders(event))[0]
    await world.move(event, LATER)

    await world.tick(START - DAY)
    assert world.wire.of("reminder") == []
    await world.tick(START + DAY)
    assert len(world.wire.of("reminder")) == 1
    rows = await world.reminders(event)
    assert [(row.state, row.timing_revision) for row in rows] == [("superseded", 1), ("released", 2)]
    assert rows[0].due_at == old.due_at


async def test_moved_back_in_the_same_second_it_goes_out_once_at_the_old_time(world: World) -> None:
    event = await world.create(reminders=["P1D"])
    await world.register(event, "Ann")
    for start in (LATER, "2027-03-15T14:30", "2027-03-16T14:30"):
        await world.move(event, start)
    for at in (START - 2 * DAY, START - DAY, START, START + DAY):
        await world.tick(at)
    assert [sent.at for sent in world.wire.of("reminder")] == [START - DAY]


@pytest.mark.parametrize(("start", "count"), [("2027-03-17T14:30", 1), ("2027-03-17T14:31", 2), (LATER, 2)])
async def test_a_reminder_that_went_out_is_repeated_only_for_a_move_of_more_than_a_day(
    world: World, start: str, count: int
) -> None:
    event = await world.create(reminders=["P1D"])
    await world.register(event, "Ann")
    await world.tick(START - DAY)
    await world.move(event, start)
    for hours in range(0, 72, 6):
        await world.tick(START - DAY + hours * HOUR + timedelta(minutes=1))
    assert len(world.wire.of("reminder")) == count


async def test_moved_earlier_while_mails_wait_nobody_is_forgotten_and_nobody_gets_it_twice(world: World) -> None:
    event = await world.create(reminders=["P1D"])
    for name in ("Ann", "Bob"):
        await world.register(event, name)
    await world.send()
    world.wire.answers["bob@example.org"] = [Failure(text="later", code=451)]
    await world.tick(START - DAY)
    assert [sent.recipient for sent in world.wire.of("reminder")] == ["ann@example.org"]

    await world.move(event, "2027-03-16T12:30")
    await world.tick()
    assert sorted(sent.recipient for sent in world.wire.of("reminder")) == ["ann@example.org", "bob@example.org"]
    await world.tick(START - 3 * HOUR)
    assert len(world.wire.of("reminder")) == 2


async def test_moved_while_a_mail_is_on_its_way_it_is_not_forgotten(world: World) -> None:
    """The move comes between the claim and the text; its own fan-out runs while the old mail is still in hand."""
    event = await world.create(reminders=["P1D"])
    await world.register(event, "Ann")
    await world.send()

    async def move(_envelope: object) -> None:
        world.wire.before_data = None
        await world.move(event, "2027-03-16T12:30")
        await world.release()

    world.wire.before_data = move
    await world.tick(START - DAY)
    assert (world.wire.withdrawn, world.wire.of("reminder")) == (1, [])
    await world.tick(START - DAY + timedelta(seconds=40))
    assert len(world.wire.of("reminder")) == 1


async def test_moved_after_the_text_had_left_it_is_not_sent_again(world: World) -> None:
    event = await world.create(reminders=["P1D"])
    await world.register(event, "Ann")
    await world.send()

    async def move(_envelope: object) -> None:
        world.wire.after_data = None
        await world.move(event, "2027-03-16T12:30")
        await world.release()

    world.wire.after_data = move
    await world.tick(START - DAY)
    await world.tick(START - DAY + timedelta(seconds=40))
    assert len(world.wire.of("reminder")) == 1
    late = (await world.messages(event, "reminder"))[-1]
    assert (late.state, late.last_error) == ("dropped", "it went out before the event was moved")
