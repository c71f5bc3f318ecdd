"""A filter as a briefing: a page with the text to copy, the same as a text file, and one page of PDF to print.

It is made to be passed on: whoever asks for it, it holds only what everybody may read.
"""

from datetime import datetime

from litestar import Response
from litestar.di import NamedDependency
from litestar.enums import MediaType
from litestar.params import FromPath
from sqlalchemy import Connection

from scheduler.model.access import NOBODY
from scheduler.model.event import Event, Occurrence
from scheduler.model.filter import Filter
from scheduler.store import agenda, events, selection
from scheduler.web.access import public
from scheduler.web.pages import answers
from scheduler.web.pages.briefing_text import briefing_text
from scheduler.web.pages.chosen import Chosen, chosen_list
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
    asked = await _asked(visit, voice)
    if isinstance(asked, Response):
        return asked
    chosen, made = asked
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
    asked = await _asked(visit, voice)
    if isinstance(asked, Response):
        return asked
    _, made = asked
    headers = {**answers.PUBLIC, "Content-Language": lang}
    return Response(briefing_text(made), media_type=MediaType.TEXT, headers=headers)


@page("/{lang:str}/briefing.pdf", guards=[public])
async def briefing_as_pdf(visit: NamedDependency[Visit], lang: FromPath[str]) -> Response[str] | Response[bytes]:
    """One page A4, drawn beside the loop."""
    voice = visit.voice(lang)
    asked = await _asked(visit, voice)
    if isinstance(asked, Response):
        return asked
    _, made = asked
    press: Press = visit.request.app.state["press"]
    drawn = await press.briefing(made)
    headers = {
        **answers.PUBLIC,
        "Content-Language": lang,
        # Kept, not shown: viewers inside browsers stumble over the policy that seals our pages.
        "Content-Disposition": f'attachment; filename="briefing-{made.today.isoformat()}-{lang}.pdf"',
    }
    return Response(drawn, media_type="application/pdf", headers=headers)


async def _asked(visit: Visit, voice: Voice) -> tuple[Filter, Briefing] | Response[str]:
    """What is asked for and the briefing of it, or the answer to a query that has faults."""
    chosen = await chosen_list(visit, voice, "/briefing")
    if not isinstance(chosen, Chosen):
        return chosen
    wanted = chosen.filter
    dates, total = await visit.context.db.read(lambda conn: _read(conn, wanted, visit.now))
    today = day_at(visit.now, voice)
    return wanted, briefing_of(
        dates, chosen.known, voice, visit.context.links, sentence=sentence(wanted, voice, chosen.known),
        query=wanted.query(), first=max(today, wanted.first) if wanted.first else today, today=today, total=total,
    )  # fmt: skip


def _read(conn: Connection, chosen: Filter, now: datetime) -> tuple[list[tuple[Occurrence, Event]], int]:
    """The first dates that are not over yet, and how many there are."""
    begin, end = max(now, chosen.begin or now), chosen.end
    condition = selection.matching(chosen) & events.whole() & selection.readable(NOBODY)
    dates = agenda.page_of_dates(conn, condition, begin=begin, end=end, limit=MOST_DATES + 1)
    if len(dates) <= MOST_DATES:
        return dates, len(dates)
    return dates[:MOST_DATES], agenda.count_of_dates(conn, condition, begin=begin, end=end)
