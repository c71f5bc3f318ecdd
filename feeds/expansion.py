"""The days that a recurrence rule gives, period by period, counted against a budget.

Our own walk and not `dateutil.rrule`: that one looks for the next date until the year 9999 inside a single
`next()`, whatever UNTIL says, so that `FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30` cannot be stopped from outside.
Days are proleptic Gregorian ordinals (`date.toordinal`) throughout.
"""

from calendar import monthrange
from collections.abc import Callable, Iterator
from datetime import date

from msgspec import Struct

from feeds.entry import NthWeekday, Rule
from feeds.errors import InvalidRule
from feeds.rules import WEEKDAYS

Days = list[int]
_LAST = date.max.toordinal()


class Budget(Struct, frozen=True):
    """What an expansion may cost.

    `steps` periods and dates looked at, `results` dates given, `years` from the first date to the last one looked at.
    """

    steps: int = 100_000
    results: int = 10_000
    years: int = 200


class Meter:
    """The steps that one expansion has taken; raises InvalidRule when the budget is used up."""

    def __init__(self, budget: Budget) -> None:
        self.budget = budget
        self.steps = 0

    def take(self, steps: int) -> None:
        """Count `steps` more."""
        self.steps += steps
        if self.steps > self.budget.steps:
            raise InvalidRule(f"the rule costs more than {self.budget.steps:,} steps: end it earlier or start it later")


def rule_days(rule: Rule, first: date, stop: date, meter: Meter) -> Iterator[date]:
    """The days on which `rule` itself falls, ascending, from `first` to `stop`, both inclusive.

    `first` is among them only if it fits the rule. Raises InvalidRule when the budget is used up, also when
    `stop` lies beyond its years and dates are still looked for.
    """
    horizon = date(min(first.year + meter.budget.years, date.max.year), 12, 31)
    start, last = first.toordinal(), min(stop, horizon).toordinal()
    for days in _PERIODS[rule.frequency](rule, first, last):
        meter.take(1 + len(days))
        for day in _chosen(days, rule.by_set_position):
            if day > last:
                break
            if day >= start:
                yield date.fromordinal(day)
    if horizon < stop:
        raise InvalidRule(f"the rule is still without an end after {meter.budget.years} years: give COUNT or UNTIL")


def _chosen(days: Days, positions: tuple[int, ...]) -> Days:
    if not positions:
        return days
    size = len(days)
    return sorted({days[at - 1 if at > 0 else at] for at in positions if abs(at) <= size})


def _daily(rule: Rule, first: date, last: int) -> Iterator[Days]:
    names = {WEEKDAYS.index(item.day) for item in rule.by_day}
    for ordinal in range(first.toordinal(), last + 1, rule.interval):
        day = date.fromordinal(ordinal)
        fits = (not rule.by_month or day.month in rule.by_month) and (not names or day.weekday() in names)
        yield [ordinal] if fits and _numbered(rule, day) else []


def _weekly(rule: Rule, first: date, last: int) -> Iterator[Days]:
    week_start = WEEKDAYS.index(rule.week_start)
    names = {WEEKDAYS.index(item.day) for item in rule.by_day} or {first.weekday()}
    shifts = sorted((name - week_start) % 7 for name in names)
    monday = first.toordinal() - (first.weekday() - week_start) % 7
    for week in range(monday, last + 1, 7 * rule.interval):
        days = [week + shift for shift in shifts if 0 < week + shift <= _LAST]
        if rule.by_month:
            days = [day for day in days if date.fromordinal(day).month in rule.by_month]
        yield days


def _monthly(rule: Rule, first: date, last: int) -> Iterator[Days]:
    for index in range(first.year * 12 + first.month - 1, date.max.year * 12 + 12, rule.interval):
        year, month = index // 12, index % 12 + 1
        if date(year, month, 1).toordinal() > last:
            return
        fits = not rule.by_month or month in rule.by_month
        yield _in_month(rule, first, year, month) if fits else []


def _yearly(rule: Rule, first: date, last: int) -> Iterator[Days]:
    for year in range(first.year, date.fromordinal(last).year + 1, rule.interval):
        if rule.by_week_number or rule.by_year_day:
            yield _in_year(rule, first, year)
        elif rule.by_day and not rule.by_month:
            yield [day for day in _named(rule, year) if _numbered(rule, date.fromordinal(day))]
        else:
            default = range(1, 13) if rule.by_month_day else (first.month,)
            yield [day for month in rule.by_month or default for day in _in_month(rule, first, year, month)]


_PERIODS: dict[str, Callable[[Rule, date, int], Iterator[Days]]] = {
    "daily": _daily,
    "weekly": _weekly,
    "monthly": _monthly,
    "yearly": _yearly,
}


def _in_month(rule: Rule, first: date, year: int, month: int) -> Days:
    start, length = date(year, month, 1).toordinal(), monthrange(year, month)[1]
    numbers = rule.by_month_day or (() if rule.by_day else (first.day,))
    dated = {start + (number - 1 if number > 0 else length + number) for number in numbers if abs(number) <= length}
    if not rule.by_day:
        return sorted(dated)
    named = _weekdays(rule.by_day, start, length)
    return [day for day in named if day in dated] if rule.by_month_day else named


def _weekdays(items: tuple[NthWeekday, ...], start: int, length: int) -> Days:
    """The days of a month or year of `length` days from `start` that BYDAY names."""
    found: set[int] = set()
    for item in items:
        # Ordinal 1 was a Monday.
        days = range(start + (WEEKDAYS.index(item.day) - (start - 1)) % 7, start + length, 7)
        if item.nth == 0:
            found.update(days)
        elif abs(item.nth) <= len(days):
            found.add(days[item.nth - 1 if item.nth > 0 else item.nth])
    return sorted(found)


def _named(rule: Rule, year: int) -> Days:
    """The days of a year that BYDAY names; it counts them within each month of BYMONTH, else within the year."""
    if not rule.by_month:
        start = date(year, 1, 1).toordinal()
        return _weekdays(rule.by_day, start, date(year, 12, 31).toordinal() - start + 1)
    months = ((date(year, month, 1).toordinal(), monthrange(year, month)[1]) for month in rule.by_month)
    return [day for start, length in months for day in _weekdays(rule.by_day, start, length)]


def _numbered(rule: Rule, day: date) -> bool:
    """True when BYMONTHDAY, if there is one, has the number of a day."""
    if not rule.by_month_day or day.day in rule.by_month_day:
        return True
    return day.day - monthrange(day.year, day.month)[1] - 1 in rule.by_month_day


def _in_year(rule: Rule, first: date, year: int) -> Days:
    """The days of a year that BYWEEKNO and BYYEARDAY name, limited by BYMONTH, BYMONTHDAY and BYDAY.

    A week without any other word means the weekday of the start (RFC 8984 section 4.3.3.1).
    """
    start = date(year, 1, 1).toordinal()
    length = date(year, 12, 31).toordinal() - start + 1
    days = range(start, start + length)
    if rule.by_year_day:
        numbers = {number if number > 0 else length + 1 + number for number in rule.by_year_day}
        found = [days[number - 1] for number in sorted(numbers) if 1 <= number <= length]
    else:
        found = list(days)
    if rule.by_week_number:
        found = [day for day in found if _in_week(rule, day)]
    if not (rule.by_day or rule.by_month_day or rule.by_year_day):
        found = [day for day in found if (day - 1) % 7 == first.weekday()]
    if rule.by_day:
        found = sorted(set(found).intersection(_named(rule, year)))
    dates = [(day, date.fromordinal(day)) for day in found]
    return [day for day, on in dates if (not rule.by_month or on.month in rule.by_month) and _numbered(rule, on)]


def _in_week(rule: Rule, day: int) -> bool:
    """True when the week of `day` has one of the BYWEEKNO numbers in the year that most of its days belong to."""
    fourth = day - (day - 1 - WEEKDAYS.index(rule.week_start)) % 7 + 3
    if not 0 < fourth <= _LAST:
        return False
    middle = date.fromordinal(fourth)
    number = (middle.timetuple().tm_yday - 1) // 7 + 1
    # 28 December is always in the last week of its year.
    end = date(middle.year, 12, 28).toordinal()
    weeks = number + (end - (fourth - 3)) // 7
    return number in rule.by_week_number or number - weeks - 1 in rule.by_week_number
