"""Answers of calendar programs: the right registration changes, once, and nothing else ever does."""

from datetime import datetime, timedelta
from email import message_from_bytes
from typing import Any

import pytest

from feeds.reply import Reply
from scheduler.calendars.personal import own_calendar
from scheduler.model.event import Event
from scheduler.model.registration import Registration
from scheduler.services import bounces, registrations, replies
from scheduler.store import messages
from scheduler.store import registrations as store
from scheduler.texts import load_catalogues
from tests.store.world import NOW, START, World


def reply(row: Registration, answer: Any = "declined", **fields: Any) -> Reply:
    """An answer of a registration's own attendee, written a minute ago, except for what `fields` say."""
    stamp = fields.pop("stamp", NOW - timedelta(minutes=1))
    return Reply(**{"uid": row.uid, "address": row.email.lower(), "answer": answer, "stamp": stamp, **fields})


async def answer(world: World, row: Registration, said: Reply) -> str:
    """What becomes of an answer that came to a registration's address."""
    now = world.now
    return await world.db.write(lambda conn: replies.take(conn, row.id, said, config=world.config, now=now))


async def look(world: World, row: Registration) -> Registration:
    """A registration as it stands now."""
    seated = await world.db.read(lambda conn: registrations.look_up(conn, row.id))
    return seated.registration


async def everybody(world: World, event: Event) -> list[Registration]:
    """All registrations of an event."""
    return await world.db.read(lambda conn: store.of_event(conn, event.id))


@pytest.mark.parametrize("said", ["accepted", "tentative"])
async def test_a_yes_or_a_maybe_is_noted_and_changes_nothing_else(world: World, said: str) -> None:
    event = await world.create()
    row = await world.register(event, "Ana")
    assert await answer(world, row, reply(row, said, comment="See you")) == "noted"
    noted = await look(world, row)
    assert (noted.state, noted.answer, noted.answered_at) == ("confirmed", said, NOW)
    assert noted.answers[""].comment == "See you"
    assert [mail.cause for mail in await world.messages(event)] == ["confirmation"]


async def test_a_no_gives_the_seat_to_the_next_in_line_and_is_confirmed_once(world: World) -> None:
    event = await world.create(seats={"on_site": 1})
    row, waits = await world.register(event, "Ana"), await world.register(event, "Ben")
    assert waits.state == "waiting"
    assert await answer(world, row, reply(row)) == "withdrawn"
    assert ((await look(world, row)).state, (await look(world, waits)).state) == ("cancelled", "confirmed")
    assert (await look(world, row)).cancelled_by == "attendee"
    for again in (reply(row), reply(row, stamp=NOW)):
        assert await answer(world, row, again) in {"repeated", "noted"}
    written = [(mail.cause, mail.address) for mail in await world.messages(event) if mail.state == "waiting"]
    assert written.count(("withdrawal", "ana@example.org")) == 1
    assert written.count(("place-free", "ben@example.org")) == 1
    assert len(written) == 2


async def test_somebody_who_only_waits_leaves_the_line_by_a_no(world: World) -> None:
    event = await world.create(seats={"on_site": 1})
    await world.register(event, "Ana")
    row = await world.register(event, "Ben")
    assert await answer(world, row, reply(row)) == "withdrawn"
    assert (await look(world, row)).state == "cancelled"


async def test_a_yes_after_a_no_registers_nobody_again(world: World) -> None:
    event = await world.create(seats={"on_site": 1})
    row, other = await world.register(event, "Ana"), await world.register(event, "Ben")
    await answer(world, row, reply(row))
    before = await world.messages(event)
    assert await answer(world, row, reply(row, "accepted", stamp=NOW)) == "after-withdrawal"
    noted = await look(world, row)
    assert (noted.state, noted.answer, noted.answers[""].note) == ("cancelled", "accepted", "after-withdrawal")
    assert (await look(world, other)).state == "confirmed"
    assert await world.messages(event) == before


@pytest.mark.parametrize(
    ("fields", "outcome"),
    [
        ({"uid": "another@agenda.example.org"}, "other-uid"),
        ({"uid": ""}, "other-uid"),
        ({"address": "mallory@example.org"}, "other-attendee"),
        ({"address": "ana@example.org.evil.example"}, "other-attendee"),
        ({"date": START}, "other-date"),
    ],
)
async def test_a_forged_answer_changes_nothing(world: World, fields: dict[str, Any], outcome: str) -> None:
    event = await world.create()
    row, other = await world.register(event, "Ana"), await world.register(event, "Ben")
    before = await everybody(world, event), await world.messages(event)
    assert await answer(world, row, reply(row, **fields)) == outcome
    assert await answer(world, other, reply(row)) == "other-attendee"
    assert (await everybody(world, event), await world.messages(event)) == before


async def test_an_answer_to_an_address_of_nobody_changes_nothing(world: World) -> None:
    event = await world.create()
    row = await world.register(event, "Ana")
    said, now = reply(row), world.now
    missing = "0" * 26
    assert (
        await world.db.write(lambda conn: replies.take(conn, missing, said, config=world.config, now=now)) == "unknown"
    )


async def test_the_attendees_address_may_be_typed_in_any_case(world: World) -> None:
    event = await world.create()
    row = await world.register(event, "Ana", email="Ana.Perez@Example.org")
    assert await answer(world, row, reply(row)) == "withdrawn"


@pytest.mark.parametrize(
    ("first", "second", "outcome"),
    [
        (({}), {"stamp": NOW - timedelta(minutes=2)}, "older"),
        ({"sequence": 2}, {"sequence": 1, "stamp": NOW}, "older"),
        ({"sequence": 1}, {"sequence": 2, "stamp": NOW - timedelta(hours=1)}, "withdrawn"),
        ({"sequence": 1}, {"stamp": NOW}, "withdrawn"),
        ({}, {"stamp": NOW}, "withdrawn"),
    ],
)
async def test_the_latest_answer_counts_in_whatever_order_they_come(
    world: World, first: dict[str, Any], second: dict[str, Any], outcome: str
) -> None:
    event = await world.create()
    row = await world.register(event, "Ana")
    assert await answer(world, row, reply(row, "accepted", **first)) == "noted"
    assert await answer(world, row, reply(row, "declined", **second)) == outcome
    assert (await look(world, row)).state == ("cancelled" if outcome == "withdrawn" else "confirmed")


async def test_a_clock_that_is_years_ahead_does_not_silence_later_answers(world: World) -> None:
    event = await world.create()
    row = await world.register(event, "Ana")
    await answer(world, row, reply(row, "accepted", stamp=NOW + timedelta(days=4000)))
    world.now = NOW + timedelta(minutes=10)
    assert await answer(world, row, reply(row, stamp=NOW + timedelta(minutes=9))) == "withdrawn"


async def test_the_same_answer_twice_is_one(world: World) -> None:
    event = await world.create()
    row = await world.register(event, "Ana")
    said = reply(row, "accepted")
    assert [await answer(world, row, said), await answer(world, row, said)] == ["noted", "repeated"]
    assert (await look(world, row)).revision == row.revision + 1


async def test_after_the_event_or_its_cancellation_a_no_is_only_noted(world: World) -> None:
    event, gone = await world.create(), await world.create()
    row, other = await world.register(event, "Ana"), await world.register(gone, "Ana")
    await world.cancel(gone)
    assert await answer(world, other, reply(other)) == "over"
    world.now = START + timedelta(minutes=1)
    assert await answer(world, row, reply(row)) == "over"
    assert (await look(world, row)).state == "confirmed"


async def test_a_pending_registration_is_not_confirmed_by_an_answer(world: World) -> None:
    event = await world.create()
    await world.apply(event, "Ana")
    (row,) = await everybody(world, event)
    assert await answer(world, row, reply(row, "accepted")) == "noted"
    assert (await look(world, row)).state == "pending"


SERIES = {"recurrence": {"rule": "FREQ=WEEKLY;COUNT=3"}}


def week(number: int) -> datetime:
    """When a date of the series begins: the last one comes after the clock change."""
    return START + timedelta(weeks=number) - timedelta(hours=int(number > 1))


def covered(event: Event, row: Registration, dates: int = 3) -> list[int]:
    """The numbers of the dates that a registration covers."""
    return [number for number in range(dates) if row.attends(f"{event.id}.{number}")]


async def test_a_no_to_one_date_of_a_series_takes_out_that_date_alone(world: World) -> None:
    event = await world.create(**SERIES)
    row, other = await world.register(event, "Ana"), await world.register(event, "Ben")
    assert await answer(world, row, reply(row, date=week(1))) == "date-declined"
    assert covered(event, await look(world, row)) == [0, 2]
    assert await answer(world, row, reply(row, date=week(2))) == "date-declined"
    assert covered(event, await look(world, row)) == [0]
    assert await answer(world, row, reply(row, "accepted", date=week(1), stamp=NOW)) == "date-restored"
    assert covered(event, await look(world, row)) == [0, 1]
    assert covered(event, await look(world, other)) == [0, 1, 2]
    assert [mail.cause for mail in await world.messages(event)] == ["confirmation"] * 2


async def test_a_no_to_one_date_leaves_them_every_date_that_is_added_later(world: World) -> None:
    event = await world.create(**SERIES, reminders=["P1D"])
    row = await world.register(event, "Ana")
    await world.send()
    assert await answer(world, row, reply(row, date=week(1))) == "date-declined"
    await world.patch(event, recurrence={"rule": "FREQ=WEEKLY;COUNT=5"})
    await world.tick(NOW + timedelta(hours=3))
    (told,) = world.wire.of("update")
    (calendar,) = (part for part in message_from_bytes(told.data).walk() if part.get_content_type() == "text/calendar")
    words = str(calendar.get_payload(decode=True), "utf-8")  # type: ignore[arg-type]
    assert "EXDATE;TZID=Europe/Brussels:20270323T143000" in words
    assert covered(event, await look(world, row), 5) == [0, 2, 3, 4]
    for number in range(5):
        await world.tick(week(number) - timedelta(hours=23))
    assert len(world.wire.of("reminder")) == 4
    assert await answer(world, row, reply(row, "accepted", date=week(4), stamp=NOW)) == "noted"


async def test_who_chose_dates_and_declines_one_keeps_to_the_others(world: World) -> None:
    event = await world.create(**SERIES)
    row = await world.register(event, "Ana", occurrences=(f"{event.id}.0", f"{event.id}.1"))
    assert await answer(world, row, reply(row, date=week(1))) == "date-declined"
    await world.patch(event, recurrence={"rule": "FREQ=WEEKLY;COUNT=5"})
    now = await look(world, row)
    assert covered(event, now, 5) == [0]
    assert now.only(f"{event.id}.{number}" for number in range(5)) == (f"{event.id}.0",)


async def test_the_own_feed_of_who_declined_one_date_has_the_dates_that_were_added(world: World) -> None:
    event = await world.create(**SERIES)
    row = await world.register(event, "Ana")
    assert await answer(world, row, reply(row, date=week(1))) == "date-declined"
    await world.patch(event, recurrence={"rule": "FREQ=WEEKLY;COUNT=5"})
    ready = await world.db.read(lambda conn: own_calendar(conn, row.id, world.config, load_catalogues()))
    entry = ready.plain.body.decode()
    assert "EXDATE;TZID=Europe/Brussels:20270323T143000" in entry
    assert "UNTIL=20270413" in entry


async def test_a_no_after_a_date_is_over_does_not_take_it_out_of_what_they_attended(world: World) -> None:
    event = await world.create(**SERIES)
    row = await world.register(event, "Ana")
    world.now = week(0) + timedelta(hours=1)
    assert await answer(world, row, reply(row, date=week(0), stamp=world.now)) == "over"
    assert covered(event, await look(world, row)) == [0, 1, 2]


async def test_a_no_to_every_date_one_by_one_withdraws(world: World) -> None:
    event = await world.create(**SERIES)
    row = await world.register(event, "Ana")
    outcomes = [await answer(world, row, reply(row, date=week(number))) for number in range(3)]
    assert outcomes == ["date-declined", "date-declined", "withdrawn"]
    assert (await look(world, row)).state == "cancelled"


async def test_a_yes_cannot_add_a_date_that_was_never_chosen(world: World) -> None:
    event = await world.create(**SERIES)
    row = await world.register(event, "Ana", occurrences=(f"{event.id}.0",))
    assert await answer(world, row, reply(row, "accepted", date=week(1))) == "noted"
    assert (await look(world, row)).occurrences == (f"{event.id}.0",)


async def test_a_reminder_that_waits_for_a_declined_date_is_dropped(world: World) -> None:
    event = await world.create(**SERIES, reminders=["P1D"])
    row = await world.register(event, "Ana")
    world.now = week(0) - timedelta(hours=23)
    await world.release()
    assert [mail.state for mail in await world.messages(event, "reminder")] == ["waiting"]
    assert await answer(world, row, reply(row, date=week(0), stamp=world.now)) == "date-declined"
    assert [mail.state for mail in await world.messages(event, "reminder")] == ["dropped"]


async def test_an_answer_to_a_moved_date_names_its_first_start(world: World) -> None:
    moved = {"date": "2027-03-23T14:30", "start": "2027-03-24T10:00", "end": "2027-03-24T11:00"}
    event = await world.create(recurrence={**SERIES["recurrence"], "moved": [moved]})
    row = await world.register(event, "Ana")
    assert await answer(world, row, reply(row, date=week(1) + timedelta(days=1))) == "other-date"
    assert await answer(world, row, reply(row, date=week(1))) == "date-declined"


async def test_an_all_day_series_is_answered_by_the_day(world: World) -> None:
    event = await world.create(start="2027-03-16", end="2027-03-16", recurrence={"rule": "FREQ=DAILY;COUNT=3"})
    row = await world.register(event, "Ana")
    assert await answer(world, row, reply(row, date=START.date())) == "date-declined"
    assert covered(event, await look(world, row)) == [1, 2]


async def bounce(world: World, key: str, *, hard: bool, status: str = "5.1.1", reason: str = "no such user") -> str:
    """What becomes of a mail that came back."""
    now = world.now
    return await world.db.write(lambda conn: bounces.note(conn, key, hard=hard, status=status, reason=reason, now=now))


async def test_a_bounce_is_noted_beside_its_message_and_later_mails_are_still_tried(world: World) -> None:
    event = await world.create(reminders=["P1D"])
    row = await world.register(event, "Ana")
    await world.send()
    (sent,) = await world.messages(event)
    assert await bounce(world, sent.id, hard=False, status="4.2.2", reason="mailbox full") == "delayed"
    (late,) = await world.messages(event)
    assert (late.bounced_at, late.bounce, late.state) == (None, "4.2.2 mailbox full", "sent")
    assert await bounce(world, sent.id, hard=True) == "bounced"
    assert await bounce(world, sent.id, hard=False, status="4.2.2") == "delayed"
    (final,) = await world.messages(event)
    assert (final.bounced_at, final.bounce, final.state) == (NOW, "5.1.1 no such user", "sent")
    assert (await look(world, row)).state == "confirmed"
    await world.tick(START - timedelta(hours=23))
    assert len(world.wire.of("reminder")) == 1


async def test_nothing_bounces_that_was_never_sent_or_never_was(world: World) -> None:
    event = await world.create()
    await world.register(event, "Ana")
    (waiting,) = await world.messages(event)
    assert await bounce(world, waiting.id, hard=True) == "never-sent"
    assert await bounce(world, "0" * 26, hard=True) == "unknown"
    kept = await world.db.read(lambda conn: messages.get(conn, waiting.id))
    assert kept is not None
    assert (kept.bounce, kept.bounced_at) == ("", None)


async def test_a_date_that_was_declined_while_a_notice_waits_is_not_told_as_gone(world: World) -> None:
    event = await world.create(**SERIES)
    row = await world.register(event, "Ana")
    await world.send()
    moved = {"date": "2027-03-23T14:30", "start": "2027-03-24T10:00", "end": "2027-03-24T11:00"}
    await world.patch(event, recurrence={**SERIES["recurrence"], "moved": [moved]})
    assert await answer(world, row, reply(row, date=week(1))) == "date-declined"
    await world.tick(NOW + timedelta(hours=3))
    assert world.wire.of("update") == []
