"""Rules that RFC 5545 allows and calendar programs disagree on: we follow them when others wrote them."""

from datetime import date, timedelta

import pytest

from feeds.entry import Rule
from feeds.expansion import Budget, Meter, rule_days
from feeds.rules import parse_rule
from tests.feeds.legal_rules import difference, is_refused_by_us

SEEDS = range(1_000)
FIRST, LAST = date(2024, 1, 1), date(2051, 12, 31)


def legal(text: str) -> Rule:
    return parse_rule(text, all_day=True, zone=None, portable=False)


def days_of(text: str, first: date = FIRST, last: date = LAST) -> list[date]:
    return list(rule_days(legal(text), first, last, Meter(Budget())))


def test_dateutil_finds_the_same_dates_for_every_kind_of_legal_rule() -> None:
    assert [found for seed in SEEDS if (found := difference(seed))] == []


def test_many_of_those_rules_are_ones_that_our_own_events_may_not_have() -> None:
    assert sum(map(is_refused_by_us, SEEDS)) > len(SEEDS) / 3


@pytest.mark.parametrize("week", [1, 2, 20, 52, 53])
def test_a_week_has_the_days_that_the_iso_calendar_gives_it(week: int) -> None:
    every = (FIRST + timedelta(days=shift) for shift in range((LAST - FIRST).days + 1))
    expected = [day for day in every if day.isocalendar().week == week]
    assert days_of(f"FREQ=YEARLY;BYWEEKNO={week};BYDAY=MO,TU,WE,TH,FR,SA,SU") == expected


def test_a_week_counted_from_the_end_is_found_in_years_of_52_and_53_weeks() -> None:
    mondays = days_of("FREQ=YEARLY;BYWEEKNO=-1;BYDAY=MO", last=date(2032, 12, 31))
    assert [day.isocalendar().week for day in mondays] == [52, 52, 53, 52, 52, 52, 52, 52, 53]


def test_a_week_without_a_day_means_the_weekday_of_the_start() -> None:
    found = days_of("FREQ=YEARLY;BYWEEKNO=20", date(1997, 5, 12), date(2000, 1, 1))
    assert found == [date(1997, 5, 12), date(1998, 5, 11), date(1999, 5, 17)]


@pytest.mark.parametrize(
    ("text", "first", "expected"),
    [
        # The whole week of the start counts, also the days before it.
        ("FREQ=WEEKLY;BYDAY=MO,WE,FR;BYSETPOS=2", date(2027, 3, 17), ["2027-03-17", "2027-03-24", "2027-03-31"]),
        ("FREQ=WEEKLY;BYDAY=MO,WE,FR;BYSETPOS=-1", date(2027, 3, 16), ["2027-03-19", "2027-03-26", "2027-04-02"]),
        ("FREQ=DAILY;BYDAY=MO,TU;BYSETPOS=1", date(2027, 3, 15), ["2027-03-15", "2027-03-16", "2027-03-22"]),
        ("FREQ=YEARLY;BYMONTHDAY=31", date(2027, 3, 31), ["2027-03-31", "2027-05-31", "2027-07-31"]),
        ("FREQ=YEARLY;BYDAY=2FR;BYMONTHDAY=8", date(2027, 1, 8), ["2027-01-08", "2038-01-08", "2044-01-08"]),
        ("FREQ=YEARLY;BYYEARDAY=100;BYMONTH=4", date(2027, 4, 10), ["2027-04-10", "2028-04-09", "2029-04-10"]),
        ("FREQ=MONTHLY;INTERVAL=2;BYMONTH=3,4,5", date(2027, 3, 1), ["2027-03-01", "2027-05-01", "2028-03-01"]),
        ("FREQ=MONTHLY;BYDAY=-1FR;BYMONTHDAY=-1", date(2027, 4, 30), ["2027-04-30", "2027-12-31", "2028-03-31"]),
    ],
)
def test_a_rule_that_programs_disagree_on_gives_what_rfc_5545_says(text: str, first: date, expected: list[str]) -> None:
    assert [day.isoformat() for day in days_of(text, first)[:3]] == expected
