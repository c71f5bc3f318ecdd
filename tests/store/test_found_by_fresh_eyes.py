"""What fresh eyes found in the ledger: each test is named after what went wrong."""

import asyncio
import secrets
from datetime import timedelta
from email import message_from_bytes
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import update

from scheduler.cli import backup_file
from scheduler.cli.backup_file import FORMAT, Head
from scheduler.cli.failure import CommandFailed
from scheduler.errors import Conflict
from scheduler.mail.transport import Envelope
from scheduler.model.event import Event
from scheduler.model.message import Failure, Message
from scheduler.services import choices, housekeeping, outbox, restoring
from scheduler.services.resending import resend
from scheduler.store import backup, events, migrate
from scheduler.store.postgresql import PostgresServer
from scheduler.store.tables import message
from tests.service import Service
from tests.store.world import START, Sent, World, doing

DAY = timedelta(days=1)


def calendar_of(sent: Sent) -> bytes:
    """The calendar part of a mail; empty without one."""
    parts = message_from_bytes(sent.data).walk()
    return next(
        (bytes(part.get_payload(decode=True)) for part in parts if part.get_content_subtype() == "calendar"), b""
    )


async def test_a_mail_worded_before_an_acknowledged_change_does_not_leave_with_the_old_words(world: World) -> None:
    """The joining link was replaced (the old one may be somebody else's room by now) while the relay was slow."""
    event = await world.create(reminders=["P1D"], format="online", online={"url": "https://meet.example.org/old-room"})
    await world.register(event, "Zenobia")
    await world.send()
    world.now = START - DAY
    await world.release()
    changed: list[Event] = []

    async def replace_the_room(_envelope: Envelope) -> None:
        if not changed:
            changed.append(await world.patch(event, online={"url": "https://meet.example.org/new-room"}))
            world.now += timedelta(seconds=2)

    world.wire.before_data = replace_the_room
    await world.send()
    await world.send()
    assert [sent for sent in world.wire.of("reminder") if "old-room" in str(sent)] == []
    assert len(world.wire.of("reminder")) == 1


async def test_erased_means_erased_in_every_table_also_who_spoke_and_who_wanted_no_reminders(world: World) -> None:
    """Nobody registered for the second event: its host and speaker were kept for ever, and so was every objection."""
    event = await world.create(reminders=["P1D"])
    ann = await world.register(event, "Zenobia")
    bare = await world.create(reminders=["P1D"], speakers=[{"role": {"en": "Speaker"}, "email": "speaker@example.org"}])
    await world.tick()
    await world.move(event, "2027-03-17T14:30")
    await world.tick(START - DAY)
    await world.tick(START)
    assert await world.messages(bare, "reminder")
    now = world.now
    for address in (ann.email, "speaker@example.org"):
        await world.db.write(partial(choices.no_reminders_at_all, email=address, now=now))
    await world.db.write(doing(update(message).where(message.c.event_id == event.id).values(bounce="to Zenobia: no")))
    late = START + timedelta(days=world.config.privacy.retention_days + 2)
    await world.db.write(lambda conn: housekeeping.prune(conn, config=world.config, now=late))
    rows = [row for row in await world.db.read(lambda conn: list(backup.rows(conn))) if row[0] != "event"]
    assert [row for row in rows if "zenobia" in str(row).lower() or "speaker@example.org" in str(row).lower()] == []
    assert await world.messages(bare) == []
    assert not await world.db.read(lambda conn: choices.wants_reminders(conn, ann.email)), "the objection still holds"


async def test_who_wants_reminders_again_leaves_no_row_behind(world: World) -> None:
    for change in (choices.no_reminders_at_all, choices.reminders_again):
        await world.db.write(partial(change, email="ann@example.org", now=world.now))
    assert await world.db.read(lambda conn: choices.wants_reminders(conn, "Ann@example.org"))
    assert "mail_choice" not in {name for name, _ in await world.db.read(lambda conn: list(backup.rows(conn)))}


def test_a_backup_with_a_damaged_octet_anywhere_is_refused_in_words(tmp_path: Path) -> None:
    """zlib says so in an error of its own: the command broke off with a traceback."""
    file = tmp_path / "b"
    head = Head(format=FORMAT, program="0", schema="0003", made_at=START, tables=())
    rows = [("event", [secrets.token_hex(30), number]) for number in range(500)]
    backup_file.write(file, head, rows, lambda _done: None)
    whole = file.read_bytes()
    for place in range(12, len(whole), len(whole) // 97):
        file.write_bytes(whole[:place] + bytes([whole[place] ^ 0xA5]) + whole[place + 1 :])
        with pytest.raises(CommandFailed):
            list(backup_file.read_rows(file))


async def given_up(world: World, event: Event) -> Message:
    """The one mail of an event that was given up after five days in which nobody knew what became of it."""
    for _ in range(200):
        await world.send()
        row = (await world.messages(event))[-1]
        if row.state == "failed":
            return row
        world.now = max(row.next_attempt_at, row.not_before)
    raise AssertionError("it was never given up")


async def lost_in_between(world: World, event: Event) -> Message:
    """A notice whose outcome nobody knows, given up."""
    world.wire.answers["ann@example.org"] = [Failure(text="Connection lost")] * 200
    found = await given_up(world, event)
    world.wire.answers.clear()
    return found


async def test_a_notice_that_an_operator_tries_again_may_have_arrived_and_its_undoing_is_told(world: World) -> None:
    event = await world.create(reminders=[])
    await world.register(event, "Ann")
    await world.send()
    world.now += timedelta(minutes=5)
    await world.move(event, "2027-03-17T14:30")
    notice = await lost_in_between(world, event)
    now = world.now
    await world.db.write(lambda conn: outbox.retry(conn, notice.id, now=now))
    await world.move(event, "2027-03-16T14:30", "2027-03-16T16:00")
    world.now += timedelta(hours=3)
    await world.send()
    told = world.wire.of("update")
    assert told, "whoever got the first notice believes in the new date"


async def test_a_mail_that_is_tried_again_after_five_days_gets_another_round_of_attempts(world: World) -> None:
    event = await world.create(reminders=[])
    await world.register(event, "Ann")
    gone = await lost_in_between(world, event)
    world.now += 2 * DAY
    now = world.now
    await world.db.write(lambda conn: outbox.retry(conn, gone.id, now=now))
    world.wire.answers["ann@example.org"] = [Failure(text="451 greylisted", code=451)]
    await world.send()
    row = (await world.messages(event))[-1]
    assert row.state == "waiting"
    world.now = row.next_attempt_at
    await world.send()
    assert [sent.message_id for sent in world.wire.of("confirmation")] == [gone.message_id]


async def test_a_mail_that_was_held_for_a_week_after_a_restore_survives_a_greylisting(world: World) -> None:
    event = await world.create(reminders=[])
    await world.register(event, "Ann")
    now = world.now
    await world.db.write(lambda conn: restoring.hold_overdue(conn, config=world.config, now=now))
    world.now += 7 * DAY
    later = world.now
    await world.db.write(lambda conn: restoring.release(conn, now=later))
    world.wire.answers["ann@example.org"] = [Failure(text="451 greylisted", code=451)]
    await world.send()
    assert [row.state for row in await world.messages(event)] == ["waiting"]


async def test_an_invitation_that_the_lost_service_sent_is_still_ended_after_the_restore(world: World) -> None:
    """The operator finds it in the relay's log and discards the copy: it counted as never sent, so nothing ended it."""
    event = await world.create(reminders=[])
    ann = await world.register(event, "Ann")
    now = world.now
    await world.db.write(lambda conn: restoring.hold_overdue(conn, config=world.config, now=now))
    await world.db.write(restoring.discard)
    await world.withdraw(ann)
    await world.send()
    assert [b"METHOD:CANCEL" in calendar_of(sent) for sent in world.wire.of("withdrawal")] == [True]


@pytest.mark.parametrize("decide", ["release", "discard"])
async def test_an_undoing_after_a_restore_is_told_to_who_may_have_got_the_held_notice(
    world: World, decide: str
) -> None:
    event = await world.create(reminders=[])
    await world.register(event, "Ann")
    await world.send()
    world.now += timedelta(minutes=5)
    await world.move(event, "2027-03-17T14:30")
    world.now += DAY
    now = world.now
    await world.db.write(lambda conn: restoring.hold_overdue(conn, config=world.config, now=now))
    await world.move(event, "2027-03-16T14:30", "2027-03-16T16:00")
    if decide == "release":
        await world.db.write(lambda conn: restoring.release(conn, now=now))
    else:
        await world.db.write(restoring.discard)
    world.now += DAY
    await world.send()
    assert len(world.wire.of("update")) == 1


async def test_a_release_does_not_wait_for_who_is_changing_the_event(world: World) -> None:
    """With FOR UPDATE both would deadlock: the one holds the reminder and wants the event, the other the reverse."""
    if not world.db.shared:
        return  # SQLite has one writer
    event = await world.create(reminders=["P1D"])
    await world.register(event, "Ann")
    await world.send()
    world.now = START - DAY
    other = PostgresServer(world.db.url)
    async with other.engine.begin() as conn:  # a transaction that stays open
        await conn.run_sync(lambda conn: events.get(conn, event.id, lock=True))
        written = await asyncio.wait_for(world.release(), 2)
    await other.close()
    assert written == 1


async def test_a_second_click_on_send_again_makes_no_second_mail(world: World) -> None:
    event = await world.create(reminders=[])
    await world.register(event, "Ann")
    await world.send()
    (first,) = await world.messages(event)
    world.now += timedelta(minutes=5)

    async def click() -> None:
        now = world.now
        await world.db.write(lambda conn: resend(conn, event, first.id, config=world.config, now=now))

    await click()
    with pytest.raises(Conflict, match="already"):
        await click()
    await world.send()
    assert len(world.wire.of("confirmation")) == 2
    await click()


def test_a_restore_that_failed_leaves_the_place_free_for_the_next_one(tmp_path: Path) -> None:
    head = Head(format=FORMAT, program="0", schema=migrate.newest(), made_at=START, tables=backup.shapes())
    backup_file.write(tmp_path / "bad", head, [("event_facet", ["kind", "workshop", "no-such-event"])], lambda _: None)
    backup_file.write(tmp_path / "good", head, [("setting", ["name", "value"])], lambda _: None)
    service = Service(tmp_path / "data")
    assert service.enspired("restore", str(tmp_path / "bad")).returncode == 1
    done = service.enspired("restore", str(tmp_path / "good"))
    assert done.returncode == 0, done.stderr
