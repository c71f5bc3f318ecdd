"""A registration: one attendee (or a party of several seats) for an event or for chosen dates of it."""

from datetime import datetime
from typing import Literal

from msgspec import Struct

RegistrationState = Literal["pending", "confirmed", "waiting", "offered", "cancelled", "attended"]
Mode = Literal["on-site", "online"]


class Registration(Struct, frozen=True, kw_only=True):
    """One attendee's registration.

    `uid` is the UID of the invitation: the event's own for a first registration, a fresh one for who comes back.
    `occurrences` are ids of chosen dates; empty for all. `vouched` is True when an organiser registered the person
    (no confirmation of the address needed). `hold_until` is how long a pending one keeps its seat, `expires_at` how
    long its link works; `queued_at` orders the waiting list. `position` in the line is derived, never stored.
    `timezone` and `language` are the recipient's: mails are written for them.
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
    reminders: bool = True
    hold_until: datetime | None = None
    expires_at: datetime | None = None
    queued_at: datetime | None = None
    confirmed_at: datetime | None = None
    cancelled_at: datetime | None = None
    cancelled_by: Literal["", "attendee", "organiser", "event"] = ""
    created_at: datetime
    revision: int = 1

    def attends(self, occurrence_id: str) -> bool:
        """True when this registration covers the date."""
        return not self.occurrences or occurrence_id in self.occurrences

    @property
    def firm(self) -> bool:
        """True when the seat is theirs."""
        return self.state in {"confirmed", "attended"}
