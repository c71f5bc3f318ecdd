"""What is wrong with the parts of a rule taken together (RFC 5545 section 3.3.10), and what only we do not write.

Two questions apart: `contradictions` are refused wherever they come from; `disagreements` are legal, and calendar
programs show other dates for them, so that nothing of ours may have them.
"""

from math import prod

from feeds.entry import Rule

LARGEST_PRODUCT = 10_000
_Checks = tuple[tuple[object, str], ...]


def contradictions(rule: Rule) -> list[str]:
    """What RFC 5545 forbids, or what costs too much, one sentence each; empty for a good rule."""
    lists = (rule.by_month, rule.by_week_number, rule.by_year_day, rule.by_month_day, rule.by_day)
    yearly, counted = rule.frequency == "yearly", _counted(rule)
    return _said((
        (rule.count and rule.until, "COUNT and UNTIL exclude each other: give one, for example COUNT=6"),
        (
            rule.by_set_position and not any(lists),
            "BYSETPOS chooses among other BY parts: add one, for example BYDAY=MO,TU;BYSETPOS=-1",
        ),
        (
            counted and rule.frequency not in {"monthly", "yearly"},
            "a counted day such as BYDAY=2TU goes with FREQ=MONTHLY or FREQ=YEARLY only",
        ),
        (counted and rule.by_week_number, "a counted day such as BYDAY=2TU does not go with BYWEEKNO"),
        (rule.by_week_number and not yearly, "BYWEEKNO goes with FREQ=YEARLY only"),
        (rule.by_year_day and not yearly, "BYYEARDAY goes with FREQ=YEARLY only"),
        (rule.by_month_day and rule.frequency == "weekly", "BYMONTHDAY does not go with FREQ=WEEKLY"),
        (
            prod(len(values) or 1 for values in (*lists, rule.by_set_position)) > LARGEST_PRODUCT,
            f"the BY parts make more than {LARGEST_PRODUCT:,} combinations: use fewer values",
        ),
    ))  # fmt: skip


def disagreements(rule: Rule) -> list[str]:
    """What RFC 5545 allows and programs read differently, one sentence each; empty for a rule that all read alike."""
    return _said((
        (
            # In the week of the start some count from Monday, others from the start; ical.js (Thunderbird, Nextcloud)
            # knows it with BYDAY in one month only.
            rule.by_set_position and not _of_one_month(rule),
            "BYSETPOS chooses among weekdays of one month, for example FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1",
        ),
        *_of_days(rule),
        *_of_numbers(rule),
    ))  # fmt: skip


def _of_days(rule: Rule) -> _Checks:
    counted = _counted(rule)
    return (
        (
            counted and rule.frequency == "yearly" and (rule.by_year_day or rule.by_month_day),
            "a counted day such as BYDAY=2TU in a year goes with BYMONTH only",
        ),
        (
            (rule.frequency == "monthly" or rule.by_month) and any(abs(item.nth) > 5 for item in rule.by_day),
            "a month has at most five of a weekday: use -5 to 5, for example BYDAY=-1FR",
        ),
        (
            rule.by_month_day and rule.by_day and (counted or rule.by_set_position or min(rule.by_month_day) < 0),
            "BYMONTHDAY with BYDAY takes plain days and numbers from 1: for example BYDAY=FR;BYMONTHDAY=13",
        ),
        (
            # ical.js gives up after so many days that do not fit.
            rule.by_month_day and rule.by_day and rule.frequency == "monthly" and rule.interval > 1,
            "BYMONTHDAY with BYDAY in FREQ=MONTHLY needs INTERVAL=1: for example BYDAY=FR;BYMONTHDAY=13",
        ),
    )


def _of_numbers(rule: Rule) -> _Checks:
    days = (rule.by_week_number, rule.by_year_day, rule.by_month_day)
    return (
        (
            # ical.js takes nearly every week; without BYDAY some take one day of the week and others all seven.
            rule.by_week_number,
            "BYWEEKNO is shown wrongly by many programs: use a counted day, for example BYMONTH=5;BYDAY=3MO",
        ),
        (rule.by_year_day and rule.by_month, "BYYEARDAY does not go with BYMONTH: BYMONTHDAY does"),
        (
            # ical.js (Thunderbird, Nextcloud) forgets the interval here, and the other months there.
            rule.by_month and rule.frequency == "monthly" and rule.interval > 1,
            "BYMONTH with FREQ=MONTHLY needs INTERVAL=1: name the months, for example BYMONTH=2,5,8,11",
        ),
        (
            rule.by_month_day and rule.frequency == "yearly" and not rule.by_month,
            "BYMONTHDAY with FREQ=YEARLY needs BYMONTH: for every month use FREQ=MONTHLY",
        ),
        (
            # Where a month has no such day, ical.js gives one of the next month.
            rule.frequency == "yearly" and rule.interval > 1 and len(rule.by_month) > 1 and _not_in_every(rule),
            "BYMONTHDAY beyond 28 or before 1 in several months goes with INTERVAL=1: make one series a month",
        ),
        (sum(map(bool, days)) > 1, "of BYWEEKNO, BYYEARDAY and BYMONTHDAY a rule may have one"),
    )


def _of_one_month(rule: Rule) -> bool:
    monthly = rule.frequency == "monthly" or (rule.frequency == "yearly" and len(rule.by_month) == 1)
    return bool(monthly and rule.by_day and not (_counted(rule) or rule.by_month_day or rule.by_year_day))


def _not_in_every(rule: Rule) -> bool:
    return any(not 1 <= day <= 28 for day in rule.by_month_day) and not rule.by_day


def _counted(rule: Rule) -> bool:
    return any(item.nth for item in rule.by_day)


def _said(checks: _Checks) -> list[str]:
    return [sentence for wrong, sentence in checks if wrong]
