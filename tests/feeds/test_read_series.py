"""Series that others wrote: rules, added and excluded dates, the types of each."""

import pytest

from feeds.read import read
from feeds.recurrence import occurrences
from tests.feeds.calendar_files import codes, event, file, refusal
from tests.feeds.read_series import AFTER, BEFORE, DAY, TUESDAY, WEEKLY, series, starts


def test_a_series_is_read_whole() -> None:
    found = series(WEEKLY, "EXDATE;TZID=Europe/Brussels:20270323T143000")
    assert starts(found) == ["03-16 14:30", "03-30 14:30", "04-06 14:30"]
    assert found.warnings == ()


# Types that do not fit: what programs write, what is meant, and whether it is told.


@pytest.mark.parametrize(
    ("start", "until", "dates", "warned"),
    [
        (TUESDAY, "20270330T123000Z", 3, []),
        (TUESDAY, "20270330T143000", 3, ["until-type"]),
        (TUESDAY, "20270330", 3, ["until-type"]),
        (TUESDAY, "20270330T000000Z", 2, []),
        ("DTSTART:20270316T133000Z", "20270330T133000Z", 3, []),
        ("DTSTART:20270316T133000Z", "20270330", 3, ["until-type"]),
        (DAY, "20270330", 3, []),
        (DAY, "20270330T000000Z", 3, ["until-type"]),
        (DAY, "20270329T220000Z", 3, ["until-type"]),
        ("DTSTART:20270316T143000", "20270330T143000", 3, []),
    ],
)
def test_the_last_date_is_the_one_that_is_meant(start: str, until: str, dates: int, warned: list[str]) -> None:
    found = series(f"RRULE:FREQ=WEEKLY;UNTIL={until}", start=start, zone="Europe/Brussels")
    assert len(starts(found)) == dates
    assert [code for code in codes(found) if code != "floating"] == warned


@pytest.mark.parametrize(
    ("start", "line", "warned"),
    [
        (TUESDAY, "EXDATE;TZID=Europe/Brussels:20270323T143000", []),
        (TUESDAY, "EXDATE:20270323T133000Z", []),
        (TUESDAY, "EXDATE;TZID=America/Guayaquil:20270323T083000", []),
        (TUESDAY, "EXDATE;VALUE=DATE:20270323", ["value-type"]),
        (TUESDAY, "EXDATE:20270323", ["value-type", "value-type"]),
        (TUESDAY, "EXDATE:20270323T143000", ["zone-of-start"]),
        (TUESDAY, "EXDATE;TZID=Europe/Brussels:20270323T000000", ["value-type"]),
        (DAY, "EXDATE;VALUE=DATE:20270323", []),
        (DAY, "EXDATE:20270323T000000", ["value-type"]),
        (DAY, "EXDATE:20270323T000000Z", ["value-type"]),
        (DAY, "EXDATE:20270322T230000Z", ["value-type"]),
        (DAY, "EXDATE;TZID=Europe/Brussels:20270323T000000", ["value-type"]),
    ],
)
def test_a_date_is_taken_out_whatever_its_type(start: str, line: str, warned: list[str]) -> None:
    found = series("RRULE:FREQ=WEEKLY;COUNT=3", line, start=start, zone="Europe/Brussels")
    assert [text[:5] for text in starts(found)] == ["03-16", "03-30"]
    assert codes(found) == warned


def test_an_excluded_date_in_utc_meets_a_start_that_a_clock_change_skips() -> None:
    found = series("RRULE:FREQ=DAILY;COUNT=3", "EXDATE:20270328T013000Z",
                   start="DTSTART;TZID=Europe/Brussels:20270327T023000")  # fmt: skip
    assert [text[:5] for text in starts(found)] == ["03-27", "03-29"]


@pytest.mark.parametrize(
    ("original", "warned"),
    [
        ("RECURRENCE-ID;TZID=Europe/Brussels:20270323T143000", []),
        ("RECURRENCE-ID:20270323T133000Z", []),
        ("RECURRENCE-ID;VALUE=DATE:20270323", ["value-type"]),
        ("RECURRENCE-ID:20270323T143000", ["zone-of-start"]),
        ("RECURRENCE-ID;TZID=Europe/Brussels:20270323T000000", ["value-type"]),
    ],
)
def test_a_changed_date_is_found_whatever_its_type(original: str, warned: list[str]) -> None:
    change = event(original, start="DTSTART;TZID=Europe/Brussels:20270324T090000")
    (found,) = read(file(event(WEEKLY, start=TUESDAY), change)).entries
    assert starts(found) == ["03-16 14:30", "03-24 09:00", "03-30 14:30", "04-06 14:30"]
    assert codes(found) == warned


# Rules.


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ("FREQ=MINUTELY", "MINUTELY is refused"),
        ("FREQ=HOURLY;COUNT=3", "HOURLY is refused"),
        ("FREQ=WEEKLY;INTERVAL=0", "INTERVAL"),
        ("FREQ=WEEKLY;COUNT=3;UNTIL=20270401T000000Z", "exclude each other"),
        ("FREQ=DAILY;BYHOUR=9,14", "BYHOUR"),
        ("FREQ=YEARLY;RSCALE=CHINESE", "RSCALE"),
    ],
)
def test_a_rule_that_is_not_supported_is_refused_with_a_reason(rule: str, words: str) -> None:
    line, code, reason = refusal(event(f"RRULE:{rule}", start=TUESDAY))
    assert (line, code) == (7, "bad-rule")
    assert words in reason


def test_a_rule_of_vcalendar_1_is_refused_by_its_name() -> None:
    line, code, reason = refusal(event("RRULE:D1 20270401T000000Z", start=TUESDAY))
    assert (line, code) == (7, "old-rule")
    assert "vCalendar 1.0" in reason


def test_parts_of_a_rule_that_say_what_holds_anyway_are_left_out_with_a_warning() -> None:
    found = series("RRULE:RSCALE=GREGORIAN;FREQ=WEEKLY;COUNT=2;BYHOUR=14;BYMINUTE=30;BYSECOND=0;SKIP=OMIT")
    assert (starts(found), codes(found)) == (["03-16 14:30", "03-23 14:30"], ["rule-part"])


def test_two_rules_are_refused_and_the_same_one_twice_is_not() -> None:
    assert refusal(event(WEEKLY, "RRULE:FREQ=MONTHLY", start=TUESDAY))[:2] == (8, "several-rules")
    assert codes(series(WEEKLY, WEEKLY.lower().replace("rrule", "RRULE"))) == ["given-twice"]


def test_a_rule_of_exceptions_is_refused_with_its_line() -> None:
    assert refusal(event(WEEKLY, "EXRULE:FREQ=MONTHLY", start=TUESDAY))[:2] == (8, "exrule")


def test_a_start_that_the_rule_does_not_give_counts_first_with_a_warning() -> None:
    found = series("RRULE:FREQ=WEEKLY;BYDAY=TH;COUNT=3")
    assert starts(found) == ["03-16 14:30", "03-18 14:30", "03-25 14:30"]
    assert codes(found) == ["start-not-in-rule"]


def test_dates_without_a_rule_are_a_series() -> None:
    found = series("RDATE;TZID=Europe/Brussels:20270330T143000,20270413T100000", "RDATE:20270420T080000Z")
    assert starts(found) == ["03-16 14:30", "03-30 14:30", "04-13 10:00", "04-20 10:00"]
    assert found.warnings == ()


def test_an_added_period_lasts_as_long_as_it_says() -> None:
    periods = "20270318T143000/PT3H,20270320T143000/20270320T153000,20270322T143000/PT1H"
    found = series("DURATION:PT1H", f"RDATE;VALUE=PERIOD;TZID=Europe/Brussels:{periods}")
    seen = occurrences(found.entry, AFTER, BEFORE)
    assert [(str(one.start)[8:16], str(one.end)[8:16]) for one in seen] == [
        ("16 14:30", "16 15:30"),
        ("18 14:30", "18 17:30"),
        ("20 14:30", "20 15:30"),
        ("22 14:30", "22 15:30"),
    ]
    assert len(found.entry.overrides) == 1


@pytest.mark.parametrize(
    "line", ["RDATE:nonsense", "EXDATE;TZID=Nowhere/X:20270323T143000", "RDATE:20270330T143000Z/X"]
)
def test_a_date_that_cannot_be_read_refuses_the_series(line: str) -> None:
    reading = read(file(event(WEEKLY, line, start=TUESDAY)))
    assert [fault.line for fault in reading.refused] == [8]
