"""Registrations: take, confirm, change, withdraw, move up from the waiting list.

Every function locks the event's row first, so that seats are given one after the other: the last seat is sold once.
"""

from datetime import datetime, timedelta
from typing import Literal

from msgspec import Struct
from msgspec.structs import replace
from sqlalchemy import Connection

from scheduler.config import Config
from scheduler.errors import Closed, Full, NotFound
from scheduler.model.event import Event, Occurrence
from scheduler.model.ids import new_id
from scheduler.model.intake_registration import RegistrationInput
from scheduler.model.message import Cause
from scheduler.model.registration import Mode, Registration
from scheduler.model.seats import SeatCount, check_open, fits, left_by_mode, place, rounded
from scheduler.services import outbox
from scheduler.store import events, messages
from scheduler.store import registrations as store

_PENDING_PER_ADDRESS = 3
_DAY = timedelta(days=1)


class Seated(Struct, frozen=True, kw_only=True):
    """A registration, its event and its place in the waiting line (0 when it does not wait)."""

    registration: Registration
    event: Event
    line: int = 0


def register(conn: Connection, event_id: str, wish: RegistrationInput, *, config: Config, now: datetime) -> Seated:
    """An organiser registers somebody and vouches for the address: confirmed at once, or waiting.

    Registering the same person twice is harmless. Raises NotFound, Closed, Full.
    """
    event = _open_event(conn, event_id, now, by_organiser=True)
    again = _same_person(conn, event, wish, {"confirmed", "waiting"})
    if again is not None:
        return Seated(registration=again, event=event, line=store.place_in_line(conn, again))
    row = _new_row(conn, event, wish, config=config, now=now, vouched=True)
    row = _seat(conn, event, row, now)
    store.add(conn, row)
    _tell_seated(conn, event, row, config=config, now=now)
    return Seated(registration=row, event=event, line=store.place_in_line(conn, row))


def apply(conn: Connection, event_id: str, wish: RegistrationInput, *, config: Config, now: datetime) -> bool:
    """Somebody nobody vouches for asks for a seat: it is held, and a link is mailed to confirm the address.

    Whatever happens to the mail (one unconfirmed mail per address and day, however many forms) the answer is the
    same, so that a form tells nobody who is registered. Gives True when a mail was written.
    Raises NotFound, Closed, Full.
    """
    event = _open_event(conn, event_id, now, by_organiser=False)
    if not config.registration_mode(event.registration.mode).public_form:
        raise Closed("This event takes no registrations over the public form.")
    row = _same_person(conn, event, wish, {"pending", "confirmed", "waiting"})
    if row is None:
        row = _new_row(conn, event, wish, config=config, now=now, vouched=False)
        taken = store.seats_taken(conn, event.id, now).get(row.mode, 0)
        if place(event.seats, row.mode, taken, row.seats, len(store.waiting_line(conn, event.id, row.mode))) == "full":
            raise Full("This event is full and has no waiting list.")
        if len(store.pending_with_email(conn, row.email, now)) >= _PENDING_PER_ADDRESS:
            return False
        store.add(conn, row)
    if row.state != "pending":
        return False
    allowance = config.privacy.unconfirmed_mails_per_day
    if messages.count_since(conn, row.email, "confirm-address", now - _DAY) >= allowance:
        return False
    return outbox.to_registration(
        conn, "confirm-address", event, row, config=config, now=now, expires_at=row.expires_at
    )


def confirm(conn: Connection, registration_id: str, *, config: Config, now: datetime) -> Seated:
    """The address answered: the held seat, else a free one, else a place in the line. Confirming twice is harmless.

    Raises NotFound for an unknown registration, Closed when its link has run out or the event is over or cancelled.
    """
    row, event = _locked(conn, registration_id)
    if row.state != "pending":
        return Seated(registration=row, event=event, line=store.place_in_line(conn, row))
    if row.expires_at is not None and row.expires_at <= now:
        raise Closed("This link has run out. Please register again.")
    if not event.alive:
        raise Closed("This event was cancelled.")
    held = row.hold_until is not None and row.hold_until > now
    row = _seated(row, "confirmed", now) if held else _seat(conn, event, row, now)
    store.replace(conn, row)
    _tell_seated(conn, event, row, config=config, now=now)
    return Seated(registration=row, event=event, line=store.place_in_line(conn, row))


def withdraw(conn: Connection, registration_id: str, *, config: Config, now: datetime, by_organiser: bool) -> Seated:
    """Gives a seat back, tells the person, and moves the next in line up. Withdrawing twice is harmless."""
    row, event = _locked(conn, registration_id)
    if row.state == "cancelled":
        return Seated(registration=row, event=event)
    told = row.state in {"confirmed", "waiting", "attended"}
    row = replace(
        row,
        state="cancelled",
        cancelled_at=now,
        cancelled_by="organiser" if by_organiser else "attendee",
        hold_until=None,
        revision=row.revision + 1,
    )
    store.replace(conn, row)
    messages.drop_waiting(conn, "the registration was cancelled", messages.for_registration(row.id))
    if told and event.alive:
        outbox.to_registration(conn, "withdrawal", event, row, config=config, now=now)
    promote(conn, event, config=config, now=now)
    return Seated(registration=row, event=event)


def change(
    conn: Connection, registration_id: str, *, language: str | None = None, reminders: bool | None = None
) -> Seated:
    """An attendee's own choices: the language of mails, reminders or none."""
    row, event = _locked(conn, registration_id)
    row = replace(
        row,
        language=language or row.language,
        reminders=row.reminders if reminders is None else reminders,
        revision=row.revision + 1,
    )
    store.replace(conn, row)
    return Seated(registration=row, event=event, line=store.place_in_line(conn, row))


def promote(conn: Connection, event: Event, *, config: Config, now: datetime) -> int:
    """Moves people up while the first in line fits; a party that does not fit yet is not overtaken."""
    if not event.alive:
        return 0
    moved = 0
    for mode in left_by_mode(event, {}):
        taken = store.seats_taken(conn, event.id, now).get(mode, 0)
        for row in store.waiting_line(conn, event.id, mode):
            if not fits(event.seats, mode, taken, row.seats):
                break
            taken += row.seats
            store.replace(conn, _seated(row, "confirmed", now))
            messages.drop_waiting(conn, "a place came free", messages.for_registration(row.id, ["waiting"]))
            outbox.to_registration(conn, "place-free", event, row, config=config, now=now)
            moved += 1
    return moved


def free_expired_holds(conn: Connection, *, config: Config, now: datetime) -> int:
    """Moves people up where an unconfirmed registration's hold on a seat has run out."""
    moved = 0
    for event_id in store.events_with_expired_holds(conn, now):
        event = events.get(conn, event_id, lock=True)
        moved += promote(conn, event, config=config, now=now) if event else 0
    return moved


def seats(conn: Connection, event: Event, now: datetime) -> dict[Mode, SeatCount]:
    """Limit, taken and waiting seats of each way to attend."""
    waiting: dict[str, int] = {}
    for row in store.waiting_line(conn, event.id):
        waiting[row.mode] = waiting.get(row.mode, 0) + row.seats
    return left_by_mode(event, store.seats_taken(conn, event.id, now), waiting)


def look_up(conn: Connection, registration_id: str) -> Seated:
    """A registration with its event. Raises NotFound."""
    row = store.get(conn, registration_id)
    event = events.get(conn, row.event_id) if row else None
    if row is None or event is None:
        raise NotFound("There is no such registration.")
    return Seated(registration=row, event=event, line=store.place_in_line(conn, row))


def pending_of_address(conn: Connection, row: Registration, now: datetime) -> list[Seated]:
    """Other registrations of the same address that still wait for its confirmation."""
    others = store.pending_with_email(conn, row.email, now)
    return [look_up(conn, other.id) for other in others if other.id != row.id]


def _locked(conn: Connection, registration_id: str) -> tuple[Registration, Event]:
    row = store.get(conn, registration_id)
    event = events.get(conn, row.event_id, lock=True) if row else None
    row = store.get(conn, registration_id)
    if row is None or event is None:
        raise NotFound("There is no such registration.")
    return row, event


def _open_event(conn: Connection, event_id: str, now: datetime, *, by_organiser: bool) -> Event:
    event = events.get(conn, event_id, lock=True)
    if event is None:
        raise NotFound("There is no such event.")
    last = last_start(events.dates_of(conn, event_id))
    if by_organiser:
        event_terms = replace(event, registration=replace(event.registration, opens=None, closes=None))
        check_open(event_terms, last, now)
    else:
        check_open(event, last, now)
    return event


def last_start(dates: list[Occurrence]) -> datetime:
    """The start of the last date that takes place, as a UTC instant; of the last date at all when none does."""
    return max(date.start_at for date in [date for date in dates if date.alive] or dates)


def _same_person(conn: Connection, event: Event, wish: RegistrationInput, states: set[str]) -> Registration | None:
    return next(
        (
            row
            for row in store.by_email(conn, event.id, wish.email)
            if row.name.casefold() == wish.name.casefold() and row.state in states
        ),
        None,
    )


def _new_row(
    conn: Connection, event: Event, wish: RegistrationInput, *, config: Config, now: datetime, vouched: bool
) -> Registration:
    key = new_id(now)
    came_back = any(
        row.state == "cancelled" and row.name.casefold() == wish.name.casefold()
        for row in store.by_email(conn, event.id, wish.email)
    )
    pending_until = None if vouched else now + timedelta(minutes=config.security.pending_hold_minutes)
    return Registration(
        id=key,
        event_id=event.id,
        uid=f"{key}@{event.uid.rpartition('@')[2]}" if came_back else event.uid,
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
        hold_until=_hold(conn, event, wish, pending_until, now),
        expires_at=None if vouched else now + timedelta(days=config.security.confirm_days),
        created_at=now,
    )


def _hold(
    conn: Connection, event: Event, wish: RegistrationInput, until: datetime | None, now: datetime
) -> datetime | None:
    """A seat is held only when there is one: who will have to wait holds nothing."""
    return until if _outcome(conn, event, wish.mode, wish.seats, now) == "confirmed" else None


def _seat(conn: Connection, event: Event, row: Registration, now: datetime) -> Registration:
    return _seated(row, _outcome(conn, event, row.mode, row.seats, now), now)


def _outcome(conn: Connection, event: Event, mode: Mode, wanted: int, now: datetime) -> Literal["confirmed", "waiting"]:
    taken = store.seats_taken(conn, event.id, now).get(mode, 0)
    line = len(store.waiting_line(conn, event.id, mode))
    outcome = place(event.seats, mode, taken, wanted, line)
    if outcome == "full":
        raise Full("This event is full and has no waiting list.")
    return outcome


def _seated(row: Registration, outcome: str, now: datetime) -> Registration:
    if outcome == "waiting":
        return replace(row, state="waiting", queued_at=now, hold_until=None, revision=row.revision + 1)
    return replace(row, state="confirmed", confirmed_at=now, hold_until=None, revision=row.revision + 1)


def _tell_seated(conn: Connection, event: Event, row: Registration, *, config: Config, now: datetime) -> None:
    cause: Cause = "confirmation" if row.firm else "waiting"
    outbox.to_registration(conn, cause, event, row, config=config, now=now)


def seats_shown(count: SeatCount, config: Config, exact: bool) -> dict[str, int | None]:
    """Seats as numbers for one reader: the public sees free seats rounded where that is configured."""
    left = count.left if exact or count.left is None else rounded(count.left, config.privacy.seat_rounding)
    shown = {"limit": count.limit, "left": left, "waiting": count.waiting}
    return {**shown, "taken": count.taken} if exact else shown
