"""Whatever comes in: a reading or an error of ours, never a crash; and what was read can be written and read again."""

import random
import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from feeds.entry import Alarm, Attendee, Conference, Entry
from feeds.errors import FeedError
from feeds.read import Limits, Reading, read, summary
from feeds.recurrence import occurrences
from tests.feeds.calendar_files import FILES, again
from tests.feeds.entries import calendar_of, entry, override, series, wall

LINES = sorted({line for data in FILES.values() for line in data.splitlines()})
PIECES = [
    b"\r\n", b"\n ", b";", b":", b'"', b"\\", b",", b"Z", b"T", b"=", b"\x00", b"\xff", b"BEGIN:VEVENT", b"END:VEVENT",
    b"BEGIN:VALARM", b"99999999", b"-1", b"00000000", b"TZID=Nowhere/X", b"VALUE=DATE", b"VALUE=PERIOD",
    b"RRULE:FREQ=DAILY", b"RANGE=THISANDFUTURE", b"20270328T023000", b"20271031T023000", b"19000101",
    b"21991231T235959", b"P1D", b"/PT1H", b"+0000", b"RDATE:20270301", b"EXDATE:20270316",
]  # fmt: skip
AFTER, BEFORE = datetime(2027, 1, 1, tzinfo=UTC), datetime(2028, 1, 1, tzinfo=UTC)


def mutated(seed: int) -> bytes:
    """One of the files with a few lines lost, copied, swapped or damaged."""
    chance = random.Random(seed)
    lines = chance.choice(list(FILES.values())).splitlines(keepends=True)
    for _ in range(chance.randint(1, 6)):
        at, kind = chance.randrange(len(lines)), chance.random()
        if kind < 0.25:
            lines[at] = b""
        elif kind < 0.5:
            lines.insert(at, chance.choice(LINES) + b"\r\n")
        elif kind < 0.9:
            cut = chance.randrange(len(lines[at]) + 1)
            lines[at] = lines[at][:cut] + chance.choice(PIECES) + lines[at][cut + chance.randint(0, 8) :]
        else:
            other = chance.randrange(len(lines))
            lines[at], lines[other] = lines[other], lines[at]
    return b"".join(lines)


def tried(data: bytes, zone: str | None) -> Reading | None:
    """The reading, None for an error of ours; anything else that is raised fails the test."""
    try:
        return read(data, default_zone=zone)
    except FeedError:
        return None


def without_zones(calendar: bytes) -> bytes:
    """A time that a clock change makes ambiguous is written in UTC: then nothing needs its zone any more."""
    return re.sub(rb"BEGIN:VTIMEZONE.*?END:VTIMEZONE\r\n", b"", calendar, flags=re.DOTALL)


@given(st.binary(max_size=2_000), st.sampled_from([None, "Europe/Brussels"]))
@settings(max_examples=300)
def test_any_bytes_give_a_reading_or_an_error_of_ours(data: bytes, zone: str | None) -> None:
    for text in (data, b"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\n" + data):
        tried(text, zone)


@given(st.lists(st.sampled_from(LINES), max_size=60), st.sampled_from([None, "Africa/Nairobi"]))
@settings(max_examples=200, deadline=None)
def test_lines_of_real_dialects_in_any_order_give_a_reading_or_an_error_of_ours(
    lines: list[bytes], zone: str | None
) -> None:
    reading = tried(b"BEGIN:VCALENDAR\r\n" + b"\r\n".join(lines), zone)
    assert reading is None or summary(reading).whole <= len(reading.entries)


@given(st.integers(min_value=0, max_value=2**32), st.sampled_from([None, "Europe/Brussels"]))
@settings(max_examples=250, deadline=None)
def test_what_is_read_of_a_damaged_file_can_be_written_read_and_expanded(seed: int, zone: str | None) -> None:
    first = tried(mutated(seed), zone)
    if first is None:
        return
    written = again(first.entries)
    second = read(written)
    assert second.refused == ()
    assert without_zones(again(second.entries)) == without_zones(written)
    for one, two in zip(first.entries, second.entries, strict=True):
        seen = [(found.start_at, found.end_at) for found in occurrences(one.entry, AFTER, BEFORE)]
        assert seen == [(found.start_at, found.end_at) for found in occurrences(two.entry, AFTER, BEFORE)]


@given(st.integers(min_value=0, max_value=2**32))
@settings(max_examples=60, deadline=None)
def test_reading_says_the_same_each_time(seed: int) -> None:
    data = mutated(seed)
    assert tried(data, "Europe/Brussels") == tried(data, "Europe/Brussels")


# Our own entries: written and read, they are the same.

TEXTS = st.text(
    st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp"], include_characters="\n,;:\\\"'"), max_size=120
)
ONE_LINE = st.text(
    st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp", "Zs"], include_characters=",;\\"), max_size=90
)
ZONES = st.sampled_from(["Europe/Brussels", "America/Guayaquil", "Africa/Nairobi", "Asia/Phnom_Penh", None])
MINUTES = st.integers(min_value=0, max_value=60 * 24 * 365)


@st.composite
def entries(draw: st.DrawFn) -> Entry:
    """An entry as the service makes them."""
    start = wall("2027-01-01 00:00") + timedelta(minutes=draw(MINUTES))
    zone = draw(ZONES)
    if zone:
        # In a double or skipped hour the writer says the moment in UTC.
        offsets = {start.replace(tzinfo=ZoneInfo(zone), fold=fold).utcoffset() for fold in (0, 1)}
        start = start if len(offsets) == 1 else start + timedelta(hours=3)
    plain = entry(start if draw(st.booleans()) else start.date(), uid=draw(ONE_LINE) + "@x")
    return msgspec.structs.replace(
        plain,
        end=plain.end,
        zone=zone if isinstance(plain.start, datetime) else None,
        summary=draw(ONE_LINE),
        description=draw(TEXTS),
        location=draw(ONE_LINE),
        categories=tuple(dict.fromkeys(text for text in draw(st.lists(ONE_LINE, max_size=3)) if text)),
        sequence=draw(st.integers(min_value=0, max_value=99)),
        transparent=draw(st.booleans()),
        status=draw(st.sampled_from(["tentative", "confirmed", "cancelled"])),
        attendees=(Attendee(address="jan@x.example", name=draw(ONE_LINE), participation="accepted"),),
        conferences=(Conference(url="https://x.example/1", label=draw(ONE_LINE)),),
        alarms=(Alarm(timedelta(minutes=draw(st.integers(min_value=0, max_value=10_000)))),),
    )


@given(entries())
@settings(max_examples=300, deadline=None)
def test_an_entry_of_ours_written_and_read_is_the_same_and_needs_no_repair(one: Entry) -> None:
    reading = read(calendar_of(one))
    assert reading.refused == ()
    (found,) = reading.entries
    assert found.entry == one
    assert found.warnings == ()


def test_a_series_of_ours_with_everything_written_and_read_is_the_same() -> None:
    master = series(
        wall("2027-03-16 14:30"),
        "FREQ=WEEKLY;BYDAY=TU;UNTIL=20271231T000000Z",
        added=(wall("2027-04-01 09:00"),),
        excluded=(wall("2027-03-30 14:30"),),
    )
    changes = (
        override(master, wall("2027-03-23 14:30"), wall("2027-03-24 09:00"), summary="moved"),
        override(master, wall("2027-04-06 14:30"), wall("2027-04-06 14:30"), status="cancelled"),
    )
    whole = msgspec.structs.replace(master, overrides=changes)
    (found,) = read(calendar_of(whole), limits=Limits()).entries
    assert (found.entry, found.warnings) == (whole, ())
