"""Every mail leaves here: written with its cause, claimed with a lease, judged once more, sent or tried again."""

from datetime import datetime, timedelta

from msgspec import Struct
from sqlalchemy import Connection

from scheduler.config import Config
from scheduler.errors import NotFound
from scheduler.model.event import Event, Occurrence
from scheduler.model.ids import new_id
from scheduler.model.message import Cause, Failure, Message, next_attempt
from scheduler.model.person import Person
from scheduler.model.registration import Registration
from scheduler.model.reminder import Reminder, repeats
from scheduler.store import events, messages, people, registrations, reminders

_SHORTEST_WAIT = timedelta(seconds=5)


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


LEASE_LOST = "lease lost"
"""The one objection after which nothing is noted: the message is in other hands, or soon will be."""

_PATIENCE = timedelta(days=5)
"""How long a mail without an end of its own is tried again (RFC 5321 section 4.5.4.1)."""


def write(
    conn: Connection,
    cause: Cause,
    *,
    config: Config,
    now: datetime,
    address: str,
    language: str,
    event: Event | None = None,
    date: Occurrence | None = None,
    registration: Registration | None = None,
    reminder: Reminder | None = None,
    person: Person | None = None,
    facts: dict[str, str] | None = None,
    expires_at: datetime | None = None,
    not_before: datetime | None = None,
) -> bool:
    """Writes a message into the outbox, due now; False when this reminder already has one for the registration."""
    key = new_id(now)
    return messages.add(
        conn,
        Message(
            id=key,
            cause=cause,
            event_id=event.id if event else None,
            occurrence_id=date.id if date else None,
            registration_id=registration.id if registration else None,
            reminder_id=reminder.id if reminder else None,
            person_id=person.id if person else None,
            timing_revision=reminder.timing_revision if reminder else None,
            address=address,
            language=language,
            message_id=f"<{key}@{config.mail.domain}>",
            facts=facts or {},
            due_at=reminder.due_at if reminder else now,
            not_before=not_before or now,
            next_attempt_at=now,
            expires_at=expires_at,
            created_at=now,
        ),
    )


def to_registration(
    conn: Connection,
    cause: Cause,
    event: Event,
    registration: Registration,
    *,
    config: Config,
    now: datetime,
    facts: dict[str, str] | None = None,
    expires_at: datetime | None = None,
) -> bool:
    """Writes a message to one attendee about their registration."""
    return write(
        conn,
        cause,
        config=config,
        now=now,
        address=registration.email,
        language=registration.language,
        event=event,
        registration=registration,
        facts=facts,
        expires_at=expires_at,
    )


def claim(conn: Connection, owner: str, limit: int, *, config: Config, now: datetime) -> list[Message]:
    """Takes up to `limit` ready messages for `owner`, for as long as a lease lasts."""
    return messages.claim(conn, now, owner, now + timedelta(seconds=config.reminders.lease_seconds), limit)


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


def objection(case: Case, claimed: Message, now: datetime) -> str:
    """Why a message that was claimed must not be sent at `now`, in words; empty when it must.

    Asked after the claim and once more right before DATA: the event may have been cancelled or moved, the person may
    have withdrawn or switched reminders off, the lease may have passed to somebody else.
    """
    message = case.message
    ours = (message.lease_owner, message.attempts) == (claimed.lease_owner, claimed.attempts)
    if message.state != "sending" or not ours or message.lease_until is None or message.lease_until <= now:
        return LEASE_LOST
    if message.expires_at is not None and now >= message.expires_at:
        return "too late: it could not be sent in time"
    if message.cause == "sign-in":
        return "" if case.person and case.person.active else "the person may not sign in any more"
    if case.event is None or case.registration is None:
        return "what it is about is gone"
    return _objection_to_registration(case, case.event, case.registration)


def _objection_to_registration(case: Case, event: Event, registration: Registration) -> str:
    cause = case.message.cause
    if cause == "cancellation":
        return "" if event.status == "cancelled" else "the event takes place after all"
    if cause == "withdrawal":
        return "" if registration.state == "cancelled" else "the registration stands"
    if not event.alive:
        return "the event was cancelled"
    if cause == "reminder":
        return _objection_to_reminder(case, registration)
    wanted, reason = _STATE_WANTED.get(cause, (("confirmed", "attended"), "the registration was cancelled"))
    return "" if registration.state in wanted else reason


_STATE_WANTED = {
    "confirm-address": (("pending",), "the address was confirmed meanwhile"),
    "waiting": (("waiting",), "no longer on the waiting list"),
}


def _objection_to_reminder(case: Case, registration: Registration) -> str:
    if not registration.firm:
        return "the registration was cancelled"
    if not registration.reminders:
        return "reminders were switched off"
    if case.date is None or not case.date.alive:
        return "this date was cancelled"
    if case.reminder is None or case.reminder.state not in {"releasing", "released"}:
        return "the event was moved"
    return "it went out before the event was moved" if had(case.earlier, case.reminder) else ""


def had(earlier: tuple[Message, ...], reminder: Reminder) -> bool:
    """True for who got this reminder before the event was moved, and needs no other so soon."""
    return any(row.state == "sent" and not repeats(row.due_at, reminder.due_at) for row in earlier)


def sent(conn: Connection, claimed: Message, *, now: datetime) -> bool:
    """Notes a message as sent; False when the lease had passed to somebody else."""
    return messages.mark_sent(conn, claimed, now)


def failed(conn: Connection, claimed: Message, failure: Failure, *, config: Config, now: datetime) -> datetime | None:
    """Notes a failed attempt and gives the instant of the next one; None when it is given up for good."""
    retry_at = None if failure.permanent else next_attempt(claimed.attempts, now, config.reminders.retry_minutes)
    end = claimed.expires_at or claimed.created_at + _PATIENCE
    if retry_at and retry_at >= end:
        retry_at = _last_chance(end, now)
    messages.mark_failed(conn, claimed, failure, retry_at)
    return retry_at


def dropped(conn: Connection, claimed: Message, reason: str) -> bool:
    """Notes that a message must not be sent any more."""
    return messages.mark_dropped(conn, claimed, reason)


def retry(conn: Connection, message_id: str = "", *, now: datetime) -> int:
    """Gives messages that were given up another round of attempts, one or all; how many. Raises NotFound for one."""
    count = messages.try_again(conn, now, message_id)
    if message_id and not count:
        raise NotFound("There is no such mail that was given up and could still go out.")
    return count


def _last_chance(expires_at: datetime, now: datetime) -> datetime | None:
    """Halfway to the end, and again halfway: a mail is given up only when its event is about to begin."""
    wait = (expires_at - now) / 2
    return now + wait if wait >= _SHORTEST_WAIT else None
