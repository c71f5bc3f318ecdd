"""The dates of an event: one for a single event, many for a series, each with its UTC instants. Pure.

The rule's own dates are numbered from 0, the excluded ones included, so that a date keeps its number (and with it
its id and its registrations) when another one is taken out, and when the whole series moves.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta

from msgspec import Struct, structs

from feeds.recurrence import Budget, parse_rule, starts
from scheduler.model.event import CancelledDate, Event, MovedDate, Occurrence, Series
from scheduler.model.wall import WallTime, When, instant, is_date, parse, text

MOST_DATES = 400
BUDGET = Budget(steps=20_000, results=MOST_DATES, years=120)


class RuleDate(Struct, frozen=True):
    """One date as the rule gives it: number, start, and the end that the same length on the clock leads to."""

    position: int
    when: When
    start: WallTime
    end: WallTime


def rule_dates(rule: str, start: WallTime, end: WallTime, zone: str) -> Iterator[RuleDate]:
    """The dates that a rule gives for an event that begins with `start` and `end`, in order, `start` first.

    Raises feeds.errors.InvalidRule for a text that is no rule, and while iterating for more than 400 dates or a
    rule that costs too much to follow.
    """
    first, last = parse(start, zone), parse(end, zone)
    length = last - first
    read = parse_rule(rule, all_day=is_date(start), zone=zone, portable=False)
    for position, when in enumerate(starts(read, first, zone, budget=BUDGET)):
        yield RuleDate(position, when, text(when, zone), text(when + length, zone) if position else end)


def occurrences_of(event: Event) -> tuple[Occurrence, ...]:
    """Every date of an event in the order of its rule; excluded ones are absent, cancelled ones say so.

    An all-day date runs from the first moment of its first day to the first moment after its last one, on the
    clock of the event's zone.
    """
    if event.recurrence is None:
        return (_occurrence(event, 0, None, event.start, event.end),)
    zone = event.timezone
    excluded = {parse(date, zone) for date in event.recurrence.excluded}
    moved = {parse(date.date, zone): date for date in event.recurrence.moved}
    cancelled = {parse(date.date, zone): date for date in event.recurrence.cancelled}
    return tuple(
        _dated(event, date, moved.get(date.when), cancelled.get(date.when))
        for date in rule_dates(event.recurrence.rule, event.start, event.end, zone)
        if date.when not in excluded
    )


def last_start(start: WallTime, end: WallTime, zone: str, series: Series | None) -> WallTime:
    """The start of the last date that takes place, of a single event or of a series; cancelled dates count."""
    if series is None:
        return start
    elsewhere = {*series.excluded, *(date.date for date in series.moved)}
    planned = [date.start for date in rule_dates(series.rule, start, end, zone) if date.start not in elsewhere]
    begins = [*planned, *(date.start for date in series.moved)] or [start]
    return max(begins, key=lambda wall: instant(wall, zone))


def _dated(event: Event, date: RuleDate, moved: MovedDate | None, cancelled: CancelledDate | None) -> Occurrence:
    start, end = (moved.start, moved.end) if moved else (date.start, date.end)
    planned = _occurrence(event, date.position, date.start, start, end)
    if cancelled:
        return structs.replace(planned, status="cancelled", reason=cancelled.reason)
    return structs.replace(planned, status="moved", reason=moved.reason) if moved else planned


def _occurrence(event: Event, position: int, original: WallTime | None, start: WallTime, end: WallTime) -> Occurrence:
    start_at, end_at = instants(start, end, event.timezone)
    return Occurrence(
        id=f"{event.id}.{position}",
        event_id=event.id,
        position=position,
        original=original,
        start=start,
        end=end,
        start_at=start_at,
        end_at=end_at,
    )


def instants(start: WallTime, end: WallTime, zone: str) -> tuple[datetime, datetime]:
    """The UTC instants between which a date lies; of a last day, the moment it is over."""
    if is_date(end):
        day = parse(end, zone) + timedelta(days=1)
        return instant(start, zone), instant(text(day, zone), zone)
    start_at, end_at = instant(start, zone), instant(end, zone)
    # The start lies in a skipped hour and the end behind it: it lasts as long as on the clock.
    return start_at, end_at if end_at > start_at else start_at + _length(start, end)


def _length(start: WallTime, end: WallTime) -> timedelta:
    return datetime.fromisoformat(end[:16]) - datetime.fromisoformat(start[:16])
