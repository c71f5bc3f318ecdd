"""An event's page as data for search engines and calendars: what it says to everybody, never a joining link."""

from collections.abc import Iterable, Iterator, Sequence

from markupsafe import Markup

from feeds.entry import When
from feeds.formats import jsonld
from feeds.formats.jsonld import EventFacts, Named, Part, Place
from scheduler.model.entries import Surroundings, calendar_times, entry_of
from scheduler.model.event import Event, Occurrence
from scheduler.model.links import Addresses
from scheduler.model.reading import Institutions, organisers
from scheduler.model.wall import parse
from scheduler.web.pages.calendar_links import Adding
from scheduler.web.pages.site import Voice
from scheduler.web.pages.view_event import EventView

_WEB = ("https://", "http://")


def script_of(
    event: Event,
    dates: Sequence[Occurrence],
    items: Iterable[tuple[Event, Occurrence]],
    *,
    whole: Event | None,
    institutions: Institutions,
    voice: Voice,
    links: Addresses,
) -> Markup:
    """The content of a script element of type application/ld+json, safe to stand in a page as it is."""
    around = Surroundings(institutions=institutions, config=voice.config, links=links, t=voice.t)
    entry = entry_of(event, dates, around, "public")
    facts = EventFacts(
        name=str(voice.read(event.title)),
        url=links.event(event.id, voice.language),
        start=entry.start,
        end=entry.end,
        zone=entry.zone,
        format=event.format,
        cancelled=event.status == "cancelled",
        previous_start=_before(event),
        place=_place(event, institutions, voice),
        joining_url=_public_link(event),
        organisers=tuple(Named(name=str(name)) for name in organisers(event, institutions, voice.language)),
        languages=event.languages,
        free=False if event.registration.fee else None,
        description=str(voice.read(event.summary)) or str(voice.read(event.description)),
        part_of=_named(whole, voice, links) if whole else None,
        parts=(*_items(items, voice, links), *_dates(event, dates, voice, links)),
        recurrence=entry.recurrence,
    )
    # script_text leaves no < > & in it: inside a script element nothing else could end it
    return Markup(jsonld.script_text(jsonld.event(facts)))  # noqa: S704  # as said above


def adding_of(event: Event, date: Occurrence, view: EventView, page: str) -> Adding:
    """What a link that adds one event to an online calendar says."""
    start, end = calendar_times(date.start, date.end, event.timezone)
    return Adding(
        title=str(view.title),
        start=start,
        end=end,
        zone=event.timezone,
        place=", ".join(part for part in (view.where.place, view.where.address) if part),
        text=str(view.summary),
        page=page,
    )


def _before(event: Event) -> When | None:
    return parse(event.moved_from.start, event.timezone) if event.moved_from else None


def _place(event: Event, institutions: Institutions, voice: Voice) -> Place | None:
    if event.format == "online":
        return None
    host, own = institutions.get(event.host or ""), event.place
    elsewhere = bool(own.city)
    return Place(
        name=own.room or (str(voice.read(host.name)) if host and not elsewhere else ""),
        street=own.address or (host.address if host and not elsewhere else ""),
        city=str(voice.read(own.city or (host.city if host else {}))),
        country=own.country or (host.country if host else ""),
    )


def _public_link(event: Event) -> str:
    online = event.online
    shown = event.format != "on-site" and online.visibility == "public" and online.url.startswith(_WEB)
    return online.url if shown else ""


def _named(whole: Event, voice: Voice, links: Addresses) -> Named:
    return Named(name=str(voice.read(whole.title)), url=links.event(whole.id, voice.language))


def _items(items: Iterable[tuple[Event, Occurrence]], voice: Voice, links: Addresses) -> Iterator[Part]:
    """The day programme."""
    for item, date in items:
        gone = item.status == "cancelled" or not date.alive
        yield _part(item, date, voice, links, cancelled=gone, previous=None if item.recurrence else _before(item))


def _dates(event: Event, dates: Sequence[Occurrence], voice: Voice, links: Addresses) -> Iterator[Part]:
    """The dates of a series that were moved or cancelled."""
    for date in dates:
        if date.status == "planned" or date.original is None:
            continue
        previous = parse(date.original, event.timezone)
        yield _part(event, date, voice, links, cancelled=not date.alive, previous=previous)


def _part(
    event: Event, date: Occurrence, voice: Voice, links: Addresses, *, cancelled: bool, previous: When | None
) -> Part:
    start, end = calendar_times(date.start, date.end, event.timezone)
    return Part(
        name=str(voice.read(event.title)),
        start=start,
        end=end,
        zone=event.timezone,
        url=links.event(event.id, voice.language),
        cancelled=cancelled,
        previous_start=previous,
    )
