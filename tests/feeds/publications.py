"""A calendar of twenty events, ready to be sent, whole and in chunks."""

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from feeds.bodies import Publication, Sending, calendar_ready, ready
from feeds.chunks import cut, item
from feeds.publish import Answer, respond
from feeds.source import Ready
from feeds.write import Head, vevent, zones_of
from tests.feeds.entries import entry, wall

CHANGED = datetime(2026, 11, 2, 9, 30, 15, 250_000, tzinfo=UTC)
ENTRIES = [entry(wall("2027-03-16 14:30") + timedelta(days=day), uid=f"{day}@x") for day in range(20)]
PUBLICATION = Publication(
    head=Head(name="eNSPIRED"),
    vevents=[vevent(one) for one in ENTRIES],
    spans=zones_of(ENTRIES),
    sending=Sending(filename="events.ics", last_modified=CHANGED),
)
ITEMS = [item((CHANGED, one.uid), vevent(one), zones_of([one])) for one in ENTRIES]
READY = ready(PUBLICATION)
CHUNKED = calendar_ready(PUBLICATION.head, cut(ITEMS), PUBLICATION.sending)


def sent(**how: Any) -> Ready:
    """The publication as it is sent in another way."""
    return ready(msgspec.structs.replace(PUBLICATION, sending=msgspec.structs.replace(PUBLICATION.sending, **how)))


def asked(method: str = "GET", resource: Ready = READY, **headers: str) -> Answer:
    raw = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    return respond(method, raw, resource)


def said(answer: Answer) -> dict[str, str]:
    names = [name for name, _ in answer.headers]
    assert len(names) == len(set(names))
    return {name.decode(): value.decode() for name, value in answer.headers}
