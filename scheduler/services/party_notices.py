"""What speakers and hosts hear of an event: a notice of what changed, in one mail, and of its end at once.

They get these whatever they chose about reminders, as attendees do. Who is registered as well gets the attendee's mail
and no other.
"""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import Connection

from scheduler.config import Config
from scheduler.model.event import Event, Occurrence
from scheduler.model.notices import changed, noted
from scheduler.model.occurrences import occurrences_of
from scheduler.model.party import Party
from scheduler.services import outbox
from scheduler.services.coalescing import News, settle
from scheduler.services.owed import PresentEvent
from scheduler.services.recipients import parties
from scheduler.store import coalescing as store
from scheduler.store import notices as letters
from scheduler.store import registrations


def tell(
    conn: Connection, before: Event, after: Event, dates: tuple[Occurrence, ...], *, config: Config, now: datetime
) -> None:
    """Writes, joins or drops the notices that a change calls for; called in the transaction of every change.

    `dates` are those of `after`. Nothing is written while one of both is a draft or cancelled, nor to who was no
    speaker or host before.
    """
    if not (before.alive and after.alive):
        return
    found = _news(before, after, dates, config)
    if not found:
        return
    attending = _told_as_attendees(conn, before, after, dates)
    told = store.to_parties(conn, after.id)
    for news in found:
        if news.address.lower() not in attending:
            settle(conn, news, told.get(news.recipient, []), config=config, now=now)


def call_off(
    conn: Connection, event: Event, reason: str, attending: Iterable[str], *, config: Config, now: datetime
) -> None:
    """Tells the speakers and hosts at once that an event is cancelled, but those `attending` (addresses) it."""
    others = {address.lower() for address in attending}
    for party in parties(event, config):
        if party.email.lower() not in others:
            outbox.write(
                conn,
                "cancellation",
                config=config,
                now=now,
                address=party.email,
                language=party.language,
                event=event,
                recipient=party.key,
                facts={"reason": reason},
            )


def _news(before: Event, after: Event, dates: tuple[Occurrence, ...], config: Config) -> list[News]:
    known, old_dates = {party.key for party in parties(before, config)}, occurrences_of(before)
    found = []
    for party in parties(after, config):
        present = noted(after, dates, party)
        differences = changed(noted(before, old_dates, party), present, party.language)
        if party.key in known and differences:
            found.append(_to(party, after, PresentEvent(present, party.language), differences))
    return found


def _to(party: Party, event: Event, present: PresentEvent, differences: dict[str, str]) -> News:
    return News(
        cause="update",
        event=event,
        address=party.email,
        language=party.language,
        recipient=party.key,
        differences=differences,
        present=present,
    )


def _told_as_attendees(conn: Connection, before: Event, after: Event, dates: tuple[Occurrence, ...]) -> set[str]:
    """The addresses whose registration this change concerns; of a series, it may be about dates that they left out."""
    old_dates = occurrences_of(before)
    return {
        person.email.lower()
        for person in registrations.of_event(conn, after.id, letters.CONCERNED)
        if changed(noted(before, old_dates, person), noted(after, dates, person), person.language)
    }
