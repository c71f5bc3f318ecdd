"""The outbox: every message is written, claimed, judged, sent and noted, whatever happens in between."""

import asyncio
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from sqlalchemy import Connection, event

from scheduler.mail.transport import Envelope
from scheduler.model.message import Failure, Message
from scheduler.services import outbox
from scheduler.store import leases, messages, notices, registrations
from scheduler.store.tables import message
from tests.store.world import NOW, START, Wire, World, add_sign_in_message, add_sign_in_messages, doing

SECOND, MINUTE, DAY = timedelta(seconds=1), timedelta(minutes=1), timedelta(days=1)
LATER, NEVER = Failure(text="try later", code=451), Failure(text="no such box", code=550, permanent=True)


async def one_message(world: World) -> Message:
    """A confirmation that waits, about an event."""
    event = await world.create(reminders=[])
    await world.register(event, "Ann")
    return (await world.messages(event))[0]


async def get(world: World, key: str) -> Message:
    found = await world.db.read(lambda conn: messages.get(conn, key))
    assert found is not None
    return found


async def test_two_owners_never_hold_the_same_message(world: World) -> None:
    await world.db.write(lambda conn: add_sign_in_messages(conn, 60))
    claims = await asyncio.gather(*(world.claim(f"node:{number % 2}", limit=7) for number in range(12)))
    taken = [claimed.id for claim in claims for claimed in claim]
    assert len(taken) == len(set(taken)) == 60
    assert await world.claim("node:3") == []


async def test_a_message_left_behind_is_claimed_by_another_when_its_lease_is_over(world: World) -> None:
    await world.db.write(add_sign_in_message)
    first = await world.claim("node:1")
    world.now += timedelta(seconds=world.config.reminders.lease_seconds) - SECOND
    assert await world.claim("node:2") == []
    world.now += SECOND
    second = await world.claim("node:2")
    assert [claimed.id for claimed in second] == [claimed.id for claimed in first]
    assert second[0].message_id == first[0].message_id
    assert second[0].attempts == 2


@pytest.mark.parametrize("next_owner", ["node:2", "node:1"])
async def test_who_lost_the_lease_can_note_nothing_any_more(world: World, next_owner: str) -> None:
    """Also when the later owner has the same name: a restarted process, or the same one after a long sleep."""
    await world.db.write(add_sign_in_message)
    old = (await world.claim("node:1"))[0]
    world.now += DAY
    new = (await world.claim(next_owner))[0]

    assert not await world.db.write(lambda conn: leases.mark_sent(conn, [old], world.now))
    assert not await world.db.write(lambda conn: outbox.dropped(conn, old, "no"))
    await world.db.write(lambda conn: outbox.failed(conn, old, NEVER, config=world.config, now=world.now))
    assert (await get(world, "m")).state == "sending"
    assert await world.db.write(lambda conn: leases.mark_sent(conn, [new], world.now)) == 1
    assert (await get(world, "m")).state == "sent"


async def test_a_sender_that_slept_past_its_lease_does_not_begin_the_text(world: World) -> None:
    waiting = await one_message(world)

    async def sleep(_envelope: Envelope) -> None:
        world.now += DAY

    world.wire.before_data = sleep
    await world.sender.start_ready(world.now, lambda: None)
    await world.sender.finish()
    assert world.wire.sent == []
    assert (await get(world, waiting.id)).state == "sending"
    world.wire.before_data = None
    await world.send()
    assert len(world.wire.sent) == 1


async def test_a_machine_whose_clock_is_wrong_sends_by_the_clock_that_all_share(world: World) -> None:
    event = await world.create(reminders=["PT1M"])
    await world.register(event, "Ann")
    await world.send()
    shared = START - MINUTE
    for ahead in (90 * SECOND, -90 * SECOND):
        world.now = shared
        await world.release()
        world.now = shared + ahead
        await world.sender.start_ready(shared, lambda: None)
        await world.sender.finish()
    assert len(world.wire.of("reminder")) == 1


async def test_attempts_come_after_1_5_15_and_60_minutes_and_then_every_hour_under_one_message_id(
    world: World,
) -> None:
    waiting = await one_message(world)
    world.wire.answers["ann@example.org"] = [LATER] * 6
    waits = []
    for _ in range(6):
        await world.send()
        after = await get(world, waiting.id)
        waits.append((after.next_attempt_at - world.now) // MINUTE)
        assert (after.state, after.last_code, after.message_id) == ("waiting", 451, waiting.message_id)
        world.now = after.next_attempt_at - SECOND
        assert await world.send() == 0
        world.now = after.next_attempt_at
    assert waits == [1, 5, 15, 60, 60, 60]
    await world.send()
    assert [sent.message_id for sent in world.wire.sent] == [waiting.message_id]
    assert (await get(world, waiting.id)).last_error == ""


async def test_a_refusal_for_good_is_given_up_at_once_and_can_be_tried_again_by_hand(world: World) -> None:
    waiting = await one_message(world)
    world.wire.answers["ann@example.org"] = [NEVER]
    await world.send()
    after = await get(world, waiting.id)
    assert (after.state, after.last_code, after.last_error) == ("failed", 550, "no such box")
    world.now += DAY
    assert await world.send() == 0
    assert await world.db.write(lambda conn: outbox.retry(conn, waiting.id, now=world.now)) == 1
    await world.send()
    assert len(world.wire.sent) == 1


async def test_a_mail_without_an_end_is_given_up_after_five_days(world: World) -> None:
    waiting = await one_message(world)
    world.wire.answers["ann@example.org"] = [LATER] * 1000
    for _ in range(200):
        await world.send()
        after = await get(world, waiting.id)
        if after.state == "failed":
            break
        world.now = after.next_attempt_at
    assert (await get(world, waiting.id)).state == "failed"
    assert 4 * DAY < world.now - waiting.created_at <= 5 * DAY


async def test_a_reminder_that_is_refused_gets_its_last_chances_before_the_start_and_none_after(world: World) -> None:
    event = await world.create(reminders=["PT30M"])
    await world.register(event, "Ann")
    await world.send()
    world.wire.answers["ann@example.org"] = [LATER] * 100
    world.now = START - 30 * MINUTE
    await world.release()
    tries = []
    while True:
        await world.send()
        tries.append((START - world.now) / MINUTE)
        after = (await world.messages(event, "reminder"))[0]
        if after.state == "failed":
            break
        world.now = after.next_attempt_at
    assert tries == [30, 29, 24, 9, 4.5, 2.25, 1.125, 0.5625, 0.28125, 0.140625]


async def test_a_reminder_whose_event_begins_while_it_waits_is_dropped(world: World) -> None:
    event = await world.create(reminders=["PT30M"])
    await world.register(event, "Ann")
    await world.send()
    world.now = START - 30 * MINUTE
    await world.release()
    world.now = START
    await world.send()
    assert [row.state for row in await world.messages(event, "reminder")] == ["dropped"]
    assert world.wire.of("reminder") == []


async def test_one_recipient_that_fails_holds_nobody_else_up(world: World) -> None:
    event = await world.create(reminders=[])
    for number in range(20):
        await world.register(event, f"P{number:02}")
    world.wire.answers["p03@example.org"] = [LATER]
    world.wire.answers["p07@example.org"] = [NEVER]
    await world.send()
    assert len(world.wire.sent) == 18
    states = {row.address: row.state for row in await world.messages(event)}
    assert (states["p03@example.org"], states["p07@example.org"]) == ("waiting", "failed")


async def test_a_message_that_cannot_be_worded_stops_no_other(world: World) -> None:
    event = await world.create(reminders=[])
    for name in ("Ann", "Bob", "Cid"):
        await world.register(event, name)
    unwritable = next(row for row in await world.messages(event) if row.address == "bob@example.org")
    broken = message.update().where(message.c.id == unwritable.id).values(message_id="<not an id\r\nBcc: x@y.be>")
    await world.db.write(doing(broken))
    await world.send()
    assert sorted(sent.recipient for sent in world.wire.sent) == ["ann@example.org", "cid@example.org"]
    after = await get(world, unwritable.id)
    assert (after.state, after.last_error) == ("waiting", "It could not be written: InvalidHeader")


async def test_a_transport_that_breaks_leaves_the_message_to_be_sent_again(world: World) -> None:
    event = await world.create(reminders=[])
    for name in ("Ann", "Bob"):
        await world.register(event, name)

    async def explode(envelope: Envelope) -> None:
        if envelope.recipient == "ann@example.org":
            world.wire.before_data = None
            raise ZeroDivisionError

    world.wire.before_data = explode
    await world.send()
    world.now += timedelta(seconds=world.config.reminders.lease_seconds)
    await world.send()
    assert sorted(sent.recipient for sent in world.wire.sent) == ["ann@example.org", "bob@example.org"]


async def test_a_process_that_dies_between_sending_and_noting_repeats_the_mail_under_its_message_id(
    world: World,
) -> None:
    """The only way to a duplicate: never a loss."""
    waiting = await one_message(world)

    async def die(_envelope: Envelope) -> None:
        raise asyncio.CancelledError

    world.wire.after_data = die
    await world.sender.start_ready(world.now, lambda: None)
    with pytest.raises(asyncio.CancelledError):
        await world.sender.finish()
    assert (await get(world, waiting.id)).state == "sending"

    world.wire.after_data = None
    assert await world.send() == 0
    world.now += timedelta(seconds=world.config.reminders.lease_seconds)
    await world.send(world.another_sender("node:2"))
    assert [sent.message_id for sent in world.wire.sent] == [waiting.message_id] * 2


async def test_no_more_is_claimed_than_can_be_sent_at_once(world: World) -> None:
    event = await world.create(reminders=[])
    for number in range(5):
        await world.register(event, f"P{number}")
    world.wire.places = 2
    assert await world.sender.start_ready(world.now, lambda: None) == 2
    await world.sender.finish()
    world.wire.places = 0
    assert await world.send() == 0
    states = sorted(row.state for row in await world.messages(event))
    assert states == ["sent", "sent", "waiting", "waiting", "waiting"]


async def test_claims_and_slices_of_a_crowd_are_read_by_an_index_that_fits(world: World) -> None:
    """However many fall due in one minute: to sort or read all that wait for each claim costs most of its time."""

    def plans(conn: Connection) -> list[str]:
        if conn.dialect.name != "sqlite":
            return []  # PostgreSQL decides by its statistics
        said: list[tuple[str, Any]] = []
        event.listen(conn, "before_cursor_execute", lambda *given: said.append(given[2:4]))
        leases.claim(conn, world.now, "node:1", world.now, 5)
        registrations.slice_after(conn, "an event", "", 5)
        notices.waiting_for(conn, [f"registration {number}" for number in range(250)])
        explained = [
            conn.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters).all()
            for statement, parameters in tuple(said)
        ]
        return [" ".join(row[3] for row in rows) for rows in explained]

    found = await world.db.write(plans)
    assert all("ix_message_state_next_attempt_at_id" in plan for plan in found[:2])
    assert all("ix_registration_event_id_id" in plan for plan in found[2:3])
    assert all("ix_message_registration_id_cause" in plan for plan in found[3:])
    assert not any("TEMP B-TREE" in plan for plan in found)


async def test_a_shutdown_gives_back_only_its_own_leases(world: World) -> None:
    await world.db.write(lambda conn: add_sign_in_messages(conn, 4))
    await world.claim("node:1", limit=2)
    await world.claim("node:2", limit=2)
    assert await world.db.write(lambda conn: leases.release(conn, "node:1")) == 2
    assert len(await world.claim("node:3")) == 2
    assert await world.db.write(leases.release) == 4


async def test_two_senders_side_by_side_send_each_mail_once(world: World) -> None:
    event = await world.create(reminders=["P1D"])
    for number in range(30):
        await world.register(event, f"P{number}")
    await world.send()
    world.now = START - DAY
    await asyncio.gather(*(world.release() for _ in range(4)))
    wires = [Wire(lambda: world.now) for _ in range(3)]
    for wire in wires:
        wire.places = 4
    senders = [world.another_sender(f"node:{number}", wire) for number, wire in enumerate(wires)]
    await asyncio.gather(*(world.send(sender) for sender in senders))
    sent = [sent.recipient for wire in wires for sent in wire.sent]
    assert len(sent) == len(set(sent)) == 30


async def test_oldest_overdue_names_the_mail_that_waits_longest_without_ever_having_been_tried(world: World) -> None:
    for key, attempts, minutes in (("m", 0, 1), ("refused once", 1, 9), ("not yet", 0, -1)):
        at = NOW - minutes * MINUTE
        await world.db.write(partial(add_sign_in_message, id=key, attempts=attempts, not_before=at, next_attempt_at=at))
    assert await world.db.read(lambda conn: messages.oldest_overdue(conn, NOW)) == NOW - MINUTE
