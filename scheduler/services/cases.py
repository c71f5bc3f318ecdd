"""What a message speaks of, looked up as it stands now."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from msgspec import Struct, field
from sqlalchemy import Connection

from scheduler.model.access import NOBODY, may_read
from scheduler.model.digest import Digest, Listed
from scheduler.model.event import Event, Occurrence
from scheduler.model.message import Message
from scheduler.model.notices import Noted, noted
from scheduler.model.party import Party, parties_of
from scheduler.model.person import Person
from scheduler.model.registration import Registration
from scheduler.model.reminder import Reminder, repeats
from scheduler.services.joining import BESIDE, SEATING, beside
from scheduler.services.listed import digest_of, news_of
from scheduler.services.past import Past
from scheduler.services.programmes import LISTING, Programme, listed_for, programmes_of
from scheduler.services.told import since_registered, spoken_for, untold
from scheduler.store import batches, choices, events, messages, neighbours, notices, people, registrations


class Case(Struct, frozen=True, kw_only=True):
    """A message with everything it speaks of, as it stands now.

    `whole` is what the event is part of, as far as everybody may know of it. `invited` says that an invitation may
    have reached the attendee before this message. `before` is what a notice has to tell, as the attendee last knew
    it, and in a reminder what changed since they registered; `spoken_for` a notice whose news a later one tells;
    `tells` all that a letter says to somebody for whom a notice waits. `party` is the speaker or host that a reminder
    goes to, `registered` how many come. `silent` says that the address wants no reminders at all; `earlier` and
    `beside` are what a reminder has to be judged by. Until `in_hand_until` another mail to them may be on its way,
    which decides about one that hangs on others. `listed` is what a digest tells; `digest` is gone once it was ended.
    """

    message: Message
    event: Event | None = None
    whole: Event | None = None
    invited: bool = False
    dates: tuple[Occurrence, ...] = ()
    date: Occurrence | None = None
    registration: Registration | None = None
    reminder: Reminder | None = None
    person: Person | None = None
    line: int = 0
    before: Noted = field(default_factory=dict)
    spoken_for: bool = False
    tells: Noted = field(default_factory=dict)
    party: Party | None = None
    registered: int = 0
    silent: bool = False
    earlier: tuple[Message, ...] = ()
    beside: tuple[Message, ...] = ()
    in_hand_until: datetime | None = None
    digest: Digest | None = None
    listed: tuple[Listed, ...] = ()


class _Shared(Struct, frozen=True):
    """What several messages speak of, read once for all of them."""

    events: dict[str, Event]
    dates: dict[str, tuple[Occurrence, ...]]
    registrations: dict[str, Registration]
    reminders: dict[str, Reminder]
    silent: set[str]
    pasts: dict[str, Past]
    programmes: dict[str, Programme]
    noticed: set[str]
    """The registrations for which a notice waits; read after the events, so that none is missed."""

    def of(self, message: Message) -> tuple[Event, Registration] | None:
        """The event and the registration that a message is about; None where one of them is not there."""
        event, row = self.events.get(message.event_id or ""), self.registrations.get(message.registration_id or "")
        return (event, row) if event and row else None


def look_up(conn: Connection, message_id: str) -> Case | None:
    """Reads again what a message is about; None when the message itself is gone."""
    return look_up_all(conn, [message_id]).get(message_id)


def look_up_all(conn: Connection, ids: Iterable[str]) -> dict[str, Case]:
    """Reads again what messages are about, by id; those that are gone are left out."""
    return look_up_claimed(conn, batches.messages_by_id(conn, ids))


def look_up_claimed(conn: Connection, rows: Sequence[Message]) -> dict[str, Case]:
    """What messages that were just read are about, by id: few queries, however many they are."""
    event_ids = {row.event_id for row in rows if row.event_id}
    reminded = {row.reminder_id for row in rows if row.reminder_id}
    found = batches.events_by_id(conn, event_ids)
    shared = _Shared(
        events=found,
        pasts={key: Past(conn, event) for key, event in found.items()},
        programmes=programmes_of(conn, [found[key] for key in _with_programme(rows) if key in found]),
        dates={key: tuple(dates) for key, dates in events.dates_of_all(conn, event_ids).items()},
        registrations=batches.registrations_by_id(conn, {row.registration_id for row in rows if row.registration_id}),
        reminders=batches.reminders_by_id(conn, reminded) if reminded else {},
        silent=choices.without_reminders(conn, [row.address for row in rows if row.reminder_id]),
        noticed=notices.waiting_for(conn, {row.registration_id for row in rows if row.registration_id}),
    )
    return {row.id: _case(conn, row, shared) for row in rows}


def _with_programme(rows: Sequence[Message]) -> set[str]:
    """The ids of the events whose day programme mails to attendees have to know."""
    return {row.event_id for row in rows if row.event_id and row.registration_id and row.cause in LISTING}


def _listed(conn: Connection, message: Message, shared: _Shared) -> tuple[Listed, ...]:
    if message.cause == "digest":
        return news_of(conn, message)
    found = shared.of(message) if message.cause in LISTING else None
    return listed_for(message, shared.programmes[found[0].id], found[1]) if found else ()


def _case(conn: Connection, message: Message, shared: _Shared) -> Case:
    event = shared.events.get(message.event_id or "")
    dates = shared.dates.get(event.id, ()) if event else ()
    registration = shared.registrations.get(message.registration_id or "")
    reminder = shared.reminders.get(message.reminder_id or "")
    earlier = _earlier(conn, message, reminder)
    return Case(
        message=message,
        event=event,
        whole=_whole(conn, event) if event and message.cause in _IN_CALENDARS else None,
        invited=message.cause in _IN_CALENDARS and messages.invited(conn, message.registration_id, message.id),
        dates=dates,
        date=next((date for date in dates if date.id == message.occurrence_id), None),
        registration=registration,
        reminder=reminder,
        person=people.get_person(conn, message.person_id) if message.person_id else None,
        line=registrations.place_in_line(conn, registration) if registration else 0,
        before=_before(conn, message, shared),
        spoken_for=message.cause == "update" and spoken_for(conn, message),
        tells=_tells(message, shared),
        party=_party(event, message),
        registered=_registered(conn, event) if event and message.recipient else 0,
        silent=reminder is not None and message.address.lower() in shared.silent,
        earlier=earlier,
        beside=beside(conn, message, reminder, event),
        in_hand_until=neighbours.in_hand_until(conn, message) if _hangs(message, earlier) else None,
        digest=digest_of(conn, message),
        listed=_listed(conn, message, shared),
    )


_IN_CALENDARS = frozenset({"confirmation", "place-free", "update", "cancellation", "withdrawal"})
"""What may carry an invitation, or its end."""


def _whole(conn: Connection, event: Event) -> Event | None:
    whole = events.get(conn, event.part_of) if event.part_of else None
    return whole if whole and may_read(NOBODY, whole) else None


def _before(conn: Connection, message: Message, shared: _Shared) -> Noted:
    found = shared.of(message)
    if found is None:
        return {}
    event, registration = found
    dates = shared.dates.get(event.id, ())
    if message.cause == "update":
        return untold(conn, message, event, dates, registration)
    return since_registered(shared.pasts[event.id], event, dates, registration) if message.cause == "reminder" else {}


def _tells(message: Message, shared: _Shared) -> Noted:
    found = shared.of(message) if message.cause in _TELLING else None
    if found is None or message.registration_id not in shared.noticed:
        return {}
    event, registration = found
    return noted(event, shared.dates.get(event.id, ()), registration)


_TELLING = frozenset({*SEATING, "waiting", "reminder"})
"""What says when and where, beside the notices themselves, whose rows say what they told."""


def _party(event: Event | None, message: Message) -> Party | None:
    """The speaker or host as they stand now; None once they are not any more, or have another address."""
    found = parties_of(event, (), message.language) if event and message.recipient else ()
    return next((party for party in found if party.key == message.recipient), None)


def _registered(conn: Connection, event: Event) -> int:
    counts = registrations.counts(conn, event.id)
    return sum(counts.get(state, 0) for state in registrations.FIRM)


def _earlier(conn: Connection, message: Message, reminder: Reminder | None) -> tuple[Message, ...]:
    if reminder is None:
        return ()
    return before_the_move(conn, reminder, registration_id=message.registration_id, recipient=message.recipient)


def before_the_move(
    conn: Connection, reminder: Reminder, *, registration_id: str | None = None, recipient: str = ""
) -> tuple[Message, ...]:
    """What the same rule wrote to somebody about the same date before the event was moved."""
    if reminder.timing_revision == 1:
        return ()
    found = neighbours.of_rule(conn, registration_id, recipient, reminder.occurrence_id, reminder.rule)
    return tuple(row for row in found if row.reminder_id != reminder.id)


def had(earlier: tuple[Message, ...], reminder: Reminder) -> bool:
    """True for who got this reminder before the event was moved, and needs no other so soon."""
    return any(row.state == "sent" and not repeats(row.due_at, reminder.due_at) for row in earlier)


def hangs_on_other_mails(case: Case) -> bool:
    """True for what may become needless because another mail left: a look at it is old as soon as one was sent."""
    return _hangs(case.message, case.earlier)


def _hangs(message: Message, earlier: tuple[Message, ...]) -> bool:
    return message.cause == "update" or BESIDE in message.facts or bool(earlier)


def reads_alike(case: Case, worded: Case) -> bool:
    """False when what a mail speaks of is another way than when it was worded: an acknowledged change must show.

    Not asked of the mails that a change notice follows: it has to know that they told the old.
    """
    if case is worded or case.message.cause in SEATING or case.message.cause in {"waiting", "update"}:
        return True
    return all(getattr(case, name) == getattr(worded, name) for name in _SPOKEN_OF)


_SPOKEN_OF = ("event", "whole", "dates", "registration", "party", "listed")
"""What counts in a place in the line or among those who come moves all the time, and is no reason to begin again."""
