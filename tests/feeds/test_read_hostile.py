"""Calendars made to be slow, deep or endless: each ends soon, in an error, a refusal or a bounded reading.

Times are of the processor, and several times what is measured: a loop that grows with the square of its input goes
far beyond them.
"""

import resource
import subprocess
import sys
from collections.abc import Callable
from time import process_time

import pytest

from feeds.errors import FeedError, TooLarge
from feeds.read import Limits, Reading, read, summary
from tests.feeds.calendar_files import codes, event, file

SIZE = 100_000


def timed(data: bytes, seconds: float) -> Reading | FeedError:
    """What comes of reading `data`, which may take so many seconds of the processor."""
    start = process_time()
    try:
        found: Reading | FeedError = read(data, default_zone="Europe/Brussels")
    except FeedError as error:
        found = error
    assert process_time() - start < seconds
    return found


@pytest.mark.parametrize(
    "name",
    ["SUMMARY:", "DTSTART:", "DTSTART;TZID=", 'ATTENDEE;CN="', "X-A;", "RRULE:", "EXDATE:", "CATEGORIES:", "DURATION:P",
     "GEO:", "RDATE;VALUE=PERIOD:", "SUMMARY", "BEGIN:"],
)  # fmt: skip
@pytest.mark.parametrize(
    "unit",
    [b";", b":", b"\\", b'"', b",", b"^", b"=", b'";"', b';A="', b"\\,", b" ", b"\t", b"\xff", b"\x00", b"(", b"\r\n ",
     b"9", b"-", b"T", b"P1"],
)  # fmt: skip
def test_a_long_line_of_anything_costs_its_length(name: str, unit: bytes) -> None:
    filler = unit * (SIZE // len(unit))
    timed(file(event("X-PLACE:here")).replace(b"X-PLACE:here", name.encode() + filler), 1.5)


def calendar(*parts: bytes) -> bytes:
    return b"BEGIN:VCALENDAR\n" + b"".join(parts) + b"END:VCALENDAR\n"


def entries(count: int, text: Callable[[int], str]) -> bytes:
    return calendar(*(f"BEGIN:VEVENT\nUID:{n}\n{text(n)}\nEND:VEVENT\n".encode() for n in range(count)))


OBSERVANCE = """BEGIN:STANDARD
DTSTART:19700101T000000
TZOFFSETFROM:+0017
TZOFFSETTO:+0117
RRULE:FREQ=YEARLY;BYDAY=SU
END:STANDARD
"""

HOSTILE: dict[str, Callable[[], bytes]] = {
    "a hundred thousand attendees": lambda: file(event("ATTENDEE:mailto:a@b.example\n" * 100_000)),
    "a hundred thousand conferences": lambda: file(event("CONFERENCE:https://b.example\n" * 100_000)),
    "a hundred thousand titles": lambda: file(event("SUMMARY:x\n" * 100_000)),
    "a hundred thousand categories": lambda: file(event("CATEGORIES:a,b,c\n" * 60_000)),
    "twenty thousand alarms": lambda: file(event("BEGIN:VALARM\nACTION:DISPLAY\nTRIGGER:P\nEND:VALARM\n" * 20_000)),
    "a hundred thousand ends": lambda: file(event("END:VALARM\n" * 100_000)),
    "two hundred thousand broken lines": lambda: file(event("DESCRIPTION:a\n" + "bla bla\n" * 200_000)),
    "two hundred thousand folds": lambda: file(event("DESCRIPTION:a" + "\n b" * 200_000)),
    "one event nine thousand times": lambda: calendar(event().encode() + b"\n").replace(b"END:VCAL", b"") * 9_000,
    "rules by week": lambda: entries(14_000, lambda n: "DTSTART:20270316\nRRULE:FREQ=YEARLY;BYWEEKNO=20;BYDAY=MO"),
    "far changes of old series": lambda: entries(
        4_000, lambda n: f"DTSTART:19000316\nRRULE:FREQ=DAILY\nEND:VEVENT\nBEGIN:VEVENT\nUID:{n}\n"
        "DTSTART:21990316\nRECURRENCE-ID:21990316"
    ),
    "changes of all later dates": lambda: entries(
        4_000, lambda n: f"DTSTART:20270316\nRRULE:FREQ=DAILY;COUNT=2000\nEND:VEVENT\nBEGIN:VEVENT\nUID:{n}\n"
        "DTSTART:20270317\nRECURRENCE-ID;RANGE=THISANDFUTURE:20270317"
    ),
    "unknown zones in many calendars": lambda: b"".join(
        file(event(start=f"DTSTART;TZID=Europa/Brüssel {n}:20270316T120000", uid=str(n))) for n in range(5_000)
    ),
    "zones with many observances": lambda: calendar(
        *(f"BEGIN:VTIMEZONE\nTZID:Z{n}\n{OBSERVANCE * 160}END:VTIMEZONE\n".encode() for n in range(190)),
        *(event(uid=str(n), start=f"DTSTART;TZID=Z{n}:20270316T120000").encode() + b"\n" for n in range(190)),
    ),
    "three thousand zones in as many calendars": lambda: b"".join(
        calendar(
            f"BEGIN:VTIMEZONE\nTZID:Z\n{OBSERVANCE}END:VTIMEZONE\n".encode(),
            event(uid=str(n), start="DTSTART;TZID=Z:20270316T120000").encode() + b"\n",
        )
        for n in range(3_000)
    ),
    "thirteen years of added periods": lambda: file(event(
        "RDATE;VALUE=PERIOD:" + ",".join(
            f"20{y}{m:02}{d:02}T133000Z/PT{d % 5 + 1}H"
            for y in range(27, 40) for m in range(1, 13) for d in range(1, 29)
        )
    )),
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_calendar_ends_soon(name: str) -> None:
    data = HOSTILE[name]()
    assert len(data) < Limits().octets
    timed(data, 8)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"BEGIN:VCALENDAR\n" + b"BEGIN:X-A\n" * 10_000, "deep"),
        (file(event("BEGIN:VALARM\n" * 10_000)), "deep"),
        (b"BEGIN:VCALENDAR\nX-A:1" + b"\n 1" * 1_000_000, "lines"),
        (b"A:\n" * 1_500_000, "lines"),
        (b"BEGIN:VCALENDAR\n" * 30_000, "calendars"),
        (calendar(b"BEGIN:VEVENT\nEND:VEVENT\n" * 20_001), "events"),
        (b"BEGIN:VCALENDAR\n" + b"X" * 5_000_000, "octets"),
        (file(*(event(uid=str(n), start=f"DTSTART;TZID=Z{n}:20270316T120000") for n in range(300))), "time zones"),
    ],
)  # fmt: skip
def test_what_goes_beyond_a_limit_is_an_error_that_says_so(data: bytes, words: str) -> None:
    found = timed(data, 3)
    assert isinstance(found, TooLarge)
    assert words in found.detail
    assert found.status == 413


def test_limits_are_the_caller_s_to_set() -> None:
    with pytest.raises(TooLarge, match="more than 100"):
        read(file(event()), limits=Limits(octets=100))
    with pytest.raises(TooLarge, match="more than 1 events") as caught:
        read(file(event(), event()), limits=Limits(entries=1))
    assert caught.value.line == 8


def test_a_line_that_is_too_long_is_left_out_and_the_event_is_read() -> None:
    reading = read(file(event("ATTACH;ENCODING=BASE64;VALUE=BINARY:" + "A" * 600_000, "SUMMARY:x")))
    (found,) = reading.entries
    assert (found.entry.summary, codes(found)) == ("x", ["unreadable-line"])


def test_more_warnings_than_the_limit_are_counted() -> None:
    reading = read(file(event("STATUS:NO\n" * 500)), limits=Limits(warnings=10))
    (found,) = reading.entries
    assert len(found.warnings) == 11
    assert "490 more" in found.warnings[-1].text
    assert summary(reading).repaired == 1


def test_ten_thousand_ordinary_events_are_read_within_seconds() -> None:
    parts = [event("SUMMARY:Lecture", "DESCRIPTION:" + "words, " * 30, uid=str(n)) for n in range(10_000)]
    reading = timed(file(*parts), 12)
    assert isinstance(reading, Reading)
    assert summary(reading).whole == 10_000


def test_a_full_file_is_read_within_bounded_memory() -> None:
    """In a process of its own, as a server does it with a stranger's calendar."""
    code = (
        "import resource, sys\n"
        "from feeds.read import read\n"
        "before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "line = b'X-A;B=C:' + b'd' * 32 + b'\\r\\n'\n"
        "data = b'BEGIN:VCALENDAR\\r\\nBEGIN:VEVENT\\r\\nDTSTART:20270316T120000Z\\r\\n' + line * 115_000"
        " + b'END:VEVENT\\r\\nEND:VCALENDAR\\r\\n'\n"
        "assert len(read(data).entries) == 1\n"
        "print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024)\n"
    )
    limit = 1 << 30
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        timeout=60,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (limit, limit)),
    )
    assert done.returncode == 0, done.stderr[-1000:]
    assert int(done.stdout) < 220
