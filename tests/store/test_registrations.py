"""Seats: the last one is sold once, the line is kept in order, and people hear what concerns them."""

import asyncio
from collections import Counter
from contextlib import suppress
from datetime import timedelta

import pytest

from scheduler.errors import Closed, Full, NotFound
from scheduler.model.event import Event
from scheduler.model.registration import Registration
from scheduler.services import housekeeping, registrations
from scheduler.store import registrations as store
from tests.store.world import START, World, wish

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


async def rows(world: World, event: Event, *states: str) -> list[Registration]:
    return await world.db.read(lambda conn: store.of_event(conn, event.id, states))


async def only(world: World, event: Event, email: str) -> Registration:
    """The one registration of an address."""
    (found,) = await world.db.read(lambda conn: store.by_email(conn, event.id, email))
    return found


async def causes(world: World, event: Event, email: str) -> list[str]:
    """What an address was or will be sent, oldest first."""
    return [row.cause for row in await world.messages(event) if row.address == email and row.state != "dropped"]


async def seen(world: World, row: Registration) -> registrations.Seated:
    return await world.db.read(lambda conn: registrations.look_up(conn, row.id))


async def test_the_last_seat_is_sold_once_and_everybody_else_stands_in_line_in_order(
    world: World, backend: str
) -> None:
    crowd = 500 if backend == "sqlite" else 100
    event = await world.create(seats={"on_site": 1})

    async def come(number: int) -> None:
        asked, now = wish(f"P{number:03}"), world.now + number * timedelta(microseconds=1)
        await world.db.write(lambda conn: registrations.register(conn, event.id, asked, config=world.config, now=now))

    await asyncio.gather(*(come(number) for number in range(crowd)))
    assert Counter(row.state for row in await rows(world, event)) == {"confirmed": 1, "waiting": crowd - 1}
    line = await world.db.read(lambda conn: store.waiting_line(conn, event.id, "on-site"))
    assert [row.queued_at for row in line] == sorted(row.queued_at for row in line if row.queued_at)
    assert (await seen(world, line[-1])).line == crowd - 1
    assert Counter(row.cause for row in await world.messages(event)) == {"confirmation": 1, "waiting": crowd - 1}


async def test_strangers_at_once_over_the_public_form_hold_one_seat(world: World) -> None:
    event = await world.create(seats={"on_site": 1})
    await asyncio.gather(*(world.apply(event, f"P{number:02}") for number in range(30)))
    assert Counter(row.hold_until is not None for row in await rows(world, event)) == {True: 1, False: 29}


async def test_a_full_event_without_a_waiting_list_says_so(world: World) -> None:
    event = await world.create(seats={"on_site": 1, "waiting_list": False})
    await world.register(event, "Ann")
    for come in (world.register, world.apply):
        with pytest.raises(Full):
            await come(event, "Bob")
    assert len(await rows(world, event)) == 1


async def test_a_seat_is_held_for_half_an_hour_and_then_goes_to_whoever_comes(world: World) -> None:
    event = await world.create(seats={"on_site": 1})
    await world.apply(event, "Slow")
    assert (await world.register(event, "Early")).state == "waiting"
    await world.withdraw(await only(world, event, "early@example.org"))

    world.now += timedelta(minutes=world.config.security.pending_hold_minutes)
    assert (await world.register(event, "Quick")).state == "confirmed"
    late = await world.confirm(await only(world, event, "slow@example.org"))
    assert late.state == "waiting"
    assert await causes(world, event, "slow@example.org") == ["confirm-address", "waiting"]


async def test_a_hold_that_ran_out_moves_the_line_up_by_itself(world: World) -> None:
    event = await world.create(seats={"on_site": 1})
    await world.apply(event, "Slow")
    await world.register(event, "Next")
    world.now += 30 * MINUTE
    await world.db.write(lambda conn: housekeeping.prune(conn, config=world.config, now=world.now))
    assert (await only(world, event, "next@example.org")).state == "confirmed"
    await world.send()
    assert "place-free" in [sent.cause for sent in world.wire.sent if sent.recipient == "next@example.org"]


async def test_a_held_seat_is_confirmed_also_when_others_wait_and_confirming_twice_is_harmless(world: World) -> None:
    event = await world.create(seats={"on_site": 1})
    await world.apply(event, "Ann")
    await world.register(event, "Bob")
    world.now += 29 * MINUTE
    first = await world.confirm(await only(world, event, "ann@example.org"))
    assert first.state == "confirmed"
    world.now += DAY
    assert await world.confirm(first) == first
    assert await causes(world, event, "ann@example.org") == ["confirm-address", "confirmation"]


async def test_a_confirmation_link_runs_out_after_two_days_and_one_can_apply_again(world: World) -> None:
    event = await world.create()
    await world.apply(event, "Ann")
    old = await only(world, event, "ann@example.org")
    world.now += 2 * DAY
    with pytest.raises(Closed):
        await world.confirm(old)
    assert await world.apply(event, "Ann")
    await world.send()
    new = (await rows(world, event))[-1]
    assert (await world.confirm(new)).state == "confirmed"
    assert [sent.cause for sent in world.wire.sent] == ["confirm-address"]


@pytest.mark.parametrize("happens", ["cancelled", "begun"])
async def test_nobody_confirms_for_an_event_that_is_off_or_has_begun(world: World, happens: str) -> None:
    world.now = START - HOUR
    event = await world.create()
    await world.apply(event, "Ann")
    if happens == "cancelled":
        await world.cancel(event)
    else:
        world.now = START
    with pytest.raises(Closed):
        await world.confirm(await only(world, event, "ann@example.org"))


async def test_the_line_is_strict_also_for_parties(world: World) -> None:
    """A party that does not fit yet is not overtaken, neither by who waits behind it nor by who comes new."""
    event = await world.create(seats={"on_site": 4})
    ann = await world.register(event, "Ann", seats=2)
    bob = await world.register(event, "Bob", seats=2)
    party = await world.register(event, "Party", seats=3)
    world.now += MINUTE
    await world.register(event, "Single")
    world.now += MINUTE
    await world.withdraw(ann)
    assert [row.name for row in await rows(world, event, "waiting")] == ["Party", "Single"]
    assert (await world.register(event, "New")).state == "waiting"
    await world.withdraw(bob)
    assert sorted(row.name for row in await rows(world, event, "confirmed")) == ["Party", "Single"]
    assert (await seen(world, party)).registration.confirmed_at == world.now
    assert [row.name for row in await rows(world, event, "waiting")] == ["New"]
    with pytest.raises(Full):
        await world.register(event, "Too many", email="many@example.org", seats=5)


async def test_who_comes_at_the_same_instant_stands_in_line_as_they_came(world: World) -> None:
    event = await world.create(seats={"on_site": 1})
    names = [f"P{number}" for number in range(6)]
    for name in names:
        await world.register(event, name)
    line = await world.db.read(lambda conn: store.waiting_line(conn, event.id, "on-site"))
    assert [row.name for row in line] == names[1:]
    assert [(await seen(world, row)).line for row in line] == [1, 2, 3, 4, 5]


async def test_seats_in_the_room_and_online_are_apart(world: World) -> None:
    event = await world.create(format="hybrid", seats={"on_site": 1, "online": 1})
    states = [
        (await world.register(event, f"{mode}{number}", email=f"{mode}{number}@example.org", mode=mode)).state
        for mode in ("on-site", "online")
        for number in range(2)
    ]
    assert states == ["confirmed", "waiting", "confirmed", "waiting"]
    await world.withdraw(await only(world, event, "online0@example.org"))
    assert (await only(world, event, "online1@example.org")).state == "confirmed"
    assert (await only(world, event, "on-site1@example.org")).state == "waiting"


async def test_more_seats_move_the_line_up(world: World) -> None:
    event = await world.create(seats={"on_site": 1})
    for name in ("Ann", "Bob", "Cid"):
        world.now += MINUTE
        await world.register(event, name)
    await world.patch(event, seats={"on_site": 2})
    assert sorted(row.name for row in await rows(world, event, "confirmed")) == ["Ann", "Bob"]
    await world.patch(event, seats={"on_site": None})
    assert await rows(world, event, "waiting") == []


async def test_registering_the_same_person_twice_is_harmless(world: World) -> None:
    event = await world.create(seats={"on_site": 5})
    first = await world.register(event, "Ann")
    assert await world.register(event, "ANN", email="Ann@Example.org") == first
    assert not await world.apply(event, "Ann")
    other = await world.register(event, "Her class", email="ann@example.org", seats=2)
    assert (other.state, len(await rows(world, event))) == ("confirmed", 2)
    assert Counter(await causes(world, event, "ann@example.org")) == {"confirmation": 2}


async def test_an_organiser_who_registers_somebody_pending_takes_the_held_seat_over(world: World) -> None:
    event = await world.create(seats={"on_site": 1})
    await world.apply(event, "Ann")
    row = await world.register(event, "Ann")
    assert (row.state, row.vouched, len(await rows(world, event))) == ("confirmed", True, 1)
    await world.send()
    assert [sent.cause for sent in world.wire.sent] == ["confirmation"]


async def test_who_withdrew_and_comes_back_gets_an_identity_of_their_own_in_calendars(world: World) -> None:
    event = await world.create()
    first = await world.register(event, "Ann")
    await world.withdraw(first)
    second = await world.register(event, "Ann")
    assert first.uid == event.uid
    assert second.uid not in {event.uid, first.uid}
    assert second.id != first.id


async def test_a_withdrawal_gives_the_seat_on_and_tells_both(world: World) -> None:
    event = await world.create(seats={"on_site": 1}, reminders=["P1D"])
    ann = await world.register(event, "Ann")
    await world.register(event, "Bob")
    await world.withdraw(ann)
    assert await world.withdraw(ann) is not None
    await world.send()
    assert Counter((sent.recipient[:3], sent.cause) for sent in world.wire.sent) == {
        ("ann", "withdrawal"): 1,
        ("bob", "place-free"): 1,
    }
    await world.tick(START - DAY)
    assert [sent.recipient for sent in world.wire.of("reminder")] == ["bob@example.org"]


async def test_nobody_moves_up_once_the_event_has_begun(world: World) -> None:
    event = await world.create(seats={"on_site": 1})
    ann = await world.register(event, "Ann")
    bob = await world.register(event, "Bob")
    world.now = START
    await world.withdraw(ann)
    assert (await seen(world, bob)).registration.state == "waiting"
    assert await causes(world, event, "bob@example.org") == ["waiting"]


async def test_a_cancelled_event_tells_those_who_are_in_or_in_line_and_nobody_else(world: World) -> None:
    event = await world.create(seats={"on_site": 1})
    await world.register(event, "Ann")
    await world.register(event, "Wait")
    await world.apply(event, "Pending")
    await world.withdraw(await world.register(event, "Gone"))
    await world.cancel(event)
    await world.cancel(event)
    await world.send()
    assert sorted(sent.recipient for sent in world.wire.of("cancellation")) == ["ann@example.org", "wait@example.org"]
    told = {sent.recipient: sent.cause for sent in world.wire.sent}
    assert "pending@example.org" not in told


async def test_an_event_that_is_over_is_cancelled_in_silence(world: World) -> None:
    event = await world.create()
    await world.register(event, "Ann")
    await world.send()
    world.now = START + DAY
    await world.cancel(event)
    await world.send()
    assert world.wire.of("cancellation") == []


async def test_registration_keeps_to_its_window_except_for_organisers(world: World) -> None:
    event = await world.create(registration={"opens": "2027-01-01", "closes": "2027-02-01"})
    with pytest.raises(Closed, match="opens"):
        await world.apply(event, "Early")
    await world.register(event, "Vouched")
    world.now = START - DAY
    with pytest.raises(Closed, match="closed"):
        await world.apply(event, "Late")
    world.now = START
    with pytest.raises(Closed, match="begun"):
        await world.register(event, "Too late")
    draft = await world.create(status="draft", start="2028-03-16T14:30", end="2028-03-16T16:00")
    with pytest.raises(Closed):
        await world.register(draft, "Ann")
    with pytest.raises(NotFound):
        await world.db.write(
            lambda conn: registrations.register(conn, "no such event", wish("A"), config=world.config, now=world.now)
        )


async def test_a_registration_and_a_cancellation_at_once_leave_nobody_uninformed(world: World) -> None:
    event = await world.create(seats={"on_site": 3})

    async def come(number: int) -> None:
        with suppress(Closed):
            await world.register(event, f"P{number:02}")

    await asyncio.gather(*(come(number) for number in range(10)), world.cancel(event))
    await world.send()
    told = {sent.recipient for sent in world.wire.of("cancellation")}
    assert told == {row.email for row in await rows(world, event)}
