"""An event as its page shows it to somebody who may read it but is not registered: never a joining link."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from babel.numbers import format_decimal
from msgspec import Struct

from scheduler.dates import When
from scheduler.model.event import Event, Occurrence, Speaker, Texts
from scheduler.model.filter import Filter
from scheduler.model.reading import Institutions, Reading
from scheduler.web.pages.clocks import Clocks, clocks_of
from scheduler.web.pages.filters import TABLES, Chip, address
from scheduler.web.pages.site import Voice
from scheduler.web.pages.words import (
    Mark,
    country_of,
    language_words,
    marks,
    named,
    place_words,
    wall_words,
    was_words,
    when_words,
)

_WEB = ("https://", "http://")


class SpeakerView(Struct, frozen=True):
    """Who speaks, in words."""

    role: Reading
    details: str


class Partner(Struct, frozen=True):
    """An institution that takes part."""

    name: Reading
    country: str
    url: str


class DateView(Struct, frozen=True):
    """One date of a series, or one item of a day programme; `elsewhere` is the same on the other clocks."""

    when: When
    start: str
    marks: tuple[Mark, ...]
    reason: str = ""
    title: Reading | None = None
    url: str = ""
    kind: str = ""
    place: str = ""
    elsewhere: tuple[str, ...] = ()


class Where(Struct, frozen=True, kw_only=True):
    """Where it is, how one gets in, and in which language; `link` only where it is public itself."""

    place: str
    address: str
    access: Reading
    platform: str
    link: str
    languages: str
    language_note: Reading
    interpretation: tuple[str, ...]


class EventView(Struct, frozen=True, kw_only=True):
    """Everything on an event's page but the registration."""

    id: str
    kind: str
    shape: str
    title: Reading
    programme: str
    subtitle: str
    marks: tuple[Mark, ...]
    off: bool
    past: bool
    reason: str
    moved: tuple[str, str]
    when: When
    start: str
    clocks: Clocks
    summary: Reading
    description: tuple[Reading, ...]
    only_in: str
    speakers: tuple[SpeakerView, ...]
    where: Where
    hosts: tuple[Partner, ...]
    partners: tuple[Partner, ...]
    topics: tuple[tuple[str, tuple[Chip, ...]], ...]
    development: tuple[str, ...]
    materials: tuple[tuple[str, str], ...]
    dates: tuple[DateView, ...]
    items: tuple[DateView, ...]


def event_view(
    event: Event,
    dates: Sequence[Occurrence],
    items: Iterable[tuple[Event, Occurrence]],
    institutions: Institutions,
    voice: Voice,
    *,
    now: datetime,
    zone: str = "",
) -> EventView:
    """What the page says. `items` is the day programme, `zone` the reader's choice of a second clock."""
    date = shown_date(dates, now)
    title, summary = voice.read(event.title), voice.read(event.summary)
    return EventView(
        id=event.id,
        kind=voice.name("kinds", event.kind),
        shape=voice.shape(event.kind),
        title=title,
        programme=voice.name("programmes", event.programme),
        subtitle=_subtitle(event, institutions, voice),
        marks=tuple(marks(event, date, voice)),
        off=event.status == "cancelled",
        past=max(one.end_at for one in dates) <= now,
        reason=event.cancellation_reason,
        moved=_moved(event, institutions, voice),
        when=when_words(event, date, institutions, voice),
        start=date.start,
        clocks=clocks_of(event, date, institutions, voice, zone),
        summary=summary,
        description=paragraphs(event.description, voice),
        only_in=voice.language_name(title.language) if title.language else "",
        speakers=tuple(_speaker(speaker, voice) for speaker in event.speakers),
        where=_where(event, institutions, voice),
        hosts=tuple(_partner(key, institutions, voice) for key in dict.fromkeys([event.host, *event.co_hosts]) if key),
        partners=_partners(event, institutions, voice),
        topics=tuple(_topics(event, voice)),
        development=tuple(_development(event, voice)),
        materials=tuple((text, text if text.startswith(_WEB) else "") for text in event.materials),
        dates=tuple(_date(event, one, institutions, voice, zone) for one in dates) if event.recurrence else (),
        items=tuple(_item(item, one, event, institutions, voice) for item, one in items),
    )


def shown_date(dates: Sequence[Occurrence], now: datetime) -> Occurrence:
    """The date a page is about: the next one that takes place, else the last one."""
    ahead = [date for date in dates if date.alive and date.end_at > now]
    return ahead[0] if ahead else dates[-1]


def paragraphs(texts: Texts, voice: Voice) -> tuple[Reading, ...]:
    """A text as paragraphs; blank lines part them."""
    found = voice.read(texts)
    parts = (part.strip() for part in found.text.replace("\r\n", "\n").split("\n\n"))
    return tuple(Reading(part, found.language) for part in parts if part)


def _moved(event: Event, institutions: Institutions, voice: Voice) -> tuple[str, str]:
    """Where a moved event stood before, and why it was moved; two empty texts for any other."""
    moved = event.moved_from if event.status != "cancelled" else None
    return (wall_words(moved.start, event, institutions, voice), moved.reason) if moved else ("", "")


def _subtitle(event: Event, institutions: Institutions, voice: Voice) -> str:
    parts = (place_words(event, institutions, voice), language_words(event, voice))
    return " · ".join(part for part in parts if part)


def _where(event: Event, institutions: Institutions, voice: Voice) -> Where:
    online = event.online
    return Where(
        place=place_words(event, institutions, voice),
        address=_address(event, institutions),
        access=voice.read(event.place.access),
        platform=online.platform if event.format != "on-site" else "",
        link=online.url if online.visibility == "public" and online.url.startswith(_WEB) else "",
        languages=voice.languages(event.languages),
        language_note=voice.read(event.language_note),
        interpretation=tuple(_interpretation(event, voice)),
    )


def _speaker(speaker: Speaker, voice: Voice) -> SpeakerView:
    country = voice.country(speaker.country) if speaker.country else ""
    afar = voice.t("pages.event.speaks_online") if speaker.mode == "online" else ""
    details = (speaker.name, speaker.affiliation, country, afar)
    return SpeakerView(voice.read(speaker.role), " · ".join(part for part in details if part))


def _interpretation(event: Event, voice: Voice) -> Iterable[str]:
    for channel in event.interpretation:
        yield voice.t(
            "pages.event.interpretation",
            kind=voice.name("interpretation_types", channel.kind),
            source=voice.language_name(channel.source),
            target=voice.language_name(channel.target),
        )


def _address(event: Event, institutions: Institutions) -> str:
    if event.format == "online":
        return ""
    host = institutions.get(event.host or "")
    return event.place.address or (host.address if host and not event.place.city else "")


def _partner(key: str, institutions: Institutions, voice: Voice) -> Partner:
    url = f"/{voice.language}/?institution={key}" if key in institutions else ""
    return Partner(named(key, institutions, voice), country_of(key, institutions, voice), url)


def _partners(event: Event, institutions: Institutions, voice: Voice) -> tuple[Partner, ...]:
    hosts = {event.host, *event.co_hosts}
    keys = dict.fromkeys(key for key in (event.sender, *event.partners) if key and key not in hosts)
    return tuple(_partner(key, institutions, voice) for key in keys)


def _topics(event: Event, voice: Voice) -> Iterable[tuple[str, tuple[Chip, ...]]]:
    """What it is about and for whom, each a link to everything alike."""
    facets: Mapping[str, tuple[str, ...]] = {
        "audience": event.audiences,
        "level": event.levels,
        "area": event.key_areas,
        "theme": event.themes,
    }
    for facet, keys in facets.items():
        if keys:
            yield voice.t(f"pages.event.{facet}"), tuple(_chip(facet, key, voice) for key in keys)


def _chip(facet: str, key: str, voice: Voice) -> Chip:
    return Chip(voice.name(TABLES[facet], key), address(f"/{voice.language}/", Filter(facets=((facet, (key,)),))))


def _development(event: Event, voice: Voice) -> Iterable[str]:
    t, earned = voice.t, event.development
    if earned and earned.hours:
        yield t("pages.event.hours", hours=format_decimal(earned.hours, locale=t.locale))
    if earned and earned.half_days:
        yield t.plural("pages.event.half_days", earned.half_days)
    if earned and earned.certificate:
        yield t("pages.event.certificate")
    if event.ects:
        yield t("pages.event.ects", credits=format_decimal(event.ects.credits, locale=t.locale))


def _date(event: Event, date: Occurrence, institutions: Institutions, voice: Voice, zone: str) -> DateView:
    found: list[Mark] = []
    if not date.alive:
        found.append(Mark(voice.t("pages.mark.cancelled"), "bad"))
    elif date.status == "moved" and date.original:
        was = was_words(date.original, date.start, event, voice.t)
        found.append(Mark(voice.t("pages.mark.moved_from", date=was), "warn"))
    clocks = clocks_of(event, date, institutions, voice, zone)
    return DateView(
        when_words(event, date, institutions, voice),
        date.start,
        tuple(found),
        date.reason,
        # Each date for itself: between two of them the clocks may have changed in one place only.
        elsewhere=tuple(str(line) for line in (clocks.mine, *clocks.others) if line) if date.alive else (),
    )


def _item(event: Event, date: Occurrence, visit: Event, institutions: Institutions, voice: Voice) -> DateView:
    """An item of a day programme; its place only where it is not that of the visit."""
    place = place_words(event, institutions, voice)
    return DateView(
        when_words(event, date, institutions, voice),
        date.start,
        tuple(marks(event, date, voice)),
        title=voice.read(event.title),
        url=f"/{voice.language}/events/{event.id}",
        kind=voice.name("kinds", event.kind),
        place=place if place != place_words(visit, institutions, voice) else "",
    )
