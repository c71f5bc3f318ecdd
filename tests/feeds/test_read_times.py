"""Times of calendars that others wrote: the right instant, a warning, or a refusal; never a silent guess."""

from datetime import UTC, date, datetime

import pytest

from feeds.entry import instant
from feeds.read import read
from tests.feeds.calendar_files import codes, event, file, one, refusal
from tests.feeds.entries import wall

# Times without a zone, in UTC, in other forms.


def test_a_time_without_a_zone_is_refused_without_a_default() -> None:
    assert refusal(event(start="DTSTART:20270316T143000"))[:2] == (6, "floating")


def test_a_time_without_a_zone_is_read_in_the_default_and_marked() -> None:
    found = one(start="DTSTART:20270316T143000", zone="Europe/Brussels")
    assert (found.entry.zone, found.floating, codes(found)) == ("Europe/Brussels", True, ["floating"])


def test_a_time_without_a_zone_is_read_in_the_calendar_s_own_before_the_reader_s() -> None:
    reading = read(
        file("X-WR-TIMEZONE:America/Guayaquil", event(start="DTSTART:20270316T143000")), default_zone="Europe/Brussels"
    )
    found = reading.entries[0]
    assert (found.entry.zone, found.floating, codes(found)) == ("America/Guayaquil", True, ["floating"])


def test_a_time_in_utc_has_no_zone_and_no_warning() -> None:
    found = one(start="DTSTART:20270316T133000Z")
    assert (found.entry.zone, found.entry.start, found.warnings) == (None, wall("2027-03-16 13:30"), ())


def test_a_time_in_utc_that_names_a_zone_is_that_moment() -> None:
    found = one(start="DTSTART;TZID=Europe/Brussels:20270316T133000Z")
    assert (found.entry.zone, found.entry.start) == ("Europe/Brussels", wall("2027-03-16 14:30"))
    assert codes(found) == ["utc-with-zone"]


@pytest.mark.parametrize(
    ("value", "start", "code"),
    [
        ("2027-03-16T13:30:00Z", "2027-03-16 13:30", "form"),
        ("2027-03-16T14:30:00+01:00", "2027-03-16 13:30", "form"),
        ("20270316T1330Z", "2027-03-16 13:30", "form"),
        ("20270316 133000Z", "2027-03-16 13:30", "form"),
        ("20270316T133000.000Z", "2027-03-16 13:30", "form"),
        ("20270316T133060Z", "2027-03-16 13:30:59", "leap-second"),
        ("20270316T240000Z", "2027-03-17 00:00", "form"),
    ],
)
def test_a_time_in_another_form_is_read_with_a_warning(value: str, start: str, code: str) -> None:
    found = one(start=f"DTSTART:{value}")
    assert (found.entry.start, codes(found)) == (wall(start), [code])


@pytest.mark.parametrize(
    "value",
    ["tomorrow", "20270230", "20270316T256000Z", "20271316", "16010101T000000Z", "99991231T235959Z", "00000000",
     "20270316T143000Zx", "2027", "２０２７０３１６", "20270316T143000+9999", "-0270316"],
)  # fmt: skip
def test_a_time_that_does_not_exist_is_refused_with_its_line(value: str) -> None:
    assert refusal(event(start=f"DTSTART:{value}"), zone="Europe/Brussels")[:2] == (6, "bad-time")


def test_a_time_that_a_clock_change_skips_means_the_hour_after_with_a_warning() -> None:
    found = one(start="DTSTART;TZID=Europe/Brussels:20270328T023000")
    assert instant(found.entry.start, found.entry.zone) == datetime(2027, 3, 28, 1, 30, tzinfo=UTC)
    assert [(caution.code, "03:30" in caution.text) for caution in found.warnings] == [("skipped-hour", True)]


def test_a_time_that_comes_twice_means_the_first_with_a_warning() -> None:
    found = one(start="DTSTART;TZID=Europe/Brussels:20271031T023000")
    assert instant(found.entry.start, found.entry.zone) == datetime(2027, 10, 31, 0, 30, tzinfo=UTC)
    assert codes(found) == ["double-hour"]


def test_stamps_that_are_not_in_utc_are_read_with_a_warning() -> None:
    found = one("CREATED;TZID=Europe/Brussels:20270102T120000", "LAST-MODIFIED:20270103T120000")
    assert found.entry.created == datetime(2027, 1, 2, 11, tzinfo=UTC)
    assert found.entry.modified == datetime(2027, 1, 3, 12, tzinfo=UTC)
    assert codes(found) == ["not-utc", "not-utc"]


# Ends.

BRUSSELS_START = "DTSTART;TZID=Europe/Brussels:20270316T143000"


DAY = "DTSTART;VALUE=DATE:20270316"


@pytest.mark.parametrize(
    ("start", "line", "end", "warned"),
    [
        (BRUSSELS_START, "DTEND;TZID=Europe/Brussels:20270316T160000", "2027-03-16 16:00", []),
        (BRUSSELS_START, "DURATION:PT1H30M", "2027-03-16 16:00", []),
        (BRUSSELS_START, "DURATION:P1D", "2027-03-17 14:30", []),
        (BRUSSELS_START, "DURATION:P1W", "2027-03-23 14:30", []),
        (BRUSSELS_START, "DURATION:P12DT1H", "2027-03-28 15:30", []),
        (BRUSSELS_START, "DURATION:PT288H", "2027-03-28 15:30", []),
        (BRUSSELS_START, "X-NOTHING:1", "2027-03-16 14:30", []),
        (BRUSSELS_START, "DTEND;TZID=Europe/Brussels:20270316T143000", "2027-03-16 14:30", []),
        (BRUSSELS_START, "DTEND:20270316T150000Z", "2027-03-16 16:00", ["end-zone"]),
        (BRUSSELS_START, "DTEND;TZID=America/Guayaquil:20270316T100000", "2027-03-16 16:00", ["end-zone"]),
        (BRUSSELS_START, "DTEND:20270316T160000", "2027-03-16 16:00", ["zone-of-start"]),
        (BRUSSELS_START, "DTEND;VALUE=DATE:20270317", "2027-03-17 00:00", ["value-type"]),
        (BRUSSELS_START, "DTEND;TZID=Europe/Brussels:20270316T133000", "2027-03-16 14:30", ["ends-before-start"]),
        (BRUSSELS_START, "DTEND;VALUE=DATE:20270316", "2027-03-16 14:30", ["ends-before-start", "value-type"]),
        (BRUSSELS_START, "DURATION:-PT1H", "2027-03-16 14:30", ["ends-before-start"]),
        ("DTSTART:20270316T133000Z", "DTEND:20270316T150000", "2027-03-16 15:00", ["zone-of-start"]),
    ],
)
def test_the_end_of_a_timed_event(start: str, line: str, end: str, warned: list[str]) -> None:
    found = one(line, start=start)
    assert (found.entry.end, sorted(codes(found))) == (wall(end), sorted(warned))


@pytest.mark.parametrize(
    ("line", "end", "warned"),
    [
        ("DTEND;VALUE=DATE:20270318", date(2027, 3, 18), []),
        ("X-NOTHING:1", date(2027, 3, 17), []),
        ("DURATION:P2D", date(2027, 3, 18), []),
        ("DURATION:P1W", date(2027, 3, 23), []),
        ("DURATION:PT36H", date(2027, 3, 18), ["value-type"]),
        ("DURATION:P0D", date(2027, 3, 17), ["ends-before-start"]),
        ("DTEND;VALUE=DATE:20270316", date(2027, 3, 17), ["ends-before-start"]),
        ("DTEND;VALUE=DATE:20270301", date(2027, 3, 17), ["ends-before-start"]),
        ("DTEND:20270318", date(2027, 3, 18), ["value-type"]),
        ("DTEND:20270318T000000", date(2027, 3, 18), ["value-type"]),
        ("DTEND;TZID=Europe/Brussels:20270317T120000", date(2027, 3, 18), ["value-type"]),
    ],
)
def test_the_end_of_an_all_day_event(line: str, end: date, warned: list[str]) -> None:
    found = one(line, start=DAY)
    assert (found.entry.start, found.entry.end, codes(found)) == (date(2027, 3, 16), end, warned)
    assert found.entry.zone is None


@pytest.mark.parametrize("line", ["DURATION:2 hours", "DURATION:P", "DURATION:P99999W", "DTEND:soon"])
def test_an_end_that_cannot_be_read_is_refused(line: str) -> None:
    assert refusal(event(line, start=BRUSSELS_START))[:2] == (7, "bad-time")


def test_an_end_and_a_duration_together_are_a_warning_and_the_end_counts() -> None:
    found = one("DURATION:PT9H", "DTEND:20270316T143000Z")
    assert (found.entry.end, codes(found)) == (wall("2027-03-16 14:30"), ["both-ends"])


@pytest.mark.parametrize(
    ("start", "kind"),
    [
        ("DTSTART:20270316", "value-type"),
        ("DTSTART;VALUE=DATE:20270316T000000", "value-type"),
        ("DTSTART;VALUE=DATE:20270316T000000Z", "value-type"),
    ],
)
def test_a_date_that_is_declared_wrongly_is_a_date_with_a_warning(start: str, kind: str) -> None:
    found = one(start=start)
    assert (found.entry.start, codes(found)) == (date(2027, 3, 16), [kind])


def test_midnights_that_say_they_are_all_day_are_days() -> None:
    flag = "X-MICROSOFT-CDO-ALLDAYEVENT:TRUE"
    local = one(
        flag, "DTEND;TZID=Europe/Brussels:20270318T000000", start="DTSTART;TZID=Europe/Brussels:20270316T000000"
    )
    utc = one(flag, "DTEND:20270317T230000Z", start="DTSTART:20270315T230000Z", zone="Europe/Brussels")
    for found in (local, utc):
        assert (found.entry.start, found.entry.end) == (date(2027, 3, 16), date(2027, 3, 18))
        assert codes(found) == ["all-day"]
    assert not one(flag, "DTEND:20270317T230000Z", start="DTSTART:20270315T220000Z").entry.all_day
