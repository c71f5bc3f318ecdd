"""What of an event its attendees plan by: how it was when they last heard, how it is now, and what differs. Pure.

Only what matters to somebody who comes: the time of their dates, whether the date is certain, where, how to join, in
which languages, under which title. Descriptions, notes, seats, contacts among organisers and the like are no reason to
write to anybody; nor is a title in which only capitals, accents or punctuation differ.
"""

import unicodedata
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Protocol

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from scheduler.model.event import Event, Interpretation, Occurrence, Place, Texts
from scheduler.model.occurrences import instants
from scheduler.model.reading import read
from scheduler.model.registration import Mode

Noted = dict[str, str]
"""Aspect -> its value as JSON text: all of them, or those that differ, as they were before."""

TITLE, STATUS, PLACE, JOINING, LANGUAGES = "title", "status", "place", "joining", "languages"
ABSENT = "null"
"""The value of an aspect that there is not, such as a date."""
_DATE = "date:"


class NotedDate(Struct, frozen=True, array_like=True):
    """One date as it was noted: wall times, zone, whether it took place."""

    start: str
    end: str
    timezone: str
    alive: bool

    @property
    def instants(self) -> tuple[datetime, datetime]:
        """Between which UTC instants it lay."""
        return instants(self.start, self.end, self.timezone)


class NotedPlace(Struct, frozen=True, array_like=True):
    """How people met, and where.

    `place` is None for somebody who did not come in person, `host` where it does not decide the place.
    """

    format: str
    host: str | None
    place: Place | None


class NotedLanguages(Struct, frozen=True, array_like=True):
    """Which languages are spoken, and interpreted into which."""

    languages: tuple[str, ...]
    interpretation: tuple[Interpretation, ...]


class TakesPart(Protocol):
    """Somebody who plans by an event: an attendee, a speaker or a host."""

    @property
    def mode(self) -> Mode:
        """How they take part in a hybrid event."""

    @property
    def firm(self) -> bool:
        """True when they have a place."""

    def attends(self, occurrence_id: str) -> bool:
        """True when they come on this date."""


def date_aspect(position: int) -> str:
    """The name under which one date is noted."""
    return f"{_DATE}{position}"


def comes_in_person(event: Event, registration: TakesPart | None) -> bool:
    """True when the attendee comes to the place; nobody in particular comes to a hybrid event in person."""
    if event.format != "hybrid":
        return event.format == "on-site"
    return registration is None or registration.mode == "on-site"


def noted(event: Event, dates: Iterable[Occurrence], registration: TakesPart) -> Noted:
    """Every aspect that this attendee plans by; of the dates, those they chose.

    The way to join is kept as a digest: the link itself is nothing to keep beside a mail. Who waits for a seat has
    none, nor who comes in person.
    """
    found = {
        date_aspect(date.position): _text(NotedDate(date.start, date.end, event.timezone, date.alive))
        for date in dates
        if registration.attends(date.id)
    }
    found[STATUS] = _text("tentative" if event.status == "tentative" else "confirmed")
    found[PLACE] = _text(_place(event, registration))
    found[LANGUAGES] = _text(
        NotedLanguages(
            tuple(sorted(event.languages)),
            tuple(sorted(event.interpretation, key=lambda one: (one.source, one.target, one.kind))),
        )
    )
    found[TITLE] = _text(event.title)
    if registration.firm and not comes_in_person(event, registration):
        online = event.online
        way_in = _text([online.platform, online.url, online.dial_in, online.low_bandwidth])
        found[JOINING] = sha256(way_in.encode()).hexdigest()
    return found


def changed(before: Mapping[str, str], after: Mapping[str, str], language: str) -> Noted:
    """The aspects of `before` that are another way in `after`, as they were; the title as read in `language`.

    A date that `before` did not have is noted as absent. A way to join that only one of them has is no difference: what
    tells is that the event is held in another way.
    """
    found: Noted = {}
    for aspect in {**before, **after}:
        dated = aspect.startswith(_DATE)
        if not dated and (aspect not in before or aspect not in after):
            continue
        was, now = before.get(aspect, ABSENT), after.get(aspect, ABSENT)
        if was != now and not _alike(aspect, was, now, language):
            found[aspect] = was
    return found


def still(before: Mapping[str, str], now: Mapping[str, str], language: str) -> Noted:
    """What is left of noted differences when the event is as `now` notes it; empty when all was undone."""
    present = {aspect: now[aspect] for aspect in before if aspect in now}
    return changed(before, present, language)


def ahead(before: Mapping[str, str], now: Mapping[str, str], instant: datetime) -> Noted:
    """The differences that can still help somebody; none once every date of theirs is over."""
    if not any(date.instants[1] > instant for date in _dates_of(now, before)):
        return {}
    return {
        aspect: was
        for aspect, was in before.items()
        if not aspect.startswith(_DATE)
        or any(date and date.instants[1] > instant for date in (_date(was), _date(now.get(aspect, ABSENT))))
    }


def near(before: Mapping[str, str], now: Mapping[str, str], instant: datetime, within: timedelta) -> bool:
    """True when a date that differs, or any date where something else does, begins soon or is under way."""
    dated = {aspect for aspect in before if aspect.startswith(_DATE)}
    everywhere = len(dated) < len(before)
    told = now if everywhere else {aspect: now[aspect] for aspect in dated if aspect in now}
    spans = [date.instants for date in _dates_of(told, before)]
    return any(end > instant and start <= instant + within for start, end in spans)


def dates_in(before: Mapping[str, str]) -> dict[int, NotedDate | None]:
    """The dates among noted differences by position; None for one that there was not."""
    found = {int(aspect.removeprefix(_DATE)): _date(was) for aspect, was in before.items() if aspect.startswith(_DATE)}
    return dict(sorted(found.items()))


def as_it_was(event: Event, before: Mapping[str, str]) -> Event:
    """The event with what was noted put back, except for its dates."""
    if TITLE in before:
        event = replace(event, title=msgspec.json.decode(before[TITLE], type=Texts))
    if PLACE in before:
        old = msgspec.json.decode(before[PLACE], type=NotedPlace)
        event = replace(event, format=old.format)
        event = replace(event, place=old.place) if old.place is not None else event
        event = replace(event, host=old.host or None) if old.host is not None else event
    if LANGUAGES in before:
        spoken = msgspec.json.decode(before[LANGUAGES], type=NotedLanguages)
        event = replace(event, languages=spoken.languages, interpretation=spoken.interpretation)
    return event


def to_text(before: Noted) -> str:
    """Noted aspects as one text, for a message's facts."""
    return msgspec.json.encode(before, order="deterministic").decode()


def from_text(text: str) -> Noted:
    """What `to_text` made; empty for an empty text."""
    return msgspec.json.decode(text, type=dict[str, str]) if text else {}


def _place(event: Event, registration: TakesPart) -> NotedPlace:
    if not comes_in_person(event, registration):
        return NotedPlace("online", None, None)
    # With a city of its own, a place does not depend on whose house the event's host has.
    return NotedPlace("on-site", None if event.place.city else event.host or "", replace(event.place, access={}))


def _alike(aspect: str, was: str, now: str, language: str) -> bool:
    if aspect == TITLE:
        return same_title(msgspec.json.decode(was, type=Texts), msgspec.json.decode(now, type=Texts), language)
    if not aspect.startswith(_DATE):
        return False
    old, new = _date(was), _date(now)
    if old is None or new is None:
        only = old or new
        return only is None or not only.alive
    if not (old.alive or new.alive):
        return True
    return (old.start, old.end, old.alive) == (new.start, new.end, new.alive) and old.instants == new.instants


def same_title(was: Texts, now: Texts, language: str) -> bool:
    """True when two titles say the same to a reader.

    What is compared is the title that they read: a translation that is added says nothing new.
    """
    tag = next((tag for tag in (language, language.split("-", maxsplit=1)[0], *was) if was.get(tag)), "")
    return _letters(was.get(tag, "")) == _letters(now.get(tag) or read(now, language).text)


def _letters(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text).casefold()
    return "".join(character for character in plain if character.isalnum())


def _dates_of(*sides: Mapping[str, str]) -> list[NotedDate]:
    found = (_date(text) for side in sides for aspect, text in side.items() if aspect.startswith(_DATE))
    return [date for date in found if date]


def _date(text: str) -> NotedDate | None:
    return msgspec.json.decode(text, type=NotedDate | None)


def _text(value: object) -> str:
    return msgspec.json.encode(value, order="deterministic").decode()
