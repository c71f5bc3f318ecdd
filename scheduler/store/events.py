"""Events, their facets and their dates."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, insert, select, tuple_, update

from scheduler.model.access import institutions_of
from scheduler.model.event import Event, Occurrence
from scheduler.store.tables import event, event_facet, occurrence
from scheduler.store.types import decode, encode


def get(conn: Connection, event_id: str, *, lock: bool = False) -> Event | None:
    """One event. With `lock` its row is held until commit, so that decisions about it come one after the other.

    The lock lets rows be written that merely refer to the event (PostgreSQL's FOR NO KEY UPDATE): the fan-out of a
    reminder would otherwise wait for a move that in turn waits for the reminder.
    """
    query = select(event.c.document).where(event.c.id == event_id)
    document = conn.scalar(query.with_for_update(key_share=True) if lock else query)
    return decode(document, Event) if document else None


def by_external_id(conn: Connection, source: str, external_id: str) -> Event | None:
    """The event that an organiser's own key names."""
    query = select(event.c.document).where(event.c.external_source == source, event.c.external_id == external_id)
    document = conn.scalar(query)
    return decode(document, Event) if document else None


def add(conn: Connection, row: Event, dates: Iterable[Occurrence], countries: frozenset[str]) -> None:
    """Stores a new event with its dates. `countries` are those of its institutions."""
    dates = list(dates)
    conn.execute(insert(event).values(id=row.id, **_columns(row, dates)))
    _write_parts(conn, row, dates, countries)


def replace(conn: Connection, row: Event, dates: Iterable[Occurrence], countries: frozenset[str]) -> None:
    """Stores a new revision of an event and its dates."""
    dates = list(dates)
    conn.execute(update(event).where(event.c.id == row.id).values(**_columns(row, dates)))
    conn.execute(delete(event_facet).where(event_facet.c.event_id == row.id))
    conn.execute(delete(occurrence).where(occurrence.c.event_id == row.id))
    _write_parts(conn, row, dates, countries)


def remove(conn: Connection, event_id: str) -> None:
    """Deletes an event with its facets and dates; the caller has seen to everything else that names it."""
    conn.execute(delete(event_facet).where(event_facet.c.event_id == event_id))
    conn.execute(delete(occurrence).where(occurrence.c.event_id == event_id))
    conn.execute(delete(event).where(event.c.id == event_id))


def select_page(
    conn: Connection, condition: Any, *, limit: int, after: tuple[datetime, str] | None = None
) -> list[tuple[datetime, Event]]:
    """Events that meet a condition with their first start, in that order; `after` is the last pair already seen."""
    query = select(event.c.start_at, event.c.document).where(condition).order_by(event.c.start_at, event.c.id)
    if after is not None:
        query = query.where(tuple_(event.c.start_at, event.c.id) > tuple_(*after))
    return [(row[0], decode(row[1], Event)) for row in conn.execute(query.limit(limit))]


def select_all(conn: Connection, condition: Any, *, limit: int = 10_000) -> list[Event]:
    """Events that meet a condition, by start."""
    query = select(event.c.document).where(condition).order_by(event.c.start_at, event.c.id).limit(limit)
    return [decode(document, Event) for document in conn.scalars(query)]


def overlapping(start: datetime, end: datetime) -> Any:
    """A condition: events of which a date may overlap the UTC instants [start, end)."""
    return (event.c.end_at > start) & (event.c.start_at < end)


def ending_after(instant: datetime) -> Any:
    """A condition: events of which some date is not over at an instant."""
    return event.c.end_at > instant


def not_cancelled_before(instant: datetime) -> Any:
    """A condition: events that are not cancelled, or were cancelled after an instant."""
    return event.c.cancelled_at.is_(None) | (event.c.cancelled_at > instant)


def alive() -> Any:
    """A condition: events that are not cancelled."""
    return event.c.status != "cancelled"


def part_of(event_id: str) -> Any:
    """A condition: the day programme of a visit."""
    return event.c.part_of == event_id


def parts_of(ids: Iterable[str]) -> Any:
    """A condition: everything that stands in the day programme of one of these events."""
    return event.c.part_of.in_(list(ids))


def ids_of_parts(conn: Connection, ids: Iterable[str]) -> list[str]:
    """The ids of everything that stands in the day programme of one of these events."""
    return list(conn.scalars(select(event.c.id).where(event.c.part_of.in_(list(ids)))))


def whole() -> Any:
    """A condition: events that are not an item of another one's day programme."""
    return event.c.part_of.is_(None)


def published() -> Any:
    """A condition: events that left draft."""
    return event.c.status != "draft"


def with_ids(ids: Iterable[str]) -> Any:
    """A condition: these events."""
    return event.c.id.in_(list(ids))


def dates_of(conn: Connection, event_id: str) -> list[Occurrence]:
    """The dates of an event in order of position."""
    query = select(occurrence).where(occurrence.c.event_id == event_id).order_by(occurrence.c.position)
    return [Occurrence(**row) for row in conn.execute(query).mappings()]


def dates_of_all(conn: Connection, ids: Iterable[str]) -> dict[str, list[Occurrence]]:
    """The dates of several events."""
    ids = list(ids)
    query = select(occurrence).where(occurrence.c.event_id.in_(ids)).order_by(occurrence.c.position)
    found: dict[str, list[Occurrence]] = {event_id: [] for event_id in ids}
    for row in conn.execute(query).mappings():
        found[row["event_id"]].append(Occurrence(**row))
    return found


def date(conn: Connection, occurrence_id: str) -> Occurrence | None:
    """One date."""
    row = conn.execute(select(occurrence).where(occurrence.c.id == occurrence_id)).mappings().first()
    return Occurrence(**row) if row else None


def _columns(row: Event, dates: list[Occurrence]) -> dict[str, Any]:
    external = row.external_id
    return {
        "uid": row.uid,
        "external_source": external.source if external else None,
        "external_id": external.id if external else None,
        "programme": row.programme,
        "status": row.status,
        "visibility": row.visibility,
        "part_of": row.part_of,
        "start_at": min(found.start_at for found in dates),
        "end_at": max(found.end_at for found in dates),
        "cancelled_at": row.cancelled_at,
        "revision": row.revision,
        "public_revision": row.public_revision,
        "search": search_text(row),
        "document": encode(row),
    }


def _write_parts(conn: Connection, row: Event, dates: list[Occurrence], countries: frozenset[str]) -> None:
    facets = [{"event_id": row.id, "facet": facet, "value": value} for facet, value in facets_of(row, countries)]
    conn.execute(insert(event_facet), facets)
    columns = occurrence.c.keys()
    conn.execute(insert(occurrence), [{name: getattr(found, name) for name in columns} for found in dates])


def search_text(row: Event) -> str:
    """What a search looks in: titles and summaries in every language."""
    return " ".join([*row.title.values(), *row.summary.values()]).lower()


def facets_of(row: Event, countries: frozenset[str]) -> list[tuple[str, str]]:
    """What a filter can find an event by; `countries` are those of its institutions."""
    facets = {
        "programme": {row.programme},
        "kind": {row.kind},
        "country": set(row.countries) | countries,
        "institution": institutions_of(row),
        "level": set(row.levels),
        "area": set(row.key_areas),
        "audience": set(row.audiences),
        "theme": set(row.themes),
        "language": set(row.languages) | {channel.target for channel in row.interpretation},
        "format": {row.format},
    }
    return sorted((facet, value) for facet, values in facets.items() for value in values)
