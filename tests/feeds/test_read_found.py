"""Mistakes of ours that calendars in the wild have shown; each test is named after one."""

from datetime import UTC, datetime

import pytest

from feeds.read import Read, read
from feeds.recurrence import occurrences
from tests.feeds.calendar_files import BRUSSELS, codes, event, file, one, refusal

DAY = "DTSTART;VALUE=DATE:20270316"
TUESDAY = "DTSTART;TZID=Europe/Brussels:20270316T143000"
WEEKLY = "RRULE:FREQ=WEEKLY;COUNT=4"
AFTER, BEFORE = datetime(1985, 1, 1, tzinfo=UTC), datetime(2029, 1, 1, tzinfo=UTC)

# The rules of the United States until and since 2007, under a name that says nothing, as Exchange writes them.
TWO_ERAS = """BEGIN:VTIMEZONE
TZID:Customized Time Zone 1
BEGIN:STANDARD
DTSTART:16011028T020000
RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=10;UNTIL=20061029T060000Z
TZOFFSETFROM:-0400
TZOFFSETTO:-0500
END:STANDARD
BEGIN:DAYLIGHT
DTSTART:16010401T020000
RRULE:FREQ=YEARLY;BYDAY=1SU;BYMONTH=4;UNTIL=20060402T070000Z
TZOFFSETFROM:-0500
TZOFFSETTO:-0400
END:DAYLIGHT
BEGIN:STANDARD
DTSTART:20071104T020000
RRULE:FREQ=YEARLY;BYDAY=1SU;BYMONTH=11
TZOFFSETFROM:-0400
TZOFFSETTO:-0500
END:STANDARD
BEGIN:DAYLIGHT
DTSTART:20070311T020000
RRULE:FREQ=YEARLY;BYDAY=2SU;BYMONTH=3
TZOFFSETFROM:-0500
TZOFFSETTO:-0400
END:DAYLIGHT
END:VTIMEZONE"""

# Clocks go from 8 to 6 in the morning, and no place on earth has these hours.
BACK_TWO_HOURS = """BEGIN:VTIMEZONE
TZID:Island
BEGIN:STANDARD
DTSTART:20270101T000000
TZOFFSETFROM:+1000
TZOFFSETTO:+1200
END:STANDARD
BEGIN:DAYLIGHT
DTSTART:20270505T080000
TZOFFSETFROM:+1200
TZOFFSETTO:+1000
END:DAYLIGHT
END:VTIMEZONE"""


def dates(found: Read) -> list[str]:
    """The starts of an entry as UTC instants."""
    return [f"{seen.start_at:%Y-%m-%dT%H:%MZ}" for seen in occurrences(found.entry, AFTER, BEFORE)]


def test_an_event_of_long_ago_had_the_offset_of_a_year_that_the_definition_was_not_followed_to() -> None:
    old = event(start="DTSTART;TZID=Customized Time Zone 1:19851015T140000", uid="1985@x")
    new = event(start="DTSTART;TZID=Customized Time Zone 1:20270610T140000", uid="2027@x")
    first, second = read(file(TWO_ERAS, old, new)).entries
    assert dates(first) == ["1985-10-15T18:00Z"]
    assert dates(second) == ["2027-06-10T18:00Z"]


def test_a_time_that_the_file_defines_otherwise_than_the_zone_that_was_found_for_it_was_moved() -> None:
    old = event(start="DTSTART;TZID=Customized Time Zone 1:19860429T140000", uid="1986@x")
    new = event(start="DTSTART;TZID=Customized Time Zone 1:20270610T140000", uid="2027@x")
    first, second = read(file(TWO_ERAS, old, new)).entries
    assert (dates(first), "fixed-instant" in codes(first)) == (["1986-04-29T18:00Z"], False)
    assert (second.entry.zone, codes(second)) == ("America/New_York", ["custom-zone"])


def test_an_hour_that_comes_twice_in_a_zone_of_the_file_was_read_as_its_second_pass() -> None:
    (found,) = read(file(BACK_TWO_HOURS, event(start="DTSTART;TZID=Island:20270505T070001"))).entries
    assert found.entry.start == datetime(2027, 5, 4, 19, 0, 1)  # noqa: DTZ001


@pytest.mark.parametrize("name", ["Europe_Brussels", "Europe-Brussels", "EUROPE/BRUSSELS"])
def test_a_series_was_refused_where_the_name_of_its_zone_has_another_dash(name: str) -> None:
    found = one(WEEKLY, start=f"DTSTART;TZID={name}:20270316T143000")
    assert (found.entry.zone, codes(found)) == ("Europe/Brussels", ["zone-spelling"])


def test_a_series_was_refused_where_its_zone_changes_clocks_some_hours_off() -> None:
    zone = BRUSSELS.format(name="Here").replace("T020000", "T060000").replace("T030000", "T010000")
    (found,) = read(file(zone, event(WEEKLY, start="DTSTART;TZID=Here:20270316T143000"))).entries
    assert codes(found) == ["custom-zone"]
    assert dates(found) == ["2027-03-16T13:30Z", "2027-03-23T13:30Z", "2027-03-30T12:30Z", "2027-04-06T12:30Z"]


def test_nobody_was_told_that_a_series_ends_before_it_starts() -> None:
    found = one("RRULE:FREQ=YEARLY;UNTIL=20260317", start=DAY)
    assert (dates(found), codes(found)) == (["2027-03-16T00:00Z"], ["until-before-start"])
    timed = one("RRULE:FREQ=DAILY;UNTIL=20270316T132959Z", start=TUESDAY)
    assert (dates(timed), codes(timed)) == (["2027-03-16T13:30Z"], ["until-before-start"])


def test_nobody_was_told_that_the_only_date_of_a_series_is_none_of_its_rule() -> None:
    found = one("RRULE:FREQ=YEARLY;COUNT=1;BYMONTH=11;BYDAY=4SU", "EXDATE;VALUE=DATE:20270316", start=DAY)
    assert (dates(found), codes(found)) == ([], ["start-not-in-rule"])


def test_nobody_was_told_that_a_date_is_both_taken_out_and_changed() -> None:
    change = event("RECURRENCE-ID;VALUE=DATE:20270323", start="DTSTART;VALUE=DATE:20270324")
    (found,) = read(file(event(WEEKLY, "EXDATE;VALUE=DATE:20270323", start=DAY), change)).entries
    assert dates(found)[1] == "2027-03-24T00:00Z"
    assert codes(found) == ["excluded-too"]


def test_nobody_was_told_that_an_excluded_time_takes_nothing_out() -> None:
    found = one(WEEKLY, "EXDATE;TZID=Europe/Brussels:20270323T153000", start=TUESDAY)
    assert (len(dates(found)), codes(found)) == (4, ["excludes-nothing"])


def test_nobody_was_told_that_the_zone_of_a_date_was_left_out() -> None:
    found = one(start="DTSTART;VALUE=DATE;TZID=Europe/Brussels:20270316")
    assert (found.entry.zone, codes(found)) == (None, ["date-with-zone"])


def test_a_rule_with_backslashes_was_refused() -> None:
    found = one("RRULE:FREQ=WEEKLY\\;BYDAY=TU\\,WE\\;COUNT=3", start=TUESDAY)
    assert (len(dates(found)), codes(found)) == (3, ["escaped"])


@pytest.mark.parametrize("rule", ["W1 TU TH #4", "MP1 1- FR #10", "D2 20270401T000000Z", "YM1 3 #5"])
def test_a_rule_of_vcalendar_1_0_was_called_no_part_of_a_rule(rule: str) -> None:
    _line, code, words = refusal(event(f"RRULE:{rule}"))
    assert code == "old-rule"
    assert "vCalendar 1.0" in words


@pytest.mark.parametrize(
    ("rule", "months", "days"),
    [
        ("FREQ=YEARLY;BYMONTHDAY=16", tuple(range(1, 13)), ()),
        ("FREQ=YEARLY;BYWEEKNO=11", (), ("TU",)),
        ("FREQ=WEEKLY;BYDAY=TU,TH;BYSETPOS=1", (), ("TU", "TH")),
        ("FREQ=MONTHLY;INTERVAL=2;BYMONTH=3,5", (3, 5), ()),
        ("FREQ=YEARLY;BYDAY=TU;BYSETPOS=11", (), ("TU",)),
    ],
)
def test_a_legal_rule_was_refused_because_programs_disagree(
    rule: str, months: tuple[int, ...], days: tuple[str, ...]
) -> None:
    found = one(f"RRULE:{rule}", start=TUESDAY)
    assert codes(found) == ["programs-differ"]
    assert found.entry.recurrence
    read_as = found.entry.recurrence.rule
    assert (read_as.by_month, tuple(item.day for item in read_as.by_day)) == (months, days)
