"""The reminder ledger: what is owed is sent once, at its time, and nothing else."""

from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
from sqlalchemy import Connection

from scheduler.services import registrations, reminders
from tests.store.world import START, World

pytestmark = pytest.mark.usefixtures("each_mail_for_itself")


class Crash(Exception):
    """The process dies here."""


HOUR, DAY = timedelta(hours=1), timedelta(days=1)


async def states(world: World, event: object) -> list[str]:
    return [row.state for row in await world.reminders(event)]  # type: ignore[arg-type] # an Event


async def test_a_reminder_goes_out_once_at_its_time_and_not_a_moment_earlier(world: World) -> None:
    event = await world.create(reminders=["P1D"])
    await world.register(event, "Ann")
    await world.send()

    await world.tick(START - DAY - timedelta(microseconds=1))
    assert world.wire.of("reminder") == []
    await world.tick(START - DAY)
    await world.tick(START - DAY + HOUR)

    assert [(sent.recipient, sent.at) for sent in world.wire.of("reminder")] == [("ann@example.org", START - DAY)]
    assert await states(world, event) == ["released"]


@pytest.mark.parametrize(
    ("rule", "due"),
    [
        ("P1D", datetime(2027, 3, 27, 13, 30, tzinfo=UTC)),  # 14:30 winter time, the day before the clocks change
        ("PT24H", datetime(2027, 3, 27, 12, 30, tzinfo=UTC)),
    ],
)
async def test_days_keep_the_clock_time_over_a_change_of_clocks_and_hours_are_exact(
    world: World, rule: str, due: datetime
) -> None:
    event = await world.create(start="2027-03-28T14:30", end="2027-03-28T16:00", reminders=[rule])
    assert [row.due_at for row in await world.reminders(event)] == [due]


async def test_an_all_day_event_is_reminded_of_from_nine_on_its_own_clock(world: World) -> None:
    event = await world.create(start="2027-04-19", end="2027-04-23", timezone="America/Guayaquil", reminders=["P1D"])
    await world.register(event, "Ann")
    assert [row.due_at for row in await world.reminders(event)] == [datetime(2027, 4, 18, 14, tzinfo=UTC)]
    await world.tick(datetime(2027, 4, 18, 14, tzinfo=UTC))
    assert len(world.wire.of("reminder")) == 1


async def test_who_registers_after_the_moment_gets_no_false_tomorrow(world: World) -> None:
    event = await world.create(reminders=["P1D", "PT1H"])
    world.now = START - DAY + timedelta(seconds=1)
    await world.register(event, "Late")
    await world.tick()
    assert world.wire.of("reminder") == []
    await world.tick(START - HOUR)
    assert len(world.wire.of("reminder")) == 1


async def test_an_event_made_after_the_moment_has_no_such_reminder(world: World) -> None:
    world.now = START - 2 * HOUR
    event = await world.create(reminders=["P1D", "PT1H"])
    assert [row.rule for row in await world.reminders(event)] == ["PT1H"]


async def test_a_cancelled_event_is_silent_even_between_release_and_sending(world: World) -> None:
    event = await world.create(reminders=["P1D"])
    await world.register(event, "Ann")
    await world.send()
    world.now = START - DAY
    assert await world.release() == 1
    await world.cancel(event)
    await world.tick(START - HOUR)
    assert [sent.cause for sent in world.wire.sent] == ["confirmation", "cancellation"]
    assert [row.state for row in await world.messages(event, "reminder")] == ["dropped"]


async def test_cancelled_in_the_last_moment_before_its_text_a_reminder_does_not_leave(world: World) -> None:
    event = await world.create(reminders=["P1D"])
    await world.register(event, "Ann")
    await world.send()

    async def cancel(_envelope: object) -> None:
        world.wire.before_data = None
        await world.cancel(event)

    world.wire.before_data = cancel
    await world.tick(START - DAY)
    assert world.wire.of("reminder") == []
    assert [row.state for row in await world.messages(event, "reminder")] == ["dropped"]


async def test_who_withdrew_or_wants_no_reminders_gets_none(world: World) -> None:
    event = await world.create(reminders=["P1D"])
    rows = {name: await world.register(event, name) for name in ("Ann", "Bob", "Cid", "Dot")}
    await world.register(event, "Eve", reminders="none")
    await world.send()
    off = partial(registrations.change, reminders="none")
    await world.withdraw(rows["Ann"])
    await world.db.write(lambda conn: off(conn, rows["Bob"].id))
    world.now = START - DAY
    await world.release()
    await world.withdraw(rows["Cid"])
    await world.db.write(lambda conn: off(conn, rows["Dot"].id))
    await world.tick()
    assert world.wire.of("reminder") == []


async def test_only_chosen_dates_of_a_series_are_reminded_of(world: World) -> None:
    event = await world.create(recurrence={"rule": "FREQ=WEEKLY;COUNT=3"}, reminders=["P1D"])
    await world.register(event, "All")
    await world.register(event, "Second", occurrences=(f"{event.id}.1",))
    for week in range(3):
        await world.tick(START - DAY + week * timedelta(days=7))
    sent = [(sent.recipient, (sent.at - START + DAY).days) for sent in world.wire.of("reminder")]
    assert sorted(sent) == [
        ("all@example.org", 0),
        ("all@example.org", 7),
        ("all@example.org", 14),
        ("second@example.org", 7),
    ]


async def test_a_cancelled_date_of_a_series_is_silent_and_the_others_are_not(world: World) -> None:
    event = await world.create(recurrence={"rule": "FREQ=WEEKLY;COUNT=3"}, reminders=["P1D"])
    await world.register(event, "Ann")
    cancelled = {"cancelled": [{"date": "2027-03-23T14:30", "reason": "Strike"}]}
    await world.patch(event, recurrence={"rule": "FREQ=WEEKLY;COUNT=3", **cancelled})
    for week in range(3):
        await world.tick(START - DAY + week * timedelta(days=7))
    assert [(sent.at - START + DAY).days for sent in world.wire.of("reminder")] == [0, 14]


async def test_a_long_list_is_released_in_slices_and_a_crash_between_them_loses_and_repeats_nobody(
    world: World,
) -> None:
    world.configured("reminders", release_slice=4)
    event = await world.create(reminders=["P1D"])
    for number in range(10):
        await world.register(event, f"P{number}")
    await world.send()
    world.now = START - DAY

    def release_and_die(conn: Connection) -> None:
        assert reminders.release_due(conn, config=world.config, now=world.now) == 4
        raise Crash

    for _ in range(3):
        assert await world.db.write(lambda conn: reminders.release_due(conn, config=world.config, now=world.now)) <= 4
        with pytest.raises((Crash, AssertionError)):
            await world.db.write(release_and_die)
        await world.send()
    await world.tick()
    got = sorted(sent.recipient for sent in world.wire.of("reminder"))
    assert got == sorted(f"p{number}@example.org" for number in range(10))
    assert await states(world, event) == ["released"]


async def test_a_service_that_slept_past_the_start_sends_no_reminder(world: World) -> None:
    event = await world.create(reminders=["P1D"])
    await world.register(event, "Ann")
    await world.send()
    await world.tick(START)
    assert world.wire.of("reminder") == []
    assert await states(world, event) == ["expired"]


async def test_a_service_that_slept_until_before_the_start_catches_up(world: World) -> None:
    event = await world.create(reminders=["P1D"])
    await world.register(event, "Ann")
    await world.tick(START - timedelta(seconds=1))
    assert len(world.wire.of("reminder")) == 1


async def test_a_rule_taken_away_is_silent_and_one_put_back_works_again(world: World) -> None:
    event = await world.create(reminders=["P2D", "P1D"])
    await world.register(event, "Ann")
    await world.patch(event, reminders=["P1D"])
    await world.tick(START - 2 * DAY)
    assert world.wire.of("reminder") == []
    await world.patch(event, reminders=["P1D", "PT1H"])
    for at in (START - DAY, START - HOUR):
        await world.tick(at)
    assert len(world.wire.of("reminder")) == 2


async def test_an_event_that_is_still_a_draft_has_no_reminders(world: World) -> None:
    event = await world.create(status="draft", reminders=["P1D"])
    assert await world.reminders(event) == []
    await world.patch(event, status="confirmed")
    assert await states(world, event) == ["planned"]


async def test_another_change_of_the_event_leaves_its_reminders_alone(world: World) -> None:
    event = await world.create(reminders=["P1D"])
    before = await world.reminders(event)
    await world.patch(event, title="New", seats={"on_site": 5}, end="2027-03-16T17:00")
    assert await world.reminders(event) == before
