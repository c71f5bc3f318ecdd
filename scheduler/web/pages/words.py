"""An event in a few words: where, in which language, how many seats, what people must know at a glance."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Literal

from msgspec import Struct

from scheduler.dates import When, date_text, time_text
from scheduler.model.event import Event, Occurrence
from scheduler.model.reading import Institutions, Reading, event_here, when
from scheduler.model.registration import Mode
from scheduler.model.seats import SeatCount, left_by_mode, rounded
from scheduler.model.wall import WallTime, is_date, parse
from scheduler.texts import Translator
from scheduler.web.pages.site import Voice

Tone = Literal["plain", "good", "warn", "bad"]

Taken = tuple[Mapping[str, int], Mapping[str, int]]
"""Seats taken and seats waited for, per way to attend."""


class Mark(Struct, frozen=True):
    """Something to know at a glance, in words; the tone only underlines it."""

    text: str
    tone: Tone = "plain"


def marks(event: Event, occurrence: Occurrence, voice: Voice) -> Iterator[Mark]:
    """What stands beside a title: cancelled, moved, provisional."""
    t = voice.t
    if event.status == "cancelled":
        yield Mark(t("pages.mark.cancelled"), "bad")
    elif not occurrence.alive:
        yield Mark(t("pages.mark.date_cancelled"), "bad")
    if event.status == "draft":
        yield Mark(t("pages.mark.draft"), "warn")
    if event.status == "tentative":
        yield Mark(t("pages.mark.tentative"), "warn")
    if event.moved_from and event.status != "cancelled":
        yield Mark(t("pages.mark.moved_from", date=was_words(event.moved_from.start, event.start, event, t)), "warn")
    elif occurrence.status == "moved":
        yield Mark(t("pages.mark.date_moved"), "warn")


def was_words(was: WallTime, now: WallTime, event: Event, t: Translator) -> str:
    """`Thu 10 Dec`, where something was planned before it moved; with the time when it stays on that day."""
    then = parse(was, event.timezone)
    day = date_text(then, t, "short")
    if isinstance(then, datetime) and was[:10] == now[:10]:
        return f"{day}, {time_text(then, t)}"
    return day


def place_words(event: Event, institutions: Institutions, voice: Voice) -> str:
    """`Room B1.04, Ghent`, `Online`, `Room B1.04, Ghent, and online`; the country where it is not the home one."""
    if event.format == "online":
        return voice.t("pages.place.online")
    host = institutions.get(event.host or "")
    city = voice.read(event.place.city or (host.city if host else {})).text
    country = event.place.country or (host.country if host else "")
    known = voice.config.countries.get(country)
    abroad = voice.country(country) if country and not (known and known.status == "home") else ""
    place = ", ".join(part for part in (event.place.room, city, abroad) if part) or voice.t("pages.place.unknown")
    return voice.t("pages.place.hybrid", place=place) if event.format == "hybrid" else place


def language_words(event: Event, voice: Voice) -> str:
    """`English, interpretation into Dutch and French`; empty when nothing is known."""
    spoken = voice.languages(event.languages)
    into = dict.fromkeys(channel.target for channel in event.interpretation if channel.target not in event.languages)
    targets = tuple(into)
    if not targets:
        return spoken
    return voice.t("pages.language.interpreted", languages=spoken, targets=voice.languages(targets))


def seat_counts(event: Event, taken: Taken) -> dict[Mode, SeatCount]:
    """Seats of each way to attend."""
    return left_by_mode(event, *taken)


def seat_words(event: Event, counts: Mapping[Mode, SeatCount], voice: Voice) -> tuple[Mark, ...]:
    """What is left, for each way to attend that is limited: `12 places left`, `Full, 3 waiting`."""
    offered = {mode: count for mode, count in counts.items() if count.limit != 0}
    limited = {mode: count for mode, count in offered.items() if count.limit is not None}
    return tuple(_seats(mode, count, voice, several=len(offered) > 1) for mode, count in limited.items())


def takes_registrations(event: Event, voice: Voice) -> bool:
    """False where people just come."""
    mode = voice.config.registration_modes.get(event.registration.mode)
    return mode is None or mode.takes_registrations


def _seats(mode: Mode, count: SeatCount, voice: Voice, *, several: bool) -> Mark:
    t = voice.t
    tone: Tone = "warn"
    left = rounded(count.left or 0, voice.config.privacy.seat_rounding)
    if count.waiting:
        text = t.plural("pages.seats.full_waiting", count.waiting)
    elif not count.left:
        text = t("pages.seats.full")
    else:
        tone, text = "plain", t.plural("pages.seats.left", left) if left else t("pages.seats.few")
    return Mark(t("pages.seats.of_mode", mode=t(f"pages.format.{mode}"), seats=text) if several else text, tone)


def when_words(event: Event, occurrence: Occurrence, institutions: Institutions, voice: Voice, zone: str = "") -> When:
    """When a date takes place; see `scheduler.model.reading.when`."""
    return when(event, occurrence, institutions, voice.t, zone)


def wall_words(wall: str, event: Event, institutions: Institutions, voice: Voice) -> str:
    """A wall time of an event in a sentence: `Monday 1 March 2027`, `Monday 1 March 2027, 12:00 Ghent`."""
    found = parse(wall, event.timezone)
    day = date_text(found, voice.t)
    if is_date(wall):
        return day
    city = event_here(event, institutions, voice.t).city or voice.city(event.timezone)
    return f"{day}, {wall[11:16]} {city}"


def country_of(key: str, institutions: Institutions, voice: Voice) -> str:
    """The country of an institution in words."""
    return voice.country(institutions[key].country) if key in institutions else ""


def named(key: str, institutions: Institutions, voice: Voice) -> Reading:
    """The name of an institution; its key when it is not known (any more)."""
    return voice.read(institutions[key].name) if key in institutions else Reading(key)


def date_words(event: Event, voice: Voice) -> str:
    """The day an event begins, in words."""
    return date_text(parse(event.start, event.timezone), voice.t)
