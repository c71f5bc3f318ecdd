"""Reminders by place, by choice and by role: zones, quiet hours, fewer or none, speakers and hosts, after the event."""

from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from typing import Any

import pytest

from scheduler.services import choices, registrations
from tests.store.world import START, Sent, World

pytestmark = pytest.mark.usefixtures("each_mail_for_itself")

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
SPEAKER = {"role": {"en": "Subject adviser"}, "email": "Maria@example.org", "language": "es", "mode": "online"}
ONLINE = {"format": "online", "online": {"url": "https://meet.example.org/climate"}}


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def got(world: World, cause: str = "reminder") -> list[tuple[str, datetime]]:
    return [(sent.recipient.partition("@")[0].lower(), sent.at) for sent in world.wire.of(cause)]


def body(sent: Sent) -> str:
    plain = message_from_bytes(sent.data, policy=policy.default).get_body(("plain",))
    assert plain is not None
    return str(plain.get_content())


async def hourly(world: World, first: datetime, hours: int) -> None:
    for hour in range(hours):
        await world.tick(first + hour * HOUR)


async def test_the_day_before_at_five_is_five_where_each_recipient_is(world: World) -> None:
    event = await world.create(reminders=["P1D@17:00"])
    await world.register(event, "Ann")
    await world.register(event, "Kim", timezone="Asia/Phnom_Penh")
    await world.register(event, "Ana", timezone="America/Bogota")
    assert {row.zone: row.due_at for row in await world.reminders(event)} == {
        "Europe/Brussels": at("2027-03-15T16:00"),
        "Asia/Phnom_Penh": at("2027-03-15T10:00"),
        "America/Bogota": at("2027-03-15T22:00"),
    }
    await hourly(world, START - 2 * DAY, 60)
    late = timedelta(minutes=30)  # the clock ticks at half past here
    assert got(world) == [
        ("kim", at("2027-03-15T10:00") + late),
        ("ann", at("2027-03-15T16:00") + late),
        ("ana", at("2027-03-15T22:00") + late),
    ]


async def test_who_is_the_first_from_a_zone_gets_a_row_also_from_the_waiting_line_and_after_a_move(
    world: World,
) -> None:
    event = await world.create(reminders=["P1D@17:00"], seats={"on_site": 1})
    first = await world.register(event, "Ann")
    await world.register(event, "Kim", timezone="Asia/Phnom_Penh")
    assert {row.zone for row in await world.reminders(event)} == {"Europe/Brussels"}
    await world.withdraw(first)
    assert {row.zone for row in await world.reminders(event)} == {"Europe/Brussels", "Asia/Phnom_Penh"}
    await world.move(event, "2027-03-18T14:30")
    await world.tick(at("2027-03-15T10:00"))
    assert got(world) == []
    await world.tick(at("2027-03-17T10:00"))
    assert got(world) == [("kim", at("2027-03-17T10:00"))]


async def test_from_a_zone_whose_moment_is_past_there_is_no_reminder_until_the_event_moves(world: World) -> None:
    event = await world.create(reminders=["P1D@17:00"])
    world.now = at("2027-03-15T11:00")
    await world.register(event, "Kim", timezone="Asia/Phnom_Penh")
    await hourly(world, world.now, 30)
    assert got(world) == []
    await world.move(event, "2027-03-19T14:30")
    await world.tick(at("2027-03-18T10:00"))
    assert got(world) == [("kim", at("2027-03-18T10:00"))]


async def test_an_event_that_goes_to_another_place_takes_those_along_who_said_no_zone(world: World) -> None:
    event = await world.create(reminders=["P1D@17:00"])
    await world.register(event, "Ann")
    await world.register(event, "Ben", timezone="Europe/Brussels")
    await world.patch(event, timezone="America/New_York")
    await world.tick(at("2027-03-15T16:00"))
    assert got(world) == [("ben", at("2027-03-15T16:00"))]
    await world.tick(at("2027-03-15T21:00"))
    assert got(world)[1:] == [("ann", at("2027-03-15T21:00"))]


async def test_quiet_hours_hold_the_mail_until_the_morning_where_the_recipient_is(world: World) -> None:
    event = await world.create(reminders=["P1D"])
    await world.register(event, "Ann")
    await world.register(event, "Nur", timezone="Asia/Phnom_Penh")  # 20:30 there
    await world.register(event, "Leo", timezone="America/Los_Angeles")  # 06:30 there
    await hourly(world, START - DAY, 24)
    hour = {name: sent - (START - DAY) for name, sent in got(world)}
    assert hour == {"ann": 0 * HOUR, "leo": 2 * HOUR, "nur": 12 * HOUR}
    waiting = next(row for row in await world.messages(event, "reminder") if row.address.startswith("leo"))
    assert (waiting.due_at, waiting.not_before) == (START - DAY, at("2027-03-15T15:00"))


async def test_an_hour_before_a_webinar_at_night_the_reminder_does_not_wait_for_the_morning(world: World) -> None:
    event = await world.create(**ONLINE, reminders=["PT1H"])
    await world.register(event, "Kim", timezone="Asia/Phnom_Penh", mode="online")
    await world.tick(START - HOUR)
    assert got(world) == [("kim", START - HOUR)]


async def test_a_mail_held_over_night_is_judged_again_in_the_morning(world: World) -> None:
    event = await world.create(reminders=["P1D"])
    row = await world.register(event, "Nur", timezone="Asia/Phnom_Penh")
    other = await world.register(event, "Kim", timezone="Asia/Phnom_Penh")
    await world.tick(START - DAY)
    await world.withdraw(row)
    await world.db.write(lambda conn: choices.no_reminders_at_all(conn, "KIM@example.org", now=world.now))
    await hourly(world, START - DAY + HOUR, 20)
    assert got(world) == []
    reasons = {one.registration_id: one.last_error for one in await world.messages(event, "reminder")}
    assert reasons[other.id] == "reminders were switched off"


async def test_defaults_shortly_before_the_start_are_for_who_takes_part_online(world: World) -> None:
    webinar = {"kind": "webinar", "reminders": None}
    room = await world.create(**webinar, format="on-site")
    assert [row.rule for row in await world.reminders(room)] == ["P1D"]
    both = await world.create(**webinar, **{**ONLINE, "format": "hybrid"})
    await world.register(both, "Room", mode="on-site")
    await world.register(both, "Line", mode="online")
    await world.send()
    await world.tick(START - HOUR)
    assert sorted(name for name, sent in got(world) if sent == START - HOUR) == ["line", "line", "room"]


async def test_fewer_is_the_last_one_before_each_date_and_nothing_after(world: World) -> None:
    event = await world.create(reminders=["P7D", "P1D@17:00", "P1D", "+PT2H"])
    await world.register(event, "All")
    await world.register(event, "Few", reminders="fewer")
    await world.register(event, "Far", reminders="fewer", timezone="America/Bogota")
    await world.register(event, "Non", reminders="none")
    await hourly(world, START - 8 * DAY, 240)
    names = [name for name, _ in got(world)]
    assert {name: names.count(name) for name in ("all", "few", "far", "non")} == {
        "all": 3,
        "few": 1,
        "far": 1,
        "non": 0,
    }
    assert dict(got(world))["few"] - at("2027-03-15T16:00") == timedelta(minutes=30)
    assert [name for name, _ in got(world, "follow-up")] == ["all"]


async def test_no_reminders_at_all_holds_for_every_event_and_can_be_taken_back(world: World) -> None:
    one = await world.create(reminders=["P1D"])
    two = await world.create(reminders=["P1D", "+PT2H"], start="2027-03-20T14:30", end="2027-03-20T16:00")
    for event in (one, two):
        await world.register(event, "Ann")
        await world.register(event, "Ben")
    for _ in range(2):
        await world.db.write(lambda conn: choices.no_reminders_at_all(conn, "ann@example.org", now=world.now))
    await world.tick(START - DAY)
    assert [name for name, _ in got(world)] == ["ben"]
    await world.db.write(lambda conn: choices.reminders_again(conn, "Ann@example.org", now=world.now))
    await world.tick(at("2027-03-19T13:30"))
    assert sorted(name for name, _ in got(world)) == ["ann", "ben", "ben"]


async def test_after_the_event_come_thanks_materials_and_the_survey_once(world: World) -> None:
    extra: dict[str, Any] = {
        "materials": ["https://example.org/files/tool%20kit.pdf", "slides (pdf)"],
        "evaluation": {"url": "https://survey.example.org/1"},
    }
    event = await world.create(reminders=["+PT2H"], **extra)
    await world.register(event, "Ann")
    await world.register(event, "Wim", reminders="none")
    end = START + timedelta(minutes=90)
    await world.tick(end + 2 * HOUR - timedelta(seconds=1))
    assert got(world, "follow-up") == []
    await hourly(world, end + 2 * HOUR, 30)
    assert got(world, "follow-up") == [("ann", end + 2 * HOUR)]
    text = body(world.wire.of("follow-up")[0])
    for part in ("https://example.org/files/tool%20kit.pdf", "tool kit.pdf", "slides (pdf)", "https://survey.example."):
        assert part in text
    headers = message_from_bytes(world.wire.of("follow-up")[0].data)
    assert headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"


async def test_after_a_cancelled_event_nothing_follows(world: World) -> None:
    event = await world.create(reminders=["+PT2H"])
    await world.register(event, "Ann")
    world.now = START + HOUR
    await world.cancel(event)
    await hourly(world, START + HOUR, 40)
    assert got(world, "follow-up") == []


async def test_a_service_that_slept_two_weeks_after_the_event_thanks_nobody_any_more(world: World) -> None:
    event = await world.create(reminders=["+PT2H"])
    await world.register(event, "Ann")
    await world.tick(START + 17 * DAY)
    assert got(world, "follow-up") == []
    assert [row.state for row in await world.reminders(event)] == ["expired"]


async def test_speakers_and_the_host_get_their_own_reminder_and_nothing_after(world: World) -> None:
    event = await world.create(
        **{**ONLINE, "format": "hybrid"},
        reminders=["P1D", "+PT2H"],
        speakers=[SPEAKER, {"role": {"en": "Nobody’s address"}}, {**SPEAKER, "email": "MARIA@example.org"}],
        contact="host@example.org",
    )
    await world.register(event, "Ann")
    for moment in (START - DAY, START - DAY + HOUR, START + 5 * HOUR):
        await world.tick(moment)
    assert sorted(name for name, _ in got(world)) == ["ann", "host", "maria"]
    assert [name for name, _ in got(world, "follow-up")] == ["ann"]
    texts = {sent.recipient.lower(): body(sent) for sent in world.wire.of("reminder")}
    assert texts["maria@example.org"].lstrip().startswith("Participar en línea")
    assert "Hay 1 persona inscrita." in texts["maria@example.org"]
    assert "host@example.org" in texts["maria@example.org"]
    assert "1 person is registered." in texts["host@example.org"]
    assert "https://meet.example.org/climate" in texts["host@example.org"]
    rows = [row for row in await world.messages(event, "reminder") if row.recipient]
    assert sorted(row.recipient.partition(":")[0] for row in rows) == ["host", "speaker"]
    assert not any("@" in row.recipient for row in rows)


async def test_a_speaker_who_was_removed_in_the_last_moment_hears_nothing(world: World) -> None:
    event = await world.create(reminders=["P1D"], speakers=[SPEAKER])

    async def remove(_envelope: object) -> None:
        world.wire.before_data = None
        await world.patch(event, speakers=[])

    world.wire.before_data = remove
    await world.tick(START - DAY)
    assert (world.wire.withdrawn, got(world)) == (1, [])
    assert [row.last_error for row in await world.messages(event, "reminder")] == [
        "they are no speaker or host of the event any more"
    ]


async def test_a_speaker_is_reminded_at_five_where_they_are_and_again_only_after_a_move_of_more_than_a_day(
    world: World,
) -> None:
    event = await world.create(reminders=["P1D@17:00"], speakers=[{**SPEAKER, "timezone": "America/Bogota"}])
    await world.tick(at("2027-03-15T22:00"))
    await world.move(event, "2027-03-17T14:00")
    await hourly(world, at("2027-03-15T22:00"), 30)
    assert len(got(world)) == 1
    await world.move(event, "2027-03-19T14:30")
    await hourly(world, at("2027-03-17T22:00"), 30)
    assert len(got(world)) == 2


async def test_a_speaker_with_no_reminders_at_all_gets_none(world: World) -> None:
    event = await world.create(reminders=["P1D"], speakers=[SPEAKER])
    await world.db.write(lambda conn: choices.no_reminders_at_all(conn, "maria@example.org", now=world.now))
    await world.tick(START - DAY)
    assert await world.messages(event, "reminder") == []


async def test_the_reminder_says_how_many_wait_for_the_same_kind_of_place(world: World) -> None:
    event = await world.create(reminders=["P1D"], seats={"on_site": 1})
    await world.register(event, "Ann")
    for name in ("Bea", "Cas"):
        await world.register(event, name)
    await world.tick(START - DAY)
    assert "2 people are waiting for a place." in body(world.wire.of("reminder")[0])


async def test_a_choice_of_fewer_made_while_the_mail_waits_holds_for_what_comes_after(world: World) -> None:
    event = await world.create(reminders=["+PT2H"], start="2027-03-16T18:00", end="2027-03-16T19:00")
    row = await world.register(event, "Ann")
    await world.tick(at("2027-03-16T20:00"))  # 21:00: quiet
    await world.db.write(lambda conn: registrations.change(conn, row.id, reminders="fewer"))
    await world.tick(at("2027-03-17T07:00"))
    assert got(world, "follow-up") == []
