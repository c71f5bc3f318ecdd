"""Rules that mean harm: each ends within its steps."""

from contextlib import suppress
from datetime import date, timedelta

import pytest

from feeds.errors import InvalidRule
from feeds.expansion import Meter, rule_days
from feeds.recurrence import Budget, last_start, occurrences, parse_rule, starts
from tests.feeds.entries import series, wall
from tests.feeds.walls import utc, walls


def steps(rule: str, start: date, stop: date, budget: Budget = Budget()) -> int:  # noqa: B008
    meter = Meter(budget)
    with suppress(InvalidRule):
        list(rule_days(parse_rule(rule, all_day=True, zone=None), start, stop, meter))
    return meter.steps


EVERY_DAY = ",".join(str(day) for day in range(1, 32))
EVERY_MONTH = ",".join(str(month) for month in range(1, 13))


@pytest.mark.parametrize(
    "rule",
    [
        "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30",
        "FREQ=MONTHLY;BYMONTH=2;BYMONTHDAY=30",
        "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30",
        "FREQ=WEEKLY;INTERVAL=1000",
        "FREQ=DAILY;INTERVAL=1000;BYDAY=MO;BYMONTHDAY=31;BYMONTH=2",
        "FREQ=YEARLY;INTERVAL=1000;BYYEARDAY=366",
        "FREQ=YEARLY;BYDAY=MO,TU,WE,TH,FR,SA,SU;BYSETPOS=366",
        "FREQ=YEARLY;BYDAY=MO;BYSETPOS=366",
        "FREQ=YEARLY;BYWEEKNO=53;BYMONTH=6;BYDAY=MO",
        f"FREQ=YEARLY;BYMONTH={EVERY_MONTH};BYMONTHDAY={EVERY_DAY};BYDAY=MO,TU,WE,TH,FR,SA,SU",
        "FREQ=DAILY",
        "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29;INTERVAL=999",
    ],
)
@pytest.mark.parametrize("start", [date(1, 1, 1), date(1600, 2, 29), date(2027, 3, 16), date(9999, 12, 31)])
def test_no_rule_costs_more_than_its_budget(rule: str, start: date) -> None:
    # One period more than allowed is the most that is ever built before the meter is read.
    assert steps(rule, start, date.max) <= 100_000 + 367
    assert steps(rule, start, date.max, Budget(steps=500)) <= 500 + 367
    assert steps(rule, start, min(start, date(9990, 1, 1)) + timedelta(days=730)) <= 1_470


@pytest.mark.parametrize("rule", ["YEARLY", "MONTHLY", "DAILY"])
def test_a_rule_that_never_matches_gives_its_start_alone(rule: str) -> None:
    never = series(wall("2027-03-16 14:30"), f"FREQ={rule};BYMONTH=2;BYMONTHDAY=30")
    assert walls(never, utc("2027-01-01"), utc("2030-01-01")) == ["2027-03-16 14:30"]


def test_a_count_that_is_never_reached_is_refused() -> None:
    rule = parse_rule("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30;COUNT=2", all_day=True, zone=None)
    with pytest.raises(InvalidRule, match="200 years"):
        last_start(rule, date(2027, 1, 1), None)


def test_too_many_steps_or_dates_are_refused_with_the_number() -> None:
    daily = series(date(2027, 1, 1), "FREQ=DAILY")
    with pytest.raises(InvalidRule, match="more than 50 steps"):
        occurrences(daily, utc("2027-01-01"), utc("2028-01-01"), budget=Budget(steps=50))
    with pytest.raises(InvalidRule, match="more than 10 dates"):
        occurrences(daily, utc("2027-01-01"), utc("2028-01-01"), budget=Budget(results=10))
    with pytest.raises(InvalidRule, match="more than 10 dates"):
        list(
            starts(parse_rule("FREQ=DAILY", all_day=True, zone=None), date(2027, 1, 1), None, budget=Budget(results=10))
        )
    with pytest.raises(InvalidRule, match="2 years"):
        occurrences(daily, utc("2027-01-01"), utc("2032-01-01"), budget=Budget(years=2))


def test_a_series_since_the_year_one_is_refused_and_not_followed() -> None:
    with pytest.raises(InvalidRule):
        occurrences(series(date(1, 1, 1), "FREQ=DAILY"), utc("2027-01-01"), utc("2028-01-01"))


def test_a_window_in_a_long_series_gives_only_what_is_in_it() -> None:
    weekly = series(wall("2010-09-07 09:00"), "FREQ=WEEKLY")
    found = occurrences(weekly, utc("2027-03-01"), utc("2027-03-15"), budget=Budget(results=2))
    assert [one.position for one in found] == [860, 861]
