"""Every kind of row comes back as it went in."""

from datetime import UTC, datetime, timedelta
from functools import partial

from msgspec.structs import asdict, replace

from scheduler.model.event import Event
from scheduler.model.ids import new_id
from scheduler.model.message import Message
from scheduler.model.occurrences import occurrences_of
from scheduler.model.person import ApiKey, Person
from scheduler.model.registration import Registration
from scheduler.model.reminder import Reminder
from scheduler.store import (
    changes,
    events,
    idempotency,
    institutions,
    messages,
    people,
    registrations,
    reminders,
    settings,
)
from scheduler.store.database import Database
from tests.scheduler.inputs import admitted, full, small
from tests.store.world import add_institution

NOW = datetime(2026, 11, 23, 12, 0, 0, 123456, tzinfo=UTC)
EVENT = admitted(small())
PERSON = Person(id="p", email="Ann@Example.org", role="host", institutions=("vives",), created_at=NOW)
KEY = ApiKey(id="k", prefix="abcd1234", role="organiser", programmes=("enspired",), writes=True, created_at=NOW)
FULL_REGISTRATION = Registration(
    id="r",
    event_id=EVENT.id,
    uid="a@b",
    name="Ánn 🌍",
    email="Ann@example.org",
    language="nl-BE",
    timezone="America/Guayaquil",
    institution="vives",
    role="student-teacher",
    mode="online",
    seats=3,
    occurrences=(f"{EVENT.id}.0",),
    state="waiting",
    vouched=True,
    reminders="none",
    hold_until=NOW,
    expires_at=NOW,
    queued_at=NOW,
    confirmed_at=NOW,
    cancelled_at=NOW,
    cancelled_by="attendee",
    created_at=NOW,
    revision=4,
)
REMINDER = Reminder(
    id="m", event_id=EVENT.id, occurrence_id=f"{EVENT.id}.0", rule="P1D", timing_revision=1, due_at=NOW, created_at=NOW
)
MESSAGE = Message(
    id="s",
    cause="reminder",
    event_id=EVENT.id,
    occurrence_id=f"{EVENT.id}.0",
    registration_id="r",
    reminder_id="m",
    timing_revision=2,
    address="Ann@example.org",
    language="nl",
    message_id="<s@example.org>",
    facts={"reason": "“Staking”\n\u00e9"},
    due_at=NOW,
    not_before=NOW + timedelta(seconds=1),
    next_attempt_at=NOW,
    expires_at=NOW,
    attempts=3,
    last_code=451,
    last_error="later",
    created_at=NOW,
)


async def there_and_back(database: Database, made: Event) -> None:
    event = replace(made, id=new_id(NOW), uid=new_id(NOW))
    dates = list(occurrences_of(event))
    await database.write(lambda conn: events.add(conn, event, dates, frozenset({"BE"})))
    assert await database.read(lambda conn: events.get(conn, event.id)) == event
    assert await database.read(lambda conn: events.dates_of(conn, event.id)) == dates
    again = replace(event, revision=2, title={"en": "New"})
    await database.write(lambda conn: events.replace(conn, again, dates[:1], frozenset()))
    assert await database.read(lambda conn: events.get(conn, event.id)) == again
    assert await database.read(lambda conn: events.dates_of(conn, event.id)) == dates[:1]


async def test_events_and_their_dates_come_back(database: Database) -> None:
    everything = full(part_of=None, external_id={"source": "sis", "id": "1-2"})
    await there_and_back(database, admitted(everything, importing=True))
    await there_and_back(database, admitted(small(start="2027-10-31T02:30+01:00", end="2027-10-31T04:00")))
    found = await database.read(lambda conn: events.by_external_id(conn, "sis", "1-2"))
    assert found is not None
    await database.write(lambda conn: events.remove(conn, found.id))
    assert await database.read(lambda conn: events.get(conn, found.id)) is None


async def test_registrations_reminders_and_messages_come_back(database: Database) -> None:
    await database.write(lambda conn: events.add(conn, EVENT, occurrences_of(EVENT), frozenset()))
    await database.write(lambda conn: registrations.add(conn, FULL_REGISTRATION))
    await database.write(lambda conn: reminders.add(conn, REMINDER))
    assert await database.write(lambda conn: messages.add(conn, MESSAGE))
    twin = replace(MESSAGE, id="t", message_id="<t@example.org>")
    assert not await database.write(lambda conn: messages.add(conn, twin))

    assert await database.read(lambda conn: registrations.get(conn, "r")) == FULL_REGISTRATION
    assert await database.read(lambda conn: reminders.get(conn, "m")) == REMINDER
    assert await database.read(lambda conn: messages.get(conn, "s")) == MESSAGE
    later = replace(FULL_REGISTRATION, state="cancelled", revision=5)
    await database.write(lambda conn: registrations.replace(conn, later))
    assert await database.read(lambda conn: registrations.by_email(conn, EVENT.id, "ANN@EXAMPLE.ORG")) == [later]


async def test_institutions_people_and_keys_come_back(database: Database) -> None:
    vives = await database.write(lambda conn: add_institution(conn, "vives"))
    assert await database.read(institutions.all_institutions) == {"vives": vives}
    await database.write(lambda conn: people.add_person(conn, PERSON))
    assert await database.read(lambda conn: people.person_with_email(conn, "ANN@example.ORG")) == PERSON
    await database.write(lambda conn: people.add_key(conn, KEY, "hash"))
    assert await database.read(lambda conn: people.key_with_hash(conn, "hash")) == KEY
    revoked = replace(KEY, revoked_at=NOW, last_used_at=NOW)
    await database.write(lambda conn: people.replace_key(conn, revoked))
    assert await database.read(lambda conn: people.key_with_hash(conn, "hash")) is None
    assert await database.read(people.all_keys) == [revoked]


async def test_changes_answers_and_settings_come_back(database: Database) -> None:
    row = changes.Change(
        counter=1, event_id="e", kind="moved", actor="key:1", at=NOW, before={"a": [1, {"é": None}]}, after={}
    )
    await database.write(lambda conn: changes.add(conn, row))
    assert await database.read(lambda conn: changes.of_event(conn, "e")) == [row]
    assert await database.read(changes.recent) == [NOW]
    assert await database.read(lambda conn: changes.recent(conn, "another")) == []
    answer = idempotency.Answer(request_hash="h", status=201, headers={"ETag": '"1"'}, body='{"é": "\u2028"}')
    await database.write(lambda conn: idempotency.put(conn, "me", "key", answer, NOW))
    kept = await database.read(lambda conn: idempotency.get(conn, "me", "key"))
    assert kept is not None
    assert asdict(kept) == asdict(answer)
    assert await database.read(lambda conn: idempotency.get(conn, "somebody else", "key")) is None
    assert await database.write(lambda conn: idempotency.prune(conn, NOW + timedelta(seconds=1))) == 1
    for value in ("one", "two"):
        await database.write(partial(settings.put, name="name", value=value))
    assert await database.read(lambda conn: settings.get(conn, "name")) == "two"
