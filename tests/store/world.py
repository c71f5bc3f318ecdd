"""A small world to test services in: a database, a clock that tests turn, and a transport that remembers."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from functools import cache
from typing import Any, TypeVar

from msgspec import Struct, structs
from sqlalchemy import Connection, Executable, insert, text

from scheduler.config import Config
from scheduler.mail.transport import Delivered, Delivery, Envelope, Refused, StillWanted, Withdrawn
from scheduler.mail.writer import Writer
from scheduler.model.access import Actor
from scheduler.model.event import Event
from scheduler.model.filter import Filter
from scheduler.model.institution import Institution
from scheduler.model.intake_registration import RegistrationInput
from scheduler.model.links import Links
from scheduler.model.message import Failure, Message
from scheduler.model.registration import Registration
from scheduler.model.reminder import Reminder
from scheduler.services import changes, events, outbox, registrations, reminders
from scheduler.services.correspondence import Correspondence
from scheduler.services.events import Door
from scheduler.services.people import SYSTEM
from scheduler.services.sending import Sender
from scheduler.store import institutions, messages
from scheduler.store import reminders as reminder_store
from scheduler.store import tables as t
from scheduler.store.database import Database
from scheduler.texts import load_catalogues
from tests.scheduler.inputs import small

T = TypeVar("T")
NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
START = datetime(2027, 3, 16, 13, 30, tzinfo=UTC)
"""When the event of `small()` starts: 2027-03-16 14:30 in Brussels."""
LINKS = Links("https://agenda.example.org", "a secret for tests, long enough")


@cache
def writer() -> Writer:
    """The one that words mails; making it costs more than most tests."""
    return Writer(load_catalogues())


class Sent(Struct, frozen=True, kw_only=True):
    """A mail as the transport took it, with the instant on the world's clock."""

    at: datetime
    cause: str
    recipient: str
    message_id: str
    data: bytes


class Wire:
    """A transport in this process. `answers` are given once each, by address; `before_data` runs in the last moment."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self.sent: list[Sent] = []
        self.answers: dict[str, list[Failure]] = {}
        self.before_data: Callable[[Envelope], Awaitable[None]] | None = None
        self.after_data: Callable[[Envelope], Awaitable[None]] | None = None
        self.withdrawn = 0
        self.places = 100

    def room(self) -> int:
        return self.places

    def seconds_down(self) -> float:
        return 0.0

    async def deliver(self, envelope: Envelope, still_wanted: StillWanted) -> Delivery:
        if self.answers.get(envelope.recipient):
            return Refused(self.answers[envelope.recipient].pop(0))
        if self.before_data:
            await self.before_data(envelope)
        if not await still_wanted():
            self.withdrawn += 1
            return Withdrawn()
        cause = str(message_from_bytes(envelope.data)["X-Enspired-Cause"])
        sent = Sent(
            at=self._clock(),
            cause=cause,
            recipient=envelope.recipient,
            message_id=envelope.message_id,
            data=envelope.data,
        )
        self.sent.append(sent)
        if self.after_data:
            await self.after_data(envelope)
        return Delivered(250, "ok")

    async def close(self) -> None:
        pass

    def of(self, cause: str) -> list[Sent]:
        """What was sent for one cause."""
        return [sent for sent in self.sent if sent.cause == cause]


class World:
    """Services over one database, at the instant `now`, which tests set."""

    def __init__(self, db: Database, config: Config) -> None:
        self.db = db
        self.config = config
        self.now = NOW
        self.wire = Wire(lambda: self.now)
        self.sender = self.another_sender("node:1")

    def another_sender(self, owner: str, wire: Wire | None = None) -> Sender:
        """A sender with a name of its own, as another node has, or this one after a restart."""
        return Sender(
            self.db,
            config=self.config,
            clock=lambda: self.now,
            transport=wire or self.wire,
            correspondence=Correspondence(self.config, LINKS, writer()),
            owner=owner,
        )

    def configured(self, section: str, **values: Any) -> None:
        """Changes values of one section of the configuration."""
        changed = structs.replace(getattr(self.config, section), **values)
        self.config = structs.replace(self.config, **{section: changed})
        self.sender = self.another_sender("node:1")

    def door(self, actor: Actor = SYSTEM) -> Door:
        """The door of an organiser, now."""
        return Door(actor=actor, config=self.config, domain="example.org", now=self.now)

    async def create(self, **fields: Any) -> Event:
        """A confirmed event on 2027-03-16 at 14:30 in Brussels, except for what `fields` say."""
        data, door = small(**{"status": "confirmed", **fields}), self.door()
        return (await self.db.write(lambda conn: events.create(conn, data, door))).event

    async def patch(self, event: Event, **fields: Any) -> Event:
        """A merge patch."""
        door = self.door()
        held = await self.db.write(lambda conn: events.change(conn, event.id, fields, door, expected=None, partly=True))
        return held.event

    async def move(self, event: Event, start: str, end: str = "") -> Event:
        """Moves an event to a wall time; by default it ends an hour later on the same day's clock."""
        later = (datetime.fromisoformat(start) + timedelta(hours=1)).isoformat(timespec="minutes")
        return await self.patch(event, start=start, end=end or later)

    async def cancel(self, event: Event, reason: str = "The speaker is ill") -> Event:
        """Cancels an event."""
        door = self.door()
        return (await self.db.write(lambda conn: events.cancel(conn, event.id, reason, door, expected=None))).event

    async def register(self, event: Event, name: str, **fields: Any) -> Registration:
        """An organiser registers somebody with the address name@example.org."""
        asked, now = wish(name, **fields), self.now
        seated = await self.db.write(
            lambda conn: registrations.register(conn, event.id, asked, config=self.config, now=now)
        )
        return seated.registration

    async def apply(self, event: Event, name: str, **fields: Any) -> bool:
        """Somebody fills in the public form; whether a mail was written."""
        asked, now = wish(name, **fields), self.now
        return await self.db.write(lambda conn: registrations.apply(conn, event.id, asked, config=self.config, now=now))

    async def confirm(self, row: Registration) -> Registration:
        """Somebody follows the link."""
        now = self.now
        seated = await self.db.write(lambda conn: registrations.confirm(conn, row.id, config=self.config, now=now))
        return seated.registration

    async def withdraw(self, row: Registration, *, by_organiser: bool = False) -> Registration:
        """Somebody gives their seat back."""
        now = self.now
        seated = await self.db.write(
            lambda conn: registrations.withdraw(conn, row.id, config=self.config, now=now, by_organiser=by_organiser)
        )
        return seated.registration

    async def release(self) -> int:
        """Fans out everything that is due; how many messages that wrote."""
        written, now = 0, self.now
        while step := await self.db.write(lambda conn: reminders.release_due(conn, config=self.config, now=now)):
            written += step
        return written

    async def send(self, sender: Sender | None = None) -> int:
        """Sends everything that is ready; how many messages were claimed."""
        sender, claimed = sender or self.sender, 0
        while step := await sender.start_ready(self.now, lambda: None):
            claimed += step
            await sender.finish()
        return claimed

    async def tick(self, at: datetime | None = None) -> None:
        """One heartbeat, at an instant."""
        self.now = at or self.now
        await self.release()
        await self.send()

    async def claim(self, owner: str = "node:1", limit: int = 100) -> list[Message]:
        """Claims what is ready."""
        now = self.now
        return await self.db.write(lambda conn: outbox.claim(conn, owner, limit, config=self.config, now=now))

    async def messages(self, event: Event, cause: str = "") -> list[Message]:
        """The messages of an event, oldest first."""
        rows = await self.db.read(lambda conn: messages.of_event(conn, event.id, limit=100_000))
        chosen = [row for row in rows if cause in ("", row.cause)]
        return sorted(chosen, key=lambda row: (row.created_at, row.timing_revision or 0, row.id))

    async def reminders(self, event: Event) -> list[Reminder]:
        """The reminders of an event by date and rule, oldest first."""
        rows = await self.db.read(lambda conn: reminder_store.of_event(conn, event.id))
        return sorted(rows, key=lambda row: (row.occurrence_id, row.rule, row.timing_revision))

    async def changes(self, since: int = 0, actor: Actor = SYSTEM, **chosen: Any) -> changes.Page:
        """What a reader sees of the changes after a counter."""
        return await self.db.read(lambda conn: changes.since(conn, since, filter_of(**chosen), actor, 1000))


def filter_of(**chosen: Any) -> Filter:
    """A filter: facets by name, and `first`, `last`, `text`."""
    rest = {name: chosen.pop(name) for name in ("first", "last", "text") if name in chosen}
    facets = tuple((name, (value,) if isinstance(value, str) else value) for name, value in chosen.items())
    return Filter(facets=facets, **rest)


def wish(name: str, **fields: Any) -> RegistrationInput:
    """A wish for a seat."""
    return RegistrationInput(**{"name": name, "email": f"{name.lower()}@example.org", "language": "en", **fields})


def doing(*statements: Executable | str) -> Callable[[Connection], None]:
    """A transaction's body that executes statements."""

    def body(conn: Connection) -> None:
        for statement in statements:
            conn.execute(text(statement) if isinstance(statement, str) else statement)

    return body


def add_institution(conn: Connection, key: str, country: str = "BE") -> Institution:
    """Stores an institution."""
    row = Institution(key=key, name={"en": key}, country=country, timezone="Europe/Brussels", created_at=NOW)
    institutions.add(conn, row)
    return row


def add_sign_in_message(conn: Connection, **values: Any) -> None:
    """Stores a message that is about nothing, ready now."""
    row = {
        "id": "m",
        "cause": "sign-in",
        "address": "a@example.org",
        "language": "en",
        "message_id": f"<{values.get('id', 'm')}@example.org>",
        "facts": "{}",
        "state": "waiting",
        "due_at": NOW,
        "not_before": NOW,
        "next_attempt_at": NOW,
        "attempts": 0,
        "last_error": "",
        "recipient": "",
        "bounce": "",
        "created_at": NOW,
        **values,
    }
    conn.execute(insert(t.message).values(**row))


def add_sign_in_messages(conn: Connection, count: int) -> None:
    """Stores several."""
    for number in range(count):
        add_sign_in_message(conn, id=f"m{number:03}")
