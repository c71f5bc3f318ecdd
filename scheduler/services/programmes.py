"""The day programme of a visit, read for those who are registered for the visit."""

from collections.abc import Iterable

from msgspec import Struct
from sqlalchemy import Connection

from scheduler.model.day_programme import day_programme, of_interest
from scheduler.model.digest import Listed
from scheduler.model.event import Event, Occurrence
from scheduler.model.message import Message
from scheduler.model.registration import Registration
from scheduler.store import events

_SHORT = frozenset({"confirmation", "place-free", "reminder"})
"""What lists a day programme shortly: what takes place and is ahead."""
LISTING = _SHORT | {"day-programme"}
"""The causes of mails that a day programme has to be known for."""


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


def listed_for(message: Message, programme: Programme, row: Registration) -> tuple[Listed, ...]:
    """The items that a mail to an attendee lists, or a notice of their changes has to know."""
    found = programme.of(row) if programme.items else ()
    return of_interest(found, message.created_at) if message.cause in _SHORT else found
