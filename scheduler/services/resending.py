"""Sends a mail once more because an organiser asks for it: a new message of the same cause, if it is still true."""

from datetime import datetime, timedelta
from math import ceil

from msgspec.structs import replace
from sqlalchemy import Connection

from scheduler.config import Config
from scheduler.errors import Conflict, NotFound, TooManyRequests
from scheduler.model.event import Event
from scheduler.model.ids import new_id
from scheduler.model.message import Cause, Message
from scheduler.services import cases, outbox
from scheduler.services.objections import objection
from scheduler.services.told import EARLIER
from scheduler.store import messages, registrations, resent

NEVER: tuple[Cause, ...] = ("confirm-address", "sign-in")
"""Nobody but the recipient may ask for these: an address that nobody confirmed gets no more mails than its day's."""

MOST = 3
"""How often a day a mail is sent once more to the same person for the same cause, whoever asks."""
AGAIN = "again"
"""A fact: the id of the message that this one repeats because somebody asked for it."""
_DAY = timedelta(days=1)


def may_be_resent(row: Message) -> bool:
    """True for what can be sent once more if it is still true: a reminder only when it was given up."""
    if row.cause in NEVER or row.reminder_id is not None:
        return row.state == "failed" and row.cause not in NEVER
    return row.state in {"sent", "failed"}


def resend(conn: Connection, event: Event, message_id: str, *, config: Config, now: datetime) -> Message:
    """Writes a mail about an event once more and gives the new message; one that was given up is tried again itself.

    Raises NotFound for a mail that is not this event's, Conflict for one that still waits or is not true any more,
    TooManyRequests once its recipient got `MOST` of them within a day.
    """
    old = messages.get(conn, message_id)
    if old is None or old.event_id != event.id:
        raise NotFound("There is no such mail about this event.")
    if old.cause in NEVER:
        raise Conflict("Only the person themselves can ask for this mail again.")
    if old.state not in {"sent", "failed", "dropped"}:
        raise Conflict("This mail has not been sent yet.")
    if old.reminder_id is not None and old.state != "failed":
        raise Conflict("A reminder goes to each person once.")
    if _on_its_way(conn, old):
        raise Conflict("This mail is on its way to them already.")
    _check_often(conn, old, now)
    if old.reminder_id is not None:
        outbox.retry(conn, old.id, now=now)
        fresh = messages.get(conn, old.id)
    else:
        fresh = _again(conn, old, config=config, now=now)
        messages.add(conn, fresh)
    reason = _reason_against(conn, fresh, now) if fresh is not None else "it is gone"
    if fresh is None or reason:
        raise Conflict(f"This mail is not sent again: {reason}.")
    return fresh


def _on_its_way(conn: Connection, old: Message) -> bool:
    """True while another mail of the same cause has not left yet: a second click must not make a second mail."""
    if old.registration_id:
        others = messages.of_registration(conn, old.registration_id)
    else:
        others = [row for row in messages.of_event(conn, old.event_id or "") if row.recipient == old.recipient]
    alike = [row for row in others if row.cause == old.cause and row.occurrence_id == old.occurrence_id]
    return any(row.state in {"waiting", "held", "sending"} for row in alike if row.id != old.id)


def _check_often(conn: Connection, old: Message, now: datetime) -> None:
    """A mail that was given up and is tried again itself is none more: it reached nobody."""
    asked = [row for row in resent.alike(conn, old, now - _DAY) if AGAIN in row.facts]
    if len(asked) < MOST:
        return
    free = asked[-MOST].created_at + _DAY
    raise TooManyRequests(
        f"This mail was sent to them {MOST} times more within 24 hours. It can be sent again from "
        f"{free:%Y-%m-%d %H:%M} UTC.",
        retry_after=ceil((free - now).total_seconds()),
    )


def _again(conn: Connection, old: Message, *, config: Config, now: datetime) -> Message:
    person = registrations.get(conn, old.registration_id) if old.registration_id else None
    key = new_id(now)
    return replace(
        old,
        id=key,
        message_id=f"<{key}@{config.mail.domain}>",
        address=person.email if person else old.address,
        language=person.language if person else old.language,
        facts={**{name: value for name, value in old.facts.items() if name != EARLIER}, AGAIN: old.id},
        state="waiting",
        due_at=now,
        not_before=now,
        next_attempt_at=now,
        attempts=0,
        last_code=None,
        last_error="",
        created_at=now,
        sent_at=None,
        bounced_at=None,
        bounce="",
    )


def _reason_against(conn: Connection, fresh: Message, now: datetime) -> str:
    """Why it must not go out: judged as it will be once it is claimed."""
    case = cases.look_up(conn, fresh.id)
    if case is None:
        return "it is gone"
    as_claimed = replace(fresh, state="sending", lease_owner="now", lease_until=now + timedelta(minutes=1))
    return objection(replace(case, message=as_claimed), as_claimed, now)
