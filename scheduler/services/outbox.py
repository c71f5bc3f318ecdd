"""Every mail leaves here: written with its cause, claimed with a lease, judged once more, sent or tried again."""

from datetime import datetime, timedelta
from typing import Required, TypedDict, Unpack

from sqlalchemy import Connection

from scheduler.config import Config
from scheduler.errors import NotFound
from scheduler.model.event import Event, Occurrence
from scheduler.model.ids import new_id
from scheduler.model.message import Cause, Failure, Message, next_attempt
from scheduler.model.person import Person
from scheduler.model.registration import Registration
from scheduler.model.reminder import Reminder
from scheduler.store import leases, messages

_SHORTEST_WAIT = timedelta(seconds=5)
_PATIENCE = timedelta(days=5)
"""How long a mail without an end of its own is tried again (RFC 5321 section 4.5.4.1), from when it may go out."""


class Known(TypedDict, total=False):
    """What is known of a message before it is written; see `draft`."""

    config: Required[Config]
    now: Required[datetime]
    address: Required[str]
    language: Required[str]
    event: Event | None
    date: Occurrence | None
    registration: Registration | None
    reminder: Reminder | None
    person: Person | None
    recipient: str
    facts: dict[str, str] | None
    expires_at: datetime | None
    not_before: datetime | None
    created_at: datetime | None


def draft(
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
    recipient: str = "",
    facts: dict[str, str] | None = None,
    expires_at: datetime | None = None,
    not_before: datetime | None = None,
    created_at: datetime | None = None,
) -> Message:
    """A message, due now, that is not stored yet. `created_at` is that of the one whose place it takes."""
    key = new_id(now)
    return Message(
        id=key,
        cause=cause,
        event_id=event.id if event else None,
        occurrence_id=date.id if date else None,
        registration_id=registration.id if registration else None,
        reminder_id=reminder.id if reminder else None,
        person_id=person.id if person else None,
        recipient=recipient,
        timing_revision=reminder.timing_revision if reminder else None,
        address=address,
        language=language,
        message_id=f"<{key}@{config.mail.domain}>",
        facts=facts or {},
        due_at=reminder.due_at if reminder else now,
        not_before=not_before or now,
        next_attempt_at=now,
        expires_at=expires_at,
        created_at=created_at or now,
    )


def write(conn: Connection, cause: Cause, **known: Unpack[Known]) -> bool:
    """Writes a message (see `draft`); False when its reminder has one for the recipient."""
    return messages.add(conn, draft(cause, **known))


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
    not_before: datetime | None = None,
    created_at: datetime | None = None,
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
        not_before=not_before,
        created_at=created_at,
    )


def claim(conn: Connection, owner: str, limit: int, *, config: Config, now: datetime) -> list[Message]:
    """Takes up to `limit` ready messages for `owner`, for as long as a lease lasts."""
    return leases.claim(conn, now, owner, now + timedelta(seconds=config.reminders.lease_seconds), limit)


def failed(conn: Connection, claimed: Message, failure: Failure, *, config: Config, now: datetime) -> datetime | None:
    """Notes a failed attempt and gives the instant of the next one; None when it is given up for good."""
    retry_at = None if failure.permanent else next_attempt(claimed.attempts, now, config.reminders.retry_minutes)
    end = _end(claimed)
    if retry_at and retry_at >= end:
        retry_at = _last_chance(end, now)
    messages.mark_failed(conn, claimed, failure, retry_at)
    return retry_at


def postponed(conn: Connection, claimed: Message, failure: Failure, *, again_at: datetime, now: datetime) -> bool:
    """Notes that the relay as a whole failed: no attempt of this message, unless its time is over meanwhile."""
    if _end(claimed) <= now:
        return messages.mark_failed(conn, claimed, failure, None)
    return leases.put_back(conn, [claimed], failure=failure, again_at=again_at) == 1


def dropped(conn: Connection, claimed: Message, reason: str) -> bool:
    """Notes that a message must not be sent any more."""
    return messages.mark_dropped(conn, claimed, reason)


def retry(conn: Connection, message_id: str = "", *, now: datetime) -> int:
    """Gives messages that were given up another round of attempts, one or all; how many. Raises NotFound for one."""
    count = messages.try_again(conn, now, message_id)
    if message_id and not count:
        raise NotFound("There is no such mail that was given up and could still go out.")
    return count


def _end(claimed: Message) -> datetime:
    return claimed.expires_at or max(claimed.created_at, claimed.not_before) + _PATIENCE


def _last_chance(expires_at: datetime, now: datetime) -> datetime | None:
    """Halfway to the end, and again halfway: a mail is given up only when its event is about to begin."""
    wait = (expires_at - now) / 2
    return now + wait if wait >= _SHORTEST_WAIT else None
