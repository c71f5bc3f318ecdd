"""The occurrences of an entry between two instants, with a budget that no rule can escape (RFC 5545 section 3.8.5)."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

from msgspec import Struct

from feeds.entry import Entry, Recurrence, Rule, When, instant
from feeds.errors import InvalidRule
from feeds.expansion import Budget, Meter, rule_days
from feeds.plain import LONGEST_DAYS, is_late, last_day, plain_dates, plain_days
from feeds.rules import parse_rule, rule_text

__all__ = ["Budget", "Occurrence", "fits", "instants", "last_start", "occurrences", "parse_rule", "rule_text", "starts"]

_DEFAULT = Budget()
# A wall clock is at most 14 hours from UTC; two days cover it on both sides.
_LEEWAY = 2
_BEGINNING, _END = datetime(1, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)


class Occurrence(Struct, frozen=True, kw_only=True):
    """One date of an entry.

    `recurrence_id` is its original wall start (or date) in the master's zone, None for a single entry; `start` and
    `end` are wall times in `zone` or dates, `start_at` and `end_at` the UTC instants. `position` is its 0-based
    index in the rule's own set before exclusions; added dates count down from -1 in the order of
    `Recurrence.added`; None for an override whose original date the series no longer has.
    """

    recurrence_id: When | None
    start: When
    end: When
    zone: str | None
    start_at: datetime
    end_at: datetime
    position: int | None
    cancelled: bool = False


def occurrences(entry: Entry, after: datetime, before: datetime, *, budget: Budget = _DEFAULT) -> list[Occurrence]:
    """The occurrences of `entry` whose time overlaps the UTC instants [`after`, `before`), by start.

    The start of the entry is always the first one; COUNT counts excluded dates, UNTIL is inclusive; overrides stand
    for their original dates wherever they moved to. Every occurrence lasts as long on the clock as the first.
    A wall time that a clock change skips is read with the offset before the change, one that comes twice means the
    first (RFC 5545 section 3.3.5). Raises InvalidRule when the budget is used up.
    """
    if entry.recurrence is None:
        single = _occurrence(entry, None, entry.start, 0)
        return [single] if _overlaps(single, after, before) else []
    found: list[Occurrence] = []
    replaced = {override.recurrence_id for override in entry.overrides if override.recurrence_id is not None}
    hidden = replaced | set(entry.recurrence.excluded)
    stop = max(_shifted(before, _LEEWAY), *(_day(when) for when in (*replaced, entry.start)))
    near = _shifted(after, -_LEEWAY - (_day(entry.end) - _day(entry.start)).days)
    days = _plain_days(entry, entry.recurrence, stop, budget)
    if days is not None:
        for new in _plain_occurrences(entry, days, near, hidden):
            _add(found, new, after, before, budget)
        return found
    positions = _positions(entry, entry.recurrence, stop, Meter(budget))
    for when, position in positions.items():
        if when in hidden or _day(when) < near:
            continue
        _add(found, _occurrence(entry, when, when, position), after, before, budget)
    for override in entry.overrides:
        original = override.recurrence_id
        position_or_none = positions.get(original) if original is not None else None
        _add(found, _occurrence(override, original, override.start, position_or_none), after, before, budget)
    return sorted(found, key=lambda occurrence: (occurrence.start_at, occurrence.position or 0))


def starts(rule: Rule, start: When, zone: str | None, *, budget: Budget = _DEFAULT) -> Iterator[When]:
    """The starts that `rule` gives for an entry that starts at `start` in `zone`: `start` first, then in order.

    Excluded dates are the caller's. Raises InvalidRule, while iterating, when the budget is used up: an endless
    rule is never followed beyond its years.
    """
    meter = Meter(budget)
    for index, when in enumerate(_starts(rule, start, zone, date.max, meter)):
        if index >= budget.results:
            raise InvalidRule(f"the rule gives more than {budget.results:,} dates: end it earlier")
        yield when


def fits(rule: Rule, start: When) -> bool:
    """True when `start` is itself a date of the rule; programs disagree about series for which it is not."""
    day = _day(start)
    return day in rule_days(rule, day, day, Meter(Budget()))


def last_start(rule: Rule, start: When, zone: str | None, *, budget: Budget = _DEFAULT) -> When | None:
    """The last start of a rule, before exclusions; None for a rule without end. Raises InvalidRule (budget)."""
    if rule.count is None and rule.until is None:
        return None
    last = start
    for when in starts(rule, start, zone, budget=budget):
        last = when
    return last


def instants(start: When, end: When, zone: str | None) -> tuple[datetime, datetime]:
    """The UTC instants of a start and an end in an IANA zone; what has length on the clock keeps some length."""
    start_at, end_at = _instant(start, zone), _instant(end, zone)
    if isinstance(start, datetime) and isinstance(end, datetime) and end > start and end_at <= start_at:
        # The start lies in a skipped hour and the end right behind it: last as long as on the clock.
        end_at = start_at + min(end - start, _END - start_at)
    return start_at, end_at


def _plain_days(entry: Entry, recurrence: Recurrence, stop: date, budget: Budget) -> range | None:
    """The days of a plain series that the closed form may answer; whatever else it is goes the general way."""
    if recurrence.added or entry.overrides or _day(entry.end) - _day(entry.start) > timedelta(days=LONGEST_DAYS):
        return None
    days = plain_days(recurrence.rule, entry.start, entry.zone, stop)
    # What is dear or long is for the general way to count, and to refuse.
    cheap = days is not None and 3 * len(days) < budget.steps and stop.year - entry.start.year < budget.years
    return days if cheap else None


def _plain_occurrences(entry: Entry, days: range, near: date, hidden: set[When]) -> Iterator[Occurrence]:
    start, end, zone = entry.start, entry.end, entry.zone
    assert isinstance(start, datetime)  # noqa: S101  # _plain_days gives no others
    assert isinstance(end, datetime)  # noqa: S101  # nor for the end
    cancelled = entry.status == "cancelled"
    for one in plain_dates(days, start, end - start, zone, near):
        wall = one.start
        if wall in hidden:
            continue
        start_at, end_at = one.start_at, one.end_at
        if start_at is None or end_at is None:
            start_at, end_at = instants(wall, one.end, zone)
        yield Occurrence(
            recurrence_id=wall,
            start=wall,
            end=one.end,
            zone=zone,
            start_at=start_at,
            end_at=end_at,
            position=one.position,
            cancelled=cancelled,
        )


def _positions(entry: Entry, recurrence: Recurrence, stop: date, meter: Meter) -> dict[When, int]:
    """Every start of the series up to `stop` with its position; a date both in the rule and added is the rule's."""
    walls = _starts(recurrence.rule, entry.start, entry.zone, stop, meter)
    positions = {when: index for index, when in enumerate(walls)}
    for index, when in enumerate(recurrence.added):
        positions.setdefault(_first_pass(when), -1 - index)
    return positions


def _starts(rule: Rule, start: When, zone: str | None, stop: date, meter: Meter) -> Iterator[When]:
    """`start`, then the rule's starts after it to the end of the day `stop`, within COUNT and UNTIL."""
    start = _first_pass(start)
    yield start
    if rule.count == 1:
        return
    given = 1
    end = last_day(rule, zone)
    for day in rule_days(rule, _day(start), min(stop, end or stop), meter):
        when = datetime.combine(day, start.time()) if isinstance(start, datetime) else day
        if day == _day(start):
            continue
        if day == end and is_late(rule, when, zone):
            return
        yield when
        given += 1
        if given == rule.count:
            return


def _occurrence(entry: Entry, recurrence_id: When | None, start: When, position: int | None) -> Occurrence:
    end = entry.end if start is entry.start else start + (entry.end - entry.start)
    start_at, end_at = instants(start, end, entry.zone)
    return Occurrence(
        recurrence_id=recurrence_id,
        start=start,
        end=end,
        zone=entry.zone,
        start_at=start_at,
        end_at=end_at,
        position=position,
        cancelled=entry.status == "cancelled",
    )


def _add(found: list[Occurrence], new: Occurrence, after: datetime, before: datetime, budget: Budget) -> None:
    if not _overlaps(new, after, before):
        return
    if len(found) >= budget.results:
        raise InvalidRule(f"the series has more than {budget.results:,} dates in this time: ask for less of it")
    found.append(new)


def _overlaps(occurrence: Occurrence, after: datetime, before: datetime) -> bool:
    """RFC 4791 section 9.9: an occurrence without length overlaps when it starts inside."""
    return occurrence.start_at < before and (occurrence.end_at > after or occurrence.start_at >= after)


def _instant(when: When, zone: str | None) -> datetime:
    """The instant of a wall time, also at both ends of the calendar, where a zone's offset leads out of it."""
    try:
        return instant(when, zone)
    except OverflowError:
        return _BEGINNING if when.year < 1000 else _END


def _first_pass(when: When) -> When:
    return when.replace(fold=0) if isinstance(when, datetime) else when


def _shifted(at: datetime, days: int) -> date:
    """The day so many days later, or the first or last day there is."""
    ordinal = at.toordinal() + days
    return date.fromordinal(min(max(ordinal, date.min.toordinal()), date.max.toordinal()))


def _day(when: When) -> date:
    return when.date() if isinstance(when, datetime) else when
