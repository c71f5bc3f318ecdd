"""What lists on pages ask: dates in the order of people's calendars, counts beside filters, seats of many events."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, and_, func, or_, select, true, tuple_

from scheduler.model.event import Event, Occurrence
from scheduler.model.message import Message, MessageState
from scheduler.store.messages import get as get_message
from scheduler.store.registrations import FIRM
from scheduler.store.tables import event, event_facet, message, occurrence, registration
from scheduler.store.types import decode

Place = tuple[str, str]
"""Where a page of dates ends: the start on the event's clock, and the id of the date."""


def page_of_dates(
    conn: Connection,
    condition: Any,
    *,
    begin: datetime | None = None,
    end: datetime | None = None,
    after: Place | None = None,
    limit: int,
) -> list[tuple[Occurrence, Event]]:
    """Dates that lie in [begin, end), of events that meet a condition, by the day and hour of the event's own clock."""
    query = (
        select(*occurrence.c, event.c.document)
        .join(event, event.c.id == occurrence.c.event_id)
        .where(condition, between(occurrence, begin, end))
        .order_by(occurrence.c.start, occurrence.c.id)
        .limit(limit)
    )
    if after is not None:
        query = query.where(tuple_(occurrence.c.start, occurrence.c.id) > tuple_(*after))
    names = occurrence.c.keys()
    return [
        (Occurrence(**{name: row[name] for name in names}), decode(row["document"], Event))
        for row in conn.execute(query).mappings()
    ]


def between(table: Any, begin: datetime | None, end: datetime | None) -> Any:
    """A condition: events or dates that overlap the UTC instants [begin, end)."""
    return and_(true(), *([table.c.end_at > begin] if begin else []), *([table.c.start_at < end] if end else []))


def events_between(begin: datetime | None, end: datetime | None) -> Any:
    """The same for events as a whole."""
    return between(event, begin, end)


def count(conn: Connection, condition: Any) -> int:
    """How many events meet a condition."""
    return conn.scalar(select(func.count()).select_from(event).where(condition)) or 0


def count_of_dates(
    conn: Connection, condition: Any, *, begin: datetime | None = None, end: datetime | None = None
) -> int:
    """How many dates `page_of_dates` would give without a limit."""
    query = select(func.count()).select_from(occurrence).join(event, event.c.id == occurrence.c.event_id)
    return conn.scalar(query.where(condition, between(occurrence, begin, end))) or 0


def facet_counts(conn: Connection, condition: Any, facets: Iterable[str]) -> dict[str, dict[str, int]]:
    """How many events have each value of these facets, of those that meet a condition."""
    facets = list(facets)
    counted = event_facet.alias()  # the condition looks into the same table, in subqueries of its own
    query = (
        select(counted.c.facet, counted.c.value, func.count())
        .join(event, event.c.id == counted.c.event_id)
        .where(condition, counted.c.facet.in_(facets))
        .group_by(counted.c.facet, counted.c.value)
    )
    found: dict[str, dict[str, int]] = {facet: {} for facet in facets}
    for facet, value, number in conn.execute(query):
        found[facet][value] = number
    return found


def seats_of(conn: Connection, ids: Iterable[str], now: datetime) -> dict[str, tuple[dict[str, int], dict[str, int]]]:
    """Seats taken and seats waited for, per way to attend, of several events."""
    held = and_(registration.c.state == "pending", registration.c.hold_until > now)
    query = (
        select(registration.c.event_id, registration.c.mode, registration.c.state, func.sum(registration.c.seats))
        .where(
            registration.c.event_id.in_(list(ids)),
            or_(registration.c.state.in_([*FIRM, "waiting"]), held),
        )
        .group_by(registration.c.event_id, registration.c.mode, registration.c.state)
    )
    found: dict[str, tuple[dict[str, int], dict[str, int]]] = {}
    for event_id, mode, state, seats in conn.execute(query):
        taken, waiting = found.setdefault(event_id, ({}, {}))
        side = waiting if state == "waiting" else taken
        side[mode] = side.get(mode, 0) + int(seats)
    return found


def mails(
    conn: Connection, states: Iterable[MessageState], programmes: Iterable[str] | None, *, limit: int
) -> list[tuple[Message, Event | None]]:
    """The newest messages in these states with what they are about; of these programmes only, unless None."""
    query = (
        select(message.c.id, event.c.document)
        .outerjoin(event, event.c.id == message.c.event_id)
        .where(message.c.state.in_(list(states)))
        .order_by(message.c.created_at.desc(), message.c.id.desc())
        .limit(limit)
    )
    if programmes is not None:
        query = query.where(event.c.programme.in_(list(programmes)))
    rows = [(get_message(conn, key), document) for key, document in conn.execute(query)]
    return [(found, decode(document, Event) if document else None) for found, document in rows if found]
