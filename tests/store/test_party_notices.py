"""What speakers and hosts hear of an event: one mail for all that changed, its end at once, in words of their own."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Connection

from scheduler.errors import Conflict
from scheduler.mail.transport import Envelope
from scheduler.model.event import Event
from scheduler.model.message import Failure
from scheduler.services import choices, resending
from tests.store.reading import subject, text
from tests.store.world import START, World

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
QUIET, LONGEST = 15 * MINUTE, 60 * MINUTE
EVA = {"role": {"en": "Subject adviser"}, "name": "Eva", "email": "eva@example.org", "language": "es"}
TOM = {"role": {"en": "Teacher"}, "email": "tom@example.org", "mode": "online"}
HOST = "host@example.org"


async def talk(world: World, **fields: Any) -> Event:
    """An event at which Eva speaks, and whose organisers have an address."""
    return await world.create(**{"reminders": [], "speakers": [EVA], "contact": HOST, **fields})


async def after(world: World, wait: timedelta) -> list[str]:
    """What is sent to whom when so much time has passed."""
    known = len(world.wire.sent)
    world.now += wait
    await world.send()
    return sorted(f"{sent.cause} {sent.recipient.partition('@')[0]}" for sent in world.wire.sent[known:])


async def test_a_move_is_told_after_the_quiet_period_in_their_own_words_and_language(world: World) -> None:
    event = await talk(world)
    await world.move(event, "2027-03-17T10:00")
    assert await after(world, QUIET - MINUTE) == []
    assert await after(world, MINUTE) == ["update eva", "update host"]
    told = {sent.recipient: sent for sent in world.wire.sent}
    eva, host = told["eva@example.org"], told[HOST]
    assert "(usted interviene)" in subject(eva)
    assert "Usted interviene en esta actividad." in text(eva)
    assert text(eva).index("martes 16 de marzo") < text(eva).index("miércoles 17 de marzo")
    assert "(your event) — now Wed 17 Mar, 10:00" in subject(host)
    assert f"/console/events/{event.id}" in text(host)
    assert "/console/" not in text(eva)
    assert await after(world, 2 * LONGEST) == []


async def test_ten_edits_make_one_mail_that_says_the_first_old_and_the_last_new(world: World) -> None:
    event = await talk(world)
    for hour in range(9, 18):
        await world.move(event, f"2027-03-18T{hour:02}:00")
        assert await after(world, MINUTE) == []
    await world.patch(event, place={"room": "B9.99"})
    assert await after(world, QUIET) == ["update eva", "update host"]
    words = text(world.wire.sent[-1])
    assert "14:30" in words
    assert "17:00" in words
    assert "B9.99" in words
    assert "09:00" not in words
    assert len(await world.messages(event, "update")) == 2


async def test_what_is_undone_is_told_to_nobody(world: World) -> None:
    event = await talk(world, contact="")
    await world.move(event, "2027-03-17T10:00")
    await world.move(event, "2027-03-16T14:30", "2027-03-16T16:00")
    assert await after(world, LONGEST) == []
    (notice,) = await world.messages(event, "update")
    assert (notice.state, notice.last_error, notice.recipient[:8]) == ("dropped", "the change was undone", "speaker:")


async def test_a_cancellation_is_told_at_once_and_what_waits_falls_silent(world: World) -> None:
    event = await talk(world)
    await world.move(event, "2027-03-17T10:00")
    await world.cancel(event, "Strike")
    assert await after(world, timedelta(0)) == ["cancellation eva", "cancellation host"]
    eva = next(sent for sent in world.wire.sent if sent.recipient[0] == "e")
    assert "Strike" in text(eva)
    assert "La actividad en la que usted iba a intervenir no se realizará." in " ".join(text(eva).split())
    assert await after(world, LONGEST) == []
    assert {row.state for row in await world.messages(event, "update")} == {"dropped"}


async def test_nobody_hears_of_a_draft_or_of_what_is_over(world: World) -> None:
    draft = await talk(world, status="draft")
    await world.move(draft, "2027-03-17T10:00")
    over = await talk(world)
    world.now = START + 48 * HOUR
    await world.cancel(over)
    assert await after(world, LONGEST) == []


async def test_who_is_registered_as_well_gets_the_attendees_mail_alone(world: World) -> None:
    event = await talk(world)
    await world.register(event, "Eva")
    await world.send()
    await world.move(event, "2027-03-17T10:00")
    assert await after(world, QUIET) == ["update eva", "update host"]
    eva = next(sent for sent in reversed(world.wire.sent) if sent.recipient[0] == "e")
    assert "you keep your place" in text(eva)
    await world.cancel(event)
    assert await after(world, QUIET) == ["cancellation eva", "cancellation host"]


async def test_who_is_registered_for_other_dates_hears_of_the_one_they_speak_on(world: World) -> None:
    event = await talk(world, contact="", recurrence={"rule": "FREQ=WEEKLY;COUNT=3"})
    await world.register(event, "Eva", occurrences=(f"{event.id}.0",))
    await world.send()
    moved = {"date": "2027-03-30T14:30", "start": "2027-03-31T09:00", "end": "2027-03-31T10:00"}
    await world.patch(event, recurrence={"rule": "FREQ=WEEKLY;COUNT=3", "moved": [moved]})
    assert await after(world, QUIET) == ["update eva"]
    assert "Usted interviene" in text(world.wire.sent[-1])


async def test_who_wants_no_reminders_still_hears_of_changes_and_of_the_end(world: World) -> None:
    event = await talk(world, contact="", reminders=["P1D"])
    await world.db.write(lambda conn: choices.no_reminders_at_all(conn, "eva@example.org", now=world.now))
    await world.move(event, "2027-03-17T10:00")
    assert await after(world, QUIET) == ["update eva"]
    await world.tick(START)
    assert world.wire.of("reminder") == []
    await world.cancel(event)
    assert await after(world, timedelta(0)) == ["cancellation eva"]


async def test_a_speaker_who_came_or_went_with_the_change_hears_nothing_of_it(world: World) -> None:
    event = await talk(world, contact="")
    await world.patch(event, start="2027-03-17T10:00", end="2027-03-17T11:00", speakers=[EVA, TOM])
    await world.patch(event, speakers=[TOM])
    assert await after(world, QUIET) == []
    (notice,) = await world.messages(event, "update")
    assert notice.last_error == "they are no speaker or host of the event any more"
    await world.move(event, "2027-03-18T10:00")
    assert await after(world, QUIET) == ["update tom"]


async def test_what_matters_to_organisers_alone_is_told_to_nobody(world: World) -> None:
    event = await talk(world)
    await world.patch(event, notes="Book the room", summary="Another summary", seats={"on_site": 12})
    assert await world.messages(event, "update") == []


async def test_a_change_shortly_before_is_told_at_once(world: World) -> None:
    event = await talk(world, contact="")
    world.now = START - 3 * HOUR
    await world.patch(event, place={"room": "B9.99"})
    assert await after(world, timedelta(0)) == ["update eva"]


async def test_what_is_undone_while_the_notice_is_on_its_way_is_told_again(world: World) -> None:
    event = await talk(world, contact="")
    await world.move(event, "2027-03-17T10:00")

    async def undo(_: Envelope) -> None:
        world.wire.after_data = None
        await world.move(event, "2027-03-16T14:30", "2027-03-16T16:00")

    world.wire.after_data = undo
    assert await after(world, QUIET) == ["update eva"]
    assert await after(world, LONGEST) == ["update eva"]
    words = text(world.wire.sent[-1])
    assert words.index("17 de marzo") < words.index("16 de marzo")


async def test_a_notice_that_was_put_off_is_told_by_the_next_one_with_all_of_it(world: World) -> None:
    event = await talk(world, contact="", place={"room": "A1.01"})
    await world.patch(event, place={"room": "B9.99"})
    world.wire.answers = {"eva@example.org": [Failure(text="greylisted", code=451)]}
    assert await after(world, QUIET) == []
    await world.move(event, "2027-03-17T10:00")
    assert await after(world, LONGEST) == ["update eva"]
    words = text(world.wire.sent[-1])
    assert "A1.01" in words
    assert "17 de marzo" in words
    assert [row.state for row in await world.messages(event, "update")] == ["dropped", "sent"]


async def test_a_cancelled_visit_is_told_once_to_whoever_stands_in_its_items_too(world: World) -> None:
    visit = await talk(world, kind="exchange-visit", start="2027-03-15", end="2027-03-19")
    item = await world.create(part_of=visit.id, reminders=[], speakers=[EVA, TOM], contact=HOST)
    await world.cancel(visit)
    assert await after(world, timedelta(0)) == ["cancellation eva", "cancellation host", "cancellation tom"]
    assert [row.address for row in await world.messages(item, "cancellation")] == ["tom@example.org"]


async def test_a_second_click_writes_no_second_mail_to_a_speaker(world: World) -> None:
    event = await talk(world, contact="")
    await world.cancel(event)
    await world.send()
    (sent,) = await world.messages(event, "cancellation")
    now = world.now

    def again(conn: Connection) -> str:
        return resending.resend(conn, event, sent.id, config=world.config, now=now).recipient

    assert await world.db.write(again) == sent.recipient
    with pytest.raises(Conflict, match="on its way"):
        await world.db.write(again)
