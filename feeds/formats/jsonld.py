"""An event as schema.org/Event JSON-LD, for search engines: plain values in, a mapping or script text out.

It says what the page says and no more. A joining link stands here only when the page shows it to everybody.
"""

import json
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from math import isfinite
from typing import Any, Literal
from zoneinfo import ZoneInfo

from msgspec import Struct

from feeds.entry import Recurrence, Rule, Weekday, When
from feeds.errors import InvalidRule
from feeds.formats.lengths import on_the_clock
from feeds.formats.text import one_line, plain, web_address
from feeds.recurrence import instants, last_start
from feeds.rules import WEEKDAYS

MEDIA_TYPE = "application/ld+json"

Properties = dict[str, Any]

_CONTEXT = "https://schema.org"
_ATTENDANCE = {"on-site": "Offline", "online": "Online", "hybrid": "Mixed"}
_DAYS: dict[Weekday, str] = {
    "MO": "Monday",
    "TU": "Tuesday",
    "WE": "Wednesday",
    "TH": "Thursday",
    "FR": "Friday",
    "SA": "Saturday",
    "SU": "Sunday",
}
_UNITS = {"daily": "D", "weekly": "W", "monthly": "M", "yearly": "Y"}
# "<" closes the script or opens a comment in it; the two separators end a line in older scripts.
_IN_SCRIPT = {ord(sign): f"\\u{ord(sign):04x}" for sign in "<>&\u2028\u2029"}


class Named(Struct, frozen=True, kw_only=True):
    """An organisation, or the event that this one is part of: a name and perhaps a page."""

    name: str
    url: str = ""


class Place(Struct, frozen=True, kw_only=True):
    """Where to go. `country` is ISO 3166-1 alpha-2, `geo` latitude and longitude in degrees (WGS 84)."""

    name: str = ""
    street: str = ""
    postal_code: str = ""
    city: str = ""
    country: str = ""
    geo: tuple[float, float] | None = None


class Part(Struct, frozen=True, kw_only=True):
    """An item of a day programme, or a moved or cancelled date of a series; times as in `EventFacts`."""

    name: str
    start: When
    end: When
    zone: str | None = None
    url: str = ""
    cancelled: bool = False
    previous_start: When | None = None


class EventFacts(Struct, frozen=True, kw_only=True):
    """What the page of an event says, in one language.

    `start` and `end` follow feeds.entry: naive wall times in an IANA `zone`, or dates with an exclusive end.
    `previous_start` is the start from before the event was moved, in the same zone. `joining_url` is given only
    when it is public. `languages` are BCP 47 tags; `free` is None when nobody said. `recurrence` and `parts` are
    those of a series or of a visit; `part_of` the event that this one belongs to.
    """

    name: str
    url: str
    start: When
    end: When
    zone: str | None = None
    format: Literal["on-site", "online", "hybrid"] = "on-site"
    cancelled: bool = False
    previous_start: When | None = None
    place: Place | None = None
    joining_url: str = ""
    organisers: tuple[Named, ...] = ()
    languages: tuple[str, ...] = ()
    free: bool | None = None
    description: str = ""
    image: str = ""
    part_of: Named | None = None
    parts: tuple[Part, ...] = ()
    recurrence: Recurrence | None = None


def event(facts: EventFacts) -> Properties:
    """The Event as a JSON mapping.

    A series whose rule schema.org/Schedule can say has `eventSchedule` and, as schema.org wants it, no dates of
    its own; any other has the dates of its first time.
    """
    schedule = _schedule(facts)
    said = {
        "@context": _CONTEXT,
        "@type": "Event",
        "name": one_line(facts.name),
        "url": web_address(facts.url),
        **_status(facts.start, facts.zone, cancelled=facts.cancelled, previous=facts.previous_start),
        **({"eventSchedule": schedule} if schedule else _dates(facts.start, facts.end, facts.zone)),
        "eventAttendanceMode": f"{_CONTEXT}/{_ATTENDANCE[facts.format]}EventAttendanceMode",
        "location": _one_or_all(list(_locations(facts))),
        "organizer": _one_or_all([_named("Organization", organiser) for organiser in facts.organisers]),
        "inLanguage": _one_or_all([tag for language in facts.languages if (tag := one_line(language))]),
        "isAccessibleForFree": facts.free,
        "description": plain(facts.description),
        "image": web_address(facts.image),
        "superEvent": _named("Event", facts.part_of) if facts.part_of else None,
        "subEvent": [_part(part) for part in facts.parts],
    }
    return _said(said)


def script_text(mapping: Mapping[str, Any]) -> str:
    """JSON that can stand as it is inside <script type="application/ld+json">: no < > & and no line separators."""
    said = json.dumps(mapping, ensure_ascii=False, allow_nan=False, sort_keys=True, separators=(",", ":"))
    return said.encode("utf-8", "replace").decode().translate(_IN_SCRIPT)


def _status(start: When, zone: str | None, *, cancelled: bool, previous: When | None) -> Properties:
    if cancelled:
        return {"eventStatus": f"{_CONTEXT}/EventCancelled"}
    if previous is not None and previous != start:
        return {
            "eventStatus": f"{_CONTEXT}/EventRescheduled",
            "previousStartDate": _dates(previous, previous, zone)["startDate"],
        }
    return {"eventStatus": f"{_CONTEXT}/EventScheduled"}


def _dates(start: When, end: When, zone: str | None) -> Properties:
    """Start and end with their offset, or dates of which the end is the last day."""
    if not isinstance(start, datetime) or not isinstance(end, datetime):
        return {"startDate": start.isoformat(), "endDate": max(start, end - timedelta(days=1)).isoformat()}
    at = [instant.astimezone(ZoneInfo(zone or "UTC")) for instant in instants(start, end, zone)]
    return {"startDate": at[0].isoformat(timespec="seconds"), "endDate": at[1].isoformat(timespec="seconds")}


def _locations(facts: EventFacts) -> Iterator[Properties]:
    if facts.place and facts.format != "online" and (place := _place(facts.place)):
        yield place
    if facts.format != "on-site":
        yield {"@type": "VirtualLocation", "url": web_address(facts.joining_url) or web_address(facts.url)}


def _place(place: Place) -> Properties:
    address = _said(
        {
            "streetAddress": one_line(place.street, ", "),
            "postalCode": one_line(place.postal_code),
            "addressLocality": one_line(place.city),
            "addressCountry": one_line(place.country),
        }
    )
    geo = place.geo if place.geo and all(map(isfinite, place.geo)) else None
    said = _said(
        {
            "name": one_line(place.name),
            "address": {"@type": "PostalAddress", **address} if address else None,
            "geo": {"@type": "GeoCoordinates", "latitude": geo[0], "longitude": geo[1]} if geo else None,
        }
    )
    return {"@type": "Place", **said} if said else {}


def _named(kind: str, named: Named) -> Properties:
    return _said({"@type": kind, "name": one_line(named.name), "url": web_address(named.url)})


def _part(part: Part) -> Properties:
    said = {
        "@type": "Event",
        "name": one_line(part.name),
        "url": web_address(part.url),
        **_status(part.start, part.zone, cancelled=part.cancelled, previous=part.previous_start),
        **_dates(part.start, part.end, part.zone),
    }
    return _said(said)


def _schedule(facts: EventFacts) -> Properties | None:
    """A schema.org/Schedule; None for no series, and where its words would give other dates than the rule."""
    recurrence = facts.recurrence
    if recurrence is None or recurrence.added or not _sayable(recurrence.rule):
        return None
    rule, start, end = recurrence.rule, facts.start, facts.end
    timed = isinstance(start, datetime) and isinstance(end, datetime)
    gone = {*recurrence.excluded, *(part.previous_start for part in facts.parts if part.previous_start is not None)}
    said = {
        "@type": "Schedule",
        "repeatFrequency": f"P{rule.interval}{_UNITS[rule.frequency]}",
        "repeatCount": rule.count,
        "startDate": _day(start),
        "endDate": _last_day(rule, facts),
        **_days(rule, start),
        "startTime": f"{start:%H:%M:%S}" if timed else "",
        "endTime": f"{end:%H:%M:%S}" if timed else "",
        "duration": on_the_clock(start, end),
        "scheduleTimezone": (facts.zone or "UTC") if timed else "",
        "exceptDate": sorted(_dates(when, when, facts.zone)["startDate"] for when in gone),
    }
    return _said(said)


def _sayable(rule: Rule) -> bool:
    return not (
        rule.by_week_number
        or rule.by_year_day
        or rule.by_set_position
        or any(day < 1 for day in rule.by_month_day)
        or (rule.week_start != "MO" and rule.frequency == "weekly" and rule.interval > 1)
    )


def _days(rule: Rule, start: When) -> Properties:
    """The days of the rule, those that RFC 5545 takes from the start said too."""
    names = [f"{item.nth}{item.day}" if item.nth else f"{_CONTEXT}/{_DAYS[item.day]}" for item in rule.by_day]
    numbers, months = list(rule.by_month_day), list(rule.by_month)
    if rule.frequency == "weekly" and not names:
        names = [f"{_CONTEXT}/{_DAYS[WEEKDAYS[start.weekday()]]}"]
    if rule.frequency in {"monthly", "yearly"} and not names and not numbers:
        numbers = [start.day]
        months = months or ([start.month] if rule.frequency == "yearly" else [])
    return {"byDay": _one_or_all(names), "byMonthDay": _one_or_all(numbers), "byMonth": _one_or_all(months)}


def _last_day(rule: Rule, facts: EventFacts) -> str:
    if rule.until is None:
        return ""
    try:
        last = last_start(rule, facts.start, facts.zone)
    except InvalidRule:
        last = None
    return _day(last) if last is not None else ""


def _day(when: When) -> str:
    return when.date().isoformat() if isinstance(when, datetime) else when.isoformat()


def _one_or_all(values: list[Any]) -> Any:
    """One value as itself, several as a list: what other programs write and read."""
    return values[0] if len(values) == 1 else values


def _said(properties: Properties) -> Properties:
    return {name: value for name, value in properties.items() if value or value is False}
