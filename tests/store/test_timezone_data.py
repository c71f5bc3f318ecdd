"""A new release of the time zone data moves instants, never wall times."""

from datetime import UTC, datetime, timedelta
from functools import partial

from sqlalchemy import Connection, update

from scheduler.config import Config
from scheduler.services import events
from scheduler.services.events import Door, Held
from scheduler.services.people import SYSTEM
from scheduler.services.timezones import derive_again
from scheduler.store import changes, reminders
from scheduler.store import events as store
from scheduler.store.database import Database
from scheduler.store.tables import event, occurrence

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
INPUT = {
    "title": "Vancouver calls",
    "programme": "enspired",
    "kind": "webinar",
    "format": "online",
    "status": "confirmed",
    "start": "2027-01-15T09:00",
    "end": "2027-01-15T10:00",
    "timezone": "America/Vancouver",
    "reminders": ["P1D"],
}


def under_older_data(conn: Connection, held: Held) -> None:
    """Stores the instants that a release with another offset gave: an hour later."""
    conn.execute(
        update(occurrence).values(start_at=held.dates[0].start_at + timedelta(hours=1), end_at=held.dates[0].end_at)
    )
    conn.execute(update(event).values(end_at=held.dates[0].end_at))


async def test_new_time_zone_data_move_the_instant_and_keep_the_wall_time(database: Database, shipped: Config) -> None:
    door = Door(actor=SYSTEM, config=shipped, domain="example.org", now=NOW)
    held = await database.write(lambda conn: events.create(conn, INPUT, door))
    await database.write(lambda conn: derive_again(conn, "2025b", config=shipped, now=NOW))
    await database.write(lambda conn: under_older_data(conn, held))

    moved = await database.write(lambda conn: derive_again(conn, "2026f", config=shipped, now=NOW))

    after = await database.read(lambda conn: store.get(conn, held.event.id))
    dates = await database.read(lambda conn: store.dates_of(conn, held.event.id))
    assert [shift.event_id for shift in moved] == [held.event.id]
    assert moved[0].before - moved[0].after == timedelta(hours=1)
    assert after is not None
    assert (after.start, after.timezone) == ("2027-01-15T09:00", "America/Vancouver")
    assert after.sequence == held.event.sequence + 1
    assert dates[0].start_at == held.dates[0].start_at


async def test_nothing_moves_when_the_data_are_the_same(database: Database, shipped: Config) -> None:
    door = Door(actor=SYSTEM, config=shipped, domain="example.org", now=NOW)
    held = await database.write(lambda conn: events.create(conn, INPUT, door))
    counter = await database.read(changes.current)

    for version in ("2025b", "2026f", "2026f"):
        derive = partial(derive_again, version=version, config=shipped, now=NOW)
        assert await database.write(derive) == []

    assert await database.read(changes.current) == counter
    planned = await database.read(lambda conn: reminders.of_event(conn, held.event.id))
    assert [row.state for row in planned] == ["planned"]
