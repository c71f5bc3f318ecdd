"""What those who are registered for a visit hear of its day programme: one mail for all that changed in it.

It is written to the registration for the visit. Who is registered for the item itself hears of it as its attendee.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import Connection

from scheduler.config import Config
from scheduler.model.day_programme import PresentProgramme, items_changed, noted_items
from scheduler.model.event import Event, Occurrence
from scheduler.model.occurrences import occurrences_of
from scheduler.services.coalescing import News, settle
from scheduler.services.programmes import Programme, programme_of
from scheduler.services.told import none_left
from scheduler.store import coalescing as store
from scheduler.store import events, registrations
from scheduler.store import notices as letters


def tell(
    conn: Connection,
    before: Event | None,
    after: Event,
    dates: tuple[Occurrence, ...],
    *,
    config: Config,
    now: datetime,
) -> None:
    """Writes, joins or drops the notices that a change of an item calls for; called once it is stored.

    `dates` are those of `after`. An event that is part of nothing calls for none, nor does an item of a visit that is a
    draft or cancelled.
    """
    wholes = {event.part_of for event in (before, after) if event is not None and event.part_of}
    for key in sorted(wholes):
        visit = events.get(conn, key, lock=True)  # two items that change at once would each write a notice
        if visit is not None and visit.alive:
            was = _alone(conn, visit, before, occurrences_of(before) if before is not None else ())
            _tell_visitors(conn, visit, was, _alone(conn, visit, after, dates), config=config, now=now)


def _tell_visitors(
    conn: Connection, visit: Event, was: Programme, present: Programme, *, config: Config, now: datetime
) -> None:
    """`was` and `present` are the day programme with nothing in it but the item."""
    people = registrations.of_event(conn, visit.id, registrations.FIRM)
    if not people:
        return
    programme, told = programme_of(conn, visit), store.to_registrations(conn, visit.id, "day-programme")
    heard, informed = _attending(conn, (*was.items, *present.items)), letters.letters_of_event(conn, visit.id)
    for row in people:
        differences = items_changed(noted_items(was.of(row)), noted_items(present.of(row)), row.language)
        if differences and row.email.lower() not in heard and not none_left(informed.get(row.id, [])):
            news = News(
                cause="day-programme",
                event=visit,
                address=row.email,
                language=row.language,
                registration=row,
                differences=differences,
                present=PresentProgramme(noted_items(programme.of(row)), row.language),
            )
            settle(conn, news, told.get(row.id, []), config=config, now=now)


def _alone(conn: Connection, visit: Event, item: Event | None, dates: Sequence[Occurrence]) -> Programme:
    items = (item,) if item is not None and item.part_of == visit.id else ()
    dates_of = {one.id: list(dates) for one in items}
    return Programme(visit=visit, dates=tuple(events.dates_of(conn, visit.id)), items=items, dates_of=dates_of)


def _attending(conn: Connection, items: Iterable[Event]) -> set[str]:
    """The addresses that hear of an item because they are registered for it."""
    ids = {item.id for item in items}
    return {row.email.lower() for key in ids for row in registrations.of_event(conn, key, letters.CONCERNED)}
