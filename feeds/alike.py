"""The same dates, said so that every calendar program finds them.

Measured with ical.js, which Thunderbird and Nextcloud stand on (docs/feeds.md); what it reads wrongly however it is
said is refused where events come in (feeds.contradictions).
"""

from calendar import monthrange
from datetime import datetime

from msgspec.structs import replace

from feeds.entry import Rule, When, instant
from feeds.errors import InvalidRule
from feeds.recurrence import last_start

_COMMON_YEAR = 2027


def read_alike(rule: Rule, start: When, zone: str | None) -> Rule:
    """The rule to write for a series that starts at `start` in an IANA `zone`: it gives the same dates as `rule`."""
    if rule.frequency == "yearly":
        return _with_until(_with_days(rule, start), start, zone)
    fridays_13 = rule.by_month_day and rule.by_day and not rule.by_set_position
    if rule.frequency == "monthly" and rule.interval == 1 and rule.by_month and fridays_13:
        # By month, ical.js may give such a date twice.
        return replace(rule, frequency="yearly")
    return _with_until(rule, start, zone)


def _with_days(rule: Rule, start: When) -> Rule:
    """A yearly rule of dates, so that ical.js does not take 1 March for a 29 February that a year has not."""
    others = (rule.by_day, rule.by_week_number, rule.by_year_day, rule.by_set_position)
    days, months = rule.by_month_day or (start.day,), rule.by_month or (start.month,)
    if any(others) or (rule.by_month_day and not rule.by_month):
        return rule
    if min(days) > 0 and all(max(days) <= monthrange(_COMMON_YEAR, month)[1] for month in months):
        return rule
    if len(months) == len(days) == 1 and min(days) > 0:
        return replace(rule, by_month=months, by_month_day=days)
    if rule.interval == 1:
        return replace(rule, frequency="monthly", by_month=months, by_month_day=days)
    if months == (start.month,):
        return replace(rule, frequency="monthly", interval=12 * rule.interval, by_month=(), by_month_day=days)
    return rule


def _with_until(rule: Rule, start: When, zone: str | None) -> Rule:
    """For FREQ=MONTHLY with BYMONTH, ical.js counts dates that it does not give and ends early: UNTIL says it alike.

    UNTIL is the last start in UTC (RFC 5545 section 3.3.10); what is too long to follow keeps COUNT.
    """
    if rule.count is None or not rule.by_month or rule.frequency != "monthly":
        return rule
    try:
        last = last_start(rule, start, zone)
    except InvalidRule:
        return rule
    if isinstance(last, datetime):
        # Of an hour that comes twice, programs take the first or the second.
        last = max(instant(last, zone), instant(last.replace(fold=1), zone))
    return replace(rule, count=None, until=last)
