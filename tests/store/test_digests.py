"""Weekly digests: confirmed first, Monday morning where they are, nothing new no mail, one click ends it."""

from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Connection, select

from scheduler.errors import NotFound
from scheduler.model.digest import MOST_PER_ADDRESS, Digest, next_monday
from scheduler.model.filter import Filter
from scheduler.services import digests, restoring
from scheduler.store import digests as store
from scheduler.store import messages
from scheduler.store.tables import metadata
from tests.store.world import Sent, World

ALL = Filter()
WORKSHOPS = Filter(facets=(("kind", ("workshop",)),))


async def ask(world: World, email: str = "ana@example.org", chosen: Filter = ALL, zone: str = "America/Bogota") -> bool:
    """Somebody fills in the form."""
    now = world.now
    return await world.db.write(
        lambda conn: digests.ask(conn, email, chosen, language="en", timezone=zone, config=world.config, now=now)
    )


async def of(world: World, email: str = "ana@example.org") -> list[Digest]:
    """The digests of an address."""
    return await world.db.read(lambda conn: store.of_email(conn, email))


async def subscribed(world: World, chosen: Filter = ALL, zone: str = "America/Bogota") -> Digest:
    """An active digest."""
    await ask(world, chosen=chosen, zone=zone)
    now, row = world.now, (await of(world))[-1]
    return await world.db.write(lambda conn: digests.confirm(conn, row.id, now=now))


def mail_of(sent: Sent) -> EmailMessage:
    """A mail as it was sent."""
    mail = message_from_bytes(sent.data, policy=default)
    assert isinstance(mail, EmailMessage)
    return mail


def text_of(sent: Sent) -> str:
    """Its plain text."""
    part = mail_of(sent).get_body(("plain",))
    assert part is not None
    return str(part.get_content())


async def monday(world: World) -> list[str]:
    """The next Monday comes; the subjects of the digests that this sent."""
    row = (await of(world))[0]
    assert row.next_at is not None
    world.now = row.next_at + timedelta(seconds=30)
    world.wire.sent.clear()
    now = world.now
    await world.db.write(lambda conn: digests.release_due(conn, config=world.config, now=now))
    await world.send()
    return [str(mail_of(sent)["Subject"]) for sent in world.wire.of("digest")]


async def test_nothing_comes_before_the_address_was_confirmed(world: World) -> None:
    assert await ask(world)
    await world.send()
    assert [sent.cause for sent in world.wire.sent] == ["confirm-digest"]
    await world.create()
    world.now += timedelta(days=8)
    now = world.now
    assert await world.db.write(lambda conn: digests.release_due(conn, config=world.config, now=now)) == 0


async def test_what_is_new_comes_on_monday_and_only_once(world: World) -> None:
    await world.create(title={"en": "Known already"})
    await subscribed(world)
    await world.create(title={"en": "Climate data"})
    assert await monday(world) == ["New in the agenda: Climate data"]
    assert "Known already" not in text_of(world.wire.of("digest")[0])
    assert await monday(world) == []


async def test_the_filter_decides(world: World) -> None:
    await subscribed(world, WORKSHOPS)
    await world.create(kind="seminar")
    assert await monday(world) == []
    event = await world.create(kind="seminar", title={"en": "Turned"})
    await world.patch(event, kind="workshop")
    assert await monday(world) == ["New in the agenda: Turned"]


async def test_drafts_and_what_is_not_public_are_never_told(world: World) -> None:
    await subscribed(world)
    await world.create(status="draft")
    hidden = await world.create(visibility="private", title={"en": "Secret"})
    await world.move(hidden, "2027-03-18T10:00")
    assert await monday(world) == []


async def test_what_became_hidden_before_the_mail_left_is_not_told(world: World) -> None:
    await subscribed(world)
    event = await world.create()
    row = (await of(world))[0]
    assert row.next_at is not None
    world.now = now = row.next_at
    await world.db.write(lambda conn: digests.release_due(conn, config=world.config, now=now))
    await world.patch(event, visibility="private")
    world.wire.sent.clear()
    await world.send()
    assert world.wire.of("digest") == []


async def test_known_events_that_move_or_are_cancelled_are_told(world: World) -> None:
    moving, ending = await world.create(title={"en": "Moves"}), await world.create(title={"en": "Ends"})
    await subscribed(world)
    await world.move(moving, "2027-03-18T10:00")
    await world.cancel(ending)
    assert len(await monday(world)) == 1
    text = text_of(world.wire.of("digest")[0])
    assert text.index("At another time") < text.index("Moves") < text.index("Cancelled") < text.index("Ends")


async def test_what_came_and_was_cancelled_within_the_week_is_not_told(world: World) -> None:
    await subscribed(world)
    await world.cancel(await world.create())
    assert await monday(world) == []


async def test_ending_leaves_nothing_of_the_address(world: World) -> None:
    row = await subscribed(world)
    await world.db.write(lambda conn: digests.end(conn, row.id))
    await world.db.write(lambda conn: digests.end(conn, row.id))
    assert await of(world) == []
    with pytest.raises(NotFound):
        await world.db.read(lambda conn: digests.look_up(conn, row.id, world.now))


def rows_with(conn: Connection, words: str) -> list[str]:
    """The tables of which some row holds these words."""
    rows = ((table.name, row) for table in metadata.sorted_tables for row in conn.execute(select(table)))
    return sorted({name for name, row in rows if words in str(tuple(row)).lower()})


async def test_ending_removes_the_address_from_its_mails_at_once(world: World) -> None:
    row = await subscribed(world)
    await world.create()
    await monday(world)
    assert await world.db.read(lambda conn: rows_with(conn, "ana@example.org")) == ["digest", "message"]
    await world.db.write(lambda conn: digests.end(conn, row.id))
    assert await world.db.read(lambda conn: rows_with(conn, "ana@")) == []


async def test_ending_a_digest_leaves_another_one_of_the_same_address_alone(world: World) -> None:
    row = await subscribed(world)
    world.now += timedelta(days=1, seconds=1)
    other = await subscribed(world, WORKSHOPS)
    await world.db.write(lambda conn: digests.end(conn, row.id))
    kept = await world.db.read(lambda conn: messages.queue(conn, ["waiting", "sent"]))
    assert [mail.facts["digest"] for mail in kept] == [other.id]


async def test_ending_does_not_let_an_address_be_asked_twice_a_day(world: World) -> None:
    row = await subscribed(world)
    await world.send()
    await world.db.write(lambda conn: digests.end(conn, row.id))
    world.now += timedelta(hours=23)
    assert not await ask(world, email="Ana@Example.org")
    world.now = now = world.now + timedelta(hours=1, seconds=1)
    await world.db.write(lambda conn: digests.forget_unconfirmed(conn, config=world.config, now=now))
    assert await world.db.read(lambda conn: rows_with(conn, "ended:")) == []
    assert await ask(world)


async def test_a_digest_that_is_ended_while_it_is_sent_is_not_handed_over(world: World) -> None:
    row = await subscribed(world)
    await world.send()
    await world.create()

    async def end(_: object) -> None:
        await world.db.write(lambda conn: digests.end(conn, row.id))

    world.wire.before_data = end
    assert await monday(world) == []
    assert world.wire.withdrawn == 1
    assert await world.db.read(lambda conn: rows_with(conn, "ana@")) == []


async def test_a_digest_that_was_ended_after_it_was_written_is_not_sent(world: World) -> None:
    row = await subscribed(world)
    await world.create()
    assert row.next_at is not None
    world.now = now = row.next_at
    await world.db.write(lambda conn: digests.release_due(conn, config=world.config, now=now))
    await world.db.write(lambda conn: digests.end(conn, row.id))
    world.wire.sent.clear()
    await world.send()
    assert world.wire.sent == []


async def test_one_click_ends_it(world: World) -> None:
    await subscribed(world)
    await world.create()
    await monday(world)
    mail = mail_of(world.wire.of("digest")[0])
    assert str(mail["List-Unsubscribe-Post"]) == "List-Unsubscribe=One-Click"
    assert str(mail["List-Unsubscribe"]).endswith("/end>")


async def test_the_first_mail_holds_nothing_that_somebody_typed(world: World) -> None:
    await ask(world, chosen=Filter(text="win money at evil.example"))
    await world.send()
    mail = world.wire.of("confirm-digest")[0]
    assert "evil" not in mail_of(mail).as_string()
    assert "evil" not in text_of(mail)


async def test_ten_thousand_forms_send_an_address_one_mail_a_day(world: World) -> None:
    event = await world.create()
    for number in range(200):
        email = f"victim{number % 5}@Example.org"
        await ask(world, email, Filter(text=str(number)))
        await world.apply(event, f"victim{number % 5}", email=email)
    written = await world.db.read(lambda conn: messages.queue(conn, ["waiting"], 10_000))
    asking = [row.address.lower() for row in written if row.cause in {"confirm-digest", "confirm-address"}]
    assert sorted(asking) == [f"victim{number}@example.org" for number in range(5)]
    world.now += timedelta(days=1, seconds=1)
    assert await ask(world, "victim0@example.org", Filter(text="again"))


async def test_an_address_has_so_many_digests_at_most(world: World) -> None:
    world.configured("privacy", unconfirmed_mails_per_day=100)
    answers = [await ask(world, chosen=Filter(text=str(number))) for number in range(MOST_PER_ADDRESS + 3)]
    assert answers == [True] * MOST_PER_ADDRESS + [False] * 3
    assert await ask(world, chosen=Filter(text="0"))  # the same list again: the link is sent again, nothing is added
    assert len(await of(world)) == MOST_PER_ADDRESS


async def test_what_nobody_confirmed_is_forgotten(world: World) -> None:
    await ask(world)
    row = (await of(world))[0]
    world.now = now = world.now + timedelta(days=world.config.security.confirm_days, seconds=1)
    with pytest.raises(NotFound):
        await world.db.write(lambda conn: digests.confirm(conn, row.id, now=now))
    await world.db.write(lambda conn: digests.forget_unconfirmed(conn, config=world.config, now=now))
    assert await of(world) == []


async def test_a_digest_that_fell_due_before_a_restore_is_held(world: World) -> None:
    row = await subscribed(world)
    await world.create()
    assert row.next_at is not None
    world.now = now = row.next_at + timedelta(hours=1)
    held = await world.db.write(lambda conn: restoring.hold_overdue(conn, config=world.config, now=now))
    assert held.messages >= 1
    world.wire.sent.clear()
    await world.send()
    assert world.wire.of("digest") == []


ZONES = st.sampled_from(sorted(available_timezones() - {"localtime", "Factory"}))
BEGINNING = datetime(2020, 1, 1, tzinfo=UTC)
MOMENTS = st.integers(0, 20 * 366 * 24 * 60).map(lambda minutes: BEGINNING + timedelta(minutes=minutes))


@given(MOMENTS, ZONES)
def test_a_digest_is_due_on_the_next_monday_morning_where_its_reader_is(now: datetime, zone: str) -> None:
    due = next_monday(now, zone)
    there = due.astimezone(ZoneInfo(zone))
    assert (there.weekday(), there.hour, there.minute) == (0, 7, 30)
    assert timedelta(0) < due - now <= timedelta(days=7, hours=25)
