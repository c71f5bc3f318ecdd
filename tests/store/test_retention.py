"""Attendees are forgotten after the event; how many they were is kept."""

from datetime import UTC, datetime, timedelta

from scheduler.config import Config
from scheduler.model.intake_registration import RegistrationInput
from scheduler.services import events, registrations
from scheduler.services.events import Door
from scheduler.services.people import SYSTEM
from scheduler.services.retention import forget_attendees
from scheduler.store import events as store
from scheduler.store import messages
from scheduler.store import registrations as registration_store
from scheduler.store.database import Database

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
END = datetime(2027, 3, 16, 15, tzinfo=UTC)
INPUT = {
    "title": "Workshop",
    "programme": "enspired",
    "kind": "workshop",
    "status": "confirmed",
    "start": "2027-03-16T14:30",
    "end": "2027-03-16T16:00",
    "timezone": "Europe/Brussels",
}


async def test_attendees_are_forgotten_when_their_time_is_over_and_not_before(
    database: Database, shipped: Config
) -> None:
    door = Door(actor=SYSTEM, config=shipped, domain="example.org", now=NOW)
    held = await database.write(lambda conn: events.create(conn, INPUT, door))
    wish = RegistrationInput(name="Ann", email="ann@example.org", language="en", seats=2)
    await database.write(lambda conn: registrations.register(conn, held.event.id, wish, config=shipped, now=NOW))
    kept = timedelta(days=shipped.privacy.retention_days)

    early = await database.write(lambda conn: forget_attendees(conn, config=shipped, now=END + kept))
    assert early == 0
    assert await database.read(lambda conn: registration_store.of_event(conn, held.event.id))

    late = END + kept + timedelta(seconds=1)
    assert await database.write(lambda conn: forget_attendees(conn, config=shipped, now=late)) == 1
    assert await database.read(lambda conn: registration_store.of_event(conn, held.event.id)) == []
    assert await database.read(lambda conn: messages.of_event(conn, held.event.id)) == []
    after = await database.read(lambda conn: store.get(conn, held.event.id))
    assert after is not None
    assert after.outcome is not None
    assert after.outcome.registered == 2
    assert await database.write(lambda conn: forget_attendees(conn, config=shipped, now=late)) == 0
