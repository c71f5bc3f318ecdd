"""How to follow a list from one's own calendar: for each program the address it takes, and how late it really is."""

from datetime import timedelta
from typing import Any
from urllib.parse import quote

from babel.dates import format_timedelta
from litestar import Response
from litestar.di import NamedDependency
from litestar.params import FromPath
from msgspec import Struct

from scheduler.web.access import public
from scheduler.web.pages.chosen import Chosen, chosen_list
from scheduler.web.pages.filters import address, chips, sentence
from scheduler.web.pages.qr import qr_svg
from scheduler.web.pages.site import Voice
from scheduler.web.pages.visit import Visit, page, show

MOODLE_TAKES = 255
"""Moodle's form cuts longer addresses off (calendar/classes/local/event/forms/managesubscriptions.php)."""


class Button(Struct, frozen=True):
    """A link with what it does."""

    label: str
    url: str


class Client(Struct, frozen=True):
    """One calendar program: what to press, what to do then, how long changes take."""

    key: str
    name: str
    buttons: tuple[Button, ...]
    steps: tuple[str, ...]
    delay: str


@page("/{lang:str}/subscribe", guards=[public])
async def subscribe_page(visit: NamedDependency[Visit], lang: FromPath[str]) -> Response[str]:
    """How to subscribe to exactly the list that the query selects."""
    voice = visit.voice(lang)
    asked = await chosen_list(visit, voice, "/subscribe")
    if not isinstance(asked, Chosen):
        return asked
    chosen, known = asked.filter, asked.known
    query = "&".join(part for part in (chosen.query(), f"lang={lang}") if part)
    feed = visit.context.links.feed(query)
    here = visit.context.links.subscribe(lang, chosen.query())
    return show(
        visit, voice, "subscribe.html", title=voice.t("pages.subscribe.title"), path="/subscribe",
        sentence=sentence(chosen, voice, known), chosen=chips(chosen, voice, known, f"/{lang}/subscribe"),
        feed=feed, code=qr_svg(here, voice.t("pages.subscribe.phone_code")),
        phone_here=True, phone_hint=voice.t("pages.subscribe.phone_hint"), agenda=address(f"/{lang}/", chosen),
        by_mail=address(f"/{lang}/digest", chosen), briefing=address(f"/{lang}/briefing", chosen),
        clients=clients(feed, calendar_name(voice), voice, table=feed.replace("/events.ics", "/events.csv", 1)),
    )  # fmt: skip


def secret_code(feed: str, voice: Voice) -> dict[str, Any]:
    """What phone.html shows for a secret address: a code with which a telephone subscribes, never downloads a copy."""
    web = f"webcal://{feed.partition('://')[2]}"
    code = qr_svg(web, voice.t("pages.subscribe.phone_secret_code"))
    return {"code": code, "phone_here": False, "phone_hint": voice.t("pages.subscribe.phone_secret_hint")}


def calendar_name(voice: Voice) -> str:
    """What a calendar of ours is called in a reader's language."""
    names = voice.config.feeds.names
    return names.get(voice.language) or next(iter(names.values()))


def clients(feed: str, name: str, voice: Voice, *, table: str = "") -> tuple[Client, ...]:
    """The calendar programs that people have, also those that cannot follow a list: then what to do instead.

    `feed` is the list's address, `name` what the calendar is called, `table` the address of the list as CSV.
    """
    bare = feed.partition("://")[2]
    web, everything = f"webcal://{bare}", quote(feed, safe="")
    added = f"addfromweb?url={everything}&name={quote(name, safe='')}"
    addresses: dict[str, tuple[str, ...]] = {
        "google": (
            f"https://calendar.google.com/calendar/r?cid={quote(web, safe='')}",
            "https://calendar.google.com/calendar/u/0/r/settings/addbyurl",
        ),
        "outlook_work": (
            f"https://outlook.office.com/calendar/0/{added}",
            "https://outlook.office.com/calendar/addcalendar",
        ),
        "outlook_home": (f"https://outlook.live.com/calendar/0/{added}",),
        # the odd form is right: this program cuts "webcal:" off and asks for what is left
        "outlook_windows": (f"webcal:{feed}",),
        "outlook_mac": (),
        "apple": (web,),
        "thunderbird": (),
        "nextcloud": (),
        "moodle": (),
        "smartschool": (feed, table) if table else (feed,),
        "other": (),
    }
    return tuple(_client(key, urls, voice, feed) for key, urls in addresses.items())


def _client(key: str, urls: tuple[str, ...], voice: Voice, feed: str) -> Client:
    t, pace = voice.t, timedelta(minutes=voice.config.feeds.refresh_minutes)
    labels = (f"pages.subscribe.{key}.button", f"pages.subscribe.{key}.second")
    steps = [t(f"pages.subscribe.{key}.step_{number}") for number in (1, 2)]
    if key == "moodle" and len(feed) > MOODLE_TAKES:
        steps = [t("pages.subscribe.moodle.too_long", most=MOODLE_TAKES)]
    return Client(
        key=key,
        name=t(f"pages.subscribe.{key}.name"),
        buttons=tuple(Button(t(label), url) for label, url in zip(labels, urls, strict=False)),
        steps=tuple(steps),
        delay=t(f"pages.subscribe.{key}.delay", pace=format_timedelta(pace, locale=t.locale)),
    )
