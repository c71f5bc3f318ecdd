"""The day programme of a visit, as those read of it who are registered for the visit, and what changes in it."""

from datetime import timedelta
from typing import Any

from scheduler.calendars.personal import own_calendar, own_feed
from scheduler.model.event import Event
from scheduler.model.registration import Registration
from scheduler.texts import load_catalogues
from tests.feeds.readers import parsed
from tests.store.reading import subject, text
from tests.store.world import World

MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
QUIET, LONGEST = 15 * MINUTE, 60 * MINUTE
VISIT: dict[str, Any] = {
    "kind": "exchange-visit", "title": "Visit to Ghent", "start": "2027-03-15", "end": "2027-03-19", "reminders": []
}  # fmt: skip


async def a_visit(world: World, **fields: Any) -> Event:
    """A visit of five days."""
    return await world.create(**{**VISIT, **fields})


async def item(world: World, visit: Event, title: str, start: str = "2027-03-16T09:30", **fields: Any) -> Event:
    """A half hour of its day programme."""
    half = {"start": start, "end": f"{start[:14]}59", "part_of": visit.id, "reminders": []}
    return await world.create(title=title, **{**half, **fields})


async def ann(world: World, visit: Event, **fields: Any) -> Registration:
    """Somebody who is registered for the visit and has read the confirmation."""
    row = await world.register(visit, "Ann", **fields)
    await world.send()
    return row


async def after(world: World, wait: timedelta) -> list[str]:
    """What is sent to whom when so much time has passed."""
    known = len(world.wire.sent)
    world.now += wait
    await world.send()
    return sorted(f"{sent.cause} {sent.recipient.partition('@')[0]}" for sent in world.wire.sent[known:])


async def feed(world: World, row: Registration, *, whole: bool = True) -> list[str]:
    """The titles in the attendee's own feed, or in the file of this one registration."""

    def read(conn: Any) -> bytes:
        today, config, catalogues = world.now.date(), world.config, load_catalogues()
        if whole:
            return own_feed(conn, row.email, "en", "ics", today=today, config=config, catalogues=catalogues).plain.body
        return own_calendar(conn, row.id, config, catalogues).plain.body

    found = parsed(await world.db.read(read)).walk("VEVENT")
    return sorted(str(one["SUMMARY"]) for one in found)


async def test_the_confirmation_lists_the_items_that_one_may_see_by_time_on_both_clocks(world: World) -> None:
    visit = await a_visit(world)
    await item(world, visit, "Second", "2027-03-17T09:30")
    await item(world, visit, "First")
    await item(world, visit, "Secret", visibility="private")
    await item(world, visit, "For hosts", visibility="institutions")
    await item(world, visit, "Unfinished", status="draft")
    await ann(world, visit, timezone="America/Bogota")
    words = text(world.wire.sent[-1])
    assert "Day programme" in words
    assert "Tue 16 Mar, 09:30 Brussels (03:30 Bogotá) · First" in " ".join(words.split())
    assert words.index("· First") < words.index("· Second")
    for hidden in ("Secret", "For hosts", "Unfinished"):
        assert hidden not in words


async def test_an_item_for_the_same_readers_as_the_visit_is_shown_to_its_visitors(world: World) -> None:
    visit = await a_visit(world, visibility="members")
    await item(world, visit, "For us", visibility="members")
    await item(world, visit, "Secret", visibility="private")
    row = await ann(world, visit)
    assert "· For us" in text(world.wire.sent[-1])
    assert await feed(world, row) == ["For us (Visit to Ghent)", "Visit to Ghent"]


async def test_a_private_item_of_a_private_visit_stays_private(world: World) -> None:
    visit = await a_visit(world, visibility="private")
    await item(world, visit, "Secret", visibility="private")
    row = await ann(world, visit)
    assert "Secret" not in text(world.wire.sent[-1])
    assert await feed(world, row) == ["Visit to Ghent"]


async def test_a_reminder_lists_what_is_still_to_come(world: World) -> None:
    visit = await a_visit(world, reminders=["P1D"])
    await item(world, visit, "First")
    cancelled = await item(world, visit, "Second")
    await ann(world, visit)
    await world.cancel(cancelled)
    await world.tick(world.now.replace(year=2027, month=3, day=14, hour=9))
    (reminder,) = world.wire.of("reminder")
    assert "· First" in text(reminder)
    assert "Second" not in text(reminder)


async def test_an_event_without_a_day_programme_speaks_of_none(world: World) -> None:
    await ann(world, await a_visit(world))
    assert "Day programme" not in text(world.wire.sent[-1])


async def test_their_own_calendars_have_the_day_programme_each_item_once(world: World) -> None:
    visit = await a_visit(world)
    first, gone = await item(world, visit, "First"), await item(world, visit, "Gone")
    await item(world, visit, "Secret", visibility="private")
    row = await ann(world, visit)
    await world.register(visit, "Partner", email="ann@example.org")
    await world.register(first, "Ann")
    await world.cancel(gone)
    titles = ["Cancelled: Gone (Visit to Ghent)", "First (Visit to Ghent)", "Visit to Ghent", "Visit to Ghent"]
    assert await feed(world, row) == titles
    assert await feed(world, row, whole=False) == [*titles[:2], "Visit to Ghent"]
    world.now += 40 * DAY
    assert await feed(world, row) == titles[1:]
    await world.withdraw(row)
    assert await feed(world, row) == titles[1:3]


async def test_who_waits_for_a_place_has_no_day_programme_yet(world: World) -> None:
    visit = await a_visit(world, seats={"on_site": 1})
    await item(world, visit, "First")
    await world.register(visit, "Ben")
    row = await ann(world, visit)
    assert await feed(world, row) == []
    assert await feed(world, row, whole=False) == ["Visit to Ghent"]


async def test_changes_of_items_are_told_in_one_mail_with_old_and_new(world: World) -> None:
    visit = await a_visit(world)
    moved, gone = await item(world, visit, "Moved", place={"room": "A1"}), await item(world, visit, "Gone")
    await ann(world, visit)
    for hour in range(10, 16):
        await world.move(moved, f"2027-03-16T{hour}:30")
        assert await after(world, MINUTE) == []
    await world.patch(moved, place={"room": "B2"})
    await world.cancel(gone)
    await item(world, visit, "Added", "2027-03-18T14:00")
    assert await after(world, QUIET) == ["day-programme ann"]
    mail = world.wire.sent[-1]
    words = " ".join(text(mail).split())
    assert subject(mail) == "Changed: day programme of Visit to Ghent (Mon 15 – Fri 19 Mar)"
    assert "Tue 16 Mar, 09:30 Brussels → Tue 16 Mar, 15:30 Brussels" in words
    assert "10:30" not in words
    assert words.index("A1") < words.index("→ B2")
    assert "No longer planned Tue 16 Mar, 09:30 Brussels · Gone" in words
    assert "New Thu 18 Mar, 14:00 Brussels · Added" in words
    assert await after(world, 2 * LONGEST) == []


async def test_what_is_undone_or_private_or_a_draft_is_told_to_nobody(world: World) -> None:
    visit = await a_visit(world)
    first = await item(world, visit, "First")
    hidden = await item(world, visit, "Secret", visibility="private")
    draft = await item(world, visit, "Unfinished", status="draft")
    await ann(world, visit)
    for one in (hidden, draft):
        await world.move(one, "2027-03-17T10:00")
    await world.patch(first, notes="Bring cake", summary="Longer")
    await world.move(first, "2027-03-17T10:00")
    await world.move(first, "2027-03-16T09:30", "2027-03-16T09:59")
    assert await after(world, LONGEST) == []
    (notice,) = await world.messages(visit, "day-programme")
    assert (notice.state, notice.last_error) == ("dropped", "the change was undone")


async def test_an_item_that_becomes_hidden_is_told_as_gone_and_one_that_is_published_as_new(world: World) -> None:
    visit = await a_visit(world)
    first, draft = await item(world, visit, "First"), await item(world, visit, "Draft", status="draft")
    await ann(world, visit)
    await world.patch(first, visibility="private")
    await world.patch(draft, status="confirmed")
    assert await after(world, QUIET) == ["day-programme ann"]
    words = " ".join(text(world.wire.sent[-1]).split())
    assert "No longer planned Tue 16 Mar, 09:30 Brussels · First" in words
    assert "New Tue 16 Mar, 09:30 Brussels · Draft" in words


async def test_who_is_registered_for_the_item_itself_hears_of_it_once(world: World) -> None:
    visit = await a_visit(world)
    first = await item(world, visit, "First")
    await world.register(visit, "Ben")
    await world.register(first, "Ann")
    await ann(world, visit)
    await world.move(first, "2027-03-17T10:00")
    assert await after(world, QUIET) == ["day-programme ben", "update ann"]


async def test_whoever_reads_of_the_programme_for_the_first_time_needs_no_correction(world: World) -> None:
    visit = await a_visit(world)
    first = await item(world, visit, "First")
    await world.register(visit, "Ann")
    await world.move(first, "2027-03-17T10:00")
    assert await after(world, QUIET) == ["confirmation ann"]
    assert "Wed 17 Mar, 10:00 Brussels · First" in " ".join(text(world.wire.sent[-1]).split())


async def test_a_cancelled_visit_or_place_silences_what_waits(world: World) -> None:
    visit, other = await a_visit(world), await a_visit(world)
    items = [await item(world, one, "First") for one in (visit, other)]
    await ann(world, visit)
    row = await ann(world, other)
    for one in items:
        await world.move(one, "2027-03-17T10:00")
    await world.cancel(visit)
    await world.withdraw(row)
    assert await after(world, LONGEST) == ["cancellation ann", "withdrawal ann"]
