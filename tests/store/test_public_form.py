"""The public form: it bombs nobody with mail and tells nobody who is registered."""

import asyncio
from datetime import timedelta

import pytest

from scheduler.errors import Closed, Full, Invalid
from scheduler.model.event import Event
from scheduler.model.registration import Registration
from scheduler.services.retention import forget_unconfirmed
from scheduler.store import registrations as store
from tests.store.world import World

MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)


async def rows(world: World, event: Event) -> list[Registration]:
    return await world.db.read(lambda conn: store.of_event(conn, event.id))


async def test_one_unconfirmed_mail_goes_to_an_address_a_day_however_many_forms(world: World) -> None:
    """Also for many events at the same moment and whatever case the address is written in; three pending at most."""
    events = [await world.create(title=f"Event {number}") for number in range(12)]
    spellings = ("victim@example.org", "VICTIM@example.org", "vicTim@example.org")

    async def a_day_of_forms(day: int) -> int:
        forms = [
            world.apply(event, f"Name {day} {number}", email=spellings[number % 3])
            for number, event in enumerate([*events, *events])
        ]
        return sum(await asyncio.gather(*forms))

    assert await a_day_of_forms(1) == 1
    pending = [row for event in events for row in await rows(world, event)]
    assert len(pending) == 3
    world.now += DAY + MINUTE
    assert await a_day_of_forms(2) == 0
    world.now += DAY
    assert await a_day_of_forms(3) == 1
    mails = [row for event in events for row in await world.messages(event, "confirm-address")]
    assert len(mails) == 2


async def test_who_fills_the_form_again_the_next_day_gets_the_link_again(world: World) -> None:
    event = await world.create()
    assert await world.apply(event, "Ann")
    assert not await world.apply(event, "Ann")
    world.now += DAY + MINUTE
    assert await world.apply(event, "Ann")
    assert len(await rows(world, event)) == 1


async def test_the_form_does_not_tell_who_is_registered(world: World) -> None:
    """Same answer (nothing raised) for somebody new, somebody pending and somebody confirmed."""
    event = await world.create(seats={"on_site": 1})
    await world.register(event, "Ann")
    assert not await world.apply(event, "Ann")
    assert await world.apply(event, "Bob")
    assert not await world.apply(event, "Bob")


async def test_the_form_of_a_full_event_does_not_tell_who_is_registered(world: World) -> None:
    event = await world.create(seats={"on_site": 1, "waiting_list": False})
    await world.register(event, "Ann")
    for name in ("Ann", "Bo"):
        with pytest.raises(Full):
            await world.apply(event, name)


async def test_one_form_cannot_hold_a_whole_hall(world: World) -> None:
    event = await world.create()
    with pytest.raises(Invalid) as refused:
        await world.apply(event, "Ann", seats=11)
    assert [fault.pointer for fault in refused.value.faults] == ["/seats"]


async def test_the_form_is_closed_where_people_register_elsewhere(world: World) -> None:
    event = await world.create(registration={"mode": "open-form", "url": "https://example.org/form"})
    with pytest.raises(Closed):
        await world.apply(event, "Ann")


async def test_a_registration_that_nobody_confirmed_is_forgotten_a_day_after_its_link_ran_out(world: World) -> None:
    event = await world.create()
    await world.apply(event, "Ann")
    lasts = timedelta(days=world.config.security.confirm_days + 1)
    world.now += lasts
    await world.db.write(lambda conn: forget_unconfirmed(conn, now=world.now))
    assert len(await rows(world, event)) == 1
    world.now += MINUTE
    await world.db.write(lambda conn: forget_unconfirmed(conn, now=world.now))
    assert await rows(world, event) == []
    assert await world.messages(event) == []
