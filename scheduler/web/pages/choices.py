"""No reminders at all: asked for, and taken back, by an attendee on their own page or by a speaker or host.

Opening a page changes nothing: mail scanners follow links. The one-click address (RFC 8058) takes a POST without a
cookie, and a second one does no harm.
"""

from litestar import Controller, Response
from litestar.di import NamedDependency
from litestar.params import FromPath
from sqlalchemy import Connection

from scheduler.errors import NotFound
from scheduler.model.event import Event
from scheduler.model.party import Party, parties_of
from scheduler.services import choices, registrations
from scheduler.store import events
from scheduler.web.access import attendee_link
from scheduler.web.pages import answers
from scheduler.web.pages.visit import Visit, form, page, show


class AttendeeChoices(Controller):
    """What an attendee decides about all reminders to their address."""

    path = "/r/{token:str}"

    @page("/no-reminders", guards=[attendee_link])
    async def ask(self, visit: NamedDependency[Visit], token: FromPath[str]) -> Response[str]:
        """One button, or that it is so already and the way back."""
        email, language = await _address(visit, token)
        return await _page(visit, email, language, base=f"/r/{token}", title=None)

    @form("/no-reminders", guards=[attendee_link], status=200)
    async def stop(self, visit: NamedDependency[Visit], token: FromPath[str]) -> Response[str]:
        """No reminders of any event to this address."""
        email, language = await _address(visit, token)
        await visit.context.db.write(lambda conn: choices.no_reminders_at_all(conn, email, now=visit.now))
        return await _page(visit, email, language, base=f"/r/{token}", title=None)

    @form("/reminders-again", guards=[attendee_link])
    async def again(self, visit: NamedDependency[Visit], token: FromPath[str]) -> Response[str]:
        """The choices of each registration count again."""
        email, _ = await _address(visit, token)
        await visit.context.db.write(lambda conn: choices.reminders_again(conn, email, now=visit.now))
        return answers.redirect(f"/r/{token}?saved=1#choices", private=True)


class PartyChoices(Controller):
    """The same for who speaks or hosts: they have no registration, and so no page of their own."""

    path = "/choices/{token:str}"

    @page("", guards=[attendee_link])
    async def ask(self, visit: NamedDependency[Visit], token: FromPath[str]) -> Response[str]:
        """One button, or that it is so already and the way back."""
        event, party = await _party(visit, token)
        return await _page(visit, party.email, party.language, base=f"/choices/{token}", title=event)

    @form("", guards=[attendee_link], status=200)
    async def stop(self, visit: NamedDependency[Visit], token: FromPath[str]) -> Response[str]:
        """No reminders of any event to this address."""
        event, party = await _party(visit, token)
        await visit.context.db.write(lambda conn: choices.no_reminders_at_all(conn, party.email, now=visit.now))
        return await _page(visit, party.email, party.language, base=f"/choices/{token}", title=event)

    @form("/reminders-again", guards=[attendee_link])
    async def again(self, visit: NamedDependency[Visit], token: FromPath[str]) -> Response[str]:
        """Reminders go to this address again."""
        _, party = await _party(visit, token)
        await visit.context.db.write(lambda conn: choices.reminders_again(conn, party.email, now=visit.now))
        return answers.redirect(f"/choices/{token}", private=True)


async def _page(visit: Visit, email: str, language: str, *, base: str, title: Event | None) -> Response[str]:
    voice = visit.voice_of_reader(language)
    wants = await visit.context.db.read(lambda conn: choices.wants_reminders(conn, email))
    return show(
        visit, voice, "no_reminders.html", title=voice.t("pages.attendee.no_reminders_title"), private=True,
        event=voice.read(title.title) if title else None, wants=wants, base=base,
        stop=base if title else f"{base}/no-reminders",
    )  # fmt: skip


async def _address(visit: Visit, token: str) -> tuple[str, str]:
    """The mail address of an attendee's link, and the language of its mails. Raises NotFound."""
    key = visit.context.links.registration_of(token)
    if key is None:
        raise NotFound("There is no such registration.")
    row = (await visit.context.db.read(lambda conn: registrations.look_up(conn, key))).registration
    return row.email, row.language


async def _party(visit: Visit, token: str) -> tuple[Event, Party]:
    """The speaker or host of a link. Raises NotFound for a link that is not ours, and once they are neither."""
    named, languages = visit.context.links.choices_of(token), visit.context.config.languages

    def read(conn: Connection) -> tuple[Event, Party]:
        event = events.get(conn, named[0]) if named else None
        found = parties_of(event, languages.offered, languages.default) if event else ()
        party = next((one for one in found if named and one.key == named[1]), None)
        if event is None or party is None:
            raise NotFound("There is nothing at this address.")
        return event, party

    return await visit.context.db.read(read)
