"""The agenda, and the way to it from an address without a language."""

from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from litestar import Response
from litestar.di import NamedDependency
from litestar.params import FromPath
from msgspec import Struct
from sqlalchemy import Connection

from scheduler.dates import date_text
from scheduler.errors import Invalid
from scheduler.model.event import Event, Occurrence
from scheduler.model.filter import FACETS, Filter, facets_known, midnight, read_filter
from scheduler.model.intake_known import known_of
from scheduler.model.reading import Institutions
from scheduler.store import agenda, events, institutions, selection
from scheduler.web.access import public
from scheduler.web.pages import answers
from scheduler.web.pages.chosen import fault_page
from scheduler.web.pages.filters import address, filter_view, sentence
from scheduler.web.pages.site import Voice
from scheduler.web.pages.view_agenda import cursor_text, days_of, place_of, read_cursor
from scheduler.web.pages.visit import Visit, page, show
from scheduler.web.pages.words import Taken

PAGE = 50
OPTIONS = ("cursor",)
_PAST_DAYS = 365


class Listed(Struct, frozen=True, kw_only=True):
    """What the database says for one page of the agenda. `ahead` is the next date after an empty list."""

    dates: list[tuple[Occurrence, Event]]
    more: bool
    total: int
    counts: dict[str, dict[str, int]]
    seats: dict[str, Taken]
    institutions: Institutions
    ahead: tuple[Occurrence, Event] | None


@page(
    ["/", "/events/{event_id:str}", "/subscribe", "/accessibility", "/privacy"],
    guards=[public],
)
async def without_language(visit: NamedDependency[Visit]) -> Response[str]:
    """Sends the browser to the same page in the language that it asks for."""
    url = visit.request.url
    path = "/" + visit.preferred_language() + ("/" if url.path == "/" else url.path)
    ending = f"?{url.query}" if url.query else ""
    return answers.redirect(path + ending, status=302, more={"Vary": "Accept-Language"})


@page("/{lang:str}", guards=[public])
async def agenda_page(visit: NamedDependency[Visit], lang: FromPath[str]) -> Response[str]:
    """What is planned, filtered by the query, fifty dates at a time."""
    voice = visit.voice(lang)
    pairs = visit.query()
    today = visit.now.astimezone(ZoneInfo(voice.config.operator.timezone)).date()
    known = await visit.context.db.read(institutions.all_institutions)
    try:
        chosen = read_filter(pairs, facets_known(known_of(voice.config, known)), OPTIONS)
        after = read_cursor(dict(pairs).get("cursor", ""))
    except Invalid as error:
        return fault_page(visit, voice, "/", error.faults)
    base = f"/{lang}/"
    if any(not value for _, value in pairs):
        return answers.redirect(address(base, chosen))
    listed = await visit.context.db.read(lambda conn: _read(conn, visit, chosen, today, after))
    return show(
        visit, voice, "agenda.html", title=voice.t("pages.agenda.title"), path="/",
        shown=sentence(chosen, voice, known), here=visit.context.links.agenda(lang, chosen.query()),
        **_values(listed, chosen, voice, today, base),
    )  # fmt: skip


def first_day(chosen: Filter, today: date) -> date | None:
    """From which day to list: the one asked for, else today, else (when only past days are asked for) any."""
    if chosen.first:
        return chosen.first
    return None if chosen.last and chosen.last < today else today


def _values(listed: Listed, chosen: Filter, voice: Voice, today: date, base: str) -> dict[str, Any]:
    first = first_day(chosen, today)
    following = address(base, chosen)
    joint = "&" if "?" in following else "?"
    past = Filter(
        facets=chosen.facets, first=today - timedelta(days=_PAST_DAYS), last=today - timedelta(days=1), text=chosen.text
    )
    query = chosen.query()
    return {
        "days": days_of(listed.dates, listed.seats, listed.institutions, voice, first=first, today=today),
        "total": listed.total,
        "chosen": filter_view(chosen, listed.counts, voice, listed.institutions, base),
        "next": f"{following}{joint}cursor={cursor_text(place_of(listed.dates))}" if listed.more else "",
        "past": address(base, past) if first == today else "",
        "upcoming": address(base, Filter(facets=chosen.facets, text=chosen.text)) if first != today else "",
        "subscribe": f"{base}subscribe" + (f"?{query}" if query else ""),
        "briefing": address(f"{base}briefing", chosen),
        "agenda": base,
        "ahead": _ahead(listed.ahead, voice),
    }


def _ahead(found: tuple[Occurrence, Event] | None, voice: Voice) -> str:
    return date_text(date.fromisoformat(found[0].start[:10]), voice.t) if found else ""


def _read(conn: Connection, visit: Visit, chosen: Filter, today: date, after: agenda.Place | None) -> Listed:
    first = first_day(chosen, today)
    begin, end = midnight(first) if first else None, chosen.end
    span = agenda.events_between(begin, end) & events.whole() & selection.readable(visit.actor)
    condition = selection.matching(chosen) & span
    dates = agenda.page_of_dates(conn, condition, begin=begin, end=end, after=after, limit=PAGE + 1)
    ahead = [] if dates or not end else agenda.page_of_dates(conn, _undated(chosen, visit), begin=end, limit=1)
    return Listed(
        dates=dates[:PAGE],
        more=len(dates) > PAGE,
        total=agenda.count(conn, condition),
        counts=_counts(conn, chosen, span),
        seats=dict(agenda.seats_of(conn, {event.id for _, event in dates}, visit.now)),
        institutions=institutions.all_institutions(conn),
        ahead=ahead[0] if ahead else None,
    )


def _undated(chosen: Filter, visit: Visit) -> Any:
    undated = Filter(facets=chosen.facets, text=chosen.text)
    return selection.matching(undated) & events.whole() & selection.readable(visit.actor)


def _counts(conn: Connection, chosen: Filter, span: Any) -> dict[str, dict[str, int]]:
    """Beside each value how many events it would give: a facet's own choice does not narrow its own counts."""
    free = [facet for facet in FACETS if not chosen.values(facet)]
    found = agenda.facet_counts(conn, selection.matching(chosen) & span, free)
    for facet, _ in chosen.facets:
        condition = selection.matching(chosen.without(facet)) & span
        found |= agenda.facet_counts(conn, condition, [facet])
    return found
