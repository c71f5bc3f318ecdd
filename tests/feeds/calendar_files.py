"""Calendars of others: the files in tests/feeds/calendars, and small ones written in a test."""

from collections.abc import Sequence
from pathlib import Path

from feeds.kept import with_kept
from feeds.read import Read, Reading, read
from feeds.write import Head, calendar, vevent, vtimezones, zones_of

FOLDER = Path(__file__).parent / "calendars"
FILES = {path.stem: path.read_bytes() for path in sorted(FOLDER.glob("*.ics"))}

BRUSSELS = """BEGIN:VTIMEZONE
TZID:{name}
BEGIN:DAYLIGHT
DTSTART:19700329T020000
TZOFFSETFROM:+0100
TZOFFSETTO:+0200
RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU
END:DAYLIGHT
BEGIN:STANDARD
DTSTART:19701025T030000
TZOFFSETFROM:+0200
TZOFFSETTO:+0100
RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU
END:STANDARD
END:VTIMEZONE"""

NOWHERE = """BEGIN:VTIMEZONE
TZID:{name}
BEGIN:STANDARD
DTSTART:16010101T000000
TZOFFSETFROM:+0345
TZOFFSETTO:+0345
END:STANDARD
END:VTIMEZONE"""


def event(*lines: str, uid: str = "1@x", start: str = "DTSTART:20270316T133000Z") -> str:
    """A VEVENT with these lines; `start` may be "" where a test has its own."""
    head = [f"UID:{uid}" if uid else "", "DTSTAMP:20270101T000000Z", start]
    return "\n".join(["BEGIN:VEVENT", *filter(None, head), *lines, "END:VEVENT"])


def file(*parts: str) -> bytes:
    """A VCALENDAR of these parts, with CRLF."""
    return "\r\n".join(["BEGIN:VCALENDAR", "VERSION:2.0", *parts, "END:VCALENDAR", ""]).replace("\n", "\r\n").replace(
        "\r\r\n", "\r\n"
    ).encode()  # fmt: skip


def one(*lines: str, start: str = "DTSTART:20270316T133000Z", zone: str | None = None) -> Read:
    """The only entry of a calendar with one VEVENT, which must be read."""
    reading = read(file(event(*lines, start=start)), default_zone=zone)
    assert reading.refused == ()
    (found,) = reading.entries
    return found


def refusal(*parts: str, zone: str | None = None) -> tuple[int, str, str]:
    """Line, code and reason of the only refusal of a calendar in which nothing else is read."""
    reading = read(file(*parts), default_zone=zone)
    assert reading.entries == ()
    (found,) = reading.refused
    return found.line, found.code, found.reason


def codes(found: Read) -> list[str]:
    """The codes of an entry's warnings, in order of line."""
    return [caution.code for caution in found.warnings]


def again(entries: Sequence[Read]) -> bytes:
    """The calendar that we write of what was read, with what our entries do not say."""
    zones = vtimezones(zones_of([one.entry for one in entries]))
    return calendar(Head(name="again"), zones, [with_kept(vevent(one.entry), one.kept) for one in entries])


def known(reading: Reading) -> dict[str, Read]:
    """Entries by UID."""
    return {found.entry.uid: found for found in reading.entries}
