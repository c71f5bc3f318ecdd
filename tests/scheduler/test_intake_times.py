"""The door for events: times, zones, series and windows."""

import time

import pytest

from tests.scheduler.inputs import admitted, faults_of, small


@pytest.mark.parametrize(
    ("start", "stored"),
    [
        ("2027-10-31T02:30+02:00", "2027-10-31T02:30+02:00"),
        ("2027-10-31T02:30+01:00", "2027-10-31T02:30+01:00"),
        ("2027-10-31T00:30Z", "2027-10-31T02:30+02:00"),
        ("2027-10-31T01:59", "2027-10-31T01:59"),
        ("2027-10-31T03:00", "2027-10-31T03:00"),
        ("2027-03-28T01:59", "2027-03-28T01:59"),
        ("2027-03-28T03:00", "2027-03-28T03:00"),
        ("2027-03-16T14:30+01:00", "2027-03-16T14:30"),
        ("2027-03-16T14:30:00", "2027-03-16T14:30"),
    ],
)
def test_a_wall_time_is_kept_with_an_offset_only_in_the_double_hour(start: str, stored: str) -> None:
    if start == "2027-10-31T00:30Z":
        # An instant is never converted, not even one that falls into the double hour.
        assert faults_of(small(start=start, end="2027-10-31T05:00"))[0].code == "wrong-offset"
        return
    assert admitted(small(start=start, end=None, duration="PT6H")).start == stored


def test_the_skipped_hour_is_explained_with_the_next_time_that_exists() -> None:
    fault = faults_of(small(start="2027-03-28T02:30", end="2027-03-28T05:00"))[0]
    assert "jumps from 02:00 to 03:00" in fault.detail
    assert fault.example == "2027-03-28T03:00"


def test_a_time_of_another_clock_is_explained_with_the_time_on_this_one() -> None:
    fault = faults_of(small(start="2027-03-16T13:45Z"))[0]
    assert fault.example == "2027-03-16T14:45"
    fault = faults_of(small(start="2027-03-16T14:30+02:00"))[0]
    assert (fault.example, "2027-03-16T13:30 there" in fault.detail) == ("2027-03-16T14:30", True)


def test_the_double_hour_is_explained_with_both_passes() -> None:
    fault = faults_of(small(start="2027-10-31T02:30", end="2027-10-31T05:00"))[0]
    assert fault.example == ["2027-10-31T02:30+02:00", "2027-10-31T02:30+01:00"]


def test_two_passes_of_one_hour_are_in_order() -> None:
    assert not faults_of(small(start="2027-10-31T02:30+02:00", end="2027-10-31T02:15+01:00"))
    assert faults_of(small(start="2027-10-31T02:30+01:00", end="2027-10-31T02:45+02:00"))[0].code == "order"


def test_a_utc_time_is_right_where_the_clock_shows_utc() -> None:
    assert admitted(small(timezone="Africa/Accra", start="2027-03-16T14:30Z", end="2027-03-16T15:00Z")).start == (
        "2027-03-16T14:30"
    )


def test_a_whole_skipped_day_is_explained() -> None:
    fault = faults_of(small(timezone="Pacific/Apia", start="2011-12-30T10:00", end="2011-12-31T10:00"))[0]
    assert "jumps from 00:00 to 00:00 of 2011-12-31" in fault.detail
    assert fault.example == "2011-12-31T00:00"


@pytest.mark.parametrize(
    ("start", "duration", "end"),
    [
        ("2027-03-16T14:30", "PT90M", "2027-03-16T16:00"),
        ("2027-03-27T14:30", "P1D", "2027-03-28T14:30"),
        ("2027-03-27T14:30", "PT24H", "2027-03-28T15:30"),
        ("2027-10-31T01:30", "PT1H", "2027-10-31T02:30+02:00"),
        ("2027-10-31T01:30", "PT2H", "2027-10-31T02:30+01:00"),
        ("2027-03-16", "P2D", "2027-03-17"),
        ("2027-03-16", "P1W", "2027-03-22"),
    ],
)
def test_a_duration_gives_the_end(start: str, duration: str, end: str) -> None:
    assert admitted(small(start=start, end=None, duration=duration)).end == end


def test_an_all_day_event_without_an_end_lasts_one_day() -> None:
    event = admitted(small(start="2027-03-16", end=None))
    assert (event.all_day, event.end) == (True, "2027-03-16")


def test_the_zone_comes_from_the_host_when_it_is_left_out() -> None:
    assert admitted(small(timezone=None, host="unae")).timezone == "America/Guayaquil"
    assert admitted(small(timezone="Europe/Brussels", host="unae")).timezone == "Europe/Brussels"


def test_an_unknown_host_is_the_only_fault_of_an_event_that_takes_its_zone_from_it() -> None:
    assert [fault.pointer for fault in faults_of(small(timezone=None, host="vivez"))] == ["/host"]


def test_a_rule_is_kept_in_one_form_and_its_dates_in_order() -> None:
    event = admitted(
        small(
            recurrence={
                "rule": "rrule:count=6; freq=weekly; byday=tu",
                "excluded": ["2027-04-06T14:30", "2027-03-23T14:30+01:00"],
            }
        )
    )
    assert event.recurrence is not None
    assert event.recurrence.rule == "FREQ=WEEKLY;COUNT=6;BYDAY=TU"
    assert event.recurrence.excluded == ("2027-03-23T14:30", "2027-04-06T14:30")


def test_the_first_date_of_the_rule_is_named_when_the_start_is_none() -> None:
    fault = faults_of(small(recurrence={"rule": "FREQ=WEEKLY;BYDAY=TH;COUNT=3"}))[0]
    assert fault.example == "2027-03-18T14:30"


def test_a_date_in_the_skipped_hour_may_be_excluded_or_moved() -> None:
    series = small(start="2027-03-21T02:30", end="2027-03-21T04:30")
    rule = "FREQ=WEEKLY;BYDAY=SU;COUNT=3"
    moved = {"date": "2027-03-28T02:30", "start": "2027-03-28T09:00", "end": "2027-03-28T11:00"}
    assert "02:30 does not exist on 2027-03-28" in faults_of({**series, "recurrence": {"rule": rule}})[0].detail
    assert not faults_of({**series, "recurrence": {"rule": rule, "excluded": ["2027-03-28T02:30"]}})
    assert not faults_of({**series, "recurrence": {"rule": rule, "moved": [moved]}})


@pytest.mark.parametrize(
    "rule",
    [
        "FREQ=SECONDLY;INTERVAL=1",
        "FREQ=MINUTELY;BYSETPOS=2",
        "FREQ=DAILY;INTERVAL=0",
        "FREQ=DAILY;COUNT=0",
        "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30;COUNT=2",
        "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30;UNTIL=99991231T000000Z",
        "FREQ=DAILY;COUNT=99999",
        "FREQ=YEARLY;BYYEARDAY=" + ",".join(map(str, range(1, 367))) + ";COUNT=10000",
        "FREQ=DAILY;" + "A" * 1_000_000,
        "FREQ=DAILY;COUNT=" + "9" * 5_000,
        ";" * 50_000,
    ],
)
def test_a_hostile_rule_is_refused_at_once(rule: str) -> None:
    started = time.process_time()
    assert faults_of(small(recurrence={"rule": rule}))
    assert time.process_time() - started < 1


def test_a_closing_day_may_be_the_day_of_the_start_and_of_a_series_that_of_its_last_date() -> None:
    assert not faults_of(small(registration={"opens": "2027-03-16", "closes": "2027-03-16"}))
    series = small(recurrence={"rule": "FREQ=WEEKLY;BYDAY=TU;COUNT=6"})
    assert not faults_of({**series, "registration": {"closes": "2027-04-20T14:30"}})
    assert faults_of({**series, "registration": {"closes": "2027-04-20T14:31"}})[0].pointer == "/registration/closes"
