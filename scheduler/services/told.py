"""What an attendee was told before, as far as it can be known: the “old” of a notice, and since they registered."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import Connection

from scheduler.model.event import Event, Occurrence
from scheduler.model.message import REFUSED, Message
from scheduler.model.notices import ABSENT, JOINING, Noted, changed, date_aspect, from_text, noted, still
from scheduler.model.registration import Registration
from scheduler.services.past import Past
from scheduler.store import notices as store

BEFORE, EARLIER, SINCE, TOLD = "before", "earlier", "since", "told"
"""Names of facts: what differs as it was; the notice that this one speaks for too; what differs since registering; and
all that another letter told, where it was sent while a notice waited."""


def untold(
    conn: Connection, notice: Message, event: Event, dates: tuple[Occurrence, ...], registration: Registration
) -> Noted:
    """What a notice has to tell now, as the attendee last knew it; empty when nothing is left of it.

    Where nobody knows whether an earlier notice arrived, it is enough that either answer leaves something to tell.
    """
    present = noted(event, dates, registration)
    letters = store.of_registration(conn, registration.id)
    declined = {date_aspect(date.position) for date in dates if registration.declined(date.id)}
    for every in _known(notice, letters, present):
        known = {aspect: was for aspect, was in every.items() if aspect not in declined}
        if left := still(known, present, registration.language):
            return left
    return {}


def retold(letters: Iterable[Message], since: datetime, known: Noted, present: Noted) -> list[Noted]:
    """What somebody may know who knew `known`, once other letters left since an instant, the likeliest first.

    A letter with an invitation takes the place of what they knew; a reminder leaves their calendar as it was.
    """
    found = [known]
    for letter in sorted((one for one in letters if TOLD in one.facts), key=lambda one: one.sent_at or since):
        if letter.sent_at is None or letter.sent_at < since:
            continue
        all_of_it = {**dict.fromkeys(present, ABSENT), **from_text(letter.facts[TOLD])}
        found = [*found, all_of_it] if letter.cause == "reminder" else [all_of_it]
    return found


def none_left(letters: Iterable[Message]) -> bool:
    """True while nobody was told anything that could be wrong now: their first letter waits, and says all as it is, or
    it was refused for good."""
    alive = [one for one in letters if one.state != "dropped"]
    return bool(alive) and all(_waits(one) or _refused(one) for one in alive)


def _waits(letter: Message) -> bool:
    return letter.state == "waiting" and not letter.attempts and letter.cause != "update"


def _refused(letter: Message) -> bool:
    return letter.state == "failed" and (letter.last_code or 0) >= REFUSED


def spoken_for(conn: Connection, notice: Message) -> bool:
    """True when a later notice to the same attendee tells this one's news as well."""
    later = store.of_registration(conn, notice.registration_id or "")
    return any(row.facts.get(EARLIER) == notice.id and row.state != "dropped" for row in later)


def since_registered(past: Past, event: Event, dates: tuple[Occurrence, ...], registration: Registration) -> Noted:
    """What is another way than on the day when the attendee got their place, as it was then."""
    then = past.at(registration.confirmed_at) if registration.confirmed_at else None
    if then is None:
        return {}
    was = noted(then.event, then.dates, registration)
    was.pop(JOINING, None)  # the history has no joining links
    return changed(was, noted(event, dates, registration), registration.language)


def _known(notice: Message, letters: list[Message], present: Noted) -> list[Noted]:
    """What the attendee may know, the likeliest first, as differences from how it was when this notice was written."""
    written = from_text(notice.facts.get(BEFORE, ""))
    own, *reminded = retold(letters, notice.created_at, written, present)
    earlier = next((one for one in letters if one.id == notice.facts.get(EARLIER)), None)
    if earlier is None or earlier.state == "sent" or own is not written:
        return [own, *reminded]
    without = [{**own, **known} for known in _known(earlier, letters, present)]
    never_left = earlier.state == "dropped" and earlier.attempts <= 1
    return [*without, *([] if never_left else [own]), *reminded]
