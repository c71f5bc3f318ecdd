"""How an event repeats: a rule with an end, and the dates of it that are left out, moved or cancelled."""

from collections.abc import Callable, Mapping
from datetime import date, datetime
from itertools import islice
from typing import TypeVar
from zoneinfo import ZoneInfo

from msgspec import structs

from feeds.entry import Rule
from feeds.errors import FeedError
from feeds.recurrence import fits, parse_rule, rule_text, starts
from scheduler.model.event import CancelledDate, MovedDate, Series
from scheduler.model.intake_reader import Faulty, Node, Reader, many, opened, read, require, structure
from scheduler.model.intake_text import line
from scheduler.model.intake_times import DATE_EXAMPLE, LAST_YEAR, TIME_EXAMPLE, Span, form, span
from scheduler.model.occurrences import BUDGET, MOST_DATES, RuleDate, rule_dates
from scheduler.model.wall import When, instant, is_date, is_missing, parse, text

RULE_EXAMPLE = "FREQ=WEEKLY;BYDAY=TU;COUNT=6"
REASON = 500
_NAMES = ("rule", "excluded", "moved", "cancelled")

Dates = Mapping[When, RuleDate]
T = TypeVar("T")


def series(first: Span | None, tz: str | None) -> Reader[Series]:
    """A reader of a recurrence for an event that first takes place at `first` in the zone `tz`.

    Either may be None because it is itself at fault: then only what can be judged alone is.
    """

    def reader(node: Node) -> Series:
        nodes = opened(node, _NAMES, {"rule": RULE_EXAMPLE})
        require(node, nodes, {"rule": RULE_EXAMPLE})
        all_day = is_date(first.start) if first else None
        rule = _attempt(lambda: _rule(nodes["rule"], all_day or False, tz)) if "rule" in nodes else None
        dates = _attempt(lambda: _dates(nodes["rule"], rule, first, tz)) if rule and first and tz else None
        values = read(nodes, _readers(dates, all_day, tz))
        if rule is None or first is None or tz is None or dates is None:
            raise Faulty
        found = Series(
            rule=rule_text(rule),
            excluded=tuple(sorted(values.get("excluded", ()))),
            moved=tuple(sorted(values.get("moved", ()), key=lambda one: one.date)),
            cancelled=tuple(sorted(values.get("cancelled", ()), key=lambda one: one.date)),
        )
        _check_dates(node, found, dates, tz)
        return found

    return reader


def _attempt(reader: Callable[[], T]) -> T | None:
    try:
        return reader()
    except Faulty:
        return None


def _readers(dates: Dates | None, all_day: bool | None, tz: str | None) -> dict[str, Reader[object]]:
    one = _date_of(dates, all_day, tz)
    example = DATE_EXAMPLE if all_day else TIME_EXAMPLE
    cancelled = structure(CancelledDate, {"date": one, "reason": line(REASON)}, {"date": example})
    return {
        "excluded": many(one, example=[example], longest=MOST_DATES),
        "moved": many(_moved(one, all_day, tz), example=[], longest=MOST_DATES),
        "cancelled": many(cancelled, example=[{"date": example}], longest=MOST_DATES),
    }


def _rule(node: Node, all_day: bool, tz: str | None) -> Rule:
    """A rule with an end."""
    if not isinstance(node.value, str):
        raise node.wrong_type("a recurrence rule (RFC 5545)", RULE_EXAMPLE)
    try:
        rule = parse_rule(node.value, all_day=all_day, zone=tz)
    except FeedError as error:
        raise _refused(node, error) from None
    if rule.count is None and rule.until is None:
        detail = "The rule has no end: add COUNT (how many dates) or UNTIL (the last day)."
        raise node.refuse(detail, f"{rule_text(rule)};COUNT=6", "endless-rule")
    return rule


def _dates(node: Node, rule: Rule, first: Span, tz: str) -> Dates:
    """The rule's own dates by their start; the event's start has to be one of them."""
    begin = Node(first.start, node.faults, "/start")
    start = parse(first.start, tz)
    if isinstance(start, datetime) and start.fold:
        detail = "A series cannot begin in the second pass of an hour that the clock shows twice."
        first_pass = start.replace(fold=0, tzinfo=ZoneInfo(tz)).isoformat(timespec="minutes")
        raise begin.refuse(detail, first_pass, "ambiguous-time")
    if not is_date(first.end) and first.end[:16] <= first.start[:16]:
        detail = "Every date of a series lasts as long on the clock as the first one: here that is no time at all."
        raise Node(first.end, node.faults, "/end").refuse(detail, code="order")
    try:
        if not fits(rule, start):
            raise _not_in_rule(begin, rule, start, tz)
        found = list(rule_dates(rule_text(rule), first.start, first.end, tz))
    except FeedError as error:
        raise _refused(node, error) from None
    if found[-1].when.year > LAST_YEAR:
        raise node.refuse(f"The last date has to be before the end of {LAST_YEAR}.", RULE_EXAMPLE, "out-of-range")
    return {one.when: one for one in found}


def _not_in_rule(begin: Node, rule: Rule, start: When, tz: str) -> Faulty:
    endless = structs.replace(rule, count=None, until=None)
    following = list(islice(starts(endless, start, tz, budget=BUDGET), 1, 2))
    example = text(following[0], tz) if following else None
    hint = f" The rule's first date from then on is {example}." if example else ""
    detail = f"The start is not a date of the rule, and calendar programs disagree about such series.{hint}"
    return begin.refuse(detail, example, "not-in-series")


def _refused(node: Node, error: FeedError) -> Faulty:
    detail = f"{error.detail[:1].upper()}{error.detail[1:].rstrip('.')}."
    return node.refuse(detail, getattr(error, "example", RULE_EXAMPLE), error.code)


def _date_of(dates: Dates | None, all_day: bool | None, tz: str | None) -> Reader[str]:
    """A reader of one date of the rule, by its start; the same one twice is refused, whatever the list."""
    seen: set[str] = set()

    def reader(node: Node) -> str:
        day, clock, offset = form(node)
        if all_day is not None and all_day != (clock is None):
            wanted = "dates without a clock time" if all_day else "dates with a clock time"
            raise node.refuse(f"The dates of this series are {wanted}.", _example(dates), "not-in-series")
        wall = day if clock is None else f"{day}T{clock}"
        if dates is not None:
            wall = _in_series(node, wall, offset, dates, tz)
        if wall in seen:
            raise node.refuse("This date is named twice.", code="repeated")
        seen.add(wall)
        return wall

    return reader


def _in_series(node: Node, wall: str, offset: str | None, dates: Dates, tz: str | None) -> str:
    found = dates.get(date.fromisoformat(wall) if is_date(wall) else datetime.fromisoformat(wall))
    if found is None:
        raise node.refuse("This is not a date of the series.", _example(dates), "not-in-series")
    if offset and tz and datetime.fromisoformat(wall + offset) != instant(found.start, tz):
        raise node.refuse("With this offset it is not a date of the series.", found.start, "wrong-offset")
    return found.start


def _example(dates: Dates | None) -> str | None:
    return list(dates.values())[-1].start if dates else None


def _moved(one: Reader[str], all_day: bool | None, tz: str | None) -> Reader[MovedDate]:
    names = ("date", "start", "end", "duration", "reason")

    def reader(node: Node) -> MovedDate:
        example = {"date": TIME_EXAMPLE, "start": "2027-03-17T14:30", "end": "2027-03-17T16:00"}
        nodes = opened(node, names, example)
        require(node, nodes, {"date": example["date"]})
        values = read(nodes, {"date": one, "reason": line(REASON)})
        new = span(node, nodes, tz)
        if all_day is not None and is_date(new.start) != all_day:
            wanted = "a date" if all_day else "a date and clock time"
            raise nodes["start"].refuse(f"A moved date stays {wanted}, as the series is.", code="contradiction")
        if "date" not in values:
            raise Faulty
        return MovedDate(date=values["date"], start=new.start, end=new.end, reason=values.get("reason", ""))

    return reader


def _check_dates(node: Node, found: Series, dates: Dates, tz: str) -> None:
    """At least one date is left, and none of those left as planned falls where the clock jumps."""
    if len(found.excluded) == len(dates):
        node.child("excluded", None).note("Every date of the series is left out.", [], "empty-series")
    elsewhere = {*found.excluded, *(one.date for one in found.moved), *(one.date for one in found.cancelled)}
    for one in dates.values():
        skipped = [wall for wall in (one.start, one.end) if not is_date(wall) and is_missing(wall, tz)]
        if skipped and one.start not in elsewhere:
            detail = f"{skipped[0][11:16]} does not exist on {skipped[0][:10]} in {tz}: leave that date out or move it."
            node.child("excluded", None).note(detail, [one.start], "missing-time")
