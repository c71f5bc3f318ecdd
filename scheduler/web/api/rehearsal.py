"""What a rehearsed write would have mailed: how many of each cause; and to whom, in which language and zone, when."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

import structlog
from sqlalchemy import Connection

from scheduler.model.access import Actor, may_see_attendee
from scheduler.model.message import Message
from scheduler.store import events, messages, registrations

log = structlog.get_logger()


def written(conn: Connection, lately: datetime) -> dict[str, Message]:
    """The messages written in this transaction or shortly before, by id."""
    return {row.id: row for row in messages.since(conn, lately)}


def would_send(fresh: Iterable[Message]) -> dict[str, int]:
    """How many of each cause."""
    counts: dict[str, int] = {}
    for row in fresh:
        counts[row.cause] = counts.get(row.cause, 0) + 1
    return counts


def would_tell(conn: Connection, fresh: Iterable[Message], actor: Actor) -> list[dict[str, Any]]:
    """Who would get what: one line per cause, language, zone and instant; names as far as the actor may see them."""
    lines: dict[tuple[str, str, str, str], dict[str, Any]] = {}
    for row in fresh:
        person = registrations.get(conn, row.registration_id) if row.registration_id else None
        event = events.get(conn, row.event_id) if row.event_id else None
        if person is None or event is None:
            continue
        at = row.not_before.isoformat(timespec="seconds").replace("+00:00", "Z")
        key = (row.cause, row.language, person.timezone, at)
        fields = {"cause": row.cause, "language": row.language, "timezone": person.timezone, "not_before": at}
        line = lines.setdefault(key, {**fields, "count": 0, "names": []})
        line["count"] += 1
        if may_see_attendee(actor, event, person):
            line["names"].append(person.name)
    shown = sum(len(line["names"]) for line in lines.values())
    if shown:
        log.info("attendees.read", actor=actor.name, count=shown)
    return [{**line, "names": sorted(line["names"])} for _, line in sorted(lines.items())]
