"""No more mails than needed: beside a mail that has just said it all a reminder falls away, and never into nothing."""

from datetime import timedelta
from email import message_from_bytes, policy

from scheduler.model.message import Failure
from tests.store.world import START, World

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
ONLINE = {"format": "online", "online": {"url": "https://meet.example.org/climate"}}
SAID = "the mail “{}” had just said it all"


async def dropped(world: World, event: object) -> list[str]:
    rows = await world.messages(event, "reminder")  # type: ignore[arg-type] # an Event
    return [row.last_error for row in rows if row.state == "dropped"]


async def test_who_got_their_place_less_than_two_hours_before_gets_no_reminder_the_confirmation_said_it(
    world: World,
) -> None:
    event = await world.create(**ONLINE, reminders=["PT1H"])
    await world.tick(START - 3 * HOUR - MINUTE)
    await world.register(event, "Early", mode="online")
    await world.tick()
    await world.tick(START - 3 * HOUR)
    await world.register(event, "Late", mode="online")
    await world.tick()
    await world.tick(START - HOUR)
    assert [sent.recipient for sent in world.wire.of("reminder")] == ["early@example.org"]
    assert await dropped(world, event) == [SAID.format("confirmation")]
    letter = next(sent for sent in world.wire.of("confirmation") if sent.recipient == "late@example.org")
    plain = message_from_bytes(letter.data, policy=policy.default).get_body(("plain",))
    assert plain is not None
    assert "https://meet.example.org/climate" in plain.get_content()


async def test_a_confirmation_that_did_not_arrive_says_nothing_and_the_reminder_goes_out(world: World) -> None:
    event = await world.create(reminders=["PT1H"])
    world.now = START - 2 * HOUR
    await world.register(event, "Ann")
    world.wire.answers["ann@example.org"] = [Failure(text="no such user", code=550, permanent=True)]
    await world.send()
    await world.tick(START - HOUR)
    assert [sent.cause for sent in world.wire.sent] == ["reminder"]


async def test_while_the_confirmation_is_on_its_way_the_reminder_waits_for_its_outcome(world: World) -> None:
    event = await world.create(reminders=["PT1H"])
    world.now = START - HOUR - timedelta(seconds=1)
    await world.register(event, "Ann")
    await world.register(event, "Bob")
    await world.claim(limit=2)
    world.now = START - HOUR
    await world.release()
    await world.send()
    assert world.wire.sent == []
    world.wire.answers["bob@example.org"] = [Failure(text="no such user", code=550, permanent=True)]
    await world.tick(START - HOUR + timedelta(seconds=40))
    await world.tick(START - HOUR + timedelta(seconds=80))
    seen = sorted((sent.recipient.partition("@")[0], sent.cause) for sent in world.wire.sent)
    assert seen == [("ann", "confirmation"), ("bob", "reminder")]


async def test_two_rules_within_the_hour_make_one_mail(world: World) -> None:
    event = await world.create(reminders=["P1D", "PT24H", "PT1410M", "PT22H"])
    await world.register(event, "Ann")
    await world.send()
    for minutes in range(0, 180, 10):
        await world.tick(START - DAY + minutes * MINUTE)
    assert [sent.at for sent in world.wire.of("reminder")] == [START - DAY, START - 22 * HOUR]
    assert await dropped(world, event) == [SAID.format("reminder")] * 2


async def test_a_reminder_within_the_hour_of_a_change_notice_joins_it(world: World) -> None:
    world.configured("reminders", registered_minutes=0)
    event = await world.create(**ONLINE, reminders=["PT1H"])
    await world.register(event, "Ann", mode="online")
    await world.send()
    world.now = START - 100 * MINUTE
    await world.patch(event, online={"url": "https://meet.example.org/other"})
    for minutes in range(100, 50, -1):
        await world.tick(START - minutes * MINUTE)
    causes = [sent.cause for sent in world.wire.sent]
    assert causes.count("update") == 1
    updated = world.wire.of("update")[0]
    assert updated.at >= START - 2 * HOUR
    assert causes.count("reminder") == 0
    assert await dropped(world, event) == [SAID.format("update")]
    plain = message_from_bytes(updated.data, policy=policy.default).get_body(("plain",))
    assert plain is not None
    assert "https://meet.example.org/other" in plain.get_content()


async def test_a_mail_from_before_the_last_change_says_it_no_more(world: World) -> None:
    """The confirmation named another room, and the notice of the change never arrived."""
    world.configured("reminders", notice_quiet_minutes=0)
    event = await world.create(reminders=["PT1H"], place={"room": "B1.04"})
    world.now = START - 2 * HOUR
    await world.register(event, "Ann")
    await world.send()
    world.now = START - 70 * MINUTE
    await world.patch(event, place={"room": "C2.01"})
    world.wire.answers["ann@example.org"] = [Failure(text="mailbox full", code=552, permanent=True)]
    await world.tick()
    await world.tick(START - HOUR)
    assert [sent.cause for sent in world.wire.sent] == ["confirmation", "reminder"]
    assert b"C2.01" in world.wire.sent[-1].data


async def test_a_moved_event_is_reminded_of_although_a_reminder_of_the_old_time_just_went_out(world: World) -> None:
    event = await world.create(reminders=["P1D"])
    await world.register(event, "Ann")
    await world.send()
    await world.tick(START - DAY)
    await world.move(event, "2027-03-17T15:00")
    for hours in range(48):
        await world.tick(START - DAY + hours * HOUR + MINUTE)
    assert len(world.wire.of("reminder")) == 2


async def test_others_at_the_same_address_are_not_meant(world: World) -> None:
    event = await world.create(reminders=["PT1H"])
    await world.register(event, "Ann", email="school@example.org")
    await world.send()
    world.now = START - 2 * HOUR
    await world.register(event, "Ben", email="school@example.org")
    await world.send()
    await world.tick(START - HOUR)
    assert len(world.wire.of("reminder")) == 1


async def test_another_date_of_a_series_is_another_matter(world: World) -> None:
    series = {"rule": "FREQ=DAILY;COUNT=2"}
    event = await world.create(recurrence=series, reminders=["P1D", "PT23H30M"])
    await world.register(event, "Ann")
    await world.send()
    for minutes in (0, 30, 24 * 60, 24 * 60 + 30):
        await world.tick(START - DAY + minutes * MINUTE)
    assert [sent.at for sent in world.wire.of("reminder")] == [START - DAY, START]


async def test_without_the_setting_every_reminder_goes_out(world: World) -> None:
    world.configured("reminders", joins_minutes=0, registered_minutes=0)
    event = await world.create(reminders=["PT1H", "PT50M"])
    world.now = START - 61 * MINUTE
    await world.register(event, "Ann")
    for minutes in (61, 60, 50):
        await world.tick(START - minutes * MINUTE)
    assert len(world.wire.of("reminder")) == 2
