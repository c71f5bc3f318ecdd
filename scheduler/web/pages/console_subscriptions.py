"""/console/subscriptions: secret calendar addresses of institutions: who reads them, new ones, an end to old ones."""

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from litestar import Controller, Response
from litestar.di import NamedDependency
from litestar.params import FromPath
from sqlalchemy import Connection

from scheduler.errors import Fault, Forbidden, Invalid
from scheduler.model.access import Actor
from scheduler.model.intake_known import known_of
from scheduler.model.intake_subscription import new_subscription
from scheduler.model.reading import Institutions
from scheduler.model.subscription import Subscription
from scheduler.services import subscriptions as service
from scheduler.store import institutions
from scheduler.web.access import same_origin, signed_in
from scheduler.web.pages.console import console_page, person_of, voice_of
from scheduler.web.pages.site import Voice
from scheduler.web.pages.subscribe import secret_code
from scheduler.web.pages.view_register import Choice
from scheduler.web.pages.view_subscriptions import subscription_line
from scheduler.web.pages.visit import Visit, form, page

_FIELDS = ("name", "institution", "programme", "kind", "language")
_MAKERS = frozenset({"host", "organiser", "admin"})


class ConsoleSubscriptions(Controller):
    """Agenda links in the console."""

    path = "/console/subscriptions"

    @page("", guards=[signed_in])
    async def all(self, visit: NamedDependency[Visit]) -> Response[str]:
        """Those that somebody looks after, and a form for a new one."""
        return await _list(visit)

    @form("", guards=[signed_in, same_origin], status=200)
    async def make(self, visit: NamedDependency[Visit]) -> Response[str]:
        """Makes one and shows its address, this once."""
        sent = await visit.form()
        typed = {name: sent.get(name, [""])[0].strip() for name in _FIELDS}
        actor, config = visit.actor, visit.context.config

        def work(conn: Connection) -> tuple[str, Subscription]:
            wish = new_subscription(_wish(typed, actor), known_of(config, institutions.all_institutions(conn)), config)
            return service.create(
                conn, wish.name, wish.query, institution=wish.institution, actor=actor, now=visit.now
            )  # fmt: skip

        try:
            secret, row = await visit.context.db.write(work)
        except Invalid as error:
            return await _list(visit, typed=typed, faults=error.faults)
        except Forbidden as error:
            if actor.role not in _MAKERS:
                raise
            return await _list(visit, typed=typed, faults=(Fault(pointer="/institution", detail=str(error)),))
        return await _address(visit, secret, row)

    @form("/{subscription_id:str}/rotate", guards=[signed_in, same_origin], status=200)
    async def rotate(self, visit: NamedDependency[Visit], subscription_id: FromPath[str]) -> Response[str]:
        """A new address, shown this once; the old one answers 410 from now on."""
        secret, row = await visit.context.db.write(
            lambda conn: service.rotate(conn, subscription_id, actor=visit.actor, now=visit.now)
        )
        return await _address(visit, secret, row)

    @form("/{subscription_id:str}/revoke", guards=[signed_in, same_origin], status=200)
    async def revoke(self, visit: NamedDependency[Visit], subscription_id: FromPath[str]) -> Response[str]:
        """Ends one for ever, and shows the list."""
        await visit.context.db.write(
            lambda conn: service.revoke(conn, subscription_id, actor=visit.actor, now=visit.now)
        )
        return await _list(visit)


async def _list(visit: Visit, *, typed: Mapping[str, str] | None = None, faults: Sequence[Fault] = ()) -> Response[str]:
    person = await person_of(visit)
    voice = voice_of(visit, person)
    rows, places = await visit.context.db.read(
        lambda conn: (service.visible(conn, visit.actor), institutions.all_institutions(conn))
    )
    rows = sorted(rows, key=lambda row: (row.revoked_at is not None, row.name.casefold()))
    return console_page(
        visit, voice, person, "console_subscriptions.html", title=voice.t("pages.console.subscriptions.title"),
        lines=[subscription_line(row, places, voice, now=visit.now) for row in rows],
        makes=visit.actor.role in _MAKERS, typed=typed or {}, faults=[fault.detail for fault in faults],
        choices=_choices(visit.actor, places, voice, typed or {}), status=422 if faults else 200,
    )  # fmt: skip


async def _address(visit: Visit, secret: str, row: Subscription) -> Response[str]:
    person = await person_of(visit)
    voice = voice_of(visit, person)
    feed = visit.context.links.subscription(secret)
    return console_page(
        visit, voice, person, "console_subscription.html", name=row.name, feed=feed,
        title=voice.t("pages.console.subscriptions.address", name=row.name), **secret_code(feed, voice),
    )  # fmt: skip


def _wish(typed: Mapping[str, str], actor: Actor) -> dict[str, Any]:
    """The form as the door for subscriptions takes it. An organiser's link always stays within the own programmes."""
    programme = typed["programme"]
    if actor.role == "organiser" and typed["institution"] and not programme:
        programme = ",".join(actor.programmes)
    filters = {"programme": programme, "kind": typed["kind"], "lang": typed["language"]}
    query = "&".join(f"{name}={quote(value, safe=',')}" for name, value in filters.items() if value)
    wish = {"name": typed["name"], "query": query, "institution": typed["institution"]}
    return {name: value for name, value in wish.items() if value}


def _choices(actor: Actor, places: Institutions, voice: Voice, typed: Mapping[str, str]) -> dict[str, list[Choice]]:
    """What each list of the form offers, within the actor's reach."""
    config, own = voice.config, actor.programmes if actor.role == "organiser" else None
    hosted = actor.institutions if actor.role == "host" else None
    offered = {
        "institution": {
            key: str(voice.read(row.name)) for key, row in places.items() if hosted is None or key in hosted
        },
        "programme": {key: voice.name("programmes", key) for key in config.programmes if own is None or key in own},
        "kind": {key: voice.name("kinds", key) for key in config.kinds},
        "language": {tag: voice.language_name(tag).capitalize() for tag in config.languages.offered},
    }
    return {
        name: [Choice(key, label, key == typed.get(name)) for key, label in values.items()]
        for name, values in offered.items()
    }
