"""The invitation's whole life in an attendee's calendar: begun, renewed, taken back; never for anybody else."""

from datetime import timedelta
from typing import Any

from scheduler.model.links import Links
from scheduler.model.message import Failure
from scheduler.services.correspondence import Correspondence
from scheduler.services.sending import Sender
from tests.store.invited import calendar_of, mail_of, one_event, quiet, starts
from tests.store.world import NOW, World, writer

JOIN = "https://meet.example.org/s3cret"


async def test_who_is_vouched_for_gets_one_mail_with_place_and_invitation(world: World) -> None:
    event = await world.create()
    await world.register(event, "Ann")
    await world.send()
    (sent,) = world.wire.sent
    component = one_event(sent)
    assert (sent.cause, str(component["UID"]), component["SEQUENCE"]) == ("confirmation", event.uid, 0)
    assert component["DTSTAMP"].dt == NOW
    body = mail_of(sent).get_body(("plain",))
    assert body is not None
    assert f"https://agenda.example.org/en/events/{event.id}" in body.get_content()


async def test_who_waits_or_has_not_confirmed_gets_no_invitation(world: World) -> None:
    event = await world.create(seats={"on_site": 1})
    await world.apply(event, "Pending")
    await world.register(event, "Wait")
    await world.send()
    assert {sent.cause for sent in world.wire.sent} == {"confirm-address", "waiting"}
    assert [calendar_of(sent) for sent in world.wire.sent] == [None, None]


async def test_a_place_that_came_free_comes_with_its_invitation(world: World) -> None:
    event = await world.create(seats={"on_site": 1})
    ann = await world.register(event, "Ann")
    await world.register(event, "Bob")
    await world.send()
    await world.withdraw(ann)
    await world.send()
    (free,) = world.wire.of("place-free")
    assert str(one_event(free)["UID"]) == event.uid


async def test_a_reminder_reopens_no_question(world: World) -> None:
    event = await world.create(reminders=["P1D"])
    await world.register(event, "Ann")
    await world.tick()
    await world.tick(event.created_at.replace(year=2027, month=3, day=15, hour=14))
    assert [calendar_of(sent) for sent in world.wire.of("reminder")] == [None]


async def test_without_a_mailbox_for_answers_the_mail_says_that_answering_is_not_enough(world: World) -> None:
    await world.register(await world.create(), "Ann")
    await world.send()
    (sent,) = world.wire.sent
    component = one_event(sent)
    assert str(component["ORGANIZER"]) == f"mailto:{world.config.mail.from_address}"
    assert component["ATTENDEE"].params["RSVP"] == "FALSE"
    assert component["ATTENDEE"].params["PARTSTAT"] == "ACCEPTED"
    body = mail_of(sent).get_body(("plain",))
    assert body is not None
    text = " ".join(body.get_content().split())
    assert "To cancel, please use the link below; answering the calendar request is not enough." in text
    assert "press" not in text


async def test_with_a_mailbox_for_answers_a_program_is_asked_for_one(world: World) -> None:
    row = await world.register(await world.create(), "Ann")
    await world.send(answered(world))
    (sent,) = world.wire.sent
    component = one_event(sent)
    assert str(component["ORGANIZER"]) == f"mailto:{ANSWERED.reply_address(row.id)}"
    assert component["ATTENDEE"].params["RSVP"] == "TRUE"
    assert component["ATTENDEE"].params["PARTSTAT"] == "NEEDS-ACTION"
    body = mail_of(sent).get_body(("plain",))
    assert body is not None
    text = " ".join(body.get_content().split())
    assert "In Gmail press “Yes”, in Outlook “Accept”" in text
    assert "not enough" not in text


async def test_the_end_has_the_organiser_of_the_beginning(world: World) -> None:
    row = await world.register(await world.create(), "Ann")
    await world.send(answered(world))
    await world.withdraw(row)
    await world.send(answered(world))
    first, last = one_event(world.wire.sent[0]), one_event(world.wire.sent[1], "CANCEL")
    assert str(first["ORGANIZER"]) == str(last["ORGANIZER"])


async def test_the_joining_link_is_for_those_who_come_online(world: World) -> None:
    event = await world.create(format="hybrid", online={"url": JOIN, "platform": "Teams"})
    await world.register(event, "Online", mode="online")
    await world.register(event, "Room", mode="on-site")
    await world.send()
    found = {sent.recipient: calendar_of(sent) for sent in world.wire.sent}
    online, room = found["online@example.org"], found["room@example.org"]
    assert online is not None
    assert room is not None
    assert JOIN in online.to_ical().decode().replace("\r\n ", "")
    assert "s3cret" not in room.to_ical().decode().replace("\r\n ", "")


async def test_a_cancelled_event_leaves_the_calendars_of_those_who_were_invited(world: World) -> None:
    event = await world.create(seats={"on_site": 1})
    await world.register(event, "Ann")
    await world.register(event, "Wait")
    await world.send()
    await world.cancel(event)
    await world.send()
    ends = {sent.recipient: calendar_of(sent) for sent in world.wire.of("cancellation")}
    assert ends["wait@example.org"] is None
    component = one_event(next(sent for sent in world.wire.of("cancellation") if sent.recipient[0] == "a"), "CANCEL")
    assert (str(component["UID"]), component["SEQUENCE"], str(component["STATUS"])) == (event.uid, 1, "CANCELLED")
    assert str(component["SUMMARY"]) == "Multilingual classrooms"


async def test_who_heard_nothing_yet_gets_no_end(world: World) -> None:
    event = await world.create()
    await world.register(event, "Ann")
    await world.cancel(event)
    await world.send()
    assert [(sent.cause, calendar_of(sent)) for sent in world.wire.sent] == [("cancellation", None)]


async def test_a_refused_invitation_needs_no_end_and_a_doubtful_one_does(world: World) -> None:
    event = await world.create()
    refused, doubtful = await world.register(event, "Refused"), await world.register(event, "Doubtful")
    world.wire.answers = {
        "refused@example.org": [failure(550, permanent=True)],
        "doubtful@example.org": [failure(None, permanent=False)],
    }
    await world.send()
    for row in (refused, doubtful):
        await world.withdraw(row)
    await world.send()
    ends = {sent.recipient: calendar_of(sent) for sent in world.wire.of("withdrawal")}
    assert ends["refused@example.org"] is None
    assert ends["doubtful@example.org"] is not None


async def test_a_withdrawal_takes_the_entry_back_whoever_decided(world: World) -> None:
    event = await world.create(format="online", online={"url": JOIN})
    rows = [await world.register(event, name, mode="online") for name in ("Ann", "Bob")]
    await world.send()
    await world.withdraw(rows[0])
    await world.withdraw(rows[1], by_organiser=True)
    await world.send()
    for sent in world.wire.of("withdrawal"):
        component = one_event(sent, "CANCEL")
        assert (str(component["UID"]), component["SEQUENCE"], str(component["STATUS"])) == (event.uid, 1, "CANCELLED")
        assert b"s3cret" not in component.to_ical()
        assert "should disappear" in sent.data.decode()


async def test_who_withdraws_from_a_cancelled_event_still_hears_of_its_end(world: World) -> None:
    event = await world.create()
    row = await world.register(event, "Ann")
    await world.send()
    await world.cancel(event)
    await world.withdraw(row)
    await world.send()
    (sent,) = world.wire.of("cancellation")
    assert one_event(sent, "CANCEL")["SEQUENCE"] == 1


async def test_who_comes_back_is_invited_under_a_name_that_no_calendar_has_buried(world: World) -> None:
    event = await world.create()
    await world.withdraw(await world.register(event, "Ann"))
    again = await world.register(event, "Ann")
    await world.send()
    component = one_event(world.wire.of("confirmation")[-1])
    assert str(component["UID"]) == again.uid != event.uid


async def test_two_who_share_an_address_have_an_entry_each(world: World) -> None:
    event = await world.create()
    first = await world.register(event, "Ann")
    second = await world.register(event, "Her class", email="ann@example.org")
    assert (first.uid, second.uid != event.uid) == (event.uid, True)
    await world.send()
    await world.withdraw(second)
    await world.send()
    assert str(one_event(world.wire.of("withdrawal")[0], "CANCEL")["UID"]) == second.uid


async def test_a_moved_event_moves_in_calendars_with_a_higher_sequence(world: World) -> None:
    event = await world.create()
    await world.register(event, "Ann")
    await world.send()
    await world.move(event, "2027-04-20T10:00")
    await quiet(world)
    (sent,) = world.wire.of("update")
    component = one_event(sent)
    assert (str(component["UID"]), component["SEQUENCE"], starts(component)) == (event.uid, 1, "2027-04-20T10:00")


async def test_a_new_title_is_a_newer_version_with_the_same_sequence(world: World) -> None:
    event = await world.create()
    await world.register(event, "Ann")
    await world.send()
    world.now += timedelta(hours=1)
    await world.patch(event, title={"en": "Classrooms with many languages"})
    await quiet(world)
    first, newer = (one_event(sent) for sent in world.wire.sent)
    assert (str(newer["SUMMARY"]), newer["SEQUENCE"]) == ("Classrooms with many languages", first["SEQUENCE"])
    assert newer["DTSTAMP"].dt > first["DTSTAMP"].dt


async def test_who_waits_hears_of_a_change_without_an_invitation(world: World) -> None:
    event = await world.create(seats={"on_site": 1})
    await world.register(event, "Ann")
    await world.register(event, "Wait")
    await world.send()
    await world.move(event, "2027-04-20T10:00")
    await quiet(world)
    told = {sent.recipient: calendar_of(sent) for sent in world.wire.of("update")}
    assert told["ann@example.org"] is not None
    assert told["wait@example.org"] is None


async def test_nobody_elses_address_stands_in_an_invitation(world: World) -> None:
    event = await world.create(seats={"on_site": 5})
    names = ("Ann", "Bob", "Cid")
    rows = [await world.register(event, name) for name in names]
    await world.send()
    await world.withdraw(rows[0])
    await world.cancel(event)
    await world.send()
    for sent in world.wire.sent:
        text = str(calendar_of(sent) and calendar_of(sent)) + mail_of(sent).as_string()
        others = {f"{name.lower()}@example.org" for name in names} - {sent.recipient}
        assert not any(other in text for other in others)


async def test_a_repeated_attempt_repeats_every_octet(world: World) -> None:
    await world.register(await world.create(), "Ann")
    seen: list[bytes] = []

    async def note(envelope: Any) -> None:
        seen.append(envelope.data)
        if len(seen) == 1:
            raise ConnectionResetError

    world.wire.before_data = note
    await world.send()
    world.now = world.now.replace(hour=13)
    await world.send()
    assert len(seen) == 2
    assert seen[0] == seen[1]


ANSWERED = Links(
    "https://agenda.example.org", "a secret for tests, long enough", replies="agenda+{token}@reply.example.org"
)


def answered(world: World) -> Sender:
    """A sender of a service that reads answers."""
    return Sender(
        world.db,
        config=world.config,
        clock=lambda: world.now,
        transport=world.wire,
        correspondence=Correspondence(world.config, ANSWERED, writer()),
        owner="node:answered",
    )


def failure(code: int | None, *, permanent: bool) -> Any:
    """How a relay refuses."""
    return Failure(text="no", code=code, permanent=permanent)
