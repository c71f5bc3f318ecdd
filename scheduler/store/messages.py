"""The outbox: written with its cause, sent, tried again or given up. Claims: scheduler.store.leases."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import (
    Connection,
    Select,
    and_,
    case,
    delete,
    func,
    insert,
    not_,
    or_,
    select,
    true,
    update,
)

from scheduler.model.digest import fingerprint
from scheduler.model.ids import first_id
from scheduler.model.message import REFUSED, Cause, Failure, Message, MessageState
from scheduler.store import bells
from scheduler.store.tables import message, registration


def add(conn: Connection, row: Message) -> bool:
    """Stores a message; False when the reminder already has one for this recipient (then nothing happens)."""
    if row.reminder_id:
        recipient = message.c.recipient == row.recipient
        if row.registration_id:
            recipient = message.c.registration_id == row.registration_id
        if conn.scalar(select(message.c.id).where(message.c.reminder_id == row.reminder_id, recipient)):
            return False
    conn.execute(insert(message).values(**columns(row)))
    bells.written(conn)
    return True


def mark_failed(conn: Connection, claimed: Message, failure: Failure, retry_at: datetime | None) -> bool:
    """Notes a failed attempt: it comes back at `retry_at`, or is given up when that is None."""
    return _mark(
        conn,
        claimed,
        "waiting" if retry_at else "failed",
        last_code=failure.code,
        last_error=failure.text[:500],
        **({"next_attempt_at": retry_at} if retry_at else {}),
    )


def mark_dropped(conn: Connection, claimed: Message, reason: str) -> bool:
    """Notes that it must not be sent any more, and why."""
    return _mark(conn, claimed, "dropped", last_error=reason)


def drop_waiting(conn: Connection, reason: str, *conditions: Any) -> int:
    """Drops messages nobody has claimed yet."""
    query = update(message).where(message.c.state == "waiting", *conditions)
    return conn.execute(query.values(state="dropped", last_error=reason)).rowcount


def for_event(event_id: str, causes: Iterable[Cause] = ()) -> Any:
    """A condition for `drop_waiting`: messages of an event, of these causes (all when empty)."""
    condition = message.c.event_id == event_id
    return and_(condition, message.c.cause.in_(list(causes))) if causes else condition


def for_registration(registration_id: str, causes: Iterable[Cause] = ()) -> Any:
    """A condition for `drop_waiting`: messages to one registration, of these causes (all when empty)."""
    condition = message.c.registration_id == registration_id
    return and_(condition, message.c.cause.in_(list(causes))) if causes else condition


def for_occurrence(occurrence_id: str) -> Any:
    """A condition for `drop_waiting`: messages about one date."""
    return message.c.occurrence_id == occurrence_id


def for_reminder(reminder_id: str) -> Any:
    """A condition for `drop_waiting`: the messages of one reminder."""
    return message.c.reminder_id == reminder_id


def get(conn: Connection, message_id: str) -> Message | None:
    """One message."""
    row = conn.execute(select(message).where(message.c.id == message_id)).first()
    return of_row(row) if row else None


def of_event(conn: Connection, event_id: str, limit: int = 500) -> list[Message]:
    """What an event's people were sent and will be sent, newest first."""
    query = select(message).where(message.c.event_id == event_id).order_by(message.c.created_at.desc(), message.c.id)
    return rows(conn, query.limit(limit))


def rows(conn: Connection, query: Select[Any]) -> list[Message]:
    """The messages that a query over whole rows finds, in its order."""
    return [of_row(row) for row in conn.execute(query)]


def of_registration(conn: Connection, registration_id: str) -> list[Message]:
    """What one attendee was sent and will be sent, oldest first."""
    return rows(conn, select(message).where(message.c.registration_id == registration_id).order_by(message.c.id))


def invited(conn: Connection, registration_id: str | None, but: str) -> bool:
    """True when a mail with an invitation, other than the message `but`, has reached an attendee, or may have.

    One whose outcome nobody knows (it is on its way, the connection broke) counts; one that was refused does not.
    """
    refused = and_(message.c.state == "failed", message.c.last_code >= REFUSED)
    query = select(message.c.id).where(
        message.c.registration_id == registration_id,
        message.c.id != but,
        message.c.cause.in_(_INVITING),
        message.c.attempts > 0,
        not_(refused),
    )
    return conn.scalar(query.limit(1)) is not None


def queue(conn: Connection, states: Iterable[str], limit: int = 200) -> list[Message]:
    """The outbox by state, next attempt first."""
    query = select(message).where(message.c.state.in_(list(states))).order_by(message.c.next_attempt_at, message.c.id)
    return rows(conn, query.limit(limit))


def count_since(conn: Connection, address: str, cause: Cause, instant: datetime) -> int:
    """How many messages of a cause went or will go to an address, written after an instant."""
    query = select(func.count()).where(
        message.c.address == address, message.c.cause == cause, message.c.created_at > instant
    )
    return conn.scalar(query) or 0


def confirmations_since(conn: Connection, email: str, instant: datetime) -> int:
    """How many mails that ask to confirm an address, in whatever case it was typed, were written after an instant.

    Those for a registration and those for a digest together.
    """
    query = (
        select(func.count())
        .select_from(message)
        .join(registration, registration.c.id == message.c.registration_id)
        .where(
            registration.c.email == email.lower(),
            message.c.cause == "confirm-address",
            message.c.created_at > instant,
        )
    )
    forms = (email.lower(), fingerprint(email))
    return (conn.scalar(query) or 0) + sum(count_since(conn, one, "confirm-digest", instant) for one in forms)


def since(conn: Connection, instant: datetime) -> list[Message]:
    """Every message that was written in the millisecond of an instant or after it."""
    return rows(conn, select(message).where(message.c.id >= first_id(instant)).order_by(message.c.id))


def written_since(conn: Connection, instant: datetime) -> dict[str, int]:
    """How many messages of each cause were written in the millisecond of an instant or after it."""
    query = select(message.c.cause, func.count()).where(message.c.id >= first_id(instant)).group_by(message.c.cause)
    return {row[0]: row[1] for row in conn.execute(query)}


def states(conn: Connection) -> dict[str, int]:
    """How many messages are in each state."""
    query = select(message.c.state, func.count()).group_by(message.c.state)
    return {row[0]: row[1] for row in conn.execute(query)}


def oldest_overdue(conn: Connection, now: datetime) -> datetime | None:
    """When the longest-waiting message was meant to go out of those that are due and were never really tried.

    A relay that is down uses up no attempts, one that refuses a single recipient does: those are not counted here.
    """
    untried = and_(message.c.state == "waiting", message.c.attempts == 0)
    left_behind = and_(message.c.state == "sending", message.c.lease_until <= now)
    query = select(func.min(message.c.not_before)).where(or_(untried, left_behind), message.c.not_before <= now)
    found: datetime | None = conn.scalar(query)
    return found


def due(conn: Connection, now: datetime) -> int:
    """How many messages were meant to go out by now and wait, tried before or not."""
    query = select(func.count()).where(message.c.state == "waiting", message.c.not_before <= now)
    return conn.scalar(query) or 0


def any_due(conn: Connection, now: datetime) -> bool:
    """Whether a message waits that was meant to go out by now, tried before or not."""
    due = select(message.c.id).where(message.c.state.in_(["waiting", "sending"]), message.c.not_before <= now)
    return conn.scalar(due.limit(1)) is not None


def try_again(conn: Connection, now: datetime, message_id: str = "") -> int:
    """Makes messages that were given up ready again, this one or all. Gives how many.

    Those past their time stay, and sign-in links, of which nothing is left to send.
    """
    in_time = message.c.expires_at.is_(None) | (message.c.expires_at > now)
    given_up = and_(message.c.state == "failed", in_time, message.c.cause.not_in(SECRET))
    query = update(message).where(given_up, message.c.id == message_id if message_id else true())
    # One whose outcome nobody knows may have arrived: it never again counts as surely not sent.
    attempts = case((message.c.last_code >= REFUSED, 0), else_=1)
    values = {"state": "waiting", "next_attempt_at": now, "attempts": attempts, **anew(now)}
    return conn.execute(query.values(values)).rowcount


def anew(now: datetime) -> dict[str, Any]:
    """Values with which the days begin again in which a message without an end of its own is tried."""
    return {"not_before": case((message.c.expires_at.is_(None), now), else_=message.c.not_before)}


def remove_of_registration(conn: Connection, registration_id: str) -> None:
    """Deletes every message to one registration."""
    conn.execute(delete(message).where(message.c.registration_id == registration_id))


def remove_of_event(conn: Connection, event_id: str) -> None:
    """Deletes every message about an event."""
    conn.execute(delete(message).where(message.c.event_id == event_id))


def prune(conn: Connection, before: datetime) -> int:
    """Deletes finished messages that were written before an instant and belong to no event."""
    query = delete(message).where(
        message.c.created_at < before, message.c.event_id.is_(None), message.c.state.in_(["sent", "failed", "dropped"])
    )
    return conn.execute(query).rowcount


_INVITING = ("confirmation", "place-free", "update")
SECRET: tuple[Cause, ...] = ("sign-in",)
"""Their facts hold a secret that works: it stays no longer than until the mail has left, or will not any more."""


def _mark(conn: Connection, claimed: Message, state: MessageState, **values: Any) -> bool:
    """The number of the attempt tells a claim from a later one by the same owner, whose lease had run out meanwhile."""
    if claimed.cause in SECRET and state != "waiting":
        values["facts"] = "{}"
    query = (
        update(message)
        .where(
            message.c.id == claimed.id,
            message.c.lease_owner == claimed.lease_owner,
            message.c.attempts == claimed.attempts,
            message.c.state == "sending",
        )
        .values(state=state, lease_owner=None, lease_until=None, **values)
        .returning(message.c.id)
    )
    return conn.scalar(query) is not None


_COLUMNS = tuple(message.c.keys())
_NO_FACTS = "{}"


def of_row(row: Any) -> Message:
    """The message that a whole row holds."""
    values = dict(zip(_COLUMNS, row, strict=True))
    values["facts"] = {} if values["facts"] == _NO_FACTS else msgspec.json.decode(values["facts"], type=dict[str, str])
    return Message(**values)


def columns(row: Message) -> dict[str, Any]:
    """A message as its row."""
    values = msgspec.structs.asdict(row)
    values["facts"] = msgspec.json.encode(row.facts).decode()
    return values
