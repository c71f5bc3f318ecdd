"""A VEVENT to an entry, without its recurrence (RFC 5545 section 3.6.1)."""

from datetime import UTC, datetime
from hashlib import sha256
from typing import Any
from zoneinfo import ZoneInfo

from msgspec import Struct

from feeds.entry import Entry, When
from feeds.kept import Kept
from feeds.reading.components import Component
from feeds.reading.details import Details
from feeds.reading.ends import read_end
from feeds.reading.findings import Notes, Unreadable, shown
from feeds.reading.times import Time, read_time
from feeds.reading.tokens import Line
from feeds.reading.values import moment, text, whole
from feeds.reading.zones import Zones

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LONGEST_UID = 1_000
_LARGEST_SEQUENCE = 2**31 - 1
_SAID_ANYWAY = frozenset(("X-MICROSOFT-CDO-ALLDAYEVENT", value) for value in ("TRUE", "FALSE"))
_SAID_WHEN_FREE = frozenset({("X-MICROSOFT-CDO-BUSYSTATUS", "FREE")})


class Draft(Struct, frozen=True, kw_only=True):
    """One VEVENT, read alone: `entry` has neither recurrence nor overrides yet.

    `original` is its RECURRENCE-ID line. `borrowed` is true when it has no DTSTART and stands at its original time.
    """

    component: Component
    zones: Zones
    entry: Entry
    start: Time
    original: Line | None
    borrowed: bool
    kept: Kept
    private: bool

    @property
    def notes(self) -> Notes:
        """The warnings of its component."""
        return self.component.notes


def uid_of(component: Component) -> str:
    """The UID of a VEVENT, "" without one."""
    line = component.first("UID")
    return text(line.value).strip()[:_LONGEST_UID] if line else ""


def read_event(component: Component, zones: Zones, *, cancelled: bool) -> Draft:
    """Read one VEVENT; `cancelled` says that the calendar's METHOD is CANCEL. Raises Unreadable, TooLarge."""
    notes = component.notes
    if component.cut:
        raise Unreadable(component.line, "cut-off", "the file ends in the middle of this event")
    original = component.first("RECURRENCE-ID")
    line = component.first("DTSTART")
    if line is None and original is None:
        raise Unreadable(component.line, "no-start", "DTSTART is missing")
    if line is None:
        notes.add(component.line, "no-start", "DTSTART is missing: it was left at its original time")
    start = read_time(line or original, zones, notes)  # type: ignore[arg-type]  # one of both is there
    end = read_end(component, start, zones, notes)
    details = Details(component, notes)
    start, end = _as_days(component, start, end, zones, notes)
    if start.form == "date":
        details.leave_out(_SAID_ANYWAY)
    if details.fields.get("transparent"):
        details.leave_out(_SAID_WHEN_FREE)
    if cancelled:
        details.fields["status"] = "cancelled"
    entry = Entry(
        uid=_uid(component, notes),
        sequence=_sequence(component, notes),
        start=start.when,
        end=end,
        zone=start.zone,
        **_stamps(component, zones, notes),
        **details.fields,
    )
    return Draft(
        component=component,
        zones=zones,
        entry=entry,
        start=start,
        original=original,
        borrowed=line is None,
        kept=details.kept(),
        private=details.private,
    )


def _as_days(component: Component, start: Time, end: When, zones: Zones, notes: Notes) -> tuple[Time, When]:
    """Exchange has written all-day events as midnights; it says so in a property of its own."""
    line = component.first("X-MICROSOFT-CDO-ALLDAYEVENT")
    if line is None or line.value.strip().upper() != "TRUE" or not isinstance(end, datetime) or start.form == "date":
        return start, end
    zone = zones.floating if start.form in {"utc", "fixed"} else start.zone
    first = start.wall_in(zone)
    last = Time(end, start.zone, start.form).wall_in(zone)
    if first.time() != datetime.min.time() or last.time() != datetime.min.time() or last <= first:
        return start, end
    place = f" in {zone}" if zone else ""
    notes.add(line.number, "all-day", f"it says that it is all day and lasts from midnight to midnight{place}: read so")
    return Time(first.date(), None, "date"), last.date()


def _uid(component: Component, notes: Notes) -> str:
    uid = uid_of(component)
    if uid:
        return uid
    # The same event gets the same one at the next reading.
    parts = [line.value for name in ("DTSTART", "SUMMARY", "LOCATION") if (line := component.first(name))]
    notes.add(component.line, "no-uid", "UID is missing: one was made of its start, title and place")
    return f"{sha256(chr(10).join(parts).encode('utf-8', 'replace')).hexdigest()[:32]}@without-uid.invalid"


def _sequence(component: Component, notes: Notes) -> int:
    line = component.first("SEQUENCE")
    if line is None:
        return 0
    number = whole(line.value, _LARGEST_SEQUENCE)
    if number is None:
        words = f"SEQUENCE {shown(line.value)} is not within 0 and {_LARGEST_SEQUENCE}: it was read as 0"
        notes.add(line.number, "bad-value", words)
    return number or 0


def _stamps(component: Component, zones: Zones, notes: Notes) -> dict[str, Any]:
    stamp = _instant(component, "DTSTAMP", zones, notes)
    modified = _instant(component, "LAST-MODIFIED", zones, notes)
    created = _instant(component, "CREATED", zones, notes)
    if stamp is None:
        notes.add(component.line, "no-stamp", "DTSTAMP is missing or unreadable: its last change was taken, or 1970")
    known = stamp or modified or created or _EPOCH
    return {"stamp": known, "modified": modified or known, "created": created}


def _instant(component: Component, name: str, zones: Zones, notes: Notes) -> datetime | None:
    """A time that has to be in UTC."""
    line = component.first(name)
    if line is None or not line.value.strip():
        return None
    try:
        written = moment(line.value)
    except ValueError as error:
        notes.add(line.number, "bad-time", f"{name} {shown(line.value)}: {error}; it was ignored")
        return None
    for code, words in written.repairs:
        notes.add(line.number, code, f"{name}: {words}")
    if written.utc:
        return written.time.replace(tzinfo=UTC)
    tzid = line.parameter("TZID")
    zone = zones.resolve(tzid).zone if tzid else None
    notes.add(line.number, "not-utc", f"{name} is not in UTC: it was read in {zone or 'UTC'}")
    return written.time.replace(tzinfo=ZoneInfo(zone) if zone else UTC).astimezone(UTC)
