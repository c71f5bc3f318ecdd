"""A list by mail, every Monday: the form, and the page behind the link in the mails.

Opening a page changes nothing: mail scanners follow links. The one-click address (RFC 8058) takes a POST without a
cookie, and a second one does no harm.
"""

from typing import Any

from litestar import Controller, Response
from litestar.di import NamedDependency
from litestar.params import FromPath

from scheduler.errors import Invalid, NotFound
from scheduler.model.address import InvalidAddress, normal_address
from scheduler.model.digest import Digest
from scheduler.model.filter import Filter, facets_known, read_filter
from scheduler.model.institution import Institution
from scheduler.model.intake_known import known_of
from scheduler.services import digests
from scheduler.store import institutions
from scheduler.web.access import attendee_link, public
from scheduler.web.pages import answers
from scheduler.web.pages.clocks import common_zones, known_zone
from scheduler.web.pages.filters import address, sentence
from scheduler.web.pages.site import Voice
from scheduler.web.pages.view_register import TRAP
from scheduler.web.pages.visit import Visit, form, page, show


@page("/{lang:str}/digest", guards=[public])
async def digest_page(visit: NamedDependency[Visit], lang: FromPath[str]) -> Response[str]:
    """The form for exactly the list that the query selects."""
    voice = visit.voice(lang)
    known = await visit.context.db.read(institutions.all_institutions)
    chosen = _chosen(visit, voice, known)
    if not isinstance(chosen, Filter):
        return chosen
    return _form(visit, voice, chosen, known)


@form("/{lang:str}/digest", guards=[public])
async def ask(visit: NamedDependency[Visit], lang: FromPath[str]) -> Response[str]:
    """Asks for it. The answer is the same whoever reads what already."""
    voice, typed, config = visit.voice(lang), await visit.form(), visit.context.config
    known = await visit.context.db.read(institutions.all_institutions)
    chosen = _chosen(visit, voice, known)
    if not isinstance(chosen, Filter):
        return chosen
    values = {name: typed.get(name, [""])[0] for name in ("email", "timezone")}
    try:
        email = normal_address(values["email"])
    except InvalidAddress:
        return _form(visit, voice, chosen, known, values=values, wrong="email", status=422)
    zone = known_zone(values["timezone"])
    if values["timezone"] and not zone:
        return _form(visit, voice, chosen, known, values=values, wrong="timezone", status=422)
    zone = zone or config.operator.timezone
    if not typed.get(TRAP, [""])[0]:
        await visit.context.db.write(
            lambda conn: digests.ask(conn, email, chosen, language=lang, timezone=zone, config=config, now=visit.now)
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


def _chosen(visit: Visit, voice: Voice, known: dict[str, Institution]) -> Filter | Response[str]:
    try:
        return read_filter(visit.query(), facets_known(known_of(voice.config, known)))
    except Invalid as error:
        return show(
            visit, voice, "filter_fault.html", title=voice.t("pages.filter.fault_title"), status=422,
            path="/digest", faults=error.faults, agenda=f"/{voice.language}/",
        )  # fmt: skip


def _form(
    visit: Visit, voice: Voice, chosen: Filter, known: dict[str, Institution], *, values: dict[str, str] | None = None,
    wrong: str = "", status: int = 200,
) -> Response[str]:  # fmt: skip
    typed = values or {"email": "", "timezone": voice.config.operator.timezone}
    own: dict[str, Any] = {"fault": wrong and voice.t(f"pages.fault.{wrong}"), "wrong": wrong, "values": typed}
    title = voice.t("pages.digest.title")
    return show(
        visit, voice, "digest.html", title=f"{voice.t('pages.fault.prefix')} {title}" if wrong else title,
        path="/digest", status=status, sentence=sentence(chosen, voice, known),
        agenda=address(f"/{voice.language}/", chosen), action=address(f"/{voice.language}/digest", chosen), trap=TRAP,
        zones=common_zones(voice.config, known, voice, typed["timezone"]), all_zones=visit.site.all_zones(voice), **own,
    )  # fmt: skip


async def _own(visit: Visit, row: Digest, token: str) -> Response[str]:
    offered = visit.context.config.languages.offered
    voice = visit.voice(row.language if row.language in offered else offered[0])
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
