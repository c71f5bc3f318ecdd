"""The dates of a series: fixed cases from the standard, clock changes, overrides."""

from datetime import UTC, date, datetime, timedelta

import msgspec
import pytest

from feeds.entry import Recurrence
from feeds.recurrence import fits, last_start, occurrences, parse_rule
from tests.feeds.entries import days, entry, override, series, wall
from tests.feeds.walls import BRUSSELS, EARLY, LATE, first, utc, walls

# The examples of RFC 5545 section 3.8.5.3, as dates.


@pytest.mark.parametrize(
    ("rule", "start", "expected"),
    [
        ("FREQ=DAILY;COUNT=3", "1997-09-02", ["1997-09-02", "1997-09-03", "1997-09-04"]),
        ("FREQ=DAILY;INTERVAL=10;COUNT=3", "1997-09-02", ["1997-09-02", "1997-09-12", "1997-09-22"]),
        ("FREQ=WEEKLY;INTERVAL=2;WKST=SU", "1997-09-02", ["1997-09-02", "1997-09-16", "1997-09-30"]),
        ("FREQ=WEEKLY;COUNT=4;WKST=SU;BYDAY=TU,TH", "1997-09-02",
         ["1997-09-02", "1997-09-04", "1997-09-09", "1997-09-11"]),
        ("FREQ=WEEKLY;INTERVAL=2;COUNT=4;BYDAY=TU,SU;WKST=MO", "1997-08-05",
         ["1997-08-05", "1997-08-10", "1997-08-19", "1997-08-24"]),
        ("FREQ=WEEKLY;INTERVAL=2;COUNT=4;BYDAY=TU,SU;WKST=SU", "1997-08-05",
         ["1997-08-05", "1997-08-17", "1997-08-19", "1997-08-31"]),
        ("FREQ=MONTHLY;COUNT=3;BYDAY=1FR", "1997-09-05", ["1997-09-05", "1997-10-03", "1997-11-07"]),
        ("FREQ=MONTHLY;INTERVAL=2;COUNT=4;BYDAY=1SU,-1SU", "1997-09-07",
         ["1997-09-07", "1997-09-28", "1997-11-02", "1997-11-30"]),
        ("FREQ=MONTHLY;COUNT=3;BYDAY=-2MO", "1997-09-22", ["1997-09-22", "1997-10-20", "1997-11-17"]),
        ("FREQ=MONTHLY;BYMONTHDAY=-3", "1997-09-28", ["1997-09-28", "1997-10-29", "1997-11-28"]),
        ("FREQ=MONTHLY;COUNT=4;BYMONTHDAY=1,-1", "1997-09-30",
         ["1997-09-30", "1997-10-01", "1997-10-31", "1997-11-01"]),
        ("FREQ=MONTHLY;BYDAY=FR;BYMONTHDAY=13", "1998-02-13", ["1998-02-13", "1998-03-13", "1998-11-13"]),
        ("FREQ=MONTHLY;BYDAY=SA;BYMONTHDAY=7,8,9,10,11,12,13", "1997-09-13",
         ["1997-09-13", "1997-10-11", "1997-11-08"]),
        ("FREQ=MONTHLY;COUNT=3;BYDAY=TU,WE,TH;BYSETPOS=3", "1997-09-04", ["1997-09-04", "1997-10-07", "1997-11-06"]),
        ("FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-2", "1997-09-29", ["1997-09-29", "1997-10-30", "1997-11-27"]),
        ("FREQ=YEARLY;COUNT=4;BYMONTH=6,7", "1997-06-10", ["1997-06-10", "1997-07-10", "1998-06-10", "1998-07-10"]),
        ("FREQ=YEARLY;INTERVAL=3;COUNT=4;BYYEARDAY=1,100,200", "1997-01-01",
         ["1997-01-01", "1997-04-10", "1997-07-19", "2000-01-01"]),
        ("FREQ=YEARLY;BYDAY=20MO", "1997-05-19", ["1997-05-19", "1998-05-18", "1999-05-17"]),
        ("FREQ=YEARLY;BYWEEKNO=20;BYDAY=MO", "1997-05-12", ["1997-05-12", "1998-05-11", "1999-05-17"]),
        ("FREQ=YEARLY;BYMONTH=3;BYDAY=TH", "1997-03-13", ["1997-03-13", "1997-03-20", "1997-03-27", "1998-03-05"]),
        ("FREQ=YEARLY;INTERVAL=4;BYMONTH=11;BYDAY=TU;BYMONTHDAY=2,3,4,5,6,7,8", "1996-11-05",
         ["1996-11-05", "2000-11-07", "2004-11-02"]),
        ("FREQ=MONTHLY;BYMONTHDAY=15,30;COUNT=5", "2007-01-15",
         ["2007-01-15", "2007-01-30", "2007-02-15", "2007-03-15", "2007-03-30"]),
        # What does not exist is passed over and does not slide.
        ("FREQ=YEARLY;COUNT=3", "2024-02-29", ["2024-02-29", "2028-02-29", "2032-02-29"]),
        ("FREQ=MONTHLY;COUNT=4", "2027-01-31", ["2027-01-31", "2027-03-31", "2027-05-31", "2027-07-31"]),
        # The first date counts although it is no Wednesday.
        ("FREQ=WEEKLY;BYDAY=WE;COUNT=3", "2027-03-16", ["2027-03-16", "2027-03-17", "2027-03-24"]),
        # The days around New Year that belong to a week of the other year.
        ("FREQ=YEARLY;BYWEEKNO=1;BYDAY=MO,SU", "2024-01-01", ["2024-01-01", "2024-01-07", "2024-12-30", "2025-01-05"]),
        ("FREQ=YEARLY;BYWEEKNO=-1;BYDAY=SU", "2023-01-01", ["2023-01-01", "2023-12-31", "2024-12-29"]),
    ],
)  # fmt: skip
def test_the_dates_of_a_rule(rule: str, start: str, expected: list[str]) -> None:
    assert first(rule, date.fromisoformat(start), len(expected)) == days(*expected)


@pytest.mark.parametrize(
    ("rule", "last"),
    [
        ("FREQ=WEEKLY;UNTIL=20270330T123000Z", "2027-03-30 14:30"),  # the very instant is inside
        ("FREQ=WEEKLY;UNTIL=20270330T122959Z", "2027-03-23 14:30"),
        ("FREQ=WEEKLY;UNTIL=20270330", "2027-03-30 14:30"),
        ("FREQ=WEEKLY;UNTIL=20270330T143000", "2027-03-30 14:30"),
        ("FREQ=WEEKLY;COUNT=2", "2027-03-23 14:30"),
        ("FREQ=WEEKLY;COUNT=1", "2027-03-16 14:30"),
    ],
)
def test_the_last_date_of_a_rule(rule: str, last: str) -> None:
    found = parse_rule(rule, all_day=False, zone=BRUSSELS)
    assert last_start(found, wall("2027-03-16 14:30"), BRUSSELS) == wall(last)


def test_until_at_the_skipped_hour_counts_instants_and_not_the_clock() -> None:
    # 02:30 on 28 March is read as 01:30 UTC, after UNTIL; on the clock UNTIL is 03:00 and would let it in.
    rule = parse_rule("FREQ=DAILY;UNTIL=20270328T010000Z", all_day=False, zone=BRUSSELS)
    assert last_start(rule, wall("2027-03-26 02:30"), BRUSSELS) == wall("2027-03-27 02:30")


def test_a_rule_without_end_has_no_last_date() -> None:
    assert last_start(parse_rule("FREQ=DAILY", all_day=True, zone=None), date(2027, 1, 1), None) is None


def test_a_start_fits_its_rule_or_not() -> None:
    rule = parse_rule("FREQ=WEEKLY;BYDAY=TU", all_day=False, zone=BRUSSELS)
    assert fits(rule, wall("2027-03-16 14:30"))
    assert not fits(rule, wall("2027-03-17 14:30"))
    assert not fits(parse_rule("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", all_day=True, zone=None), date(2027, 2, 28))


# The window.


def test_an_occurrence_is_in_the_window_that_it_overlaps() -> None:
    one = entry(wall("2027-03-16 14:30"))  # 13:30 to 14:30 UTC
    assert len(occurrences(one, utc("2027-03-16 14:29"), utc("2027-03-17"))) == 1
    assert occurrences(one, utc("2027-03-16 14:30"), utc("2027-03-17")) == []
    assert len(occurrences(one, utc("2027-03-16"), utc("2027-03-16 13:31"))) == 1
    assert occurrences(one, utc("2027-03-16"), utc("2027-03-16 13:30")) == []


def test_an_occurrence_without_length_is_in_the_window_where_it_starts() -> None:
    one = entry(wall("2027-03-16 14:30"), hours=0)
    assert len(occurrences(one, utc("2027-03-16 13:30"), utc("2027-03-17"))) == 1
    assert occurrences(one, utc("2027-03-16 13:31"), utc("2027-03-17")) == []


def test_a_long_occurrence_reaches_into_a_window_weeks_after_its_start() -> None:
    visit = series(date(2027, 1, 4), "FREQ=MONTHLY;COUNT=3", end=date(2027, 1, 25))
    found = occurrences(visit, utc("2027-02-20"), utc("2027-02-21"))
    assert [(one.start, one.end) for one in found] == [(date(2027, 2, 4), date(2027, 2, 25))]


def test_the_ends_of_the_calendar_are_no_trap() -> None:
    beginning, end = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)
    weekly = series(wall("2027-03-16 14:30"), "FREQ=WEEKLY;COUNT=3")
    assert len(occurrences(weekly, beginning, end)) == 3
    assert len(occurrences(entry(wall("0001-01-01")), beginning, end)) == 1
    assert len(occurrences(entry(wall("9999-12-31 22:00"), zone="America/Guayaquil"), beginning, end)) == 1


# Clock changes.


def test_a_weekly_class_keeps_its_wall_time_over_both_changes() -> None:
    found = occurrences(
        series(wall("2027-03-23 09:00"), "FREQ=WEEKLY;INTERVAL=31;COUNT=3"), utc("2027-01-01"), utc("2029-01-01")
    )
    assert [one.start_at for one in found] == [
        utc("2027-03-23 08:00"),
        utc("2027-10-26 07:00"),
        utc("2028-05-30 07:00"),
    ]
    assert {one.start.hour for one in found if isinstance(one.start, datetime)} == {9}


def test_a_skipped_wall_time_is_read_with_the_offset_before_and_keeps_its_name() -> None:
    found = occurrences(series(wall("2027-03-27 02:30"), "FREQ=DAILY;COUNT=3"), EARLY, LATE)
    assert [one.start for one in found] == [wall(f"2027-03-{day} 02:30") for day in (27, 28, 29)]
    assert [one.start_at for one in found] == [
        utc("2027-03-27 01:30"),
        utc("2027-03-28 01:30"),
        utc("2027-03-29 00:30"),
    ]
    assert all(one.end_at - one.start_at == timedelta(hours=1) for one in found)


def test_a_double_wall_time_means_the_first_pass() -> None:
    start = wall("2027-10-30 02:30").replace(fold=1)
    found = occurrences(series(start, "FREQ=DAILY;COUNT=2"), EARLY, LATE)
    assert [one.start_at for one in found] == [utc("2027-10-30 00:30"), utc("2027-10-31 00:30")]


def test_a_single_entry_may_mean_the_second_pass() -> None:
    one = entry(wall("2027-10-31 02:30").replace(fold=1), end=wall("2027-10-31 03:30"))
    assert occurrences(one, EARLY, LATE)[0].start_at == utc("2027-10-31 01:30")
    ends = entry(wall("2027-10-31 01:30"), end=wall("2027-10-31 02:30").replace(fold=1))
    assert occurrences(ends, EARLY, LATE)[0].end_at == utc("2027-10-31 01:30")


def test_an_occurrence_that_ends_behind_the_skipped_hour_does_not_end_before_it_starts() -> None:
    one = entry(wall("2027-03-28 02:45"), hours=0.5)
    found = occurrences(one, EARLY, LATE)[0]
    assert found.end_at - found.start_at == timedelta(minutes=30)


# Exclusions, additions, overrides, positions.


def test_count_counts_excluded_dates_and_positions_stay() -> None:
    weekly = series(
        wall("2027-03-02 14:30"),
        "FREQ=WEEKLY;COUNT=4",
        excluded=(wall("2027-03-02 14:30"), wall("2027-03-16 14:30")),
    )
    found = occurrences(weekly, EARLY, LATE)
    assert [(one.position, f"{one.start:%m-%d}") for one in found] == [(1, "03-09"), (3, "03-23")]


def test_added_dates_are_there_once_and_do_not_move_the_positions_of_others() -> None:
    weekly = series(
        wall("2027-03-02 14:30"),
        "FREQ=WEEKLY;COUNT=3",
        added=(wall("2027-03-04 10:00"), wall("2027-03-09 14:30"), wall("2027-05-01 10:00")),
    )
    found = [(one.position, f"{one.start:%m-%d %H}") for one in occurrences(weekly, EARLY, LATE)]
    assert found == [(0, "03-02 14"), (-1, "03-04 10"), (1, "03-09 14"), (2, "03-16 14"), (-3, "05-01 10")]


def test_an_override_stands_for_its_original_date() -> None:
    weekly = series(wall("2027-03-02 14:30"), "FREQ=WEEKLY;COUNT=3")
    moved = override(weekly, wall("2027-03-09 14:30"), wall("2027-03-11 09:00"), hours=2)
    found = occurrences(msgspec.structs.replace(weekly, overrides=(moved,)), EARLY, LATE)
    assert [(one.recurrence_id, one.start, one.position) for one in found] == [
        (wall("2027-03-02 14:30"), wall("2027-03-02 14:30"), 0),
        (wall("2027-03-09 14:30"), wall("2027-03-11 09:00"), 1),
        (wall("2027-03-16 14:30"), wall("2027-03-16 14:30"), 2),
    ]
    assert found[1].end_at - found[1].start_at == timedelta(hours=2)


def test_an_override_is_found_where_it_moved_to_and_not_where_it_came_from() -> None:
    weekly = series(wall("2027-03-02 14:30"), "FREQ=WEEKLY;COUNT=10")
    far = override(weekly, wall("2027-05-04 14:30"), wall("2027-03-03 09:00"))
    moved = msgspec.structs.replace(weekly, overrides=(far,))
    assert walls(moved, utc("2027-03-01"), utc("2027-03-08")) == ["2027-03-02 14:30", "2027-03-03 09:00"]
    assert walls(moved, utc("2027-05-01"), utc("2027-05-08")) == []
    assert occurrences(moved, utc("2027-03-03"), utc("2027-03-04"))[0].position == 9


def test_an_override_in_another_zone_has_its_own_clock() -> None:
    weekly = series(wall("2027-03-02 14:30"), "FREQ=WEEKLY;COUNT=3")
    moved = override(weekly, wall("2027-03-09 14:30"), wall("2027-03-09 08:30"), zone="America/Guayaquil")
    found = occurrences(msgspec.structs.replace(weekly, overrides=(moved,)), EARLY, LATE)
    assert (found[1].zone, found[1].start_at) == ("America/Guayaquil", utc("2027-03-09 13:30"))


def test_a_cancelled_date_is_told_as_cancelled() -> None:
    weekly = series(wall("2027-03-02 14:30"), "FREQ=WEEKLY;COUNT=3")
    off = override(weekly, wall("2027-03-09 14:30"), wall("2027-03-09 14:30"), status="cancelled")
    found = occurrences(msgspec.structs.replace(weekly, overrides=(off,)), EARLY, LATE)
    assert [one.cancelled for one in found] == [False, True, False]


def test_an_override_of_a_date_that_the_series_no_longer_has_is_shown_without_a_position() -> None:
    weekly = series(wall("2027-03-02 14:30"), "FREQ=WEEKLY;COUNT=3")
    orphan = override(weekly, wall("2027-03-10 14:30"), wall("2027-03-10 16:00"))
    found = occurrences(msgspec.structs.replace(weekly, overrides=(orphan,)), EARLY, LATE)
    assert [one.position for one in found] == [0, 1, None, 2]


def test_recurrence_needs_no_rule_text() -> None:
    rule = parse_rule("FREQ=DAILY;COUNT=2", all_day=True, zone=None)
    assert len(occurrences(entry(date(2027, 1, 1), recurrence=Recurrence(rule=rule)), EARLY, LATE)) == 2
