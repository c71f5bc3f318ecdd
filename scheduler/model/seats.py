"""Seats and the registration window: pure decisions."""

from collections.abc import Mapping
from datetime import datetime
from typing import Literal

from msgspec import Struct

from scheduler.errors import Closed
from scheduler.model.event import Event, Seats
from scheduler.model.registration import Mode
from scheduler.model.wall import instant, is_date, shifted

Outcome = Literal["confirmed", "waiting", "full"]


class SeatCount(Struct, frozen=True, kw_only=True):
    """Seats of one mode: the limit (None for none), how many are taken, how many wait."""

    limit: int | None
    taken: int = 0
    waiting: int = 0

    @property
    def left(self) -> int | None:
        """Free seats; None without a limit."""
        return None if self.limit is None else max(0, self.limit - self.taken)


def limit_of(seats: Seats, mode: Mode) -> int | None:
    """How many seats a mode has; None without a limit."""
    return seats.on_site if mode == "on-site" else seats.online


def modes_of(event: Event) -> tuple[Mode, ...]:
    """The ways in which an event can be attended."""
    if event.format == "hybrid":
        return ("on-site", "online")
    return ("online",) if event.format == "online" else ("on-site",)


def place(seats: Seats, mode: Mode, taken: int, wanted: int, line: int) -> Outcome:
    """Where a party of `wanted` people goes: it gets seats, stands in line, or the event is full.

    Whoever comes while others wait goes behind them, even when a seat is free: the line is strict.
    """
    limit = limit_of(seats, mode)
    if limit is None or (line == 0 and taken + wanted <= limit):
        return "confirmed"
    return "waiting" if seats.waiting_list and wanted <= limit else "full"


def fits(seats: Seats, mode: Mode, taken: int, wanted: int) -> bool:
    """True when a party fits in what is free."""
    limit = limit_of(seats, mode)
    return limit is None or taken + wanted <= limit


def check_open(event: Event, last_start: datetime, now: datetime) -> None:
    """Raises Closed, with a sentence that says why and when, unless people can register at `now`."""
    if not event.published:
        raise Closed("This event is not published yet.")
    if event.status == "cancelled":
        raise Closed("This event was cancelled.")
    if last_start <= now:
        raise Closed("This event has begun; nobody can register any more.")
    terms, zone = event.registration, event.timezone
    if terms.opens and now < instant(terms.opens, zone):
        raise Closed(f"Registration opens on {terms.opens.replace('T', ' at ')}.")
    if terms.closes and now >= closes_at(terms.closes, zone):
        raise Closed(f"Registration closed on {terms.closes.replace('T', ' at ')}.")


def closes_at(closes: str, zone: str) -> datetime:
    """The UTC instant at which a registration window ends; a closing date counts to its end."""
    return instant(shifted(closes, zone, 1) if is_date(closes) else closes, zone)


def rounded(count: int, step: int) -> int:
    """A count of free seats as the public sees it: rounded down to `step`, exact for a step of 0."""
    return count if step <= 1 else count - count % step


def left_by_mode(
    event: Event, taken: Mapping[str, int], waiting: Mapping[str, int] | None = None
) -> dict[Mode, SeatCount]:
    """Seats of each mode that an event offers."""
    return {
        mode: SeatCount(
            limit=limit_of(event.seats, mode), taken=taken.get(mode, 0), waiting=(waiting or {}).get(mode, 0)
        )
        for mode in modes_of(event)
    }
