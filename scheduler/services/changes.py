"""Writes the history: what changed, for whom it shows, under the next counter; and reads it for one reader."""

from datetime import datetime
from typing import Any, Literal

import msgspec
from msgspec import Struct
from sqlalchemy import Connection

from scheduler.errors import Gone
from scheduler.model.access import Actor, Standing, may_read_standing
from scheduler.model.changes import JOINING, public_view
from scheduler.model.event import Event
from scheduler.model.filter import Filter, selects
from scheduler.model.occurrences import occurrences_of
from scheduler.services.references import readable_ids
from scheduler.store import changes as store
from scheduler.store.changes import Change, ChangeKind, Snapshot
from scheduler.store.events import facets_of, search_text


class Seen(Struct, frozen=True, kw_only=True):
    """A change as one reader sees it: the event as it is now, or that it left the reader's selection."""

    counter: int
    event_id: str
    kind: ChangeKind | Literal["removed"]
    at: datetime
    event: Snapshot | None = None


class Page(Struct, frozen=True, kw_only=True):
    """Changes after a counter. `next_since` is what to ask with next time; `more` when there are some already."""

    changes: tuple[Seen, ...]
    next_since: int
    more: bool


def record(
    conn: Connection,
    kind: ChangeKind,
    before: Event | None,
    after: Event | None,
    *,
    countries: frozenset[str],
    countries_before: frozenset[str] | None = None,
    actor: Actor,
    now: datetime,
) -> int:
    """Writes one change row in the caller's transaction and gives its counter.

    `countries` are those of the institutions that the event names after the change, `countries_before` those before
    it where they differ: a filter by country has to see that the event left it.
    """
    subject = after or before
    if subject is None:
        raise ValueError("a change needs an event")
    counter = store.take(conn)
    row = Change(
        counter=counter,
        event_id=subject.id,
        kind=kind,
        actor=actor.name,
        at=now,
        before=_snapshot(before, countries if countries_before is None else countries_before),
        after=_snapshot(after, countries),
    )
    store.add(conn, row)
    return counter


def since(conn: Connection, after: int, chosen: Filter, actor: Actor, limit: int) -> Page:
    """What changed after a counter, as far as an actor may read it and a filter selects it.

    The filter and the reader are judged on before and after: what leaves a selection is reported as removed. Only
    the newest state of an event is ever shown: what was public once and is not any more must not be read out of its
    history. Raises Gone for a counter that is too old, or ahead of this database (it was restored): then one starts
    over.
    """
    newest = store.current(conn)
    if after > newest or after < store.oldest(conn) - 1:
        raise Gone("Changes since then are not kept. Read the list again, and go on from its “since”.")
    rows = store.since(conn, after, limit)
    latest = store.latest_of(conn, {row.event_id for row in rows})
    seen = [found for row in rows if (found := _seen(row, latest[row.event_id], chosen, actor)) is not None]
    seen = _without_foreign(conn, seen, actor)
    return Page(changes=tuple(seen), next_since=rows[-1].counter if rows else newest, more=len(rows) == limit)


def _without_foreign(conn: Connection, seen: list[Seen], actor: Actor) -> list[Seen]:
    """The same without the ids of other events that the actor may not read."""
    shown = [one.event for one in seen if one.event is not None]
    named = {key for event in shown for key in (*event["related"], event["part_of"]) if key}
    known = readable_ids(conn, named, actor)
    for event in shown:
        event["related"] = [key for key in event["related"] if key in known]
        event["part_of"] = event["part_of"] if event["part_of"] in known else None
    return seen


def _seen(row: Change, latest: Change, chosen: Filter, actor: Actor) -> Seen | None:
    if not any(shows(snapshot, chosen, actor) for snapshot in (row.before, row.after)):
        return None
    present = latest.after
    if present is None or not shows(row.after, chosen, actor) or not shows(present, chosen, actor):
        return Seen(counter=row.counter, event_id=row.event_id, kind="removed", at=row.at)
    return Seen(counter=row.counter, event_id=row.event_id, kind=row.kind, at=row.at, event=_shown(present))


def shows(snapshot: Snapshot | None, chosen: Filter, actor: Actor) -> bool:
    """True when an actor may read the state of an event that a change kept, and a filter selects it."""
    if snapshot is None:
        return False
    facets = snapshot["facets"]
    standing = Standing(
        programme=snapshot["programme"],
        status=snapshot["status"],
        visibility=snapshot["visibility"],
        institutions=frozenset(facets.get("institution", ())),
    )
    start_at, end_at = (datetime.fromisoformat(snapshot[name]) for name in ("start_at", "end_at"))
    return may_read_standing(actor, standing) and selects(chosen, facets, start_at, end_at, snapshot["search"])


def _shown(snapshot: Snapshot) -> Snapshot:
    return {name: value for name, value in snapshot.items() if name not in {"facets", "search"}}


def _snapshot(event: Event | None, countries: frozenset[str]) -> Snapshot | None:
    if event is None:
        return None
    facets: dict[str, list[str]] = {}
    for facet, value in facets_of(event, countries):
        facets.setdefault(facet, []).append(value)
    dates = occurrences_of(event)
    standing: dict[str, Any] = {
        "programme": event.programme,
        "status": event.status,
        "visibility": event.visibility,
        "facets": facets,
        "start_at": _instant(min(date.start_at for date in dates)),
        "end_at": _instant(max(date.end_at for date in dates)),
        "search": search_text(event),
    }
    view = public_view(event)
    view.pop("contact")
    # Never in the history, also when it is public: it may be public no longer when somebody reads this.
    view["online"] = {name: value for name, value in view["online"].items() if name not in JOINING}
    return {**view, **standing}


def _instant(at: datetime) -> str:
    text: str = msgspec.to_builtins(at)
    return text
