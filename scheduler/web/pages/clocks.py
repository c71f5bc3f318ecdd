"""The time block of an event: its own clock first, then the clocks of everybody else who takes part."""

from collections.abc import Iterator
from datetime import datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from msgspec import Struct

from scheduler.config import Config
from scheduler.dates import ClockLine, Here, clock_line, difference_note, offset_text
from scheduler.model.event import Event, Occurrence
from scheduler.model.reading import Institutions, event_here
from scheduler.model.wall import is_date
from scheduler.web.pages.site import Voice, ZoneOption

MOST_LINES = 6


class Clocks(Struct, frozen=True, kw_only=True):
    """Every clock at one date, each with place and offset; `mine` is the place that the reader chose."""

    mine: ClockLine | None
    others: tuple[ClockLine, ...]
    notes: tuple[str, ...]
    same: str = ""


def clocks_of(event: Event, occurrence: Occurrence, institutions: Institutions, voice: Voice, chosen: str) -> Clocks:
    """The clocks that differ from the event's at this date; none for whole days. `chosen` is an IANA zone or empty."""
    if is_date(occurrence.start):
        return Clocks(mine=None, others=(), notes=())
    here = event_here(event, institutions, voice.t)
    at = occurrence.start_at
    places = _by_offset(event, institutions, voice, at)
    places.pop(offset_text(at, event.timezone), None)
    mine = places.pop(offset_text(at, chosen), [Here(chosen, voice.city(chosen))]) if chosen else []
    same = bool(chosen) and offset_text(at, chosen) == offset_text(at, event.timezone)
    others = list(places.values())[:MOST_LINES]
    shown = [*([mine] if mine and not same else []), *others]
    notes = [difference_note(at, here, place, voice.t) for group in shown for place in group[:1]]
    return Clocks(
        mine=_line(event, occurrence, [Here(chosen, voice.city(chosen))], voice) if mine and not same else None,
        others=tuple(_line(event, occurrence, group, voice) for group in others),
        notes=tuple(dict.fromkeys(note for note in notes if note)),
        same=voice.city(chosen) if same else "",
    )


def common_zones(config: Config, institutions: Institutions, voice: Voice, chosen: str = "") -> tuple[ZoneOption, ...]:
    """Places that people of this programme are in, by name; the chosen one is among them."""
    zones = {config.operator.timezone, "UTC"}
    zones |= {institution.timezone for institution in institutions.values()}
    zones |= {zone for country in config.countries.values() for zone in country.zones}
    zones |= {chosen} if chosen else set()
    options = [ZoneOption(zone, voice.city(zone) if zone != "UTC" else "UTC") for zone in zones]
    return tuple(sorted(options, key=lambda option: option.label.casefold()))


def known_zone(text: str) -> str:
    """The IANA zone that a query names; empty when there is none of that name."""
    try:
        return ZoneInfo(text).key if text and len(text) < 64 and text.isascii() else ""
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return ""


def _line(event: Event, occurrence: Occurrence, places: list[Here], voice: Voice) -> ClockLine:
    """One clock that several places share."""
    cities = ", ".join(dict.fromkeys(place.city for place in places))
    day = None
    if (occurrence.end_at - occurrence.start_at).days < 1:
        day = occurrence.start_at.astimezone(ZoneInfo(event.timezone)).date()
    return clock_line(occurrence.start_at, occurrence.end_at, Here(places[0].zone, cities), voice.t, day=day)


def _by_offset(event: Event, institutions: Institutions, voice: Voice, at: datetime) -> dict[str, list[Here]]:
    """The places of everybody who takes part, grouped by what their clocks show."""
    found: dict[str, list[Here]] = {}
    for place in _places(event, institutions, voice):
        group = found.setdefault(offset_text(at, place.zone), [])
        if place.city not in {other.city for other in group}:
            group.append(place)
    return found


def _places(event: Event, institutions: Institutions, voice: Voice) -> Iterator[Here]:
    countries = voice.config.countries
    covered = set()
    for key in (event.host, *event.co_hosts, event.sender, *event.partners):
        if key and key in institutions:
            institution = institutions[key]
            covered.add(institution.country)
            yield Here(institution.timezone, voice.read(institution.city).text or voice.city(institution.timezone))
    for speaker in event.speakers:
        zone = speaker.timezone
        if not zone and speaker.country in countries and speaker.country not in covered:
            zone = countries[speaker.country].zones[0]
        if zone:
            yield Here(zone, voice.city(zone))
    for code in event.countries:
        if code in countries and code not in covered:
            yield Here(countries[code].zones[0], voice.city(countries[code].zones[0]))
