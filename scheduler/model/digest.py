"""A weekly digest: what is new in a list that somebody asked for by mail address."""

from datetime import datetime, time, timedelta
from hashlib import sha256
from typing import Literal, get_args
from zoneinfo import ZoneInfo

from msgspec import Struct

from scheduler.model.event import Event, Occurrence
from scheduler.model.filter import Filter
from scheduler.model.wall import instant

NewsKind = Literal["new", "moved", "cancelled"]
NEWS: tuple[NewsKind, ...] = get_args(NewsKind)
MOST_PER_ADDRESS = 10
FINGERPRINT = "ended:"
_MONDAY = 0
_HOUR = time(7, 30)


class Digest(Struct, frozen=True, kw_only=True):
    """One address's wish. `since` is the counter of the last change that was told; `next_at` a UTC instant.

    A `pending` one waits for the address to be confirmed, until `expires_at`. One that was ended is deleted.
    """

    id: str
    email: str
    language: str
    timezone: str
    chosen: Filter
    state: Literal["pending", "active"] = "pending"
    since: int = 0
    next_at: datetime | None = None
    expires_at: datetime | None = None
    created_at: datetime


def fingerprint(email: str) -> str:
    """Stands for a day where the address of a digest that was ended stood: it was asked to confirm that day."""
    return FINGERPRINT + sha256(email.lower().encode()).hexdigest()


class News(Struct, frozen=True, kw_only=True):
    """What happened in a list up to the counter `until`: ids of events that are new in it, moved, or cancelled."""

    new: tuple[str, ...] = ()
    moved: tuple[str, ...] = ()
    cancelled: tuple[str, ...] = ()
    until: int


class Listed(Struct, frozen=True, kw_only=True):
    """One event in a digest: what happened, its first date that is still ahead, and how many `more` there are.

    Or one date of an `item` of a day programme, in a mail about the visit.
    """

    kind: NewsKind | Literal["item"]
    event: Event
    date: Occurrence
    more: int = 0


def next_monday(now: datetime, timezone: str) -> datetime:
    """The next Monday 07:30 at a place (IANA zone) that lies after `now`, as a UTC instant."""
    today = now.astimezone(ZoneInfo(timezone)).date()
    monday = today + timedelta(days=(_MONDAY - today.weekday()) % 7)
    for day in (monday, monday + timedelta(days=7)):
        at = instant(f"{day.isoformat()}T{_HOUR:%H:%M}", timezone)
        if at > now:
            return at
    raise AssertionError
