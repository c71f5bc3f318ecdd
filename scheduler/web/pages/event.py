"""An event's page, and the form on it that takes registrations."""

from collections.abc import Mapping, Sequence
from typing import Any

from litestar import Response
from litestar.di import NamedDependency
from litestar.params import FromPath
from msgspec import Struct
from sqlalchemy import Connection

from scheduler.errors import Closed, Fault, Full, Invalid
from scheduler.model.event import Event, Occurrence
from scheduler.model.intake_known import known_of
from scheduler.model.intake_registration import new_registration
from scheduler.model.registration import Mode
from scheduler.model.seats import SeatCount
from scheduler.services import events as service
from scheduler.services import registrations
from scheduler.services.events import Held
from scheduler.store import events, selection
from scheduler.web.access import public
from scheduler.web.pages import answers, calendar_links
from scheduler.web.pages.clocks import common_zones, known_zone
from scheduler.web.pages.site import Voice
from scheduler.web.pages.view_event import EventView, event_view, shown_date
from scheduler.web.pages.view_register import FIELDS, TRAP, register_view
from scheduler.web.pages.view_search import adding_of, script_of
from scheduler.web.pages.visit import Visit, form, page, show
from scheduler.web.pages.words import takes_registrations

Typed = Mapping[str, list[str]]
_MOST_ITEMS = 200


class Read(Struct, frozen=True, kw_only=True):
    """An event with everything its page shows."""

    held: Held
    items: list[tuple[Event, Occurrence]]
    parent: Event | None
    counts: Mapping[Mode, SeatCount]


@page("/{lang:str}/events/{event_id:str}", guards=[public])
async def event_page(visit: NamedDependency[Visit], lang: FromPath[str], event_id: FromPath[str]) -> Response[str]:
    """One event. `?zone=` shows its times on another clock too."""
    voice = visit.voice(lang)
    found = await visit.context.db.read(lambda conn: _read(conn, visit, event_id))
    return _shown(visit, voice, found)


@form("/{lang:str}/events/{event_id:str}/register", guards=[public])
async def register(visit: NamedDependency[Visit], lang: FromPath[str], event_id: FromPath[str]) -> Response[str]:
    """Takes the form. Whoever fills it in, the answer is the same: look in your mailbox."""
    voice = visit.voice(lang)
    typed = await visit.form()
    thanks = answers.redirect(f"/{lang}/events/{event_id}/registered")
    found = await visit.context.db.read(lambda conn: _read(conn, visit, event_id))
    if typed.get(TRAP, [""])[0]:
        return thanks
    config = visit.context.config
    try:
        known = known_of(config, found.held.institutions)
        wish = new_registration(wish_of(typed), known, found.held.event, page_language=lang)
        await visit.context.db.write(
            lambda conn: registrations.apply(conn, event_id, wish, config=config, now=visit.now)
        )
    except Invalid as error:
        return _shown(visit, voice, found, typed=typed, faults=error.faults, status=422)
    except (Closed, Full):
        again = await visit.context.db.read(lambda conn: _read(conn, visit, event_id))
        return _shown(visit, voice, again, typed=typed, status=409, refused=True)
    visit.context.wake()
    return thanks


@page("/{lang:str}/events/{event_id:str}/registered", guards=[public])
async def registered(visit: NamedDependency[Visit], lang: FromPath[str], event_id: FromPath[str]) -> Response[str]:
    """What to do now; it says nothing about who is registered already."""
    voice = visit.voice(lang)
    held = await visit.context.db.read(lambda conn: service.get(conn, event_id, visit.actor))
    config = visit.context.config
    return show(
        visit, voice, "registered.html", title=voice.t("pages.registered.title"),
        path=f"/events/{event_id}/registered", event=voice.read(held.event.title), url=f"/{lang}/events/{event_id}",
        sender=config.mail.from_address, hold=config.security.pending_hold_minutes, days=config.security.confirm_days,
    )  # fmt: skip


def wish_of(typed: Typed) -> dict[str, Any]:
    """The form as the door for registrations takes it: blank fields are left out, numbers are numbers."""
    wish: dict[str, Any] = {
        name: typed[name][0] for name in FIELDS if name != "occurrences" and typed.get(name, [""])[0].strip()
    }
    seats = wish.get("seats", "")
    if seats.isascii() and seats.isdigit() and len(seats) < 7:
        wish["seats"] = int(seats)
    if typed.get("occurrences"):
        wish["occurrences"] = list(dict.fromkeys(typed["occurrences"]))
    return wish


def _read(conn: Connection, visit: Visit, event_id: str) -> Read:
    held = service.get(conn, event_id, visit.actor)
    condition = events.part_of(event_id) & selection.readable(visit.actor)
    items = events.select_all(conn, condition, limit=_MOST_ITEMS)
    dates = events.dates_of_all(conn, [item.id for item in items])
    programme = [(item, date) for item in items for date in dates[item.id]]
    return Read(
        held=held,
        items=sorted(programme, key=lambda pair: (pair[1].start, pair[1].id)),
        parent=_parent(conn, visit, held.event.part_of),
        counts=registrations.seats(conn, held.event, visit.now),
    )


def _parent(conn: Connection, visit: Visit, event_id: str | None) -> Event | None:
    condition = events.with_ids([event_id or ""]) & selection.readable(visit.actor)
    return next(iter(events.select_all(conn, condition, limit=1)), None)


def _shown(
    visit: Visit,
    voice: Voice,
    found: Read,
    *,
    typed: Typed | None = None,
    faults: Sequence[Fault] = (),
    status: int = 200,
    refused: bool = False,
) -> Response[str]:
    event, dates, places = found.held.event, found.held.dates, found.held.institutions
    zone = known_zone(visit.request.query_params.get("zone", ""))
    view = event_view(event, dates, found.items, places, voice, now=visit.now, zone=zone)
    box = register_view(event, dates, found.counts, places, voice, now=visit.now, values=typed, faults=faults)
    title = f"{voice.t('pages.fault.prefix')} {view.title}" if faults else str(view.title)
    links, parent = visit.context.links, found.parent
    return show(
        visit, voice, "event.html", title=title, path=f"/events/{event.id}", status=status,
        event=view, box=box, zone=zone, zones=common_zones(voice.config, places, voice, zone), refused=refused,
        all_zones=visit.site.all_zones(voice) if box.open else (),
        trap=TRAP, calendar=links.event_ics(event.id, voice.language), here=f"/{voice.language}/events/{event.id}",
        subscribe=f"/{voice.language}/subscribe", kind=event.kind, programme=event.programme,
        parent=voice.read(parent.title) if parent else None,
        parent_url=f"/{voice.language}/events/{parent.id}" if parent else "",
        whole_registers=bool(parent and parent.alive and takes_registrations(parent, voice)),
        search=script_of(
            event, dates, found.items, whole=parent, institutions=places, voice=voice, links=links,
        ),
        services=_services(visit, voice, found.held, view),
    )  # fmt: skip


def _services(visit: Visit, voice: Voice, held: Held, view: EventView) -> list[tuple[str, str]]:
    """Online calendars that take one event by a link: their names and the links. Of a series they take one date."""
    if held.event.recurrence or view.past:
        return []
    address = visit.context.links.event(held.event.id, voice.language)
    adding = adding_of(held.event, shown_date(held.dates, visit.now), view, address)
    return [
        (voice.t("pages.subscribe.google.name"), calendar_links.google(adding)),
        (voice.t("pages.subscribe.outlook_work.name"), calendar_links.outlook_work(adding)),
        (voice.t("pages.subscribe.outlook_home.name"), calendar_links.outlook_home(adding)),
    ]
