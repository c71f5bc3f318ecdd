"""What ical.js (Thunderbird, Nextcloud) reads wrongly is written in words that it reads right."""

from datetime import UTC, date, datetime

import pytest

from feeds.alike import read_alike
from feeds.entry import When
from feeds.rules import parse_rule, rule_text
from tests.feeds.entries import calendar_of, series, wall
from tests.feeds.ical_js import IcalJs
from tests.feeds.readers import seen_by_recurring, seen_by_us
from tests.feeds.test_readers import as_seen

AFTER, BEFORE = datetime(2024, 1, 1, tzinfo=UTC), datetime(2034, 1, 1, tzinfo=UTC)
BRUSSELS = "Europe/Brussels"

# A start, a rule that ical.js reads wrongly as it stands, and what is written.
REWRITTEN: list[tuple[When, str, str]] = [
    (
        wall("2027-02-10 16:15"),
        "FREQ=MONTHLY;COUNT=12;BYMONTH=1,2,5,12",
        "FREQ=MONTHLY;UNTIL=20300110T151500Z;BYMONTH=1,2,5,12",
    ),
    (
        date(2026, 12, 17),
        "FREQ=MONTHLY;COUNT=18;BYMONTH=1,4,12;BYMONTHDAY=17",
        "FREQ=MONTHLY;UNTIL=20320417;BYMONTH=1,4,12;BYMONTHDAY=17",
    ),
    (wall("2024-02-29 10:00"), "FREQ=YEARLY", "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29"),
    (date(2024, 2, 29), "FREQ=YEARLY;COUNT=3", "FREQ=YEARLY;COUNT=3;BYMONTH=2;BYMONTHDAY=29"),
    (
        wall("2024-01-31 10:00"),
        "FREQ=YEARLY;BYMONTH=1,2,4,7",
        "FREQ=MONTHLY;BYMONTH=1,2,4,7;BYMONTHDAY=31",
    ),
    (
        wall("2024-01-27 10:00"),
        "FREQ=YEARLY;BYMONTH=1,4;BYMONTHDAY=-5,24;COUNT=9",
        "FREQ=MONTHLY;UNTIL=20260127T090000Z;BYMONTH=1,4;BYMONTHDAY=-5,24",
    ),
    (
        date(2024, 1, 27),
        "FREQ=YEARLY;INTERVAL=2;BYMONTH=1;BYMONTHDAY=-5",
        "FREQ=MONTHLY;INTERVAL=24;BYMONTHDAY=-5",
    ),
    (
        wall("2028-04-16 16:15"),
        "FREQ=MONTHLY;BYMONTH=3,4,6,9;BYMONTHDAY=16,18;BYDAY=MO,TU,SU",
        "FREQ=YEARLY;BYMONTH=3,4,6,9;BYMONTHDAY=16,18;BYDAY=MO,TU,SU",
    ),
]


@pytest.mark.parametrize(("start", "rule", "written"), REWRITTEN)
def test_a_rule_that_ical_js_misreads_is_written_in_other_words(start: When, rule: str, written: str) -> None:
    one = series(start, rule)
    assert f"RRULE:{written}\r\n".encode() in calendar_of(one).replace(b"\r\n ", b"")
    assert seen_by_recurring(calendar_of(one), AFTER, BEFORE) == seen_by_us([one], AFTER, BEFORE)


@pytest.mark.node
@pytest.mark.parametrize(("start", "rule", "written"), REWRITTEN)
def test_ical_js_reads_the_other_words_right_and_the_first_wrong(
    start: When, rule: str, written: str, ical_js: IcalJs
) -> None:
    one = series(start, rule)
    ours = seen_by_us([one], AFTER, BEFORE)
    calendar = calendar_of(one).replace(b"\r\n ", b"")
    as_it_stands = calendar.replace(written.encode(), rule.encode())
    right, wrong = ical_js.occurrences([calendar, as_it_stands], AFTER, BEFORE)
    assert as_seen(right) == ours
    assert as_seen(wrong) != ours


@pytest.mark.parametrize(
    ("start", "rule"),
    [
        (wall("2027-03-16 14:30"), "FREQ=WEEKLY;COUNT=6;BYDAY=TU"),
        (wall("2027-05-31 10:00"), "FREQ=YEARLY"),
        (wall("2027-01-31 10:00"), "FREQ=MONTHLY;COUNT=5"),
        (wall("2027-01-31 10:00"), "FREQ=YEARLY;INTERVAL=2;BYMONTH=1,2"),
        (wall("2027-03-01 10:00"), "FREQ=YEARLY;COUNT=4;BYMONTH=3,9;BYDAY=1MO"),
    ],
)
def test_a_rule_that_all_read_alike_is_written_as_it_is(start: When, rule: str) -> None:
    assert rule_text(read_alike(parse_rule(rule, all_day=False, zone=BRUSSELS), start, BRUSSELS)) == rule


def test_until_leaves_room_for_the_second_pass_of_the_hour_that_comes_twice() -> None:
    rule = parse_rule("FREQ=MONTHLY;BYMONTH=10;BYDAY=-1SU;COUNT=1", all_day=False, zone=BRUSSELS)
    written = read_alike(rule, wall("2027-10-31 02:30"), BRUSSELS)
    assert written.until == datetime(2027, 10, 31, 1, 30, tzinfo=UTC)


def test_a_count_that_is_too_long_to_follow_is_kept() -> None:
    rule = parse_rule("FREQ=MONTHLY;BYMONTH=2;BYMONTHDAY=29;COUNT=400", all_day=True, zone=None)
    assert read_alike(rule, date(2024, 2, 29), None) == rule
