"""/console: the events that somebody looks after, drafts too, with their seats in numbers."""

from datetime import timedelta
from typing import Any

from litestar import Response
from litestar.di import NamedDependency
from msgspec import Struct
from sqlalchemy import Connection

from scheduler.model.access import Actor
from scheduler.model.event import Event, Occurrence
from scheduler.model.reading import Institutions
from scheduler.store import agenda, events, institutions, messages, selection
from scheduler.web.access import signed_in
from scheduler.web.pages.console import console_page, person_of, voice_of
from scheduler.web.pages.site import Voice
from scheduler.web.pages.view_console import Line, line_of
from scheduler.web.pages.visit import Visit, page
from scheduler.web.pages.words import Taken

_MOST = 300


class Overview(Struct, frozen=True, kw_only=True):
    """What the database says."""

    events: list[Event]
    dates: dict[str, list[Occurrence]]
    seats: dict[str, Taken]
    institutions: Institutions
    mails: dict[str, int]


@page("/console", guards=[signed_in])
async def console_events(visit: NamedDependency[Visit]) -> Response[str]:
    """Drafts first, then what is ahead; `?past=1` shows what is behind."""
    person = await person_of(visit)
    voice = voice_of(visit, person)
    past = visit.request.query_params.get("past") == "1"
    found = await visit.context.db.read(lambda conn: _read(conn, visit, past=past))
    lines = [
        line_of(
            event, found.dates[event.id], found.seats.get(event.id, ({}, {})), found.institutions, voice, now=visit.now
        )
        for event in found.events
    ]
    return console_page(
        visit, voice, person, "console_events.html", title=voice.t("pages.console.events"),
        sections=_sections(lines, voice, past=past), past=past, failed=found.mails.get("failed", 0),
    )  # fmt: skip


def _sections(lines: list[Line], voice: Voice, *, past: bool) -> list[tuple[str, list[Line]]]:
    drafts = [line for line in lines if line.draft]
    rest = [line for line in lines if not line.draft]
    heading = voice.t("pages.console.past" if past else "pages.console.ahead")
    return [(voice.t("pages.console.drafts"), drafts), (heading, rest)] if drafts else [(heading, rest)]


def _read(conn: Connection, visit: Visit, *, past: bool) -> Overview:
    yesterday = visit.now - timedelta(days=1)
    span = agenda.events_between(None, visit.now) if past else agenda.events_between(yesterday, None)
    condition = _own(visit.actor) & events.whole() & span
    found = events.select_all(conn, condition, limit=_MOST)
    ids = [event.id for event in found]
    return Overview(
        events=list(reversed(found)) if past else found,
        dates=events.dates_of_all(conn, ids),
        seats=dict(agenda.seats_of(conn, ids, visit.now)),
        institutions=institutions.all_institutions(conn),
        mails=messages.states(conn) if visit.actor.role == "admin" else {},
    )


def _own(actor: Actor) -> Any:
    """An organiser's programmes, a host's institutions, everything for the others, as far as they may read it."""
    own = selection.readable(actor)
    if actor.role == "organiser":
        own = own & selection.has_facet("programme", actor.programmes)
    if actor.role == "host":
        own = own & selection.has_facet("institution", actor.institutions)
    return own
