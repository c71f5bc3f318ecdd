"""Where an event ends: DTEND, DURATION or neither (RFC 5545 section 3.6.1), also when they contradict its start."""

from datetime import date, datetime, timedelta

from feeds.entry import When
from feeds.reading.components import Component
from feeds.reading.findings import Notes, Unreadable, shown
from feeds.reading.times import Time, read_time
from feeds.reading.tokens import Line
from feeds.reading.values import LAST_YEAR, length
from feeds.reading.zones import Zones

_DAY = timedelta(days=1)
_MIDNIGHT = datetime.min.time()


def read_end(component: Component, start: Time, zones: Zones, notes: Notes) -> When:
    """The end in the terms of the start: a date for an all-day one, else wall time in the same zone.

    Without DTEND and DURATION an all-day event lasts a day, a timed one has no length. An end before the start is
    read as none, with a warning. Raises Unreadable.
    """
    ends, lasts = component.first("DTEND"), component.first("DURATION")
    if ends and lasts:
        notes.add(lasts.number, "both-ends", "it has DTEND and DURATION: DTEND counts")
    try:
        if ends:
            return fitted(ends, start, read_time(ends, zones, notes, beside=start), notes)
        if lasts:
            return lasting(lasts, start, lasts.value, notes)
    except OverflowError as error:
        line = ends or lasts
        raise Unreadable(line.number if line else component.line, "bad-time", "it ends after all time") from error
    return start.when if isinstance(start.when, datetime) else start.when + _DAY


def fitted(line: Line, start: Time, end: Time, notes: Notes) -> When:
    """An end that was read, in the terms of the start: its type, its zone, and not before it."""
    if not isinstance(start.when, datetime):
        return _last_day(line, start.when, end, notes)
    if not isinstance(end.when, datetime):
        words = "DTEND is a date and DTSTART a time: it was read as the midnight with which that day begins"
        notes.add(line.number, "value-type", words)
        end = Time(datetime.combine(end.when, _MIDNIGHT), start.zone, start.form)
    elif (end.zone, end.form) != (start.zone, start.form) and end.zone != start.zone:
        where, there = end.zone or "UTC", start.zone or "UTC"
        notes.add(line.number, "end-zone", f"DTEND is in {where}: the same moment was kept in {there}")
    wall = end.when if end.zone == start.zone else end.wall_in(start.zone)
    if isinstance(wall, datetime) and wall < start.when and end.at() < start.at():
        notes.add(line.number, "ends-before-start", "it ends before it starts: it was read without length")
        return start.when
    return wall


def _last_day(line: Line, start: date, end: Time, notes: Notes) -> date:
    day = end.day()
    if isinstance(end.when, datetime):
        notes.add(line.number, "value-type", "DTEND is a time and DTSTART a date: it was read as all day")
        day = day if end.when.time() == _MIDNIGHT else day + _DAY
    if day > start:
        return day
    words = (
        "DTEND is the day on which it starts, as if the end were included"
        if day == start
        else "it ends before it starts"
    )
    notes.add(line.number, "ends-before-start", f"{words}: it was read as one day")
    return start + _DAY


def lasting(line: Line, start: Time, value: str, notes: Notes) -> When:
    """The end of what starts at `start` and lasts the DURATION `value`. Raises Unreadable."""
    try:
        lasts = length(value)
    except ValueError as error:
        raise Unreadable(line.number, "bad-time", f"DURATION {shown(value)}: {error}") from error
    if not isinstance(start.when, datetime):
        return _lasting_days(line, start.when, lasts.days, lasts.time, notes)
    nominal = Time(start.when + timedelta(days=lasts.days), start.zone, start.form)
    end = Time((nominal.at() + lasts.time).replace(tzinfo=None), None, "utc").wall_in(start.zone)
    wall = end if lasts.time else nominal.when
    if isinstance(wall, datetime) and wall.year > LAST_YEAR:
        raise Unreadable(line.number, "bad-time", f"it ends after the year {LAST_YEAR}")
    if lasts.days < 0 or lasts.time < timedelta(0):
        notes.add(line.number, "ends-before-start", "its DURATION is negative: it was read without length")
        return start.when
    return wall


def _lasting_days(line: Line, start: date, days: int, time: timedelta, notes: Notes) -> date:
    if time:
        notes.add(line.number, "value-type", "DURATION has hours and DTSTART is a date: whole days were counted")
        days += -(-time // _DAY)
    if days < 1:
        notes.add(line.number, "ends-before-start", "its DURATION is no day: it was read as one day")
        days = 1
    end = start + timedelta(days=days)
    if end.year > LAST_YEAR:
        raise Unreadable(line.number, "bad-time", f"it ends after the year {LAST_YEAR}")
    return end
