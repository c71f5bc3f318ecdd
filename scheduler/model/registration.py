"""A registration: one attendee (or a party of several seats) for an event or for chosen dates of it."""

from collections.abc import Iterable
from datetime import datetime
from typing import Literal

from msgspec import Struct

RegistrationState = Literal["pending", "confirmed", "waiting", "offered", "cancelled", "attended"]
Mode = Literal["on-site", "online"]
ReminderChoice = Literal["all", "fewer", "none"]
"""`fewer` is the last reminder before each date alone, and nothing after it."""

NO_DATES = ("none",)
"""Instead of ids of dates, where empty means all: the id of no date at all."""


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
    program, by the id of the date they are about, "" for the whole; a no to one date takes that date out and no other,
    so that dates which are added later are theirs as well.
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
        """True when this registration covers the date: it was chosen, and not declined since."""
        return self.chose(occurrence_id) and not self.declined(occurrence_id)

    def chose(self, occurrence_id: str) -> bool:
        """True when this registration was made for the date, whatever became of it."""
        return not self.occurrences or occurrence_id in self.occurrences

    def declined(self, occurrence_id: str) -> bool:
        """True when the attendee's calendar said no to this one date, and that changed something."""
        said = self.answers.get(occurrence_id)
        return said is not None and said.answer == "declined" and not said.note

    def only(self, occurrence_ids: Iterable[str]) -> tuple[str, ...]:
        """The ids of the covered dates, of all there are now; empty for all of them, `NO_DATES` for none of them."""
        now = tuple(occurrence_ids)
        if not any(self.declined(one) for one in now):
            return self.occurrences
        return tuple(one for one in now if self.attends(one)) or NO_DATES

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
