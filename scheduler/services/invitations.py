"""Which calendar object goes with a message: the invitation as it now is, its end, or none.

What an attendee's calendar holds is what the last of these said. SEQUENCE never goes down for a UID: an invitation
has the event's, which every change of time, place or status raises; the end that one attendee's withdrawal makes is
one higher, and that UID is never used again.
"""

from datetime import datetime

from msgspec.structs import replace

from feeds import invite
from feeds.entry import Attendee, Entry
from scheduler.config import Config
from scheduler.mail.compose import CalendarPart
from scheduler.mail.letters.parts import LINK_LIKE
from scheduler.model.attending import as_attended
from scheduler.model.entries import Face, Surroundings, date_of, entry_of
from scheduler.model.event import Event, Occurrence
from scheduler.model.institution import Institution
from scheduler.model.links import Links
from scheduler.model.notices import comes_in_person, dates_in
from scheduler.model.registration import Registration
from scheduler.services.cases import Case
from scheduler.services.told import EARLIER
from scheduler.texts import Translator

_INVITING = frozenset({"confirmation", "place-free", "update"})
_ENDING = frozenset({"cancellation", "withdrawal"})


class Invitations:
    """Makes calendar parts, by one configuration."""

    def __init__(self, config: Config, links: Links) -> None:
        self._config = config
        self._links = links

    def answered(self, registration: Registration | None) -> bool:
        """True when this service reads what this attendee's calendar answers (`[replies] address`)."""
        return registration is not None and bool(self._links.reply_address(registration.id))

    def part(self, case: Case, institutions: dict[str, Institution], t: Translator) -> CalendarPart | None:
        """The invitation of a case, or its end; None for what concerns no calendar, and for who has no seat.

        An end goes to those alone whom an invitation may have reached.
        """
        event, row, cause = case.event, case.registration, case.message.cause
        if event is None or row is None or cause not in _INVITING | _ENDING:
            return None
        around, dates_left = self._around(case, institutions, t), _dates_left(case, row)
        if cause in _ENDING or not dates_left:
            gone = case.date if event.alive and dates_left else None
            return self._end(case, event, row, around, gone) if case.invited else None
        if not (row.firm and event.alive):
            return None
        gone = _only_gone(case, row) if case.invited else None
        return self._end(case, event, row, around, gone) if gone else self._request(case, event, row, around)

    def _request(self, case: Case, event: Event, row: Registration, around: Surroundings) -> CalendarPart:
        only = row.only(date.id for date in case.dates)
        theirs, face = as_attended(event, row), face_for(event, row)
        entry = entry_of(theirs, case.dates, around, face, uid=row.uid, only=only)
        entry = _stamped(entry, _written(case, event), event.sequence)
        return CalendarPart("REQUEST", invite.request(entry, self._organizer(row), self._attendee(case, row)))

    def _end(
        self, case: Case, event: Event, row: Registration, around: Surroundings, date: Occurrence | None
    ) -> CalendarPart:
        # As it stands in the calendar that it leaves: calendars say “cancelled” in their own words.
        known = replace(as_attended(event, row), status="confirmed")
        if date is not None:
            entry = date_of(known, date, around, "public", uid=row.uid)
        else:
            entry = entry_of(known, case.dates, around, "public", uid=row.uid, only=row.occurrences)
        raised = event.sequence + (case.message.cause == "withdrawal")
        entry = _stamped(entry, _written(case, event), raised)
        return CalendarPart("CANCEL", invite.cancellation(entry, self._organizer(row), self._attendee(case, row)))

    def _organizer(self, row: Registration) -> Attendee:
        mail = self._config.mail
        return Attendee(address=self._links.reply_address(row.id) or mail.from_address, name=mail.from_name)

    def _attendee(self, case: Case, row: Registration) -> Attendee:
        wanted = self.answered(row)
        return Attendee(
            address=case.message.address,
            name="" if LINK_LIKE.search(row.name) else row.name,
            # Where nobody reads answers, the registration is the answer.
            participation="needs-action" if wanted else "accepted",
            reply_wanted=wanted,
        )

    def _around(self, case: Case, institutions: dict[str, Institution], t: Translator) -> Surroundings:
        wholes = {case.whole.id: case.whole} if case.whole else {}
        return Surroundings(institutions=institutions, wholes=wholes, config=self._config, links=self._links, t=t)


def face_for(event: Event, row: Registration) -> Face:
    """The joining link is for those whose seat is theirs, and who take part online."""
    return "registered" if row.firm and event.alive and not comes_in_person(event, row) else "public"


def _dates_left(case: Case, row: Registration) -> bool:
    return any(date.alive and row.attends(date.id) for date in case.dates)


def _only_gone(case: Case, row: Registration) -> Occurrence | None:
    """The date whose end is all there is to tell; None when more has changed, which a new version says better."""
    positions = [position for position, date in dates_in(case.before).items() if date is not None and date.alive]
    # What an earlier notice told that may not have arrived, only a whole new version makes up for.
    if len(case.before) != 1 or len(positions) != 1 or EARLIER in case.message.facts:
        return None
    gone = (date for date in case.dates if date.position == positions[0] and not date.alive and row.attends(date.id))
    return next(gone, None)


def _written(case: Case, event: Event) -> datetime:
    """DTSTAMP orders what has the same SEQUENCE (RFC 5546 section 2.1.5). No clock: each attempt is the same."""
    return max(case.message.created_at, event.modified_at)


def _stamped(entry: Entry, at: datetime, sequence: int) -> Entry:
    overrides = tuple(_stamped(override, at, sequence) for override in entry.overrides)
    return replace(entry, stamp=at, sequence=sequence, overrides=overrides)
