"""A briefing: what a filter selects from now on, by month, ready to be copied into a mail or printed."""

import re
import unicodedata
from collections.abc import Iterable
from datetime import date, datetime
from zoneinfo import ZoneInfo

from babel.dates import format_skeleton
from msgspec import Struct

from scheduler.dates import date_text, span_text
from scheduler.model.event import Event, Occurrence
from scheduler.model.links import Addresses
from scheduler.model.reading import Institutions, organisers
from scheduler.model.wall import is_date, parse
from scheduler.texts import Translator
from scheduler.web.pages.site import Voice
from scheduler.web.pages.view_agenda import moment_spans
from scheduler.web.pages.words import marks, place_words, when_words

_INVISIBLE = frozenset({"Cc", "Cf", "Co", "Cs", "Cn"})
_JOINERS = frozenset("\u200c\u200d")
"""Invisible, but Persian, Khmer and emoji are misspelt without them; they hide nothing."""
_BLANK = re.compile(r"\s+")


class Item(Struct, frozen=True, kw_only=True):
    """One date. Every text is one line without control characters; `clock` is empty for whole days."""

    day: str
    clock: str
    title: str
    details: str
    states: tuple[str, ...]
    off: bool
    url: str


class Month(Struct, frozen=True):
    """The dates that begin in one month of the events' own clocks, or that began before the list does."""

    heading: str
    items: tuple[Item, ...]


class Briefing(Struct, frozen=True, kw_only=True):
    """Everything that its text and its PDF say. `total` counts dates, also those beyond the ones in `months`.

    `here` is the address of the same list as a page, `today` the day it was made on.
    """

    t: Translator
    operator: str
    title: str
    sentence: str
    made: str
    today: date
    months: tuple[Month, ...]
    total: int
    here: str

    @property
    def listed(self) -> int:
        """How many dates stand in `months`."""
        return sum(len(month.items) for month in self.months)


def briefing_of(
    dates: Iterable[tuple[Occurrence, Event]],
    institutions: Institutions,
    voice: Voice,
    links: Addresses,
    *,
    sentence: str,
    query: str,
    first: date,
    today: date,
    total: int,
) -> Briefing:
    """The briefing of these dates, in their order. What began before `first` stands under a heading of its own."""
    t = voice.t
    months: dict[str, list[Item]] = {}
    for occurrence, event in dates:
        begins = date.fromisoformat(occurrence.start[:10])
        heading = t("pages.agenda.running") if begins < first else _month(begins, t)
        months.setdefault(heading, []).append(_item(event, occurrence, institutions, voice, links))
    return Briefing(
        t=t,
        operator=one_line(voice.config.operator.name),
        title=t("pages.briefing.title"),
        sentence=_sentence(one_line(sentence)),
        made=t("pages.briefing.made", date=date_text(today, t)),
        today=today,
        months=tuple(Month(heading, tuple(items)) for heading, items in months.items()),
        total=total,
        here=links.agenda(voice.language, query),
    )


def day_at(now: datetime, voice: Voice) -> date:
    """The day it is where the operator is."""
    return now.astimezone(ZoneInfo(voice.config.operator.timezone)).date()


def one_line(text: str) -> str:
    """A text on one line, composed (Unicode NFC), without what nobody sees: controls, overrides of direction."""
    spaced = _BLANK.sub(" ", unicodedata.normalize("NFC", text))
    return "".join(one for one in spaced if one in _JOINERS or unicodedata.category(one) not in _INVISIBLE).strip()


def _item(event: Event, occurrence: Occurrence, institutions: Institutions, voice: Voice, links: Addresses) -> Item:
    day, clock = _when(event, occurrence, institutions, voice)
    hosts = ", ".join(reading.text for reading in organisers(event, institutions, voice.language))
    details = (voice.name("kinds", event.kind), place_words(event, institutions, voice), hosts)
    return Item(
        day=one_line(day),
        clock=one_line(clock),
        title=one_line(voice.read(event.title).text),
        details=one_line(" · ".join(part for part in details if part)),
        states=tuple(one_line(mark.text) for mark in marks(event, occurrence, voice)),
        off=event.status == "cancelled" or not occurrence.alive,
        url=links.event(event.id, voice.language),
    )


def _when(event: Event, occurrence: Occurrence, institutions: Institutions, voice: Voice) -> tuple[str, str]:
    """The day or days, and the clock with its city; the month above says the year."""
    t = voice.t
    first, last = (parse(wall, event.timezone) for wall in (occurrence.start, occurrence.end))
    if is_date(occurrence.start):
        several = first != last
        return _sentence(span_text(first, last, t, year=first.year != last.year) if several else _day(first, t)), ""
    clock = when_words(event, occurrence, institutions, voice).clock
    if clock and moment_spans(occurrence):
        return _sentence(clock.time), clock.where
    return _sentence(_day(first, t)), str(clock)


def _day(day: date, t: Translator) -> str:
    return date_text(day, t, "long")


def _month(day: date, t: Translator) -> str:
    """`March 2027`, `Marzo de 2027`."""
    return _sentence(one_line(format_skeleton("yMMMM", day, locale=t.locale)))


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]
