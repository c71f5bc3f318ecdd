"""Notices beside other letters: what a confirmation or a reminder told meanwhile is what the person knows."""

from datetime import timedelta

from scheduler.mail.transport import Envelope
from scheduler.model.event import Event
from scheduler.model.message import Failure
from scheduler.store import leases
from tests.store.reading import text
from tests.store.test_notices import LONGEST, MINUTE, QUIET, after
from tests.store.world import START, World

NO_SUCH_BOX = Failure(text="no such box", code=550, permanent=True)
BUSY = Failure(text="try again", code=451)
THERE, BACK = "2027-03-17T10:00", ("2027-03-16T14:30", "2027-03-16T16:00")


async def told_by_a_second_attempt(world: World) -> Event:
    """An event that moved after the relay had refused its confirmation; the second attempt told the new time."""
    event = await world.create(reminders=[])
    row = await world.register(event, "Ann")
    world.wire.answers[row.email] = [BUSY]
    assert await after(world, timedelta()) == []
    await world.move(event, THERE)
    assert await after(world, 2 * MINUTE) == ["confirmation ann"]
    assert "10:00–11:00" in text(world.wire.sent[-1])
    return event


async def told_by_a_reminder(world: World) -> Event:
    """An event that moved by two minutes within the quiet period in which its reminder left."""
    event = await world.create(reminders=["P2D"])
    await world.register(event, "Ann")
    await after(world, timedelta())
    world.now = START - timedelta(days=2, minutes=5)
    await world.move(event, "2027-03-16T14:32", "2027-03-16T16:00")
    world.now += 8 * MINUTE
    await world.release()
    assert await after(world, timedelta()) == ["reminder ann"]
    return event


async def test_what_a_second_attempt_of_the_confirmation_told_needs_no_notice(world: World) -> None:
    event = await told_by_a_second_attempt(world)
    assert await after(world, LONGEST) == []
    (notice,) = await world.messages(event, "update")
    assert (notice.state, notice.last_error) == ("dropped", "another mail told it")


async def test_what_a_second_attempt_of_the_confirmation_told_is_not_undone_in_silence(world: World) -> None:
    event = await told_by_a_second_attempt(world)
    await world.move(event, *BACK)
    assert await after(world, QUIET) == ["update ann"]
    words = text(world.wire.sent[-1])
    assert words.index("Was planned for") < words.index("10:00–11:00")
    assert await after(world, 2 * LONGEST) == []


async def test_an_edit_after_what_the_confirmation_told_is_told_from_there(world: World) -> None:
    event = await told_by_a_second_attempt(world)
    await world.move(event, "2027-03-18T09:00")
    assert await after(world, QUIET) == ["update ann"]
    words = text(world.wire.sent[-1])
    assert "10:00–11:00" in words
    assert "14:30" not in words


async def test_what_a_reminder_told_in_the_quiet_period_is_not_undone_in_silence(world: World) -> None:
    event = await told_by_a_reminder(world)
    assert "14:32–16:00" in text(world.wire.sent[-1])
    await world.move(event, *BACK)
    assert await after(world, QUIET) == ["update ann"]
    assert "14:32" in text(world.wire.sent[-1])


async def test_a_calendar_still_gets_the_move_that_a_reminder_told(world: World) -> None:
    await told_by_a_reminder(world)
    assert await after(world, QUIET) == ["update ann"]
    assert "14:30" in text(world.wire.sent[-1])


async def test_a_confirmation_that_left_with_the_old_words_is_followed_by_a_notice(world: World) -> None:
    event = await world.create(reminders=[])
    await world.register(event, "Ann")

    async def edit(_envelope: Envelope) -> None:
        world.wire.before_data = None
        await world.move(event, THERE)

    world.wire.before_data = edit
    assert await after(world, timedelta()) == ["confirmation ann"]
    assert "14:30–16:00" in text(world.wire.sent[-1])
    assert await after(world, QUIET) == ["update ann"]
    assert "10:00–11:00" in text(world.wire.sent[-1])


async def test_a_notice_in_the_same_claim_waits_for_what_the_confirmation_tells(world: World) -> None:
    event = await world.create(reminders=[])
    row = await world.register(event, "Ann")
    world.wire.answers[row.email] = [BUSY]
    assert await after(world, timedelta()) == []
    await world.move(event, THERE)
    assert await after(world, LONGEST) == ["confirmation ann"]
    (notice,) = await world.messages(event, "update")
    assert (notice.state, notice.last_error) == ("dropped", "another mail told it")


async def test_a_notice_waits_for_the_confirmation_that_another_node_has_in_hand(world: World) -> None:
    event = await world.create(reminders=[])
    row = await world.register(event, "Ann")
    world.wire.answers[row.email] = [BUSY]
    assert await after(world, timedelta()) == []
    await world.move(event, THERE)
    world.now += LONGEST
    claimed = {one.cause: one for one in await world.claim("another node")}
    await world.db.write(lambda conn: leases.put_back(conn, [claimed["update"]]))
    assert await after(world, timedelta()) == []
    (notice,) = await world.messages(event, "update")
    assert (notice.state, notice.attempts) == ("waiting", 0)
    await world.db.write(lambda conn: leases.put_back(conn, [claimed["confirmation"]]))
    assert await after(world, timedelta(seconds=1)) == ["confirmation ann"]
    assert await after(world, LONGEST) == []


async def test_who_never_got_the_confirmation_hears_of_no_change(world: World) -> None:
    event = await world.create(reminders=[])
    row = await world.register(event, "Ann")
    world.wire.answers[row.email] = [NO_SUCH_BOX]
    assert await after(world, timedelta()) == []
    await world.move(event, THERE)
    assert await after(world, LONGEST) == []
    assert await world.messages(event, "update") == []
