"""The invitation's whole life in an attendee's calendar: begun, renewed, taken back; never for anybody else."""

from datetime import timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any

import icalendar

from scheduler.model.links import Links
from scheduler.model.message import Failure
from scheduler.services.correspondence import Correspondence
from scheduler.services.sending import Sender
from tests.feeds.readers import parsed
from tests.store.world import NOW, Sent, World, writer

WEEKLY = {"rule": "FREQ=WEEKLY;COUNT=5"}
FIRST, SECOND, THIRD = "2027-03-16T14:30", "2027-03-23T14:30", "2027-03-30T14:30"
JOIN = "https://meet.example.org/s3cret"


def mail_of(sent: Sent) -> EmailMessage:
    """The mail as a program reads it."""
    return message_from_bytes(sent.data, policy=default)


def calendar_of(sent: Sent) -> icalendar.Calendar | None:
    """The invitation in a mail, read back; whatever mail programs trip over is checked here."""
    mail = mail_of(sent)
    parts = [part for part in mail.walk() if part.get_content_type() == "text/calendar"]
    if not parts:
        assert mail.get_content_type() == "multipart/alternative"
        return None
    (part,) = parts
    data = part.get_payload(decode=True)
    assert isinstance(data, bytes)
    found = parsed(data)
    assert part.get_param("method") == str(found["METHOD"])
    assert part.get_param("charset") == "utf-8"
    assert "Content-Disposition" not in part
    body, file = mail.iter_parts()
    assert (mail.get_content_type(), body.get_content_type()) == ("multipart/mixed", "multipart/alternative")
    kinds = [one.get_content_type() for one in body.iter_parts()]
    assert kinds == ["text/plain", "text/html", "text/calendar"]
    assert (file.get_content_type(), file.get_filename()) == ("application/ics", "invite.ics")
    assert file.get_payload(decode=True) == data
    assert b"VALARM" not in data
    return found


def events_in(sent: Sent, method: str = "REQUEST") -> list[Any]:
    """The components of a mail's invitation, the master first."""
    found = calendar_of(sent)
    assert found is not None
    assert str(found["METHOD"]) == method
    for component in found.walk("VEVENT"):
        assert str(component["ATTENDEE"]) == f"mailto:{sent.recipient}"
    return list(found.walk("VEVENT"))


def one_event(sent: Sent, method: str = "REQUEST") -> Any:
    """The only component of a mail's invitation."""
    (component,) = events_in(sent, method)
    return component


def starts(component: Any) -> str:
    """DTSTART as a wall time."""
    return str(component["DTSTART"].dt.replace(tzinfo=None).isoformat(timespec="minutes"))


def absent(component: Any) -> list[str]:
    """The wall times of EXDATE."""
    found = component.get("EXDATE", [])
    dates = [one.dt for each in (found if isinstance(found, list) else [found]) for one in each.dts]
    return sorted(date.replace(tzinfo=None).isoformat(timespec="minutes") for date in dates)


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


async def test_all_dates_of_a_series_are_invited_to_as_the_feed_writes_them(world: World) -> None:
    moved = {"date": THIRD, "start": "2027-03-31T09:00", "end": "2027-03-31T10:00"}
    event = await world.create(recurrence={**WEEKLY, "excluded": [SECOND], "moved": [moved]})
    await world.register(event, "Ann")
    await world.send()
    master, override = events_in(world.wire.sent[0])
    assert (starts(master), absent(master)) == (FIRST, [SECOND])
    assert master["RRULE"].to_ical() == b"FREQ=WEEKLY;COUNT=5"
    assert starts(override) == "2027-03-31T09:00"
    assert override["RECURRENCE-ID"].dt.replace(tzinfo=None).isoformat(timespec="minutes") == THIRD
    assert str(override["ATTENDEE"]) == "mailto:ann@example.org"


async def test_chosen_dates_begin_and_end_with_chosen_dates(world: World) -> None:
    event = await world.create(recurrence=WEEKLY)
    await world.register(event, "Ann", occurrences=(f"{event.id}.1", f"{event.id}.3"))
    await world.send()
    component = one_event(world.wire.sent[0])
    assert (starts(component), absent(component)) == (SECOND, [THIRD])
    assert component["RRULE"].to_ical() == b"FREQ=WEEKLY;UNTIL=20270406T123000Z"


async def test_one_chosen_date_is_no_series(world: World) -> None:
    event = await world.create(recurrence=WEEKLY)
    await world.register(event, "Ann", occurrences=(f"{event.id}.2",))
    await world.send()
    component = one_event(world.wire.sent[0])
    assert starts(component) == THIRD
    assert {"RRULE", "EXDATE", "RECURRENCE-ID"}.isdisjoint(component)


async def test_one_date_that_is_cancelled_is_taken_out_alone(world: World) -> None:
    event = await world.create(recurrence=WEEKLY)
    await world.register(event, "Ann")
    await world.register(event, "Other", occurrences=(f"{event.id}.0", f"{event.id}.2"))
    await world.send()
    await world.patch(event, recurrence={**WEEKLY, "cancelled": [{"date": SECOND, "reason": "Strike"}]})
    await quiet(world)
    (sent,) = world.wire.of("update")
    component = one_event(sent, "CANCEL")
    assert (sent.recipient, str(component["UID"]), component["SEQUENCE"]) == ("ann@example.org", event.uid, 1)
    assert component["RECURRENCE-ID"].dt.replace(tzinfo=None).isoformat(timespec="minutes") == SECOND
    assert "RRULE" not in component


async def test_more_than_one_cancelled_date_is_said_by_a_new_version(world: World) -> None:
    event = await world.create(recurrence=WEEKLY)
    await world.register(event, "Ann")
    await world.send()
    await world.patch(event, recurrence={**WEEKLY, "cancelled": [{"date": SECOND}, {"date": THIRD}]})
    await quiet(world)
    component = one_event(world.wire.of("update")[0])
    assert (absent(component), component["SEQUENCE"]) == ([SECOND, THIRD], 1)


async def test_the_last_chosen_date_takes_the_whole_entry_with_it(world: World) -> None:
    event = await world.create(recurrence=WEEKLY)
    await world.register(event, "Ann", occurrences=(f"{event.id}.1",))
    await world.send()
    await world.patch(event, recurrence={**WEEKLY, "cancelled": [{"date": SECOND}]})
    await quiet(world)
    component = one_event(world.wire.of("update")[0], "CANCEL")
    assert (starts(component), str(component["STATUS"])) == (SECOND, "CANCELLED")
    assert "RECURRENCE-ID" not in component


async def test_a_date_that_is_cancelled_before_its_confirmation_left_is_not_confirmed(world: World) -> None:
    event = await world.create(recurrence=WEEKLY)
    row = await world.register(event, "Ann", occurrences=(f"{event.id}.1",))
    await world.patch(event, recurrence={**WEEKLY, "cancelled": [{"date": SECOND, "reason": "Strike"}]})
    await world.send()
    (sent,) = world.wire.sent
    assert (sent.cause, calendar_of(sent)) == ("cancellation", None)
    text = " ".join(mail_of(sent).get_body(("plain",)).get_content().split())  # type: ignore[union-attr]
    assert "will not take place on this date. The organiser writes Strike" in text
    assert "other dates" not in text
    await world.withdraw(row)
    await world.send()
    assert world.wire.sent[-1].cause == "withdrawal"


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


async def quiet(world: World) -> None:
    """Lets a quiet period pass and sends what waits."""
    world.now += timedelta(days=1)
    await world.send()
