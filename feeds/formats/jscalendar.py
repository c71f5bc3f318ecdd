"""Entries as a JSCalendar Group of Events (RFC 8984): the same entries give the same bytes.

What an entry does not say is left out and so has the RFC's default. People (organizer, attendees) are never
written: this is a shape for feeds. Privacy is not written either: whoever may not read an entry is not given it.
"""

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from math import isfinite
from typing import Any
from uuid import NAMESPACE_URL, uuid5
from zoneinfo import ZoneInfo

import msgspec

from feeds.entry import Alarm, Entry, NthWeekday, Recurrence, Rule, When, instant
from feeds.formats.lengths import ChangeDays, change_days, lasting, on_the_clock, text, uneven
from feeds.formats.text import joining_address, one_line, plain, web_address
from feeds.write import PRODUCT

MEDIA_TYPE = "application/jscalendar+json;type=group"

Properties = dict[str, Any]


def group(name: str, description: str, entries: Iterable[Entry], *, updated: datetime, source: str) -> bytes:
    """A Group (RFC 8984 section 5.3) in UTF-8, keys sorted, events by start and uid.

    `updated` is the UTC instant of the selection's last change; `source` the address where this group can be had
    again, from which its uid is derived; "" leaves it out and derives the uid from `name`.
    A date that exists only in the second pass of a double hour is written in Etc/UTC. An endless series says for
    ten years which dates last an hour more or less because the clock changes during them.
    """
    found = sorted(entries, key=lambda entry: (instant(entry.start, entry.zone), entry.uid, entry.sequence))
    changes = change_days(entry for entry in found if entry.recurrence)
    address = web_address(source)
    whole = {
        "@type": "Group",
        "uid": str(uuid5(NAMESPACE_URL, address or one_line(name))),
        "prodId": PRODUCT,
        "updated": _utc(updated),
        "title": one_line(name),
        "description": plain(description),
        "descriptionContentType": "text/plain" if description else "",
        "source": address,
    }
    return msgspec.json.encode(
        {**_said(whole), "entries": [_event(entry, changes) for entry in found]},
        order="sorted",
    )


def _event(entry: Entry, changes: ChangeDays) -> Properties:
    """An Event (section 5.1)."""
    own = _properties(entry)
    event = {"@type": "Event", "uid": plain(entry.uid), **own}
    if entry.related_to:
        event["relatedTo"] = {plain(entry.related_to): {"@type": "Relation", "relation": {"parent": True}}}
    if entry.recurrence:
        event["recurrenceRules"] = [_rule(entry.recurrence.rule, entry)]
        overrides = _overrides(entry, entry.recurrence, own, changes)
        if overrides:
            event["recurrenceOverrides"] = overrides
    return event


def _properties(entry: Entry) -> Properties:
    """What an override may patch too; section 4.3.5 lists what it may not."""
    said = {
        "created": _utc(entry.created) if entry.created else "",
        "updated": _utc(entry.modified),
        "title": one_line(entry.summary),
        "description": plain(entry.description),
        "descriptionContentType": "text/plain" if entry.description else "",
        "locale": one_line(entry.language),
        "keywords": {one_line(category): True for category in entry.categories if one_line(category)},
        "locations": _locations(entry),
        "virtualLocations": _virtual_locations(entry),
        "links": _links(entry),
        "alerts": {str(number): _alert(alarm) for number, alarm in enumerate(entry.alarms, 1)},
        "status": entry.status,
        "freeBusyStatus": "free" if entry.transparent else "busy",
    }
    return {**_times(entry), **_said(said), "sequence": entry.sequence}


def _said(properties: Properties) -> Properties:
    return {name: value for name, value in properties.items() if value}


def _times(entry: Entry) -> Properties:
    start, end, zone = entry.start, entry.end, entry.zone or "Etc/UTC"
    if not isinstance(start, datetime) or not isinstance(end, datetime):
        end = max(end, start + timedelta(days=1))
        return {"start": _local(start), "duration": on_the_clock(start, end), "showWithoutTime": True}
    if entry.recurrence:
        return {"start": _local(start), "duration": on_the_clock(start, end), "timeZone": zone}
    if start.fold and instant(start, zone) != instant(start.replace(fold=0), zone):
        start, end = (instant(wall, zone).replace(tzinfo=None) for wall in (start, end))
        zone = "Etc/UTC"
    return {"start": _local(start), "duration": lasting(start, end, zone), "timeZone": zone}


def _locations(entry: Entry) -> Properties:
    name = one_line(entry.location, ", ")
    place = {"@type": "Location", **({"name": name} if name else {})}
    if entry.geo and all(map(isfinite, entry.geo)):
        place["coordinates"] = f"geo:{entry.geo[0]:.6f},{entry.geo[1]:.6f}"
    return {"1": place} if len(place) > 1 else {}


def _virtual_locations(entry: Entry) -> Properties:
    ways = [
        _said({"@type": "VirtualLocation", "uri": address, "name": one_line(conference.label)})
        for conference in entry.conferences
        if (address := joining_address(conference.url))
    ]
    return {str(number): way for number, way in enumerate(ways, 1)}


def _links(entry: Entry) -> Properties:
    page = web_address(entry.url)
    # "describedby" is another form of the description (section 4.2.7), which is what our page is.
    return {"1": {"@type": "Link", "href": page, "rel": "describedby"}} if page else {}


def _alert(alarm: Alarm) -> Properties:
    offset = ("-" if alarm.before > timedelta(0) else "") + text(0, alarm.before)
    return {"@type": "Alert", "action": "display", "trigger": {"@type": "OffsetTrigger", "offset": offset}}


def _rule(rule: Rule, entry: Entry) -> Properties:
    """A RecurrenceRule (section 4.3.3)."""
    said = {
        "@type": "RecurrenceRule",
        "frequency": rule.frequency,
        "interval": rule.interval if rule.interval != 1 else None,
        "count": rule.count,
        "until": _local(_until(rule.until, entry)) if rule.until is not None else None,
        "byMonth": [str(month) for month in rule.by_month],
        "byWeekNo": rule.by_week_number,
        "byYearDay": rule.by_year_day,
        "byMonthDay": rule.by_month_day,
        "byDay": [_nth_day(item) for item in rule.by_day],
        "bySetPosition": rule.by_set_position,
        "firstDayOfWeek": rule.week_start.lower() if rule.week_start != "MO" else None,
    }
    return _said(said)


def _nth_day(item: NthWeekday) -> Properties:
    return {"@type": "NDay", "day": item.day.lower(), **({"nthOfPeriod": item.nth} if item.nth else {})}


def _until(until: When, entry: Entry) -> When:
    """The last permitted start on the entry's own clock.

    At the time of day of the start, and not the instant as a wall time: in a double or skipped hour the two do not
    allow the same dates.
    """
    start = entry.start
    if not isinstance(until, datetime) or not isinstance(start, datetime):
        return until
    day = until.astimezone(ZoneInfo(entry.zone) if entry.zone else UTC).date()
    if day <= start.date():
        return start
    last = datetime.combine(day, start.time())
    return last - timedelta(days=1) if instant(last, entry.zone) > until else last


def _overrides(entry: Entry, recurrence: Recurrence, own: Properties, changes: ChangeDays) -> Properties:
    """Dates added, taken out, changed (section 4.3.5), by recurrence id."""
    found: Properties = {_local(when): {} for when in recurrence.added}
    found |= {_local(when): {"duration": lasts} for when, lasts in uneven(entry, recurrence, changes).items()}
    found |= {_local(when): {"excluded": True} for when in recurrence.excluded}
    for override in entry.overrides:
        if override.recurrence_id is not None:
            original = _local(override.recurrence_id)
            found[original] = _patch(override, original, own)
    return found


def _patch(override: Entry, original: str, own: Properties) -> Properties:
    """The properties in which a date differs from its series; null takes one away (section 1.4.9)."""
    new = _properties(override)
    patch = {name: new.get(name) for name in {*own, *new} - {"start"} if own.get(name) != new.get(name)}
    # A start that is not given is the recurrence id on the series' clock.
    if new["start"] != original or "timeZone" in patch:
        patch["start"] = new["start"]
    return patch


def _local(when: When) -> str:
    """A LocalDateTime (section 1.4.5); a date is its first moment."""
    if isinstance(when, datetime):
        return when.replace(microsecond=0, tzinfo=None).isoformat()
    return f"{date.isoformat(when)}T00:00:00"


def _utc(at: datetime) -> str:
    """A UTCDateTime (section 1.4.4)."""
    return f"{at.astimezone(UTC).replace(microsecond=0, tzinfo=None).isoformat()}Z"
