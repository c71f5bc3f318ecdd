"""The agenda as rows: what `enspired events list` shows."""

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from scheduler.config import Config
from scheduler.model.event import Event, Occurrence
from scheduler.model.filter import facets_known, read_filter
from scheduler.model.intake_known import known_of
from scheduler.model.reading import Institutions, read, when
from scheduler.services import registrations
from scheduler.store import events, institutions, selection
from scheduler.texts import Translator, load_catalogues

if TYPE_CHECKING:
    from sqlalchemy import Connection


def agenda(
    conn: "Connection",
    chosen: Sequence[tuple[str, str]],
    *,
    config: Config,
    now: datetime,
    past: bool,
    parts: bool,
    limit: int,
) -> list[dict[str, Any]]:
    """Events by start, each as plain data; keys that end in `_text` are for people. Raises Invalid for the filter."""
    known = institutions.all_institutions(conn)
    condition = selection.matching(read_filter(chosen, facets_known(known_of(config, known))))
    if not past:
        condition = condition & events.overlapping(now, datetime.max.replace(tzinfo=now.tzinfo))
    if not parts:
        condition = condition & events.whole()
    found = events.select_all(conn, condition, limit=limit)
    dates = events.dates_of_all(conn, [event.id for event in found])
    t = load_catalogues().translator("en")
    return [
        {**_plain(event), **_texts(event, dates[event.id], known, t, now), "places": _places(conn, event, now)}
        for event in found
    ]


def _plain(event: Event) -> dict[str, Any]:
    return {
        "id": event.id,
        "start": event.start,
        "end": event.end,
        "timezone": event.timezone,
        "programme": event.programme,
        "kind": event.kind,
        "title": event.title,
        "status": event.status,
        "visibility": event.visibility,
        "state": event.status if event.visibility == "public" else f"{event.status}, {event.visibility}",
    }


def _texts(event: Event, dates: list[Occurrence], known: Institutions, t: Translator, now: datetime) -> dict[str, str]:
    """The next date in words, and how many there are of a series."""
    ahead = [date for date in dates if date.alive and date.end_at > now] or dates
    shown = " · ".join(when(event, ahead[0], known, t).lines)
    series = f" ({len(dates)} dates)" if len(dates) > 1 else ""
    return {"when_text": f"{shown}{series}", "title_text": read(event.title, "en").text}


def _places(conn: "Connection", event: Event, now: datetime) -> str:
    """Taken of all seats, for each way to attend: `12/40 on-site, 3 online`."""
    counts = registrations.seats(conn, event, now)
    return ", ".join(
        f"{count.taken}/{count.limit} {mode}" if count.limit is not None else f"{count.taken} {mode}"
        for mode, count in counts.items()
    )
