"""/console/events/{id}/mails and /preview: send a mail once more, and see each mail in every language."""

from typing import Any, get_args

from litestar import Controller, Response
from litestar.di import NamedDependency
from litestar.enums import MediaType
from litestar.params import FromPath
from sqlalchemy import Connection

from scheduler.errors import Forbidden, NotFound, ServiceError
from scheduler.model.access import manages
from scheduler.model.message import Cause
from scheduler.services import events as service
from scheduler.services.previewing import TO_PARTIES, Preview, Reader, Sample, preview
from scheduler.services.resending import resend
from scheduler.web.access import same_origin, signed_in
from scheduler.web.pages import answers
from scheduler.web.pages.console import console_page, person_of, voice_of
from scheduler.web.pages.site import Voice
from scheduler.web.pages.visit import Visit, form, own_name, page

PREVIEWED: tuple[Cause, ...] = (
    "confirmation", "waiting", "place-free", "update", "reminder", "follow-up", "cancellation", "withdrawal"
)  # fmt: skip
READERS: tuple[Reader, ...] = get_args(Reader)


class ConsoleLedger(Controller):
    """What organisers do with the mails of an event."""

    path = "/console/events/{event_id:str}"

    @form("/mails/{message_id:str}/resend", guards=[signed_in, same_origin])
    async def again(
        self, visit: NamedDependency[Visit], event_id: FromPath[str], message_id: FromPath[str]
    ) -> Response[str]:
        """Writes a mail once more, if what it says is still true."""
        actor, config = visit.actor, visit.context.config

        def work(conn: Connection) -> None:
            event = service.writable(conn, event_id, actor)
            resend(conn, event, message_id, config=config, now=visit.now)

        await visit.context.db.write(work)
        visit.context.wake()
        return answers.redirect(f"/console/events/{event_id}#mails", private=True)

    @page("/preview", guards=[signed_in])
    async def preview(self, visit: NamedDependency[Visit], event_id: FromPath[str]) -> Response[str]:
        """One mail as an invented attendee, a speaker or the host would get it, with links to every other one."""
        person = await person_of(visit)
        voice = voice_of(visit, person)
        sample = _asked(visit, event_id, voice)
        shown = await visit.context.db.read(lambda conn: _shown(conn, visit, sample))
        causes = [
            (one, voice.t(f"pages.cause.{one.replace('-', '_')}"))
            for one in (PREVIEWED if sample.reader == "attendee" else TO_PARTIES)
        ]
        return console_page(
            visit, voice, person, "console_preview.html", title=voice.t("pages.console.preview_title"), mail=shown,
            event_id=event_id, cause=sample.cause, language=sample.language, reader=sample.reader, causes=causes,
            readers=[(one, voice.t(f"pages.console.preview_{one}")) for one in READERS],
            languages=[(tag, own_name(tag)) for tag in voice.config.languages.offered],
            more={"Content-Security-Policy": answers.FRAMED},
        )  # fmt: skip

    @page("/preview/html", guards=[signed_in])
    async def preview_html(self, visit: NamedDependency[Visit], event_id: FromPath[str]) -> Response[str]:
        """The HTML part of that mail alone, for a frame in which it can do nothing."""
        sample = _asked(visit, event_id, voice_of(visit, await person_of(visit)))
        shown = await visit.context.db.read(lambda conn: _shown(conn, visit, sample))
        if shown is None:
            raise NotFound("This mail cannot be shown for this event yet.")
        headers = {**answers.PRIVATE, "Content-Security-Policy": answers.SANDBOX}
        return Response(shown.html, media_type=MediaType.HTML, headers=headers)


def _asked(visit: Visit, event_id: str, voice: Voice) -> Sample:
    """Which mail the address names; the first of each for what it names wrongly."""
    query, offered = visit.request.query_params, voice.config.languages.offered
    reader = next((one for one in READERS if one == query.get("to")), READERS[0])
    causes = PREVIEWED if reader == "attendee" else TO_PARTIES
    return Sample(
        event_id=event_id,
        cause=next((one for one in causes if one == query.get("cause")), causes[0]),
        language=next((one for one in offered if one == query.get("lang")), voice.language),
        reader=reader,
    )


def _shown(conn: Connection, visit: Visit, sample: Sample) -> Preview | None:
    """The mail; None for one that this event has no words for yet (no date is left)."""
    event = service.get(conn, sample.event_id, visit.actor).event
    if not manages(visit.actor, event):
        raise Forbidden("The mails of an event are for its organisers.")
    more: dict[str, Any] = {"catalogues": visit.context.catalogues, "now": visit.now}
    try:
        return preview(conn, sample, config=visit.context.config, **more)
    except ServiceError:
        return None
