"""What one reader reads of an event: texts in their language or the next best one, the event's place and clock."""

from collections.abc import Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

from msgspec import Struct

from scheduler.dates import Here, When, brief_dates, date_text, dates, moment, timed
from scheduler.model.event import Event, Occurrence, Texts
from scheduler.model.institution import Institution
from scheduler.model.wall import is_date, parse
from scheduler.texts import Translator

Institutions = Mapping[str, Institution]
"""By key."""


class Reading(Struct, frozen=True):
    """A text as this reader gets it. `language` is set only when it is not the reader's: pages mark it (`lang=`)."""

    text: str
    language: str = ""

    def __str__(self) -> str:
        """The text."""
        return self.text


def read(texts: Texts, language: str) -> Reading:
    """The text in `language`, else in the same language without territory, else in the first one written."""
    base = language.split("-", maxsplit=1)[0]
    for tag in (language, base):
        if texts.get(tag):
            return Reading(texts[tag])
    for tag, text in texts.items():
        if text:
            return Reading(text, "" if tag.split("-")[0] == base else tag)
    return Reading("")


def event_here(event: Event, institutions: Institutions, t: Translator) -> Here:
    """The event's place on the clock: the city of its place, of its host in the same zone, or of its zone."""
    host = institutions.get(event.host or "")
    texts = event.place.city or (host.city if host and host.timezone == event.timezone else {})
    return Here(event.timezone, read(texts, t.language).text)


def when(
    event: Event, occurrence: Occurrence, institutions: Institutions, t: Translator, reader_zone: str = ""
) -> When:
    """When a date of an event takes place, on its clock and, where it differs, on that of `reader_zone` (IANA)."""
    if is_date(occurrence.start):
        first, last = (parse(wall, event.timezone) for wall in (occurrence.start, occurrence.end))
        return When(dates(first, last, t))
    reader = Here(reader_zone) if reader_zone else None
    return timed(occurrence.start_at, occurrence.end_at, event_here(event, institutions, t), reader, t)


def organisers(event: Event, institutions: Institutions, language: str) -> tuple[Reading, ...]:
    """The names of the host and the co-hosts, as far as they are known."""
    keys = dict.fromkeys(key for key in (event.host, *event.co_hosts) if key)
    return tuple(read(institutions[key].name, language) for key in keys if key in institutions)


def brief(event: Event, occurrence: Occurrence, institutions: Institutions, t: Translator) -> str:
    """The same in a few words, for subjects: `Tue 16 Mar, 14:30 Ghent`, `Mon 19 – Fri 23 Apr`."""
    first, last = (parse(wall, event.timezone) for wall in (occurrence.start, occurrence.end))
    if is_date(occurrence.start):
        return brief_dates(first, last, t)
    return f"{date_text(first, t, 'short')}, {moment(occurrence.start_at, event_here(event, institutions, t), t)}"


def days_until(event: Event, occurrence: Occurrence, now: datetime) -> int:
    """How many days ahead a date is by the calendar of the event's place: 0 today, 1 tomorrow; negative once past."""
    first = parse(occurrence.start, event.timezone)
    day = first.date() if isinstance(first, datetime) else first
    return (day - now.astimezone(ZoneInfo(event.timezone)).date()).days
