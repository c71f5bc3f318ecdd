"""Registrations: take, confirm, change, withdraw, move up from the waiting list.

Every function locks the event's row first, so that seats are given one after the other: the last seat is sold once.
"""

from datetime import datetime, timedelta

from msgspec import Struct
from msgspec.structs import replace
from sqlalchemy import Connection

from scheduler.config import Config
from scheduler.errors import Closed, Fault, Invalid, NotFound
from scheduler.model.event import Event, Occurrence
from scheduler.model.intake_registration import RegistrationInput
from scheduler.model.message import Cause
from scheduler.model.registration import Mode, Registration, ReminderChoice
from scheduler.model.seats import SeatCount, check_open, fits, left_by_mode, rounded
from scheduler.services import outbox, seating
from scheduler.services import reminders as ledger
from scheduler.store import events, messages
from scheduler.store import registrations as store

_PENDING_PER_ADDRESS = 3
MOST_PUBLIC_SEATS = 10
_DAY = timedelta(days=1)


class Seated(Struct, frozen=True, kw_only=True):
    """A registration, its event and its place in the waiting line (0 when it does not wait); `created` when new."""

    registration: Registration
    event: Event
    line: int = 0
    created: bool = False


def register(conn: Connection, event_id: str, wish: RegistrationInput, *, config: Config, now: datetime) -> Seated:
    """An organiser registers somebody and vouches for the address: confirmed at once, or waiting.

    Registering the same person twice is harmless; who still had to confirm the address need not any more. Raises
    NotFound, Closed, Full.
    """
    event = _open_event(conn, event_id, now, by_organiser=True)
    again = seating.same_person(conn, event, wish, now)
    if again is None:
        row = seating.new_row(conn, event, wish, config=config, now=now, vouched=True)
        store.add(conn, row)
        return replace(_settle(conn, event, row, config=config, now=now), created=True)
    if again.state == "pending":
        row = seating.vouched(again, wish)
        store.replace(conn, row)
        return _settle(conn, event, row, config=config, now=now)
    return Seated(registration=again, event=event, line=store.place_in_line(conn, again))


def apply(conn: Connection, event_id: str, wish: RegistrationInput, *, config: Config, now: datetime) -> bool:
    """Somebody nobody vouches for asks for a seat: it is held, and a link is mailed to confirm the address.

    Whatever happens to the mail (one unconfirmed mail per address and day, however many forms) the answer is the
    same, so that a form tells nobody who is registered. Gives True when a mail was written.
    Raises NotFound, Closed, Full.
    """
    event = _open_event(conn, event_id, now, by_organiser=False)
    if not config.registration_mode(event.registration.mode).public_form:
        raise Closed("This event takes no registrations over the public form.")
    if event.registration.url:
        raise Closed("People register for this event elsewhere.")
    if wish.seats > MOST_PUBLIC_SEATS:
        detail = f"At most {MOST_PUBLIC_SEATS} places at once; for a larger group please write to the organiser."
        raise Invalid((Fault(pointer="/seats", detail=detail, example=MOST_PUBLIC_SEATS),))
    # Judged before anybody is looked up: at a full event the answer must not tell who is registered.
    fresh = seating.new_row(conn, event, wish, config=config, now=now, vouched=False)
    row = seating.same_person(conn, event, wish, now)
    store.hold_address(conn, wish.email)
    if row is None:
        row = fresh
        if len(store.pending_with_email(conn, row.email, now)) >= _PENDING_PER_ADDRESS:
            return False
        store.add(conn, row)
    if row.state != "pending":
        return False
    allowance = config.privacy.unconfirmed_mails_per_day
    if messages.confirmations_since(conn, row.email, now - _DAY) >= allowance:
        return False
    return outbox.to_registration(
        conn, "confirm-address", event, row, config=config, now=now, expires_at=row.expires_at
    )


def confirm(conn: Connection, registration_id: str, *, config: Config, now: datetime) -> Seated:
    """The address answered: the held seat, else a free one, else a place in the line. Confirming twice is harmless.

    Raises NotFound for an unknown registration, Closed when its link has run out or the event has begun or was
    cancelled, Full when its seat went to somebody else meanwhile and there is no waiting list.
    """
    row, event = _locked(conn, registration_id)
    if row.state != "pending":
        return Seated(registration=row, event=event, line=store.place_in_line(conn, row))
    if row.expires_at is not None and row.expires_at <= now:
        raise Closed("This link has run out. Please register again.")
    if not event.alive:
        raise Closed("This event was cancelled.")
    if _begun(conn, event, now):
        raise Closed("This event has begun; nobody can register any more.")
    return _settle(conn, event, row, config=config, now=now)


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
    if event.alive:  # else the one mail that waits says that it was cancelled, and takes it out of their calendar
        messages.drop_waiting(conn, "the registration was cancelled", messages.for_registration(row.id))
    if told and event.alive:
        outbox.to_registration(conn, "withdrawal", event, row, config=config, now=now)
    promote(conn, event, config=config, now=now)
    return Seated(registration=row, event=event)


def change(
    conn: Connection, registration_id: str, *, language: str | None = None, reminders: ReminderChoice | None = None
) -> Seated:
    """An attendee's own choices: the language of mails, which reminders."""
    row, event = _locked(conn, registration_id)
    row = replace(
        row,
        language=language or row.language,
        reminders=reminders or row.reminders,
        revision=row.revision + 1,
    )
    store.replace(conn, row)
    return Seated(registration=row, event=event, line=store.place_in_line(conn, row))


def promote(conn: Connection, event: Event, *, config: Config, now: datetime) -> int:
    """Moves people up while the first in line fits; a party that does not fit yet is not overtaken."""
    if not event.alive or _begun(conn, event, now):
        return 0
    moved = 0
    for mode in left_by_mode(event, {}):
        taken = store.seats_taken(conn, event.id, now).get(mode, 0)
        for row in store.waiting_line(conn, event.id, mode):
            if not fits(event.seats, mode, taken, row.seats):
                break
            taken += row.seats
            store.replace(conn, seating.seated(row, "confirmed", now))
            messages.drop_waiting(conn, "a place came free", messages.for_registration(row.id, ["waiting"]))
            outbox.to_registration(conn, "place-free", event, row, config=config, now=now)
            ledger.welcome(conn, event, row, config=config, now=now)
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


def _begun(conn: Connection, event: Event, now: datetime) -> bool:
    return last_start(events.dates_of(conn, event.id)) <= now


def _settle(conn: Connection, event: Event, row: Registration, *, config: Config, now: datetime) -> Seated:
    """Gives a stored registration its held seat, a free one or a place in the line, and tells the person."""
    row = seating.settled(conn, event, row, now)
    store.replace(conn, row)
    cause: Cause = "confirmation" if row.firm else "waiting"
    outbox.to_registration(conn, cause, event, row, config=config, now=now)
    if row.firm:
        ledger.welcome(conn, event, row, config=config, now=now)
    return Seated(registration=row, event=event, line=store.place_in_line(conn, row))


def seats_shown(count: SeatCount, config: Config, exact: bool) -> dict[str, int | None]:
    """Seats as numbers for one reader: the public sees free seats rounded where that is configured."""
    left = count.left if exact or count.left is None else rounded(count.left, config.privacy.seat_rounding)
    shown = {"limit": count.limit, "left": left, "waiting": count.waiting}
    return {**shown, "taken": count.taken} if exact else shown
