"""Changed dates that others wrote, alone or with all that follow, and several versions of one event."""

from datetime import date

import pytest

from feeds.read import Limits, read
from tests.feeds.calendar_files import again, codes, event, file, known
from tests.feeds.entries import wall
from tests.feeds.read_series import DAY, TUESDAY, WEEKLY, starts

# Changed dates.


def test_a_changed_date_without_a_start_of_its_own_stays_where_it_was() -> None:
    change = event("RECURRENCE-ID;TZID=Europe/Brussels:20270323T143000", "STATUS:CANCELLED", start="")
    (found,) = read(file(event(WEEKLY, "DURATION:PT2H", start=TUESDAY), change)).entries
    assert starts(found) == ["03-16 14:30", "(03-23 14:30)", "03-30 14:30", "04-06 14:30"]
    assert found.entry.overrides[0].end == wall("2027-03-23 16:30")
    assert codes(found) == ["no-start"]


def test_a_changed_date_that_the_series_does_not_have_is_shown_with_a_warning() -> None:
    change = event("RECURRENCE-ID:20270324T133000Z", start="DTSTART;TZID=Europe/Brussels:20270324T170000")
    (found,) = read(file(event(WEEKLY, start=TUESDAY), change)).entries
    assert "03-24 17:00" in starts(found)
    assert codes(found) == ["not-in-series"]


def test_a_changed_date_without_a_series_stands_alone_with_a_warning() -> None:
    changes = [
        event(f"RECURRENCE-ID:202703{day}T133000Z", "SUMMARY:moved", start=f"DTSTART:202703{day}T150000Z")
        for day in (23, 30)
    ]
    reading = read(file(*changes))
    assert [(found.entry.uid, found.entry.recurrence_id) for found in reading.entries] == [
        ("1@x", wall("2027-03-23 13:30")),
        ("1@x", wall("2027-03-30 13:30")),
    ]
    assert [codes(found) for found in reading.entries] == [["orphan"], ["orphan"]]
    twice = read(again(reading.entries))
    assert [found.entry for found in twice.entries] == [found.entry for found in reading.entries]


def test_a_changed_date_of_an_event_that_is_no_series_stands_alone() -> None:
    change = event("RECURRENCE-ID:20270316T133000Z", start="DTSTART:20270317T150000Z")
    reading = read(file(event(), change))
    assert [codes(found) for found in reading.entries] == [[], ["orphan"]]


def test_the_changed_dates_of_a_refused_series_are_refused_with_it() -> None:
    change = event("RECURRENCE-ID:20270316T133000Z", start="DTSTART:20270317T150000Z")
    for broken in (event("RRULE:FREQ=SECONDLY"), event(WEEKLY, start="DTSTART;TZID=X/Y:20270316T143000")):
        reading = read(file(change, broken))
        assert reading.entries == ()
        assert reading.refused[0].code == "series-refused"
        assert len(reading.refused) == 2


def test_a_changed_date_that_cannot_be_read_is_refused_and_the_series_says_so() -> None:
    change = event("RECURRENCE-ID;TZID=X/Y:20270323T143000", start="DTSTART:20270324T150000Z")
    reading = read(file(event(WEEKLY, start=TUESDAY), change))
    assert [fault.code for fault in reading.refused] == ["unknown-zone"]
    assert codes(reading.entries[0]) == ["override-refused"]


def test_a_change_before_its_series_in_the_file_is_the_same() -> None:
    change = event("RECURRENCE-ID:20270323T133000Z", start="DTSTART:20270324T150000Z")
    master = event(WEEKLY, start=TUESDAY)
    first, second = read(file(master, change)).entries[0], read(file(change, master)).entries[0]
    assert first.entry == second.entry


# This and all that follow.


def reaching(start: str, *lines: str, original: str = "20270330T143000") -> str:
    return event(
        f"RECURRENCE-ID;RANGE=THISANDFUTURE;TZID=Europe/Brussels:{original}",
        *lines,
        start=f"DTSTART;TZID=Europe/Brussels:{start}",
    )


def test_a_change_of_all_later_dates_is_applied_to_each() -> None:
    data = file(
        event("RRULE:FREQ=WEEKLY;COUNT=5", "SUMMARY:a", start=TUESDAY), reaching("20270331T160000", "SUMMARY:b")
    )
    (found,) = read(data).entries
    assert starts(found) == ["03-16 14:30", "03-23 14:30", "03-31 16:00", "04-07 16:00", "04-14 16:00"]
    assert [override.summary for override in found.entry.overrides] == ["b", "b", "b"]
    assert codes(found) == ["range"]


def test_a_later_change_and_a_second_range_are_applied_over_the_first() -> None:
    data = file(
        event("RRULE:FREQ=WEEKLY;COUNT=6", "EXDATE;TZID=Europe/Brussels:20270413T143000", start=TUESDAY),
        reaching("20270323T150000", original="20270323T143000"),
        event("RECURRENCE-ID:20270330T123000Z", start="DTSTART;TZID=Europe/Brussels:20270330T090000"),
        reaching("20270406T180000", original="20270406T143000"),
    )
    (found,) = read(data).entries
    assert starts(found) == ["03-16 14:30", "03-23 15:00", "03-30 09:00", "04-06 18:00", "04-20 18:00"]


def test_a_series_without_end_is_cut_in_two() -> None:
    data = file(
        event("RRULE:FREQ=WEEKLY;BYDAY=TU", start=TUESDAY),
        reaching("20270330T160000", "SUMMARY:later"),
        event("RECURRENCE-ID:20270413T123000Z", "SUMMARY:other", start="DTSTART;TZID=Europe/Brussels:20270414T080000"),
    )
    first, second = read(data).entries
    assert starts(first) == ["03-16 14:30", "03-23 14:30"]
    assert starts(second)[:4] == ["03-30 16:00", "04-06 16:00", "04-14 08:00", "04-20 16:00"]
    assert (first.entry.uid, second.entry.uid) == ("1@x", "1@x-20270330T143000")
    assert [override.uid for override in second.entry.overrides] == [second.entry.uid]


def test_a_series_without_end_whose_later_dates_move_to_another_day_is_refused() -> None:
    data = file(event("RRULE:FREQ=WEEKLY", start=TUESDAY), reaching("20270331T160000"))
    reading = read(data)
    assert {fault.code for fault in reading.refused} == {"range", "series-refused"}
    assert reading.entries == ()


def test_an_unknown_range_is_told() -> None:
    change = event("RECURRENCE-ID;RANGE=THISANDPRIOR:20270330T123000Z", start="DTSTART:20270330T150000Z")
    (found,) = read(file(event(WEEKLY, start=TUESDAY), change)).entries
    assert codes(found) == ["range"]
    assert len(found.entry.overrides) == 1


# Several versions.


@pytest.mark.parametrize(
    ("older", "newer"),
    [
        (["SEQUENCE:1"], ["SEQUENCE:2"]),
        (["SEQUENCE:1", "LAST-MODIFIED:20270109T000000Z"], ["SEQUENCE:2", "LAST-MODIFIED:20270103T000000Z"]),
        (["SEQUENCE:2", "LAST-MODIFIED:20270102T000000Z"], ["SEQUENCE:2", "LAST-MODIFIED:20270103T000000Z"]),
        ([], ["X-LATER:in the file"]),
    ],
)
def test_of_two_versions_the_newer_counts_and_the_other_is_refused_with_its_line(
    older: list[str], newer: list[str]
) -> None:
    reading = read(file(event(*older, "SUMMARY:old"), event(*newer, "SUMMARY:new")))
    assert [found.entry.summary for found in reading.entries] == ["new"]
    assert [(fault.line, fault.uid, fault.code) for fault in reading.refused] == [(3, "1@x", "older-version")]
    assert codes(reading.entries[0]) == ["older-version"]


def test_of_two_versions_the_higher_number_counts_wherever_it_stands() -> None:
    reading = read(file(event("SEQUENCE:9", "SUMMARY:new"), event("SEQUENCE:2", "SUMMARY:old")))
    assert [found.entry.summary for found in reading.entries] == ["new"]


def test_different_events_under_one_uid_that_are_no_versions_are_all_read() -> None:
    """Some programs write every date of a course under the UID of the course."""
    parts = [event(start=f"DTSTART:202703{day}T133000Z") for day in (16, 18, 23)]
    reading = read(file(*parts))
    assert [found.entry.uid for found in reading.entries] == ["1@x", "1@x-20270318T133000", "1@x-20270323T133000"]
    assert [codes(found) for found in reading.entries] == [[], ["same-uid"], ["same-uid"]]
    assert reading.refused == ()


def test_the_same_event_twice_is_one_with_a_warning() -> None:
    reading = read(file(event("SUMMARY:a"), event("SUMMARY:a")))
    assert [codes(found) for found in reading.entries] == [["repeated"]]
    assert reading.refused == ()


def test_of_two_versions_of_a_changed_date_the_newer_counts() -> None:
    def change(number: int, hour: int) -> str:
        return event("RECURRENCE-ID:20270323T133000Z", f"SEQUENCE:{number}", start=f"DTSTART:20270324T{hour}0000Z")

    reading = read(file(event(WEEKLY, start=TUESDAY), change(3, 15), change(2, 16)))
    assert [override.start for override in reading.entries[0].entry.overrides] == [wall("2027-03-24 15:00")]
    assert [fault.code for fault in reading.refused] == ["older-version"]


def test_more_dates_or_changes_than_the_limit_refuse_the_series_alone() -> None:
    changes = [event(f"RECURRENCE-ID:2027{m:02}16T133000Z", start="DTSTART:20270324T150000Z") for m in range(3, 8)]
    reading = read(
        file(
            event("RRULE:FREQ=MONTHLY"),
            *changes,
            event("RDATE:" + ",".join(f"202704{day:02}T120000Z" for day in range(1, 7)), uid="2@x"),
            event(uid="3@x"),
        ),
        limits=Limits(overrides=4, dates=5),
    )
    assert list(known(reading)) == ["3@x"]
    assert {fault.code for fault in reading.refused} == {"too-large", "series-refused"}


def test_an_all_day_series_with_a_changed_day_is_read_whole() -> None:
    change = event("RECURRENCE-ID;VALUE=DATE:20270323", start="DTSTART;VALUE=DATE:20270325")
    (found,) = read(file(event("RRULE:FREQ=WEEKLY;COUNT=3", start=DAY), change)).entries
    assert found.entry.overrides[0].recurrence_id == date(2027, 3, 23)
    assert (starts(found), found.warnings) == (["03-16", "03-25", "03-30"], ())
