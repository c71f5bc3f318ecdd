"""The agenda as a page shows it: dates grouped by the day of each event's own clock."""

import base64
import binascii
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta

from msgspec import Struct

from scheduler.dates import When, date_text
from scheduler.errors import Fault, Invalid
from scheduler.model.event import Event, Occurrence
from scheduler.model.reading import Institutions, Reading
from scheduler.model.wall import is_date, parse
from scheduler.store.agenda import Place
from scheduler.web.pages.site import Voice
from scheduler.web.pages.words import (
    Mark,
    Taken,
    language_words,
    marks,
    place_words,
    seat_counts,
    seat_words,
    takes_registrations,
    when_words,
)


class Row(Struct, frozen=True, kw_only=True):
    """One date in a list. `span` is its days when it has several; `time` stands where it has one."""

    url: str
    kind: str
    shape: str
    title: Reading
    when: When
    span: str
    start: str
    place: str
    languages: str
    seats: tuple[Mark, ...]
    marks: tuple[Mark, ...]
    off: bool


class Day(Struct, frozen=True):
    """The dates of one day of the events' own clocks. `iso` is empty for what began before the list."""

    iso: str
    heading: str
    note: str
    rows: tuple[Row, ...]


def days_of(
    dates: Iterable[tuple[Occurrence, Event]],
    seats: Mapping[str, Taken],
    institutions: Institutions,
    voice: Voice,
    *,
    first: date | None,
    today: date,
) -> tuple[Day, ...]:
    """Dates in their order, grouped; those that began before `first` come under one heading of their own."""
    groups: dict[str, list[Row]] = {}
    for occurrence, event in dates:
        day = occurrence.start[:10]
        key = "" if first and day < first.isoformat() else day
        row = row_of(event, occurrence, seats.get(event.id, ({}, {})), institutions, voice)
        groups.setdefault(key, []).append(row)
    return tuple(_day(key, rows, voice, today) for key, rows in groups.items())


def row_of(event: Event, occurrence: Occurrence, taken: Taken, institutions: Institutions, voice: Voice) -> Row:
    """One date in a list."""
    moment = when_words(event, occurrence, institutions, voice)
    shown = event.alive and occurrence.alive and takes_registrations(event, voice)
    several = occurrence.end > occurrence.start if is_date(occurrence.start) else moment_spans(occurrence)
    return Row(
        url=f"/{voice.language}/events/{event.id}",
        kind=voice.name("kinds", event.kind),
        shape=voice.shape(event.kind),
        title=voice.read(event.title),
        when=moment,
        span=moment.date if several else "",
        start=occurrence.start,
        place=place_words(event, institutions, voice),
        languages=language_words(event, voice),
        seats=seat_words(event, seat_counts(event, taken), voice) if shown else (),
        marks=tuple(marks(event, occurrence, voice)),
        off=event.status == "cancelled" or not occurrence.alive,
    )


def moment_spans(occurrence: Occurrence) -> bool:
    """True for a timed date of a day or more, which is written with the dates of both ends."""
    return occurrence.end_at - occurrence.start_at >= timedelta(days=1)


def cursor_text(place: Place) -> str:
    """Where a page of the agenda ended, opaque."""
    return base64.urlsafe_b64encode(" ".join(place).encode()).decode().rstrip("=")


def read_cursor(text: str) -> Place | None:
    """Where to go on; None from the beginning. Raises Invalid for a text that is no cursor of ours."""
    if not text:
        return None
    try:
        start, _, key = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode("ascii").partition(" ")
        parse(start, "UTC")
    except (binascii.Error, UnicodeDecodeError, ValueError):
        start, key = "", ""
    if not start or not key:
        raise Invalid((Fault(pointer="/cursor", detail="This link to a further page is not complete.", example=""),))
    return start, key


def place_of(dates: Sequence[tuple[Occurrence, Event]]) -> Place:
    """Where a page that ends with the last of these dates goes on."""
    last = dates[-1][0]
    return last.start, last.id


def _day(key: str, rows: list[Row], voice: Voice, today: date) -> Day:
    if not key:
        return Day("", voice.t("pages.agenda.running"), "", tuple(rows))
    day = date.fromisoformat(key)
    ahead = (day - today).days
    note = {0: voice.t("pages.agenda.today"), 1: voice.t("pages.agenda.tomorrow")}.get(ahead, "")
    return Day(key, date_text(day, voice.t), note, tuple(rows))
