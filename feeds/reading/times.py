"""A property's time to a wall time and an IANA zone, with a warning for everything that was not said plainly."""

from datetime import UTC, date, datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from msgspec import Struct

from feeds.entry import When, instant
from feeds.reading.findings import Notes, Unreadable, shown
from feeds.reading.tokens import Line
from feeds.reading.values import Moment, moment
from feeds.reading.zones import Zones

Form = Literal["date", "utc", "zoned", "floating", "fixed"]


class Time(Struct, frozen=True):
    """A date, or a naive wall time in an IANA `zone` (None: UTC), and how the file said it.

    A "fixed" one was in a zone that the file defines and no IANA zone follows: it is given in UTC, `tzid` names it.
    """

    when: When
    zone: str | None
    form: Form
    tzid: str = ""

    def at(self) -> datetime:
        """The UTC instant; of a date, its first moment in UTC."""
        return instant(self.when, self.zone)

    def day(self) -> date:
        """The day on the wall."""
        return self.when.date() if isinstance(self.when, datetime) else self.when

    def wall_in(self, zone: str | None) -> datetime:
        """The same instant as wall time in an IANA zone (None: UTC), `fold` included."""
        return self.at().astimezone(ZoneInfo(zone) if zone else UTC).replace(tzinfo=None)


def read_time(line: Line, zones: Zones, notes: Notes, value: str | None = None, *, beside: Time | None = None) -> Time:
    """The time on a line (or one `value` of its list); one without a zone is in that of DTSTART, given as `beside`.

    Raises Unreadable: never floating, never a guess that is not told.
    """
    try:
        written = moment(line.value if value is None else value)
    except ValueError as error:
        raise Unreadable(line.number, "bad-time", f"{line.name} {shown(value or line.value)}: {error}") from error
    for code, words in written.repairs:
        notes.add(line.number, code, f"{line.name}: {words}")
    day = _day(line, written, notes)
    if day:
        if line.parameter("TZID"):
            notes.add(
                line.number, "date-with-zone", f"{line.name} is a date, which has no time zone: TZID was left out"
            )
        return Time(day, None, "date")
    tzid, wall = line.parameter("TZID"), written.time
    if written.utc and not tzid:
        return Time(wall, None, "utc")
    if not tzid and beside and beside.form != "floating":
        if beside.form != "fixed":
            return _checked(line, _like(beside, line, wall, notes), notes)
        tzid = beside.tzid
    if not tzid:
        return _floating(line, wall, zones, notes)
    return _placed(line, written, tzid, zones, notes)


def _day(line: Line, written: Moment, notes: Notes) -> date | None:
    """The date that is meant, None for a time."""
    dated = line.parameter("VALUE").upper() == "DATE"
    if not isinstance(written.wall, datetime):
        if not dated:
            notes.add(line.number, "value-type", f"{line.name} is a date without VALUE=DATE: it was read as a date")
        return written.wall
    if dated and written.wall.time() == datetime.min.time():
        notes.add(line.number, "value-type", f"{line.name} says VALUE=DATE and has a time: the time was left out")
        return written.wall.date()
    if dated:
        notes.add(line.number, "value-type", f"{line.name} says VALUE=DATE but is a time: it was read as a time")
    return None


def _like(beside: Time, line: Line, wall: datetime, notes: Notes) -> Time:
    if beside.form == "date":
        return Time(wall, None, "floating")
    words = f"{line.name} has no time zone: it was read in {beside.zone or 'UTC'}, as DTSTART is"
    notes.add(line.number, "zone-of-start", words)
    return Time(wall, beside.zone, beside.form)


def _floating(line: Line, wall: datetime, zones: Zones, notes: Notes) -> Time:
    if zones.floating is None:
        raise Unreadable(line.number, "floating", f"{line.name} {shown(line.value)} has no time zone")
    whose = "the calendar's own" if zones.own else "yours"
    words = f"{line.name} has no time zone: it was read in {zones.floating}, which is {whose}"
    notes.add(line.number, "floating", words)
    return _checked(line, Time(wall, zones.floating, "floating"), notes)


def _placed(line: Line, written: Moment, tzid: str, zones: Zones, notes: Notes) -> Time:
    wall = written.time
    found = zones.resolve(tzid)
    if found.code and found.zone:
        notes.add(line.number, found.code, found.words)
    if written.utc:
        notes.add(line.number, "utc-with-zone", f"{line.name} is in UTC and names a zone: it was read as UTC")
        moved = Time(wall, None, "utc")
        return Time(moved.wall_in(found.zone), found.zone, "zoned") if found.zone else moved
    if found.zone:
        time = Time(wall, found.zone, "zoned")
        same = not found.definition or found.definition.utc(wall) == time.at().replace(tzinfo=None)
        if same or not _plain(time):
            return _checked(line, time, notes)
        if found.code != "custom-zone":
            words = f"the file defines {shown(tzid)} otherwise than {found.zone}, which was used: it may be out of date"
            notes.add(line.number, "zone-differs", words)
            return time
    if found.definition:
        words = f"no known time zone is {shown(tzid)} as the file defines it: {line.name} was kept as a moment in UTC"
        notes.add(line.number, "fixed-instant", words)
        return Time(found.definition.utc(wall), None, "fixed", tzid)
    more = f": {found.words}" if found.words else ""
    raise Unreadable(line.number, "unknown-zone", f"{line.name} is in the unknown time zone {shown(tzid)}{more}")


def _checked(line: Line, time: Time, notes: Notes) -> Time:
    """The same time; a warning when a clock change makes it strange (RFC 5545 section 3.3.5)."""
    first, second = _offsets(time)
    if first < second:
        later = time.wall_in(time.zone)
        words = f"{line.name} does not exist on that day in {time.zone}: it means {later:%H:%M}"
        notes.add(line.number, "skipped-hour", words)
    elif first > second:
        words = f"{line.name} comes twice on that day in {time.zone}: the first was taken"
        notes.add(line.number, "double-hour", words)
    return time


def _plain(time: Time) -> bool:
    first, second = _offsets(time)
    return first == second


def _offsets(time: Time) -> tuple[timedelta, timedelta]:
    zone = ZoneInfo(time.zone or "UTC")
    wall = time.when if isinstance(time.when, datetime) else datetime.combine(time.when, datetime.min.time())
    nothing = timedelta(0)
    return (
        wall.replace(tzinfo=zone, fold=0).utcoffset() or nothing,
        wall.replace(tzinfo=zone, fold=1).utcoffset() or nothing,
    )
