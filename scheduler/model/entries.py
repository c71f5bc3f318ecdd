"""The only projection of an event into the calendar's words: `entry_of(event, ..., language, face)`."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Literal

from msgspec import Struct

from feeds.entry import Conference, Entry, EntryStatus, Recurrence
from feeds.entry import When as CalendarTime
from feeds.recurrence import parse_rule
from scheduler.config import Config
from scheduler.model.event import Event, Occurrence
from scheduler.model.links import Addresses
from scheduler.model.reading import Institutions, organisers, read
from scheduler.model.wall import parse
from scheduler.texts import Translator

Face = Literal["public", "registered"]
"""What a reader may see: the joining link stands in the `registered` face, and wherever the link itself is public."""


class Surroundings(Struct, frozen=True, kw_only=True):
    """What an event is shown with: names of institutions and of the configured words, the language, the addresses.

    `wholes` are the events that others are `part_of`, by id, as far as the reader may see them.
    """

    institutions: Institutions
    wholes: Mapping[str, Event] = {}
    config: Config
    links: Addresses
    t: Translator


def entry_of(event: Event, dates: Sequence[Occurrence], around: Surroundings, face: Face) -> Entry:
    """A published event as one calendar entry: a single VEVENT, or a series with its moved dates as overrides.

    A cancelled date of a series is an excluded one (calendars bring a cancelled override back to life). `stamp` and
    `modified` come from the event's last public change, never from a clock.
    """
    start, end = calendar_times(event.start, event.end, event.timezone)
    return _entry(
        event, around, face, start, end, recurrence=_recurrence(event), overrides=_overrides(event, dates, around, face)
    )


def calendar_times(start: str, end: str, zone: str) -> tuple[CalendarTime, CalendarTime]:
    """Wall texts as calendar times: an inclusive last day becomes the exclusive end of RFC 5545 section 3.6.1."""
    first, last = parse(start, zone), parse(end, zone)
    return first, last if isinstance(last, datetime) else last + timedelta(days=1)


def _entry(
    event: Event,
    around: Surroundings,
    face: Face,
    start: CalendarTime,
    end: CalendarTime,
    *,
    recurrence: Recurrence | None = None,
    recurrence_id: datetime | date | None = None,
    overrides: tuple[Entry, ...] = (),
) -> Entry:
    language = around.t.language
    join = _joining_link(event, face)
    title = _title(event, around)
    status: EntryStatus = "confirmed" if event.status == "draft" else event.status
    return Entry(
        uid=event.uid,
        sequence=event.sequence,
        stamp=event.modified_at,
        modified=event.modified_at,
        created=event.created_at,
        start=start,
        end=end,
        zone=None if event.all_day else event.timezone,
        status=status,
        summary=around.t("feeds.cancelled", title=title) if status == "cancelled" else title,
        language=language,
        description="\n".join(_description(event, around, join)),
        location=_location(event, around),
        url=around.links.event(event.id, language),
        categories=_categories(event, around),
        related_to=whole.uid if (whole := around.wholes.get(event.part_of or "")) else "",
        transparent=event.transparent,
        recurrence=recurrence,
        recurrence_id=recurrence_id,
        overrides=overrides,
        conferences=(Conference(url=join, label=event.online.platform),) if join else (),
    )


def _title(event: Event, around: Surroundings) -> str:
    """An item of a day programme says what it is part of: in a calendar it stands alone."""
    title = read(event.title, around.t.language).text
    whole = around.wholes.get(event.part_of or "")
    return around.t("feeds.item", title=title, whole=read(whole.title, around.t.language).text) if whole else title


def _recurrence(event: Event) -> Recurrence | None:
    series = event.recurrence
    if series is None:
        return None
    absent = [*series.excluded, *(gone.date for gone in series.cancelled)]
    return Recurrence(
        rule=parse_rule(series.rule, all_day=event.all_day, zone=event.timezone),
        excluded=tuple(sorted({parse(wall, event.timezone) for wall in absent})),
    )


def _overrides(event: Event, dates: Sequence[Occurrence], around: Surroundings, face: Face) -> tuple[Entry, ...]:
    return tuple(
        _entry(
            event,
            around,
            face,
            *calendar_times(found.start, found.end, event.timezone),
            recurrence_id=parse(found.original, event.timezone),
        )
        for found in dates
        if found.status == "moved" and found.original
    )


def _joining_link(event: Event, face: Face) -> str:
    if event.format == "on-site":
        return ""
    return event.online.url if face == "registered" or event.online.visibility == "public" else ""


def _description(event: Event, around: Surroundings, join: str) -> Iterator[str]:
    t, config, language = around.t, around.config, around.t.language
    if event.status == "cancelled" and event.cancellation_reason:
        yield t("feeds.reason", reason=event.cancellation_reason)
    if join:
        yield t("feeds.join", url=join)
    elif event.format != "on-site":
        yield t("feeds.join_after_registration")
    yield from filter(None, (read(event.summary, language).text, read(event.description, language).text))
    yield t("feeds.kind", kind=config.name("kinds", event.kind, language))
    for speaker in event.speakers:
        yield t("feeds.speaker", speaker=", ".join(filter(None, (speaker.name, read(speaker.role, language).text))))
    names = [name.text for name in organisers(event, around.institutions, language)]
    if names:
        yield t("feeds.organisers", names=", ".join(names))
    yield t("feeds.page", url=around.links.event(event.id, language))


def _location(event: Event, around: Surroundings) -> str:
    """One line: room, host, address, city; `Online` beside or instead of it."""
    language = around.t.language
    online = around.t("feeds.online")
    if event.format == "online":
        return f"{online} ({event.online.platform})" if event.online.platform else online
    host = around.institutions.get(event.host or "")
    parts = [
        event.place.room,
        read(host.name, language).text if host else "",
        event.place.address or (host.address if host else ""),
        read(event.place.city or (host.city if host else {}), language).text,
    ]
    place = ", ".join(dict.fromkeys(part for part in parts if part))
    return f"{place} + {online}" if event.format == "hybrid" else place


def _categories(event: Event, around: Surroundings) -> tuple[str, ...]:
    name, language = around.config.name, around.t.language
    names = [name("programmes", event.programme, language), name("kinds", event.kind, language)]
    return tuple(dict.fromkeys([*names, *(name("themes", theme, language) for theme in event.themes)]))
