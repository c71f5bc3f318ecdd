"""/r/{token}: an attendee's own page. Opening it changes nothing: mail scanners follow links."""

from collections.abc import Callable, Sequence
from typing import TypeVar, get_args

from litestar import Controller, Response
from litestar.di import NamedDependency
from litestar.params import FromPath
from msgspec import Struct
from sqlalchemy import Connection

from scheduler.errors import Closed, NotFound
from scheduler.model.digest import Listed
from scheduler.model.event import Occurrence
from scheduler.model.reading import Institutions
from scheduler.model.registration import ReminderChoice
from scheduler.services import choices, registrations, subscriptions
from scheduler.services.programmes import programme_of
from scheduler.services.registrations import Seated
from scheduler.store import events, institutions
from scheduler.web.access import attendee_link
from scheduler.web.pages import answers
from scheduler.web.pages.subscribe import calendar_name, clients, secret_code
from scheduler.web.pages.view_attendee import attendee_view
from scheduler.web.pages.visit import Visit, form, page, show

T = TypeVar("T")
CHOICES: tuple[ReminderChoice, ...] = get_args(ReminderChoice)


class Own(Struct, frozen=True, kw_only=True):
    """A registration with everything its page shows."""

    seated: Seated
    dates: list[Occurrence]
    others: Sequence[Seated]
    institutions: Institutions
    silent: bool
    programme: tuple[Listed, ...]


class Attendee(Controller):
    """The pages of whoever holds the link."""

    path = "/r/{token:str}"

    @page("", guards=[attendee_link])
    async def own(self, visit: NamedDependency[Visit], token: FromPath[str]) -> Response[str]:
        """Where the registration stands."""
        return _page(visit, token, await _own(visit, token), "attendee.html")

    @form("/confirm", guards=[attendee_link])
    async def confirm(self, visit: NamedDependency[Visit], token: FromPath[str]) -> Response[str]:
        """Confirms the address, or another registration of the same address."""
        mine, config = _registration(visit, token), visit.context.config
        wanted = (await visit.form()).get("registration", [mine])[0]

        def work(conn: Connection) -> Seated:
            if wanted != mine:
                _check_same_address(conn, visit, mine, wanted)
            return registrations.confirm(conn, wanted, config=config, now=visit.now)

        try:
            await _write(visit, work)
        except Closed:
            return _page(visit, token, await _own(visit, token), "attendee.html", status=409)
        return answers.redirect(f"/r/{token}", private=True)

    @page("/withdraw", guards=[attendee_link])
    async def ask_withdraw(self, visit: NamedDependency[Visit], token: FromPath[str]) -> Response[str]:
        """Asks once more."""
        return _page(visit, token, await _own(visit, token), "withdraw.html")

    @form("/withdraw", guards=[attendee_link])
    async def withdraw(self, visit: NamedDependency[Visit], token: FromPath[str]) -> Response[str]:
        """Gives the seat back."""
        key, config = _registration(visit, token), visit.context.config
        await _write(
            visit, lambda conn: registrations.withdraw(conn, key, config=config, now=visit.now, by_organiser=False)
        )
        return answers.redirect(f"/r/{token}", private=True)

    @form("/preferences", guards=[attendee_link])
    async def preferences(self, visit: NamedDependency[Visit], token: FromPath[str]) -> Response[str]:
        """Which reminders, and the language of mails."""
        key, typed = _registration(visit, token), await visit.form()
        asked = typed.get("language", [""])[0]
        language = asked if asked in visit.context.config.languages.offered else None
        chosen = next((one for one in CHOICES if one == typed.get("reminders", [""])[0]), None)
        await _write(visit, lambda conn: registrations.change(conn, key, language=language, reminders=chosen))
        return answers.redirect(f"/r/{token}?saved=1#choices", private=True)

    @form("/agenda", guards=[attendee_link], status=200)
    async def agenda(self, visit: NamedDependency[Visit], token: FromPath[str]) -> Response[str]:
        """Makes the secret address of everything this mail address is registered for, and shows it this once."""
        key = _registration(visit, token)

        def work(conn: Connection) -> tuple[str, str]:
            row = registrations.look_up(conn, key).registration
            if row.state != "confirmed":
                raise Closed("An agenda link is for those whose place is confirmed.")
            return subscriptions.for_attendee(conn, row, now=visit.now)[0], row.language

        try:
            secret, language = await visit.context.db.write(work)
        except Closed:
            return _page(visit, token, await _own(visit, token), "attendee.html", status=409)
        voice, feed = visit.voice_of_reader(language), visit.context.links.subscription(secret)
        return show(
            visit, voice, "agenda_link.html", title=voice.t("pages.attendee.agenda.title"), private=True, feed=feed,
            base=f"/r/{token}", clients=clients(feed, calendar_name(voice), voice), **secret_code(feed, voice),
        )  # fmt: skip

    @page("/unsubscribe", guards=[attendee_link])
    async def ask_unsubscribe(self, visit: NamedDependency[Visit], token: FromPath[str]) -> Response[str]:
        """One button: a link in a mail must not switch anything off by itself."""
        return _page(visit, token, await _own(visit, token), "unsubscribe.html")

    @form("/unsubscribe", guards=[attendee_link], status=200)
    async def unsubscribe(self, visit: NamedDependency[Visit], token: FromPath[str]) -> Response[str]:
        """Switches reminders off at once (RFC 8058 section 3.2): needs no cookie and does no harm a second time."""
        key = _registration(visit, token)
        await _write(visit, lambda conn: registrations.change(conn, key, reminders="none"))
        return _page(visit, token, await _own(visit, token), "unsubscribe.html")


def _page(visit: Visit, token: str, own: Own, template: str, *, status: int = 200) -> Response[str]:
    voice = visit.voice_of_reader(own.seated.registration.language)
    view = attendee_view(
        own.seated, own.dates, own.others, own.institutions, voice, links=visit.context.links, now=visit.now,
        programme=own.programme,
    )  # fmt: skip
    return show(
        visit, voice, template, title=view.heading, status=status, private=True, own=view, base=f"/r/{token}",
        silent=own.silent, saved=visit.request.query_params.get("saved") == "1",
    )  # fmt: skip


async def _own(visit: Visit, token: str) -> Own:
    key = _registration(visit, token)

    def read(conn: Connection) -> Own:
        seated = registrations.look_up(conn, key)
        return Own(
            seated=seated,
            dates=events.dates_of(conn, seated.event.id),
            others=registrations.pending_of_address(conn, seated.registration, visit.now),
            institutions=institutions.all_institutions(conn),
            silent=not choices.wants_reminders(conn, seated.registration.email),
            programme=programme_of(conn, seated.event).of(seated.registration) if seated.registration.firm else (),
        )

    return await visit.context.db.read(read)


async def _write(visit: Visit, work: Callable[[Connection], T]) -> T:
    result = await visit.context.db.write(work)
    visit.context.wake()
    return result


def _registration(visit: Visit, token: str) -> str:
    """The registration that a link stands for. Raises NotFound for a link that is not ours."""
    found = visit.context.links.registration_of(token)
    if found is None:
        raise NotFound("There is no such registration.")
    return found


def _check_same_address(conn: Connection, visit: Visit, mine: str, wanted: str) -> None:
    """Whoever reads a mailbox may confirm what else waits for it, once they have shown that they read it."""
    row = registrations.look_up(conn, mine).registration
    waiting = registrations.pending_of_address(conn, row, visit.now) if row.state != "pending" else []
    if wanted not in {other.registration.id for other in waiting}:
        raise NotFound("There is no such registration.")
