"""The day programme of a visit, read for those who are registered for the visit."""

from collections.abc import Iterable

from msgspec import Struct
from sqlalchemy import Connection

from scheduler.model.day_programme import day_programme, of_interest
from scheduler.model.digest import Listed
from scheduler.model.event import Event, Occurrence
from scheduler.model.message import Message
from scheduler.model.registration import Registration
from scheduler.store import events, registrations

_SHORT = frozenset({"confirmation", "place-free", "reminder"})
"""What lists a day programme shortly: what takes place and is ahead."""


class Programme(Struct, frozen=True, kw_only=True):
    """A visit with its items, whoever may see them."""

    visit: Event
    dates: tuple[Occurrence, ...]
    items: tuple[Event, ...]
    dates_of: dict[str, list[Occurrence]]

    def of(self, row: Registration) -> tuple[Listed, ...]:
        """What one attendee may see of it, by start."""
        return day_programme(self.visit, self.dates, self.items, self.dates_of, row)


def programme_of(conn: Connection, visit: Event) -> Programme:
    """The day programme of a visit; empty for any other event."""
    return programmes_of(conn, [visit])[visit.id]


def programmes_of(conn: Connection, visits: Iterable[Event]) -> dict[str, Programme]:
    """The day programmes of several visits, by id."""
    by_id = {visit.id: visit for visit in visits}
    items = events.select_all(conn, events.parts_of(by_id)) if by_id else []
    dates = events.dates_of_all(conn, [*by_id, *(item.id for item in items)]) if items else {}
    return {
        key: Programme(
            visit=visit,
            dates=tuple(dates.get(key, ())),
            items=tuple(item for item in items if item.part_of == key),
            dates_of=dates,
        )
        for key, visit in by_id.items()
    }


def listed_for(conn: Connection, message: Message) -> tuple[Listed, ...]:
    """The items that a mail to an attendee lists, or a notice of their changes has to know; nothing for other mails."""
    if message.registration_id is None or message.event_id is None:
        return ()
    if message.cause not in {*_SHORT, "day-programme"} or not events.ids_of_parts(conn, [message.event_id]):
        return ()
    visit, row = events.get(conn, message.event_id), registrations.get(conn, message.registration_id)
    if visit is None or row is None:
        return ()
    found = programme_of(conn, visit).of(row)
    return of_interest(found, message.created_at) if message.cause in _SHORT else found
