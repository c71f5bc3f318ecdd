"""A list by mail, every Monday: the form, and the page behind the link in the mails.

Opening a page changes nothing: mail scanners follow links. The one-click address (RFC 8058) takes a POST without a
cookie, and a second one does no harm.
"""

from typing import Any

from litestar import Controller, Response
from litestar.di import NamedDependency
from litestar.params import FromPath

from scheduler.errors import NotFound
from scheduler.model.address import InvalidAddress, normal_address
from scheduler.model.digest import Digest
from scheduler.services import digests
from scheduler.store import institutions
from scheduler.web.access import attendee_link, public
from scheduler.web.pages import answers
from scheduler.web.pages.chosen import Chosen, chosen_list
from scheduler.web.pages.clocks import common_zones, known_zone
from scheduler.web.pages.filters import address, sentence
from scheduler.web.pages.site import Voice
from scheduler.web.pages.view_register import TRAP
from scheduler.web.pages.visit import Visit, form, page, show


@page("/{lang:str}/digest", guards=[public])
async def digest_page(visit: NamedDependency[Visit], lang: FromPath[str]) -> Response[str]:
    """The form for exactly the list that the query selects."""
    voice = visit.voice(lang)
    chosen = await chosen_list(visit, voice, "/digest")
    if not isinstance(chosen, Chosen):
        return chosen
    return _form(visit, voice, chosen)


@form("/{lang:str}/digest", guards=[public])
async def ask(visit: NamedDependency[Visit], lang: FromPath[str]) -> Response[str]:
    """Asks for it. The answer is the same whoever reads what already."""
    voice, typed, config = visit.voice(lang), await visit.form(), visit.context.config
    chosen = await chosen_list(visit, voice, "/digest")
    if not isinstance(chosen, Chosen):
        return chosen
    values = {name: typed.get(name, [""])[0] for name in ("email", "timezone")}
    try:
        email = normal_address(values["email"])
    except InvalidAddress:
        return _form(visit, voice, chosen, values=values, wrong="email", status=422)
    zone = known_zone(values["timezone"])
    if values["timezone"] and not zone:
        return _form(visit, voice, chosen, values=values, wrong="timezone", status=422)
    wanted, zone = chosen.filter, zone or config.operator.timezone
    if not typed.get(TRAP, [""])[0]:
        await visit.context.db.write(
            lambda conn: digests.ask(conn, email, wanted, language=lang, timezone=zone, config=config, now=visit.now)
        )
        visit.context.wake()
    return answers.redirect(f"/{lang}/digest/asked", private=True)


@page("/{lang:str}/digest/asked", guards=[public])
async def asked(visit: NamedDependency[Visit], lang: FromPath[str]) -> Response[str]:
    """What to do now; it says nothing about who reads what already."""
    voice, config = visit.voice(lang), visit.context.config
    return show(
        visit, voice, "digest_asked.html", title=voice.t("pages.digest.asked_title"), path="/digest/asked",
        sender=config.mail.from_address, days=config.security.confirm_days, agenda=f"/{lang}/",
    )  # fmt: skip


class OwnDigest(Controller):
    """The pages of whoever holds the link."""

    path = "/d/{token:str}"

    @page("", guards=[attendee_link])
    async def own(self, visit: NamedDependency[Visit], token: FromPath[str]) -> Response[str]:
        """What it is about, and one button: confirm it, or end it."""
        key = _key(visit, token)
        row = await visit.context.db.read(lambda conn: digests.look_up(conn, key, visit.now))
        return await _own(visit, row, token)

    @form("", guards=[attendee_link])
    async def confirm(self, visit: NamedDependency[Visit], token: FromPath[str]) -> Response[str]:
        """From the next Monday on."""
        key = _key(visit, token)
        await visit.context.db.write(lambda conn: digests.confirm(conn, key, now=visit.now))
        return answers.redirect(f"/d/{token}", private=True)

    @page("/end", guards=[attendee_link])
    async def ask_end(self, visit: NamedDependency[Visit], token: FromPath[str]) -> Response[str]:
        """The same page: whoever opens the one-click address in a browser finds the button."""
        return answers.redirect(f"/d/{token}", private=True)

    @form("/end", guards=[attendee_link], status=200)
    async def end(self, visit: NamedDependency[Visit], token: FromPath[str]) -> Response[str]:
        """No more of it (RFC 8058 section 3.2)."""
        key = _key(visit, token)
        await visit.context.db.write(lambda conn: digests.end(conn, key))
        voice = visit.preferred()
        return show(visit, voice, "digest_ended.html", title=voice.t("pages.digest.ended_title"), private=True)


def _form(
    visit: Visit, voice: Voice, chosen: Chosen, *, values: dict[str, str] | None = None, wrong: str = "",
    status: int = 200,
) -> Response[str]:  # fmt: skip
    typed = values or {"email": "", "timezone": voice.config.operator.timezone}
    own: dict[str, Any] = {"fault": wrong and voice.t(f"pages.fault.{wrong}"), "wrong": wrong, "values": typed}
    title, base, wanted = voice.t("pages.digest.title"), f"/{voice.language}/", chosen.filter
    return show(
        visit, voice, "digest.html", title=f"{voice.t('pages.fault.prefix')} {title}" if wrong else title,
        path="/digest", status=status, sentence=sentence(wanted, voice, chosen.known), trap=TRAP,
        agenda=address(base, wanted), action=address(f"{base}digest", wanted), all_zones=visit.site.all_zones(voice),
        zones=common_zones(voice.config, chosen.known, voice, typed["timezone"]), **own,
    )  # fmt: skip


async def _own(visit: Visit, row: Digest, token: str) -> Response[str]:
    voice = visit.voice_of_reader(row.language)
    known = await visit.context.db.read(institutions.all_institutions)
    return show(
        visit, voice, "digest_own.html", title=voice.t("pages.digest.own_title"), private=True, base=f"/d/{token}",
        active=row.state == "active", sentence=sentence(row.chosen, voice, known),
        agenda=address(f"/{voice.language}/", row.chosen), city=voice.city(row.timezone),
    )  # fmt: skip


def _key(visit: Visit, token: str) -> str:
    """The digest that a link stands for. Raises NotFound for a link that is not ours."""
    found = visit.context.links.digest_of(token)
    if found is None:
        raise NotFound("There is nothing at this address.")
    return found
