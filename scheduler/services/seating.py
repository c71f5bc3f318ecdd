"""Who gets a seat, who waits, and who was here before. Called with the event's row locked."""

from datetime import datetime, timedelta
from typing import Literal

from msgspec.structs import replace
from sqlalchemy import Connection

from scheduler.config import Config
from scheduler.errors import Full
from scheduler.model.event import Event
from scheduler.model.ids import new_id
from scheduler.model.intake_registration import RegistrationInput
from scheduler.model.registration import Mode, Registration
from scheduler.model.seats import place
from scheduler.store import registrations as store


def same_person(conn: Connection, event: Event, wish: RegistrationInput, now: datetime) -> Registration | None:
    """The registration that this person (same address, same name) has; not a withdrawn one, nor one that ran out."""
    return next((row for row in _namesakes(conn, event, wish) if _stands(row, now)), None)


def new_row(
    conn: Connection, event: Event, wish: RegistrationInput, *, config: Config, now: datetime, vouched: bool
) -> Registration:
    """A new registration, not stored yet; unless `vouched` for, its seat is held until the address is confirmed.

    The first registration of an address has the event's UID. Who withdrew and comes back gets a UID of their own, for
    calendars take one that was cancelled for cancelled; and so does who shares an address, for one calendar shows one
    entry for a UID. Raises Full.
    """
    key = new_id(now)
    taken = any(row.state == "cancelled" or _stands(row, now) for row in store.by_email(conn, event.id, wish.email))
    free = _outcome(conn, event, wish.mode, wish.seats, now) == "confirmed"
    held = free and not vouched
    return Registration(
        id=key,
        event_id=event.id,
        uid=f"{key}@{event.uid.rpartition('@')[2]}" if taken else event.uid,
        name=wish.name,
        email=wish.email,
        language=wish.language or config.languages.default,
        timezone=wish.timezone,
        institution=wish.institution,
        role=wish.role,
        mode=wish.mode,
        seats=wish.seats,
        occurrences=wish.occurrences,
        reminders=wish.reminders,
        state="pending",
        vouched=vouched,
        hold_until=now + timedelta(minutes=config.security.pending_hold_minutes) if held else None,
        expires_at=None if vouched else now + timedelta(days=config.security.confirm_days),
        created_at=now,
    )


def vouched(row: Registration, wish: RegistrationInput) -> Registration:
    """A pending registration that an organiser takes over, as the organiser wishes it; a held seat stays theirs."""
    kept = (row.mode, row.seats) == (wish.mode, wish.seats)
    return replace(
        row,
        vouched=True,
        expires_at=None,
        hold_until=row.hold_until if kept else None,
        timezone=wish.timezone or row.timezone,
        institution=wish.institution or row.institution,
        role=wish.role or row.role,
        mode=wish.mode,
        seats=wish.seats,
        occurrences=wish.occurrences,
        reminders=wish.reminders,
    )


def settled(conn: Connection, event: Event, row: Registration, now: datetime) -> Registration:
    """A pending registration with the seat it holds, else a free one, else a place in the line. Raises Full."""
    if row.hold_until is not None and row.hold_until > now:
        return seated(row, "confirmed", now)
    outcome = _outcome(conn, event, row.mode, row.seats, now)
    return seated(row, outcome, now if outcome == "confirmed" else _behind_the_line(conn, event, row.mode, now))


def seated(row: Registration, outcome: Literal["confirmed", "waiting"], now: datetime) -> Registration:
    """A registration that has its seat, or stands in line, from `now` on."""
    if outcome == "waiting":
        return replace(row, state="waiting", queued_at=now, hold_until=None, revision=row.revision + 1)
    return replace(row, state="confirmed", confirmed_at=now, hold_until=None, revision=row.revision + 1)


def _outcome(conn: Connection, event: Event, mode: Mode, wanted: int, now: datetime) -> Literal["confirmed", "waiting"]:
    taken = store.seats_taken(conn, event.id, now).get(mode, 0)
    outcome = place(event.seats, mode, taken, wanted, store.line_length(conn, event.id, mode))
    if outcome == "full":
        raise Full("This event is full and has no waiting list.")
    return outcome


def _behind_the_line(conn: Connection, event: Event, mode: Mode, now: datetime) -> datetime:
    """An instant after everybody who waits, also when two come at once or another node's clock is ahead."""
    last = store.last_queued(conn, event.id, mode)
    return max(now, last + timedelta(microseconds=1)) if last else now


def _namesakes(conn: Connection, event: Event, wish: RegistrationInput) -> list[Registration]:
    rows = store.by_email(conn, event.id, wish.email)
    return [row for row in rows if row.name.casefold() == wish.name.casefold()]


def _stands(row: Registration, now: datetime) -> bool:
    if row.state == "pending":
        return row.expires_at is None or row.expires_at > now
    return row.state != "cancelled"
