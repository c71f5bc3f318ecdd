"""Reads what a feed needs from the store, in one transaction."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from msgspec import Struct
from sqlalchemy import Connection

from feeds.errors import NotThere
from scheduler.config import Config
from scheduler.model.access import NOBODY, Actor, may_read
from scheduler.model.event import Event, Occurrence
from scheduler.model.feed_options import FeedQuery, read_query
from scheduler.model.filter import facets_known
from scheduler.model.institution import Institution
from scheduler.model.intake_known import known_of
from scheduler.store import changes, events, institutions, selection


class Found(Struct, frozen=True, kw_only=True):
    """What a query selected. `counter` is that of the last change it can know of, `changed_at` when that was."""

    query: FeedQuery
    events: list[Event]
    dates: dict[str, list[Occurrence]]
    wholes: dict[str, Event]
    institutions: dict[str, Institution]
    counter: int
    changed_at: datetime | None


def find(
    conn: Connection, event_id: str, pairs: list[tuple[str, str]], reader: Actor, *, today: date, config: Config
) -> Found:
    """What a query (or one event) shows to a reader today. Raises Invalid with every fault, NotThere."""
    # Read first: a change that comes in between is then seen again, never missed.
    counter = changes.current(conn)
    known = institutions.all_institutions(conn)
    if not event_id:
        query = read_query(pairs, facets_known(known_of(config, known)), config)
        found = events.select_all(conn, shown(query, reader, today, config), limit=config.feeds.max_events)
    else:
        query = read_query(pairs, {}, config, filters=False)
        found = [_one(conn, event_id, reader)]
    return gather(conn, query, _without_chores(found, config), known, counter, reader=reader)


def gather(
    conn: Connection,
    query: FeedQuery,
    found: list[Event],
    known: dict[str, Institution],
    counter: int,
    *,
    reader: Actor = NOBODY,
) -> Found:
    """Selected events with everything they are shown with."""
    return Found(
        query=query,
        events=found,
        dates=events.dates_of_all(conn, [event.id for event in found]),
        wholes=_wholes(conn, found, reader),
        institutions=known,
        counter=counter,
        changed_at=changes.last_at(conn),
    )


def shown(query: FeedQuery, actor: Actor, today: date, config: Config) -> Any:
    """A condition: the events that a filter selects for a reader, within the horizon, tombstones for their time.

    Day by day, not second by second: horizon and tombstones move at midnight UTC, so that a feed is the same bytes
    all day unless an event changed.
    """
    feeds, midnight = config.feeds, datetime.combine(today, time(0), UTC)
    first = midnight - timedelta(days=feeds.past_days)
    last = midnight + timedelta(days=query.options.horizon or feeds.future_days)
    kept = timedelta(days=feeds.cancelled_days)
    cancelled = events.alive() if query.options.cancelled == "hide" else events.not_cancelled_before(midnight - kept)
    return (
        events.published()
        & selection.readable(actor)
        & events.overlapping(first, last)
        & cancelled
        & selection.matching(query.chosen)
    )


def _one(conn: Connection, event_id: str, reader: Actor) -> Event:
    event = events.get(conn, event_id)
    if event is None or not event.published or not may_read(reader, event):
        raise NotThere("There is no such calendar.")
    return event


def _without_chores(found: list[Event], config: Config) -> list[Event]:
    """Without what is only a line of a day programme: travel, meals, rest."""
    chores = {key for key, kind in config.kinds.items() if kind.item_only}
    return [event for event in found if not event.part_of or event.kind not in chores]


def _wholes(conn: Connection, found: list[Event], reader: Actor) -> dict[str, Event]:
    ids = {event.part_of for event in found if event.part_of}
    wanted = events.with_ids(sorted(ids)) & selection.readable(reader)
    return {event.id: event for event in events.select_all(conn, wanted)} if ids else {}
