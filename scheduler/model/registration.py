"""A registration: one attendee (or a party of several seats) for an event or for chosen dates of it."""

from datetime import datetime
from typing import Literal

from msgspec import Struct

RegistrationState = Literal["pending", "confirmed", "waiting", "offered", "cancelled", "attended"]
Mode = Literal["on-site", "online"]
ReminderChoice = Literal["all", "fewer", "none"]
"""`fewer` is the last reminder before each date alone, and nothing after it."""


class CalendarAnswer(Struct, frozen=True, kw_only=True):
    """What somebody's calendar program answered: to the invitation as a whole, or about one date of a series.

    `sequence` (None when it was not said) and `stamp` (a UTC instant) order the answers of one person (RFC 5546
    section 2.1.5). `note` says why nothing was changed, where that may surprise: `after-withdrawal`, `over`.
    """

    answer: Literal["accepted", "tentative", "declined"]
    at: datetime
    stamp: datetime
    sequence: int | None = None
    comment: str = ""
    note: Literal["", "after-withdrawal", "over"] = ""


class Registration(Struct, frozen=True, kw_only=True):
    """One attendee's registration.

    `uid` is the UID of the invitation: the event's own for a first registration, a fresh one for who comes back.
    `occurrences` are ids of chosen dates; empty for all. `vouched` is True when an organiser registered the person
    (no confirmation of the address needed). `hold_until` is how long a pending one keeps its seat, `expires_at` how
    long its link works; `queued_at` orders the waiting list. `position` in the line is derived, never stored.
    `timezone` and `language` are the recipient's: mails are written for them. `answers` came from their calendar
    program, by the id of the date they are about, "" for the whole.
    """

    id: str
    event_id: str
    uid: str
    name: str
    email: str
    language: str
    timezone: str = ""
    institution: str = ""
    role: str = ""
    mode: Mode = "on-site"
    seats: int = 1
    occurrences: tuple[str, ...] = ()
    state: RegistrationState
    vouched: bool = False
    reminders: ReminderChoice = "all"
    hold_until: datetime | None = None
    expires_at: datetime | None = None
    queued_at: datetime | None = None
    confirmed_at: datetime | None = None
    cancelled_at: datetime | None = None
    cancelled_by: Literal["", "attendee", "organiser", "event"] = ""
    created_at: datetime
    answers: dict[str, CalendarAnswer] = {}
    revision: int = 1

    def attends(self, occurrence_id: str) -> bool:
        """True when this registration covers the date."""
        return not self.occurrences or occurrence_id in self.occurrences

    @property
    def firm(self) -> bool:
        """True when the seat is theirs."""
        return self.state in {"confirmed", "attended"}

    @property
    def answer(self) -> str:
        """What their calendar program last said about the whole: `accepted`, `tentative`, `declined`, or ""."""
        return self.answers[""].answer if "" in self.answers else ""

    @property
    def answered_at(self) -> datetime | None:
        """When that came in, a UTC instant."""
        return self.answers[""].at if "" in self.answers else None
