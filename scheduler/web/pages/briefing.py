"""A filter as a briefing: a page with the text to copy, the same as a text file, and one page of PDF to print.

It is made to be passed on: whoever asks for it, it holds only what everybody may read.
"""

from datetime import UTC, date, datetime, time, timedelta

from litestar import Response
from litestar.di import NamedDependency
from litestar.enums import MediaType
from litestar.params import FromPath
from sqlalchemy import Connection

from scheduler.errors import Invalid
from scheduler.model.access import NOBODY
from scheduler.model.event import Event, Occurrence
from scheduler.model.filter import Filter, facets_known, read_filter
from scheduler.model.institution import Institution
from scheduler.model.intake_known import known_of
from scheduler.store import agenda, events, institutions, selection
from scheduler.web.access import public
from scheduler.web.pages import answers
from scheduler.web.pages.briefing_text import briefing_text
from scheduler.web.pages.filters import address, sentence
from scheduler.web.pages.press import Press
from scheduler.web.pages.site import Voice
from scheduler.web.pages.view_briefing import Briefing, briefing_of, day_at
from scheduler.web.pages.visit import Visit, page, show

MOST_DATES = 200
"""More make no briefing any more; how many there are is said, with the address of the list."""


@page("/{lang:str}/briefing", guards=[public])
async def briefing_page(visit: NamedDependency[Visit], lang: FromPath[str]) -> Response[str]:
    """The text in a box to copy, and the two files."""
    voice = visit.voice(lang)
    known = await visit.context.db.read(institutions.all_institutions)
    chosen = _chosen(visit, voice, known)
    if not isinstance(chosen, Filter):
        return chosen
    made = await _made(visit, voice, chosen, known)
    text = briefing_text(made)
    return show(
        visit, voice, "briefing.html", title=made.title, path="/briefing", sentence=made.sentence, text=text,
        rows=min(text.count("\n") + 1, 30), agenda=address(f"/{lang}/", chosen),
        as_text=address(f"/{lang}/briefing.txt", chosen), as_pdf=address(f"/{lang}/briefing.pdf", chosen),
    )  # fmt: skip


@page("/{lang:str}/briefing.txt", guards=[public])
async def briefing_as_text(visit: NamedDependency[Visit], lang: FromPath[str]) -> Response[str]:
    """The text alone, in UTF-8."""
    voice = visit.voice(lang)
    known = await visit.context.db.read(institutions.all_institutions)
    chosen = _chosen(visit, voice, known)
    if not isinstance(chosen, Filter):
        return chosen
    text = briefing_text(await _made(visit, voice, chosen, known))
    headers = {**answers.PUBLIC, "Content-Language": lang}
    return Response(text, media_type=MediaType.TEXT, headers=headers)


@page("/{lang:str}/briefing.pdf", guards=[public])
async def briefing_as_pdf(visit: NamedDependency[Visit], lang: FromPath[str]) -> Response[str] | Response[bytes]:
    """One page A4, drawn beside the loop."""
    voice = visit.voice(lang)
    known = await visit.context.db.read(institutions.all_institutions)
    chosen = _chosen(visit, voice, known)
    if not isinstance(chosen, Filter):
        return chosen
    press: Press = visit.request.app.state["press"]
    made = await _made(visit, voice, chosen, known)
    drawn = await press.briefing(made)
    headers = {
        **answers.PUBLIC,
        "Content-Language": lang,
        # Kept, not shown: viewers inside browsers stumble over the policy that seals our pages.
        "Content-Disposition": f'attachment; filename="briefing-{made.today.isoformat()}-{lang}.pdf"',
    }
    return Response(drawn, media_type="application/pdf", headers=headers)


def _chosen(visit: Visit, voice: Voice, known: dict[str, Institution]) -> Filter | Response[str]:
    try:
        return read_filter(visit.query(), facets_known(known_of(voice.config, known)))
    except Invalid as error:
        return show(
            visit, voice, "filter_fault.html", title=voice.t("pages.filter.fault_title"), status=422,
            path="/briefing", faults=error.faults, agenda=f"/{voice.language}/",
        )  # fmt: skip


async def _made(visit: Visit, voice: Voice, chosen: Filter, known: dict[str, Institution]) -> Briefing:
    dates, total = await visit.context.db.read(lambda conn: _read(conn, chosen, visit.now))
    today = day_at(visit.now, voice)
    return briefing_of(
        dates, known, voice, visit.context.links, sentence=sentence(chosen, voice, known), query=chosen.query(),
        first=max(today, chosen.first) if chosen.first else today, today=today, total=total,
    )  # fmt: skip


def _read(conn: Connection, chosen: Filter, now: datetime) -> tuple[list[tuple[Occurrence, Event]], int]:
    """The first dates that are not over yet, and how many there are."""
    begin = max(now, _midnight(chosen.first)) if chosen.first else now
    end = _midnight(chosen.last + timedelta(days=1)) if chosen.last else None
    condition = selection.matching(chosen) & events.whole() & selection.readable(NOBODY)
    dates = agenda.page_of_dates(conn, condition, begin=begin, end=end, limit=MOST_DATES + 1)
    if len(dates) <= MOST_DATES:
        return dates, len(dates)
    return dates[:MOST_DATES], agenda.count_of_dates(conn, condition, begin=begin, end=end)


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(0), UTC)
