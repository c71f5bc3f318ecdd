"""The events that a digest lists, as they stand now."""

from datetime import datetime

from sqlalchemy import Connection

from scheduler.model.access import NOBODY, may_read
from scheduler.model.digest import NEWS, Digest, Listed, NewsKind
from scheduler.model.event import Event, Occurrence
from scheduler.model.message import Message
from scheduler.store import batches, digests, events

_DIGESTS = frozenset({"digest", "confirm-digest"})


def digest_of(conn: Connection, message: Message) -> Digest | None:
    """The digest that a message belongs to; None for any other message, and once it was ended."""
    return digests.get(conn, message.facts.get("digest", "")) if message.cause in _DIGESTS else None


def news_of(conn: Connection, message: Message) -> tuple[Listed, ...]:
    """What a digest still has to tell, in the order of the dates: nothing hidden, nothing that is over."""
    kinds = {key: kind for kind in NEWS for key in message.facts.get(kind, "").split(",") if key}
    rows, dates = batches.events_by_id(conn, kinds), events.dates_of_all(conn, kinds)
    found = [_one(kinds[key], row, dates.get(key, []), message) for key, row in rows.items() if may_read(NOBODY, row)]
    return tuple(sorted((one for one in found if one), key=_order))


def _order(one: Listed) -> tuple[int, datetime]:
    return NEWS.index(one.kind), one.date.start_at


def _one(kind: NewsKind, event: Event, dates: list[Occurrence], message: Message) -> Listed | None:
    told = "cancelled" if event.status == "cancelled" else kind
    if told != kind and kind == "new":
        return None
    ahead = [date for date in dates if date.end_at > message.created_at and (date.alive or told == "cancelled")]
    first = min(ahead, key=lambda date: date.start_at, default=None)
    if first is None or (kind == "cancelled" and event.alive):
        return None
    return Listed(kind=told, event=event, date=first, more=len(ahead) - 1)
