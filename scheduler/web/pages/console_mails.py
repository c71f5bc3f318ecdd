"""/console/mails: the outbox, and (while mails go to a folder) the mails themselves to read."""

import asyncio
from pathlib import Path

from litestar import Controller, Response
from litestar.di import NamedDependency
from litestar.enums import MediaType
from litestar.params import FromPath
from sqlalchemy import Connection

from scheduler.errors import Forbidden, NotFound
from scheduler.mail.folder import OpenedMail, list_mails, read_mail
from scheduler.model.event import Event
from scheduler.model.message import Message, MessageState
from scheduler.store import agenda, messages
from scheduler.web.access import needs_admin, signed_in
from scheduler.web.pages import answers
from scheduler.web.pages.console import console_page, person_of, voice_of
from scheduler.web.pages.view_console import instant_words, mail_line
from scheduler.web.pages.visit import Visit, page

_STATES: dict[str, tuple[MessageState, ...]] = {
    "waiting": ("waiting", "sending"),
    "failed": ("failed",),
    "sent": ("sent",),
    "dropped": ("dropped",),
}
_MOST = 200


class ConsoleMails(Controller):
    """Mails in the console."""

    path = "/console/mails"

    @page("", guards=[signed_in])
    async def outbox(self, visit: NamedDependency[Visit]) -> Response[str]:
        """What waits, failed, was sent: an organiser's own programmes, everything for an administrator."""
        actor = visit.actor
        if actor.role not in {"organiser", "admin"}:
            raise Forbidden("The list of sent mails is for organisers.")
        person = await person_of(visit)
        voice = voice_of(visit, person)
        asked = visit.request.query_params.get("state", "waiting")
        state = asked if asked in _STATES else "waiting"
        own = None if actor.role == "admin" else actor.programmes

        def read(conn: Connection) -> tuple[list[tuple[Message, Event | None]], dict[str, int]]:
            return agenda.mails(conn, _STATES[state], own, limit=_MOST), messages.states(conn) if own is None else {}

        rows, counts = await visit.context.db.read(read)
        folder = await asyncio.to_thread(list_mails, self._folder(visit)) if self._readable(visit) else ()
        return console_page(
            visit, voice, person, "console_mails.html", title=voice.t("pages.console.mails"), state=state,
            states=[(key, voice.t(f"pages.message.{key}"), sum(counts.get(one, 0) for one in group))
                    for key, group in _STATES.items()],
            mails=[mail_line(mail, mail.address if own is None else "", voice, event) for mail, event in rows],
            counted=own is None, folder=[(mail, instant_words(mail.written_at, voice)) for mail in folder],
            in_folder=self._readable(visit),
        )  # fmt: skip

    @page("/{mail_id:str}", guards=[signed_in, needs_admin])
    async def one(self, visit: NamedDependency[Visit], mail_id: FromPath[str]) -> Response[str]:
        """A mail in the folder: its text, and its HTML in a frame that can do nothing."""
        person = await person_of(visit)
        voice = voice_of(visit, person)
        opened = await self._opened(visit, mail_id)
        shown = {"From", "To", "Subject", "Date", "Reply-To", "Message-ID", "X-Enspired-Cause", "List-Unsubscribe"}
        return console_page(
            visit, voice, person, "console_mail.html", title=opened.mail.subject, mail=opened,
            headers=[(name, value) for name, value in opened.headers if name in shown],
            more={"Content-Security-Policy": answers.FRAMED},
        )  # fmt: skip

    @page("/{mail_id:str}/html", guards=[signed_in, needs_admin])
    async def html(self, visit: NamedDependency[Visit], mail_id: FromPath[str]) -> Response[str]:
        """The HTML part alone, without any right: no script, no form, nothing from elsewhere."""
        opened = await self._opened(visit, mail_id)
        headers = {**answers.PRIVATE, "Content-Security-Policy": answers.SANDBOX}
        return Response(opened.html, media_type=MediaType.HTML, headers=headers)

    async def _opened(self, visit: Visit, mail_id: str) -> OpenedMail:
        if not self._readable(visit):
            raise NotFound("There is no such mail in the folder.")
        return await asyncio.to_thread(read_mail, self._folder(visit), mail_id)

    @staticmethod
    def _readable(visit: Visit) -> bool:
        """Mails hold sign-in links and attendees' own links: only an administrator reads them here."""
        return visit.context.config.mail.transport == "folder" and visit.actor.role == "admin"

    @staticmethod
    def _folder(visit: Visit) -> Path:
        return Path(visit.context.config.mail.folder)
