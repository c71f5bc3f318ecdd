"""The dates of an event."""

from datetime import UTC, datetime
from typing import Any

from msgspec import structs

from scheduler.model.event import Occurrence
from scheduler.model.intake import patched
from scheduler.model.occurrences import occurrences_of
from tests.scheduler.inputs import ID, NOW, admitted, known, small


def dates(**fields: Any) -> tuple[Occurrence, ...]:
    return occurrences_of(admitted(small(**fields)))


def test_a_single_event_has_one_date() -> None:
    (one,) = dates()
    assert (one.id, one.event_id, one.position, one.original) == (f"{ID}.0", ID, 0, None)
    assert (one.start_at, one.end_at) == (
        datetime(2027, 3, 16, 13, 30, tzinfo=UTC),
        datetime(2027, 3, 16, 15, tzinfo=UTC),
    )


def test_a_last_day_belongs_to_an_all_day_date_also_where_the_clock_changes() -> None:
    (one,) = dates(start="2027-03-27", end="2027-03-28")
    assert (one.start_at, one.end_at) == (
        datetime(2027, 3, 26, 23, tzinfo=UTC),
        datetime(2027, 3, 28, 22, tzinfo=UTC),
    )


def test_the_two_passes_of_a_double_hour_are_an_hour_apart() -> None:
    (one,) = dates(start="2027-10-31T02:30+02:00", end="2027-10-31T02:30+01:00")
    assert (one.start_at, one.end_at) == (
        datetime(2027, 10, 31, 0, 30, tzinfo=UTC),
        datetime(2027, 10, 31, 1, 30, tzinfo=UTC),
    )


def test_a_series_keeps_its_hour_on_the_clock_over_both_changes() -> None:
    spring = dates(recurrence={"rule": "FREQ=WEEKLY;COUNT=3"})
    assert [one.start for one in spring] == ["2027-03-16T14:30", "2027-03-23T14:30", "2027-03-30T14:30"]
    assert [one.start_at.hour for one in spring] == [13, 13, 12]
    autumn = dates(start="2027-10-26T14:30", end="2027-10-26T16:00", recurrence={"rule": "FREQ=WEEKLY;COUNT=2"})
    assert [one.start_at.hour for one in autumn] == [12, 13]
    far = dates(timezone="Asia/Phnom_Penh", recurrence={"rule": "FREQ=WEEKLY;COUNT=3"})
    assert [one.start_at.hour for one in far] == [7, 7, 7]


def test_a_night_that_the_clock_shortens_still_ends_at_its_hour() -> None:
    nights = dates(start="2027-03-20T23:00", end="2027-03-21T06:00", recurrence={"rule": "FREQ=WEEKLY;COUNT=2"})
    assert [one.end for one in nights] == ["2027-03-21T06:00", "2027-03-28T06:00"]
    assert [(one.end_at - one.start_at).total_seconds() / 3600 for one in nights] == [7, 6]


def test_a_date_of_a_series_in_the_double_hour_is_the_first_pass() -> None:
    found = dates(start="2027-10-24T02:30", end="2027-10-24T04:00", recurrence={"rule": "FREQ=WEEKLY;BYDAY=SU;COUNT=2"})
    assert found[1].start_at == datetime(2027, 10, 31, 0, 30, tzinfo=UTC)


def test_excluded_dates_are_absent_and_the_others_keep_their_numbers() -> None:
    found = dates(recurrence={"rule": "FREQ=DAILY;COUNT=4", "excluded": ["2027-03-17T14:30"]})
    assert [one.id for one in found] == [f"{ID}.0", f"{ID}.2", f"{ID}.3"]


def test_moved_and_cancelled_dates_say_so_and_keep_their_original_start() -> None:
    found = dates(
        recurrence={
            "rule": "FREQ=DAILY;COUNT=3",
            "moved": [
                {"date": "2027-03-17T14:30", "start": "2027-04-17T09:00", "end": "2027-04-17T10:00", "reason": "Strike"}
            ],
            "cancelled": [{"date": "2027-03-18T14:30", "reason": "Snow"}],
        }
    )
    assert [(one.position, one.status, one.reason) for one in found] == [
        (0, "planned", ""),
        (1, "moved", "Strike"),
        (2, "cancelled", "Snow"),
    ]
    assert (found[1].original, found[1].start, found[1].start_at.hour) == ("2027-03-17T14:30", "2027-04-17T09:00", 7)
    assert (found[2].original, found[2].start, found[2].alive) == ("2027-03-18T14:30", "2027-03-18T14:30", False)


def test_a_series_that_moves_keeps_its_ids() -> None:
    event = admitted(small(recurrence={"rule": "FREQ=WEEKLY;COUNT=3"}))
    moved = patched(event, {"start": "2027-03-18T09:00", "end": "2027-03-18T10:00"}, known(), now=NOW)
    assert [one.id for one in occurrences_of(moved)] == [one.id for one in occurrences_of(event)]
    assert occurrences_of(moved)[1].start == "2027-03-25T09:00"


def test_an_all_day_series_lasts_the_same_number_of_days() -> None:
    found = dates(start="2027-03-27", end="2027-03-28", recurrence={"rule": "FREQ=WEEKLY;UNTIL=20270403"})
    assert [(one.start, one.end, one.original) for one in found] == [
        ("2027-03-27", "2027-03-28", "2027-03-27"),
        ("2027-04-03", "2027-04-04", "2027-04-03"),
    ]


def test_a_series_that_begins_in_the_first_pass_of_a_double_hour_finds_its_first_date() -> None:
    found = dates(
        start="2027-10-31T02:30+02:00",
        end="2027-10-31T04:00",
        recurrence={"rule": "FREQ=WEEKLY;COUNT=2", "cancelled": [{"date": "2027-10-31T02:30", "reason": "Snow"}]},
    )
    assert [(one.status, one.start_at.hour) for one in found] == [("cancelled", 0), ("planned", 1)]


def test_the_first_date_of_a_series_may_end_in_the_second_pass() -> None:
    found = dates(
        start="2027-10-31T01:30", end="2027-10-31T02:30+01:00", recurrence={"rule": "FREQ=WEEKLY;BYDAY=SU;COUNT=2"}
    )
    assert found[0].end == "2027-10-31T02:30+01:00"
    assert found[1].end == "2027-11-07T02:30"


def test_a_date_that_new_zone_rules_put_into_a_skipped_hour_lasts_as_long_as_on_the_clock() -> None:
    stored = structs.replace(admitted(small()), start="2027-03-28T02:30", end="2027-03-28T03:00")
    (one,) = occurrences_of(stored)
    assert (one.end_at - one.start_at).total_seconds() / 60 == 30
