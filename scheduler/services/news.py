"""What happened in a list since somebody last heard of it, as the public may see it."""

from sqlalchemy import Connection

from scheduler.model.access import NOBODY
from scheduler.model.digest import News
from scheduler.model.filter import Filter
from scheduler.services.changes import shows
from scheduler.store import changes as store
from scheduler.store.changes import Snapshot

_AT_ONCE = 1000


def news(conn: Connection, after: int, chosen: Filter) -> News:
    """The events that came into a list, moved in it, or were cancelled, by changes with a counter above `after`.

    Items of a day programme are not listed beside their visit.
    """
    first: dict[str, Snapshot | None] = {}
    last: dict[str, Snapshot | None] = {}
    until = after
    while rows := store.since(conn, until, _AT_ONCE):
        for row in rows:
            first.setdefault(row.event_id, row.before)
            last[row.event_id] = row.after
        until = rows[-1].counter
    found: dict[str, list[str]] = {"new": [], "moved": [], "cancelled": []}
    for event_id, present in last.items():
        if present is None or present.get("part_of") or not shows(present, chosen, NOBODY):
            continue
        if (kind := _kind(first[event_id], present, chosen)) is not None:
            found[kind].append(event_id)
    return News(until=until, **{name: tuple(ids) for name, ids in found.items()})


def _kind(before: Snapshot | None, present: Snapshot, chosen: Filter) -> str | None:
    known = before is not None and before["status"] != "cancelled" and shows(before, chosen, NOBODY)
    if present["status"] == "cancelled":
        return "cancelled" if known else None
    if before is None or not known:
        return "new"
    moved = any(before[name] != present[name] for name in ("start_at", "end_at"))
    return "moved" if moved else None
