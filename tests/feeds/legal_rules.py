"""Random rules of all that RFC 5545 allows for whole days, and what dateutil makes of them."""

import random
from collections.abc import Callable
from datetime import date, datetime, timedelta

from dateutil.rrule import rrulestr

from feeds.contradictions import disagreements
from feeds.entry import Rule
from feeds.errors import InvalidRule
from feeds.expansion import Budget, Meter, rule_days
from feeds.rules import WEEKDAYS, parse_rule, rule_text
from tests.feeds.test_readers import listed

_YEARS = 12


def legal_rule(chance: random.Random) -> str:
    """Any combination of parts; most are legal, and most of those are refused where events come in."""
    frequency = chance.choice(("DAILY", "WEEKLY", "MONTHLY", "YEARLY", "YEARLY", "YEARLY"))
    parts = [f"FREQ={frequency}"]
    counted = frequency in {"MONTHLY", "YEARLY"} and chance.random() < 0.4
    chosen: tuple[tuple[float, Callable[[], str]], ...] = (
        (0.4, lambda: f"INTERVAL={chance.randint(2, 6)}"),
        (0.4, lambda: "BYMONTH=" + listed(chance, range(1, 13), 5)),
        (0.3, lambda: "BYWEEKNO=" + listed(chance, [*range(-51, 0), *range(1, 54)], 8)),
        (0.3, lambda: "BYYEARDAY=" + listed(chance, [*range(-366, 0), *range(1, 367)], 30)),
        (0.3, lambda: "BYMONTHDAY=" + listed(chance, [*range(-31, 0), *range(1, 32)], 12)),
        (0.5, lambda: "BYDAY=" + _days(chance, counted=counted)),
        (0.4, lambda: "BYSETPOS=" + listed(chance, [*range(-9, 0), *range(1, 10)], 3)),
        (0.3, lambda: f"WKST={chance.choice(WEEKDAYS)}"),
    )
    return ";".join([*parts, *(part() for likely, part in chosen if chance.random() < likely)])


def legal_series(seed: int) -> tuple[Rule, datetime]:
    """A rule that has dates, and a start that is one of them."""
    chance = random.Random(seed)
    while True:
        text = legal_rule(chance)
        first = date(2024, 1, 1) + timedelta(days=chance.randint(0, 1500))
        try:
            rule = parse_rule(text, all_day=False, zone=None, portable=False)
        except InvalidRule:
            continue
        if (rule.frequency == "monthly" or rule.by_month) and any(abs(item.nth) > 5 for item in rule.by_day):
            continue  # no month has such a day, and dateutil stumbles over it
        if rule.by_set_position and {52, 53} & {*rule.by_week_number}:
            continue  # see _misnumbered: one wrong day moves the positions of all others
        begin = next(rule_days(rule, first, date(2032, 1, 1), Meter(Budget())), None)
        if begin is not None:
            return rule, datetime(begin.year, begin.month, begin.day, 16, 15)  # noqa: DTZ001


def seen_by_dateutil(rule: Rule, start: datetime) -> list[datetime]:
    """The dates of twelve years, with help where dateutil does not follow the standards.

    It takes every day of a week where RFC 8984 takes that of the start, and for BYSETPOS it counts the week of the
    start from the start on and not the whole week.
    """
    text = rule_text(rule)
    if rule.by_week_number and not (rule.by_day or rule.by_month_day or rule.by_year_day):
        text += f";BYDAY={WEEKDAYS[start.weekday()]}"
    begin = start
    if rule.frequency == "weekly" and rule.by_set_position:
        begin -= timedelta(days=(start.weekday() - WEEKDAYS.index(rule.week_start)) % 7)
        text += "" if rule.by_day else f";BYDAY={WEEKDAYS[start.weekday()]}"
    return list(rrulestr(text, dtstart=begin).between(start, _end(start), inc=True))


def seen_by_our_walk(rule: Rule, start: datetime) -> list[datetime]:
    """The same by `feeds.expansion`."""
    found = rule_days(rule, start.date(), _end(start).date(), Meter(Budget()))
    walls = (datetime(day.year, day.month, day.day, start.hour, start.minute) for day in found)  # noqa: DTZ001
    return [wall for wall in walls if wall <= _end(start)]


def difference(seed: int) -> str:
    """Where we and dateutil differ, "" where not."""
    rule, start = legal_series(seed)
    ours, theirs = seen_by_our_walk(rule, start), seen_by_dateutil(rule, start)
    only = [f"{wall:%Y-%m-%d}" for wall in sorted({*ours} ^ {*theirs}) if not _misnumbered(rule, wall)]
    if not only:
        return ""
    return f"seed {seed} {start} {rule_text(rule)}: only one of us has {only[:6]}"


def is_refused_by_us(seed: int) -> bool:
    """True for a rule that none of our events may have."""
    return bool(disagreements(legal_series(seed)[0]))


def _misnumbered(rule: Rule, wall: datetime) -> bool:
    """True for the days of January in the last week of the year before: dateutil takes this year's length for it."""
    return bool({52, 53} & {*rule.by_week_number}) and wall.month == 1 and wall.day <= 3


def _days(chance: random.Random, *, counted: bool) -> str:
    days = chance.sample(WEEKDAYS, chance.randint(1, 4))
    return ",".join(f"{chance.choice((-5, -2, -1, 1, 2, 3, 5, 7, 40)) if counted else ''}{day}" for day in days)


def _end(start: datetime) -> datetime:
    return start + timedelta(days=365 * _YEARS)
