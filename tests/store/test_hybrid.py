"""A hybrid event as each attendee takes part: the place for who comes in person, the way to join for who does not."""

from typing import Any

import pytest

from feeds.source import Ready
from scheduler.calendars.personal import own_calendar, own_feed
from scheduler.model.event import Event
from scheduler.model.registration import Registration
from scheduler.texts import load_catalogues
from tests.feeds.readers import parsed
from tests.store.invited import one_event
from tests.store.reading import text
from tests.store.world import World

JOIN = "https://meet.example.org/s3cret"
FOLLOWS = "The link for joining online is not there yet. You will get it by mail."
PUBLIC = "People who are registered get the link"
PLACE: dict[str, Any] = {"room": "B1.04", "address": "Hoogpoort 15", "city": {"en": "Ghent"}}


async def hybrid(world: World, url: str = JOIN) -> Event:
    """A lecture in a room that others follow from afar."""
    return await world.create(reminders=[], format="hybrid", online={"platform": "Teams", "url": url}, place=PLACE)


async def calendars(world: World, row: Registration) -> list[Any]:
    """The entry in the invitation, in the attendee's own file, and in the feed of all their events."""
    await world.send()
    (sent,) = world.wire.of("confirmation")

    def read(conn: Any) -> tuple[Ready, Ready]:
        today, config, catalogues = world.now.date(), world.config, load_catalogues()
        feed = own_feed(conn, row.email, "en", "ics", today=today, config=config, catalogues=catalogues)
        return own_calendar(conn, row.id, config, catalogues), feed

    files = [parsed(ready.plain.body) for ready in await world.db.read(read)]
    return [one_event(sent), *(file.walk("VEVENT")[0] for file in files)]


async def test_who_comes_in_person_reads_of_the_place_alone(world: World) -> None:
    row = await world.register(await hybrid(world), "Room", mode="on-site")
    for entry in await calendars(world, row):
        assert str(entry["LOCATION"]) == "B1.04, Hoogpoort 15, Ghent"
        assert "link" not in str(entry["DESCRIPTION"])
        assert "nline" not in str(entry["DESCRIPTION"])
        assert "CONFERENCE" not in entry
        assert b"s3cret" not in entry.to_ical().replace(b"\r\n ", b"")
    words = text(world.wire.sent[-1])
    assert "B1.04" in words
    assert "nline" not in words


async def test_who_joins_online_reads_of_the_link_and_of_no_room(world: World) -> None:
    row = await world.register(await hybrid(world), "Afar", mode="online")
    for entry in await calendars(world, row):
        assert str(entry["LOCATION"]) == "Online (Teams)"
        assert f"Join online: {JOIN}" in str(entry["DESCRIPTION"])
        assert str(entry["CONFERENCE"]) == JOIN
    words = text(world.wire.sent[-1])
    assert JOIN in words
    assert "B1.04" not in words


async def test_who_joins_online_reads_that_the_link_follows_while_there_is_none(world: World) -> None:
    row = await world.register(await hybrid(world, url=""), "Afar", mode="online")
    for entry in await calendars(world, row):
        assert FOLLOWS in str(entry["DESCRIPTION"])
        assert PUBLIC not in str(entry["DESCRIPTION"])
    assert FOLLOWS in text(world.wire.sent[-1])


@pytest.mark.parametrize(("mode", "place"), [("on-site", "B1.04, Hoogpoort 15, Ghent"), ("online", "Online (Teams)")])
async def test_the_end_of_an_invitation_names_the_same_place(world: World, mode: str, place: str) -> None:
    event = await hybrid(world)
    await world.register(event, "Ann", mode=mode)
    await world.send()
    await world.cancel(event)
    await world.send()
    (end,) = world.wire.of("cancellation")
    assert str(one_event(end, "CANCEL")["LOCATION"]) == place
