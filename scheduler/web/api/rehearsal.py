"""What a rehearsed write would have mailed: how many of each cause; and to whom, in which language and zone, when."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

import structlog
from sqlalchemy import Connection

from scheduler.model.access import Actor, manages, may_see_attendee
from scheduler.model.event import Event
from scheduler.model.message import Message
from scheduler.model.party import Party, parties_of
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
        party = _party(event, row.recipient) if event else None
        if event is None or (person is None and party is None):
            continue
        zone = person.timezone if person else party.timezone if party else ""
        at = row.not_before.isoformat(timespec="seconds").replace("+00:00", "Z")
        key = (row.cause, row.language, zone, at)
        fields = {"cause": row.cause, "language": row.language, "timezone": zone, "not_before": at}
        line = lines.setdefault(key, {**fields, "count": 0, "names": []})
        line["count"] += 1
        if person and may_see_attendee(actor, event, person):
            line["names"].append(person.name)
        if party and party.name and manages(actor, event):
            line["names"].append(party.name)
    shown = sum(len(line["names"]) for line in lines.values())
    if shown:
        log.info("attendees.read", actor=actor.name, count=shown)
    return [{**line, "names": sorted(line["names"])} for _, line in sorted(lines.items())]


def _party(event: Event, key: str) -> Party | None:
    """The speaker or host whom a message is for; their languages are of no matter here."""
    return next((one for one in parties_of(event, (), "") if one.key == key), None)
