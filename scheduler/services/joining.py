"""No more mails than needed: a reminder falls away beside a mail that has just told the same person all it would say.

Nothing is lost by it: only a mail that was *sent* counts, after the last change of the event, and which carries when
and how to take part, as the reminder does. While one is still on its way, the reminder waits for its outcome.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlalchemy import Connection

from scheduler.config import Config
from scheduler.model.event import Event
from scheduler.model.message import Cause, Message
from scheduler.model.reminder import Reminder
from scheduler.store import neighbours

SEATING: tuple[Cause, ...] = ("confirmation", "place-free")
"""The mails that give somebody their place; beside them the other reminders and change notices say it all."""
SAYING_ALL: tuple[Cause, ...] = (*SEATING, "update", "reminder")
BESIDE = "beside"
"""The fact of a reminder that has to be judged beside other mails: how many minutes each kind of mail counts."""


def windows(config: Config) -> str:
    """The fact for a message: minutes after another mail, after the one that gave a place; empty when both are 0."""
    found = (config.reminders.joins_minutes, config.reminders.registered_minutes)
    return " ".join(str(minutes) for minutes in found) if any(found) else ""


def neighbours_of(
    conn: Connection, reminder: Reminder, addresses: Iterable[str], since: datetime
) -> dict[str, list[Message]]:
    """The mails, sent after `since` or on their way, that may say what this reminder says; by recipient.

    A recipient is the id of a registration, or the key of a speaker or host.
    """
    found: dict[str, list[Message]] = {}
    for row in neighbours.to_addresses(conn, addresses, SAYING_ALL, reminder.event_id, since):
        same = row.reminder_id == reminder.id
        other_date = row.cause == "reminder" and row.occurrence_id != reminder.occurrence_id
        if not same and not other_date:
            found.setdefault(row.registration_id or row.recipient, []).append(row)
    return found


def beside(conn: Connection, message: Message, reminder: Reminder | None, event: Event | None) -> tuple[Message, ...]:
    """The mails beside a reminder that was written to be judged so, sent since the event last changed."""
    if reminder is None or event is None or BESIDE not in message.facts:
        return ()
    since = max(reminder.created_at, neighbours.last_change(conn, reminder.event_id) or reminder.created_at)
    found = neighbours_of(conn, reminder, [message.address], since)
    rows = found.get(message.registration_id or message.recipient, [])
    return tuple(row for row in rows if row.state == "sent" and _knew(row, since, event))


def _knew(row: Message, since: datetime, event: Event) -> bool:
    """True for what was sent after the last change; a notice follows its change, perhaps within the same instant.

    A notice of a series may be about another date of it, and does not count there.
    """
    if row.sent_at is None:
        return False
    if row.cause == "update":
        return event.recurrence is None and row.sent_at >= since
    return row.sent_at > since


def said_already(message: Message, others: Iterable[Message]) -> str:
    """Why a reminder is not needed any more, in words; empty when it is."""
    if BESIDE not in message.facts:
        return ""
    joins, registered = (timedelta(minutes=int(part)) for part in message.facts[BESIDE].split())
    meant_for = max(message.due_at, message.not_before)
    for row in others:
        window = registered if row.cause in SEATING else joins
        if window and row.sent_at is not None and row.sent_at >= meant_for - window:
            return f"the mail “{row.cause}” had just said it all"
    return ""


def waits_for(rows: Iterable[Message], now: datetime, *, config: Config, latest: datetime) -> list[datetime]:
    """The instants at which the outcome of mails on their way is known, as far as they lie before `latest`.

    Where a sender dies, its mail is claimed once more when the lease is over: then that one's outcome counts.
    """
    lease = timedelta(seconds=config.reminders.lease_seconds)
    ends = [row.lease_until + lease for row in rows if row.state == "sending" and row.lease_until is not None]
    soon = any(row.state == "waiting" and max(row.next_attempt_at, row.not_before) <= now for row in rows)
    return [end for end in [*ends, *([now + lease] if soon else [])] if end < latest]
