"""The only projection of an event into the calendar's words: `entry_of(event, ..., language, face)`."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Literal

from msgspec import Struct
from msgspec.structs import replace

from feeds.entry import Conference, Entry, EntryStatus, Recurrence, instant
from feeds.entry import When as CalendarTime
from feeds.recurrence import parse_rule
from scheduler.config import Config
from scheduler.model.event import Event, Occurrence, Series
from scheduler.model.links import Addresses
from scheduler.model.reading import Institutions, organisers, read
from scheduler.model.wall import parse
from scheduler.texts import Translator

Face = Literal["public", "registered", "busy", "bar"]
"""What a reader may see: the joining link stands in the `registered` face, and wherever the link itself is public.
`busy` shows that time is taken and nothing else; `bar` is the public face with a visit as one all-day bar."""


class Surroundings(Struct, frozen=True, kw_only=True):
    """What an event is shown with: names of institutions and of the configured words, the language, the addresses.

    `wholes` are the events that others are `part_of`, by id, as far as the reader may see them.
    """

    institutions: Institutions
    wholes: Mapping[str, Event] = {}
    config: Config
    links: Addresses
    t: Translator


def entry_of(
    event: Event,
    dates: Sequence[Occurrence],
    around: Surroundings,
    face: Face,
    *,
    uid: str = "",
    only: Sequence[str] = (),
) -> Entry:
    """A published event as one calendar entry: a single VEVENT, or a series with its moved dates as overrides.

    A cancelled date of a series is an excluded one (calendars bring a cancelled override back to life). `stamp` and
    `modified` come from the event's last public change, never from a clock. `uid` replaces the event's own, `only`
    are the ids of the dates that one attendee chose (all when empty).
    """
    start, end = calendar_times(event.start, event.end, event.timezone)
    shown = [date for date in dates if not only or date.id in only]
    if event.recurrence is None:
        entry = _entry(event, around, face, *(_as_bar(start, end) if face == "bar" else (start, end)))
    elif len(only) == 1 and shown:
        entry = _single(event, shown[0], around, face)
    else:
        entry = _entry(event, around, face, start, end)
        left_out = [date.original for date in dates if date not in shown and date.original]
        entry = replace(
            entry,
            recurrence=_recurrence(event, event.recurrence, left_out),
            overrides=tuple(_override(event, date, around, face) for date in shown if date.status == "moved"),
        )
        chosen = [date for date in shown if date.alive] if only else []
        entry = _between(entry, chosen[0], chosen[-1], event.timezone) if chosen else entry
    return replace(entry, uid=uid) if uid else entry


def date_of(event: Event, date: Occurrence, around: Surroundings, face: Face, *, uid: str = "") -> Entry:
    """One date of a series as an entry that travels alone: its `recurrence_id` says which."""
    return replace(_override(event, date, around, face), uid=uid or event.uid)


def calendar_times(start: str, end: str, zone: str) -> tuple[CalendarTime, CalendarTime]:
    """Wall texts as calendar times: an inclusive last day becomes the exclusive end of RFC 5545 section 3.6.1."""
    first, last = parse(start, zone), parse(end, zone)
    return first, last if isinstance(last, datetime) else last + timedelta(days=1)


def _as_bar(start: CalendarTime, end: CalendarTime) -> tuple[CalendarTime, CalendarTime]:
    """What takes several days as whole days: 72 hours in one block would hide everything else in a calendar."""
    if not isinstance(start, datetime) or not isinstance(end, datetime) or start.date() == end.date():
        return start, end
    return start.date(), end.date() + timedelta(days=1)


def _entry(event: Event, around: Surroundings, face: Face, start: CalendarTime, end: CalendarTime) -> Entry:
    status: EntryStatus = "confirmed" if event.status == "draft" else event.status
    bare = Entry(
        uid=event.uid,
        sequence=event.sequence,
        stamp=event.modified_at,
        modified=event.modified_at,
        created=event.created_at,
        start=start,
        end=end,
        zone=event.timezone if isinstance(start, datetime) else None,
        status=status,
        summary=around.t("feeds.busy"),
        language=around.t.language,
        transparent=event.transparent,
    )
    return bare if face == "busy" else _worded(bare, event, around, face)


def _worded(bare: Entry, event: Event, around: Surroundings, face: Face) -> Entry:
    title, join = _title(event, around), _joining_link(event, face)
    whole = around.wholes.get(event.part_of or "")
    return replace(
        bare,
        summary=around.t("feeds.cancelled", title=title) if event.status == "cancelled" else title,
        description="\n".join(_description(event, around, face)),
        location=_location(event, around),
        url=around.links.event(event.id, around.t.language),
        categories=_categories(event, around),
        related_to=whole.uid if whole else "",
        conferences=(Conference(url=join, label=event.online.platform),) if join else (),
    )


def _title(event: Event, around: Surroundings) -> str:
    """An item of a day programme says what it is part of: in a calendar it stands alone."""
    title = read(event.title, around.t.language).text
    whole = around.wholes.get(event.part_of or "")
    return around.t("feeds.item", title=title, whole=read(whole.title, around.t.language).text) if whole else title


def _recurrence(event: Event, series: Series, left_out: Sequence[str]) -> Recurrence:
    absent = {*series.excluded, *(gone.date for gone in series.cancelled), *left_out}
    return Recurrence(
        rule=parse_rule(series.rule, all_day=event.all_day, zone=event.timezone, portable=False),
        excluded=tuple(sorted(parse(wall, event.timezone) for wall in absent)),
    )


def _override(event: Event, date: Occurrence, around: Surroundings, face: Face) -> Entry:
    start, end = calendar_times(date.start, date.end, event.timezone)
    entry = _entry(event, around, face, start, end)
    return replace(entry, recurrence_id=parse(date.original or date.start, event.timezone))


def _single(event: Event, date: Occurrence, around: Surroundings, face: Face) -> Entry:
    """The one date of a series that somebody chose: no series at all, for calendars show one by its first date."""
    entry = _entry(event, around, face, *calendar_times(date.start, date.end, event.timezone))
    if date.alive or entry.status == "cancelled":
        return entry
    return replace(entry, status="cancelled", summary=around.t("feeds.cancelled", title=entry.summary))


def _between(entry: Entry, first: Occurrence, last: Occurrence, zone: str) -> Entry:
    """A series that begins and ends with dates that somebody chose, for calendars show a series by its first date."""
    if entry.recurrence is None:
        return entry
    start, end = (parse(date.original or date.start, zone) for date in (first, last))
    excluded = tuple(when for when in entry.recurrence.excluded if start < when < end)
    # Of an hour that comes twice, programs take the first or the second.
    until = max(instant(end.replace(fold=fold), zone) for fold in (0, 1)) if isinstance(end, datetime) else end
    rule = replace(entry.recurrence.rule, count=None, until=until)
    recurrence = replace(entry.recurrence, rule=rule, excluded=excluded)
    return replace(entry, start=start, end=start + (entry.end - entry.start), recurrence=recurrence)


def _joining_link(event: Event, face: Face) -> str:
    if event.format == "on-site":
        return ""
    return event.online.url if face == "registered" or event.online.visibility == "public" else ""


def _description(event: Event, around: Surroundings, face: Face) -> Iterator[str]:
    t, config, language = around.t, around.config, around.t.language
    join = _joining_link(event, face)
    if event.status == "cancelled" and event.cancellation_reason:
        yield t("feeds.reason", reason=event.cancellation_reason)
    if join:
        yield t("feeds.join", url=join)
    elif event.format != "on-site" and face == "registered":
        yield t("feeds.join_follows")
    elif event.format != "on-site" and event.online.visibility == "registered":
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
    ways = (place, online) if event.format == "hybrid" else (place,)
    return " + ".join(way for way in ways if way)


def _categories(event: Event, around: Surroundings) -> tuple[str, ...]:
    name, language = around.config.name, around.t.language
    names = [name("programmes", event.programme, language), name("kinds", event.kind, language)]
    return tuple(dict.fromkeys([*names, *(name("themes", theme, language) for theme in event.themes)]))
