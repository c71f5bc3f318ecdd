"""What a message speaks of, looked up as it stands now."""

from msgspec import Struct
from sqlalchemy import Connection

from scheduler.model.event import Event, Occurrence
from scheduler.model.message import Message
from scheduler.model.person import Person
from scheduler.model.registration import Registration
from scheduler.model.reminder import Reminder, repeats
from scheduler.store import events, messages, people, registrations, reminders


class Case(Struct, frozen=True, kw_only=True):
    """A message with everything it speaks of, as it stands now."""

    message: Message
    event: Event | None = None
    dates: tuple[Occurrence, ...] = ()
    date: Occurrence | None = None
    registration: Registration | None = None
    reminder: Reminder | None = None
    person: Person | None = None
    line: int = 0
    earlier: tuple[Message, ...] = ()


def look_up(conn: Connection, message_id: str) -> Case | None:
    """Reads again what a message is about; None when the message itself is gone."""
    message = messages.get(conn, message_id)
    if message is None:
        return None
    event = events.get(conn, message.event_id) if message.event_id else None
    dates = tuple(events.dates_of(conn, event.id)) if event else ()
    registration = registrations.get(conn, message.registration_id) if message.registration_id else None
    reminder = reminders.get(conn, message.reminder_id) if message.reminder_id else None
    return Case(
        message=message,
        event=event,
        dates=dates,
        date=next((date for date in dates if date.id == message.occurrence_id), None),
        registration=registration,
        reminder=reminder,
        person=people.get_person(conn, message.person_id) if message.person_id else None,
        line=registrations.place_in_line(conn, registration) if registration else 0,
        earlier=before_the_move(conn, registration, reminder) if registration and reminder else (),
    )


def before_the_move(conn: Connection, registration: Registration, reminder: Reminder) -> tuple[Message, ...]:
    """What the same rule wrote to somebody about the same date before the event was moved."""
    if reminder.timing_revision == 1:
        return ()
    found = messages.reminders_to(conn, registration.id, reminder.occurrence_id, reminder.rule)
    return tuple(row for row in found if row.reminder_id != reminder.id)


def had(earlier: tuple[Message, ...], reminder: Reminder) -> bool:
    """True for who got this reminder before the event was moved, and needs no other so soon."""
    return any(row.state == "sent" and not repeats(row.due_at, reminder.due_at) for row in earlier)
