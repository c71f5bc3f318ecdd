"""Reads what a feed needs from the store, in one transaction."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from msgspec import Struct
from sqlalchemy import Connection

from feeds.errors import NotThere
from scheduler.calendars.addresses import Asked
from scheduler.calendars.dating import NEVER, Dated, dated
from scheduler.config import Config
from scheduler.model.access import NOBODY, Actor, may_read
from scheduler.model.event import Event, Occurrence
from scheduler.model.feed_options import FeedOptions, FeedQuery, read_query
from scheduler.model.filter import Filter, facets_known
from scheduler.model.institution import Institution
from scheduler.model.intake_known import known_of
from scheduler.store import changes, events, institutions, selection

_MOST_CHANGES = 500
"""After more changes than this a selection is read anew."""


class Found(Struct, frozen=True, kw_only=True):
    """What a query selected, by start. `counter` is that of the last change it can know of, `modified` its date.

    `starts` are the first starts (UTC instants) by id, `dates` those of series. `judged` are the ids that were looked
    at when only some were: whichever of them is not among `events` does not belong to the selection. `read` is how
    many rows the database gave, before what is shown on its own is taken out.
    """

    query: FeedQuery
    events: list[Event]
    starts: dict[str, datetime] = {}
    dates: dict[str, list[Occurrence]]
    wholes: dict[str, Event]
    institutions: dict[str, Institution]
    counter: int
    modified: Dated = NEVER
    judged: frozenset[str] = frozenset()
    read: int = 0


class Order(Struct, frozen=True, kw_only=True):
    """What somebody asks for: a path, the parameters of a query string, as which reader.

    `name` is what a subscription calls itself.
    """

    asked: Asked
    pairs: tuple[tuple[str, str], ...]
    reader: Actor = NOBODY
    name: str = ""


class Wanted(Struct, frozen=True, kw_only=True):
    """An order that was read, on a day of UTC's calendar."""

    order: Order
    query: FeedQuery
    today: date


def understood(conn: Connection, order: Order, config: Config, today: date) -> Wanted:
    """Reads the parameters of an order. Raises Invalid with every fault."""
    single = bool(order.asked.event)
    known = {} if single else facets_known(known_of(config, institutions.all_institutions(conn)))
    return Wanted(order=order, query=read_query(order.pairs, known, config, filters=not single), today=today)


def find(conn: Connection, wanted: Wanted, config: Config) -> Found:
    """Everything that is wanted. Raises NotThere for an event that the reader cannot see."""
    # Read first: a change that comes in between is then seen again, never missed.
    counter = changes.current(conn)
    if wanted.order.asked.event:
        recent = changes.recent(conn, wanted.order.asked.event)
        one = _one(conn, wanted)
        return _found(conn, wanted, [one], counter=counter, modified=dated(one[1].modified_at, recent), read=1)
    modified = _modified(conn, wanted)
    found = events.select_page(conn, shown(wanted, config), limit=config.feeds.max_events)
    chosen = _without_chores(found, config)
    return _found(conn, wanted, chosen, counter=counter, modified=modified, read=len(found))


def find_changed(conn: Connection, wanted: Wanted, since: int, config: Config) -> Found | None:
    """What of the selection may have changed after a counter, judged by the same condition; None to start over."""
    rows = changes.touched_since(conn, since, _MOST_CHANGES)
    counter, changed = rows[-1].counter if rows else changes.current(conn), {row.event_id for row in rows}
    if len(rows) != counter - since or len(rows) == _MOST_CHANGES:
        return None  # too many, or some are not kept any more
    modified = _modified(conn, wanted)
    # What is part of a changed event says its title.
    judged = frozenset(changed) | frozenset(events.ids_of_parts(conn, changed))
    condition = shown(wanted, config) & events.with_ids(sorted(judged))
    found = events.select_page(conn, condition, limit=len(judged)) if judged else []
    chosen = _without_chores(found, config)
    return _found(conn, wanted, chosen, counter=counter, modified=modified, read=len(found), judged=judged)


def gather(conn: Connection, chosen: list[Event], language: str) -> Found:
    """Given events with everything they are shown with."""
    series = [event.id for event in chosen if event.recurrence]
    return Found(
        query=FeedQuery(chosen=Filter(), options=FeedOptions(language=language)),
        events=chosen,
        dates=events.dates_of_all(conn, series) if series else {},
        wholes=_wholes(conn, chosen, NOBODY),
        institutions=institutions.all_institutions(conn),
        counter=changes.current(conn),
    )


def shown(wanted: Wanted, config: Config) -> Any:
    """A condition: the events that a filter selects for a reader, within the horizon, tombstones for their time.

    Day by day, not second by second: horizon and tombstones move at midnight UTC, so that a feed is the same bytes
    all day unless an event changed.
    """
    query, midnight = wanted.query, datetime.combine(wanted.today, time(0), UTC)
    kept = timedelta(days=config.feeds.cancelled_days)
    cancelled = events.alive() if query.options.cancelled == "hide" else events.not_cancelled_before(midnight - kept)
    return (
        events.published()
        & selection.readable(wanted.order.reader)
        & events.overlapping(*window(wanted, config))
        & cancelled
        & selection.matching(query.chosen)
    )


def window(wanted: Wanted, config: Config) -> tuple[datetime, datetime]:
    """The UTC instants [first, last) that a feed covers."""
    midnight = datetime.combine(wanted.today, time(0), UTC)
    ahead = wanted.query.options.horizon or config.feeds.future_days
    return midnight - timedelta(days=config.feeds.past_days), midnight + timedelta(days=ahead)


def _found(
    conn: Connection,
    wanted: Wanted,
    chosen: list[tuple[datetime, Event]],
    *,
    counter: int,
    read: int,
    modified: Dated,
    judged: frozenset[str] = frozenset(),
) -> Found:
    series = [event.id for _, event in chosen if event.recurrence]
    return Found(
        query=wanted.query,
        events=[event for _, event in chosen],
        starts={event.id: start_at for start_at, event in chosen},
        dates=events.dates_of_all(conn, series) if series else {},
        wholes=_wholes(conn, [event for _, event in chosen], wanted.order.reader),
        institutions=institutions.all_institutions(conn) if chosen else {},
        counter=counter,
        modified=modified,
        judged=judged,
        read=read,
    )


def _modified(conn: Connection, wanted: Wanted) -> Dated:
    """When a list last changed: with the last change of any event, or with the day."""
    instants = [*changes.recent(conn), datetime.combine(wanted.today, time(0), UTC)]
    return dated(max(instants), instants)


def _one(conn: Connection, wanted: Wanted) -> tuple[datetime, Event]:
    found = events.select_page(conn, events.with_ids([wanted.order.asked.event]), limit=1)
    if not found or not found[0][1].published or not may_read(wanted.order.reader, found[0][1]):
        raise NotThere("There is no such calendar.")
    return found[0]


def _without_chores(found: list[tuple[datetime, Event]], config: Config) -> list[tuple[datetime, Event]]:
    """Without what is only a line of a day programme: travel, meals, rest."""
    chores = {key for key, kind in config.kinds.items() if kind.item_only}
    return [pair for pair in found if not pair[1].part_of or pair[1].kind not in chores]


def _wholes(conn: Connection, found: list[Event], reader: Actor) -> dict[str, Event]:
    ids = {event.part_of for event in found if event.part_of}
    if not ids:
        return {}
    readable = events.with_ids(sorted(ids)) & selection.readable(reader)
    return {event.id: event for event in events.select_all(conn, readable)}
