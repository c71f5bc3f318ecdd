"""Notices of change: one mail for all that changed, with what the person last knew, to whom it concerns alone."""

from datetime import timedelta

from scheduler.mail.transport import Envelope
from scheduler.model.event import Event
from scheduler.model.message import Failure
from tests.store.reading import subject, text
from tests.store.world import START, World

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
QUIET, LONGEST = 15 * MINUTE, 60 * MINUTE


async def lecture(world: World, **fields: object) -> Event:
    """An event with one registered person who has read the confirmation."""
    event = await world.create(reminders=[], **fields)
    await world.register(event, "Ann")
    await world.send()
    return event


async def after(world: World, wait: timedelta) -> list[str]:
    """What is sent to whom when so much time has passed."""
    known = len(world.wire.sent)
    world.now += wait
    await world.send()
    return [f"{sent.cause} {sent.recipient.partition('@')[0]}" for sent in world.wire.sent[known:]]


async def test_a_move_is_told_after_the_quiet_period_with_old_and_new(world: World) -> None:
    event = await lecture(world)
    await world.move(event, "2027-03-17T10:00")
    assert await after(world, QUIET - MINUTE) == []
    assert await after(world, MINUTE) == ["update ann"]
    mail = world.wire.sent[-1]
    assert "Wed 17 Mar, 10:00" in subject(mail)
    assert text(mail).index("Was planned for") < text(mail).index("Tuesday 16 March 2027")
    assert text(mail).index("Tuesday 16 March 2027") < text(mail).index("Wednesday 17 March 2027")
    assert await after(world, 2 * LONGEST) == []


async def test_ten_edits_make_one_mail_that_says_the_first_old_and_the_last_new(world: World) -> None:
    event = await lecture(world)
    for hour in range(9, 18):
        await world.move(event, f"2027-03-18T{hour:02}:00")
        assert await after(world, MINUTE) == []
    await world.patch(event, title="Climate data, once more")
    assert await after(world, QUIET) == ["update ann"]
    words = text(world.wire.sent[-1])
    assert "14:30–16:00" in words
    assert "17:00–18:00" in words
    assert "09:00" not in words
    assert [row.state for row in await world.messages(event, "update")] == ["sent"]


async def test_edits_that_never_stop_are_told_all_the_same(world: World) -> None:
    event = await lecture(world)
    first = world.now
    for step in range(7):
        await world.move(event, f"2027-03-18T{10 + step}:00")
        assert await after(world, 8 * MINUTE) == []
    await world.move(event, "2027-03-19T10:00")
    assert await after(world, first + LONGEST - world.now) == ["update ann"]


async def test_what_is_undone_is_told_to_nobody(world: World) -> None:
    event = await lecture(world)
    await world.move(event, "2027-03-17T10:00")
    await world.move(event, "2027-03-16T14:30", "2027-03-16T16:00")
    assert await after(world, LONGEST) == []
    (notice,) = await world.messages(event, "update")
    assert (notice.state, notice.last_error) == ("dropped", "the change was undone")


async def test_half_of_it_undone_is_told_as_the_other_half(world: World) -> None:
    event = await lecture(world)
    await world.patch(event, start="2027-03-17T14:30", end="2027-03-17T16:00", place={"room": "B1.02"})
    await world.move(event, "2027-03-16T14:30", "2027-03-16T16:00")
    assert await after(world, LONGEST) == ["update ann"]
    assert "Was planned for" not in text(world.wire.sent[-1])
    assert "B1.02" in text(world.wire.sent[-1])


async def test_a_change_of_a_date_that_is_near_is_told_at_once(world: World) -> None:
    event = await lecture(world)
    world.now = START - 23 * HOUR
    await world.patch(event, place={"room": "B1.02"})
    assert await after(world, timedelta(0)) == ["update ann"]


async def test_a_date_moved_away_at_the_last_moment_is_near_too(world: World) -> None:
    event = await lecture(world)
    world.now = START - 2 * HOUR
    await world.move(event, "2027-05-04T14:30")
    assert await after(world, timedelta(0)) == ["update ann"]


async def test_what_matters_to_organisers_alone_is_told_to_nobody(world: World) -> None:
    event = await lecture(world, title="Climate data in the classroom")
    await world.patch(
        event, notes="Book the room", summary="Another summary", description="Longer", contact="a@example.org",
        seats={"on_site": 12}, themes=[], title="Climate Data, in the classroom!", place={"access": "By the yard"},
    )  # fmt: skip
    assert await world.messages(event, "update") == []


async def test_who_registers_after_the_change_hears_of_none(world: World) -> None:
    event = await lecture(world)
    await world.move(event, "2027-03-17T10:00")
    await world.register(event, "Ben")
    await world.send()
    assert await after(world, QUIET) == ["update ann"]


async def test_who_was_told_nothing_yet_needs_no_correction(world: World) -> None:
    event = await world.create(reminders=[])
    await world.register(event, "Ann")
    await world.move(event, "2027-03-17T10:00")
    assert await after(world, QUIET) == ["confirmation ann"]
    assert "17 March" in text(world.wire.sent[-1])
    await world.move(event, "2027-03-18T10:00")
    assert await after(world, QUIET) == ["update ann"]
    assert "17 March" in text(world.wire.sent[-1])


async def test_who_withdrew_meanwhile_hears_nothing(world: World) -> None:
    event = await world.create(reminders=[])
    ann = await world.register(event, "Ann")
    await world.send()
    await world.move(event, "2027-03-17T10:00")
    await world.withdraw(ann)
    assert await after(world, QUIET) == ["withdrawal ann"]


async def test_a_cancellation_takes_the_place_of_what_waits(world: World) -> None:
    event = await lecture(world)
    await world.move(event, "2027-03-17T10:00")
    await world.cancel(event)
    assert await after(world, QUIET) == ["cancellation ann"]


async def test_whom_it_does_not_concern_hears_nothing(world: World) -> None:
    rule = {"rule": "FREQ=WEEKLY;COUNT=3"}
    event = await world.create(reminders=[], recurrence=rule)
    await world.register(event, "First", occurrences=(f"{event.id}.0",))
    await world.register(event, "Last", occurrences=(f"{event.id}.2",))
    await world.register(event, "All")
    await world.send()
    moved = {"date": "2027-03-30T14:30", "start": "2027-03-31T09:00", "end": "2027-03-31T10:00"}
    await world.patch(event, recurrence={**rule, "moved": [moved]})
    assert sorted(await after(world, QUIET)) == ["update all", "update last"]
    mail = world.wire.sent[-1]
    assert "Wed 31 Mar, 09:00" in subject(mail)


async def test_a_cancelled_date_of_a_series_is_told_once_and_its_reason(world: World) -> None:
    rule = {"rule": "FREQ=WEEKLY;COUNT=3"}
    event = await lecture(world, recurrence=rule)
    gone = {"date": "2027-03-23T14:30", "reason": "The room is being painted"}
    await world.patch(event, recurrence={**rule, "cancelled": [gone]})
    assert await after(world, QUIET) == ["update ann"]
    words = text(world.wire.sent[-1])
    assert "One date will not take place." in words
    assert "The room is being painted" in words
    assert "Tue 23 Mar" in subject(world.wire.sent[-1])
    await world.cancel(event)
    assert await after(world, QUIET) == ["cancellation ann"]


async def test_the_only_date_of_somebody_is_cancelled_or_taken_out(world: World) -> None:
    rule = {"rule": "FREQ=WEEKLY;COUNT=3"}
    event = await world.create(reminders=[], recurrence=rule)
    await world.register(event, "Ann", occurrences=(f"{event.id}.1",))
    await world.send()
    await world.patch(event, recurrence={**rule, "excluded": ["2027-03-23T14:30"]})
    assert await after(world, QUIET) == ["update ann"]
    words = text(world.wire.sent[-1])
    assert "Will not take place" in words
    assert "Tue 23 Mar, 14:30" in words
    assert "30 March" not in words


async def test_a_new_date_is_told_and_a_provisional_one_that_is_certain(world: World) -> None:
    event = await lecture(world, recurrence={"rule": "FREQ=WEEKLY;COUNT=2"}, status="tentative")
    await world.patch(event, recurrence={"rule": "FREQ=WEEKLY;COUNT=3"})
    assert await after(world, QUIET) == ["update ann"]
    assert "There is one more date." in text(world.wire.sent[-1])
    assert "Tue 30 Mar" in text(world.wire.sent[-1])
    await world.patch(event, status="confirmed")
    assert await after(world, QUIET) == ["update ann"]
    assert "The date is now certain." in text(world.wire.sent[-1])


async def test_only_who_takes_part_online_hears_of_another_link(world: World) -> None:
    online = {"platform": "Zoom", "url": "https://meet.example.org/one"}
    event = await world.create(reminders=[], format="hybrid", online=online, seats={"online": 1, "on_site": 9})
    await world.register(event, "Afar", mode="online")
    await world.register(event, "Waiting", mode="online")
    await world.register(event, "Here", mode="on-site")
    await world.send()
    await world.patch(event, online={"url": "https://meet.example.org/two"})
    assert await after(world, QUIET) == ["update afar"]
    assert "https://meet.example.org/two" in text(world.wire.sent[-1])
    assert "meet.example.org" not in str([row.facts for row in await world.messages(event)])
    await world.patch(event, place={"room": "B1.02"})
    assert await after(world, QUIET) == ["update here"]


async def test_an_edit_while_the_mail_is_on_its_way_is_told_by_one_of_its_own(world: World) -> None:
    event = await lecture(world)
    await world.move(event, "2027-03-17T10:00")

    async def edit(_envelope: Envelope) -> None:
        world.wire.after_data = None
        await world.move(event, "2027-03-18T10:00")

    world.wire.after_data = edit
    assert await after(world, QUIET) == ["update ann"]
    assert await after(world, LONGEST) == ["update ann"]
    words = text(world.wire.sent[-1])
    assert "17 March" in words
    assert "18 March" in words
    assert "16 March" not in words


async def test_an_edit_right_before_the_text_leaves_makes_one_mail_of_both(world: World) -> None:
    event = await lecture(world)
    await world.move(event, "2027-03-17T10:00")

    async def edit(_envelope: Envelope) -> None:
        world.wire.before_data = None
        await world.move(event, "2027-03-18T10:00")

    world.wire.before_data = edit
    assert await after(world, QUIET) == []
    assert await after(world, LONGEST) == ["update ann"]
    words = text(world.wire.sent[-1])
    assert "16 March" in words
    assert "18 March" in words
    assert "17 March" not in words


async def test_an_undoing_right_before_the_text_leaves_makes_none(world: World) -> None:
    event = await lecture(world)
    await world.move(event, "2027-03-17T10:00")

    async def undo(_envelope: Envelope) -> None:
        world.wire.before_data = None
        await world.move(event, "2027-03-16T14:30", "2027-03-16T16:00")

    world.wire.before_data = undo
    assert await after(world, QUIET) == []
    assert await after(world, LONGEST) == []
    assert [row.state for row in await world.messages(event, "update")] == ["dropped", "dropped"]


async def test_an_undoing_after_a_crash_in_between_is_told_because_nobody_knows(world: World) -> None:
    event = await lecture(world)
    await world.move(event, "2027-03-17T10:00")
    world.now += QUIET
    assert await world.claim("node:9")  # it may have sent the mail before it died
    await world.move(event, "2027-03-16T14:30", "2027-03-16T16:00")
    assert await after(world, LONGEST) == ["update ann"]
    words = text(world.wire.sent[-1])
    assert words.index("17 March") < words.index("16 March")


async def test_what_a_relay_refused_for_now_is_told_in_one_mail_with_what_came_later(world: World) -> None:
    event = await lecture(world)
    await world.move(event, "2027-03-17T10:00")
    world.wire.answers["ann@example.org"] = [Failure(text="try later", code=451)]
    assert await after(world, QUIET) == []
    await world.move(event, "2027-03-18T10:00")
    assert await after(world, LONGEST) == ["update ann"]
    words = text(world.wire.sent[-1])
    assert "16 March" in words
    assert "18 March" in words
    assert "17 March" not in words
    assert await after(world, DAY) == []


async def test_a_change_that_is_over_when_the_relay_comes_back_is_not_told(world: World) -> None:
    event = await lecture(world)
    world.now = START - HOUR
    await world.patch(event, place={"room": "B1.02"})
    assert await after(world, 3 * HOUR) == []


async def test_a_reminder_says_what_changed_since_somebody_registered(world: World) -> None:
    event = await world.create(reminders=["P1D"], place={"room": "B1.02"})
    await world.register(event, "Ann")
    await world.tick(world.now + HOUR)
    await world.move(event, "2027-03-17T10:00")
    await world.patch(event, place={"room": "B2.10"})
    await world.tick(world.now + HOUR)
    await world.register(event, "Ben")
    await world.send()
    await world.tick(START - DAY + 20 * HOUR)
    words = {sent.recipient: text(sent) for sent in world.wire.of("reminder")}
    assert "What changed since you registered" in words["ann@example.org"]
    assert "was Tue 16 Mar, 14:30" in words["ann@example.org"]
    assert "was B1.02" in words["ann@example.org"]
    assert "What changed" not in words["ben@example.org"]
