"""RECURRENCE-ID;RANGE=THISANDFUTURE: a change of one date and of all later ones (RFC 5545 section 3.2.13).

A series with an end becomes one with a changed date for each that follows: exact, and the UID stays. An endless one is
cut in two, the second with a UID made of the first's and the date. Our own calendars never use RANGE.
"""

from datetime import datetime, timedelta

import msgspec
from msgspec import Struct

from feeds.entry import Entry, Recurrence, When, instant
from feeds.errors import InvalidRule
from feeds.expansion import Budget, Meter
from feeds.kept import Kept
from feeds.reading.event import Draft
from feeds.reading.findings import Limits, Unreadable
from feeds.recurrence import starts
from feeds.rules import basic


class Override(Struct, frozen=True):
    """A changed date: its `original` start as the series says it, the changed entry, and where it came from."""

    original: When
    entry: Entry
    kept: Kept
    draft: Draft
    and_future: bool


class Part(Struct, frozen=True):
    """A series, or one half of it, and its overrides; `kept` where it is not that of the whole."""

    entry: Entry
    overrides: tuple[Override, ...]
    kept: Kept | None = None


def apply_ranges(entry: Entry, overrides: list[Override], limits: Limits, meter: Meter) -> list[Part]:
    """The series with every THISANDFUTURE applied; without one, as it is. Raises Unreadable where that cannot be."""
    reaching = sorted((one for one in overrides if one.and_future), key=lambda one: basic(one.original))
    if not reaching or entry.recurrence is None:
        return [Part(entry, tuple(overrides))]
    for one in reaching:
        line = one.draft.original
        words = "RANGE=THISANDFUTURE: the change was applied to every later date"
        one.draft.notes.add(line.number if line else 0, "range", words)
    dates = _dates(entry, entry.recurrence, limits, meter)
    if dates is not None:
        return [Part(entry, _spread(dates, overrides, reaching))]
    parts: list[Part] = []
    rest = Part(entry, tuple(overrides))
    while reaching:
        before, rest = _split(rest, reaching[0])
        parts.append(before)
        reaching = sorted((one for one in rest.overrides if one.and_future), key=lambda one: basic(one.original))
    return [*parts, rest]


def _dates(entry: Entry, recurrence: Recurrence, limits: Limits, meter: Meter) -> list[When] | None:
    """Every date of a series with an end, None for one without or with more than can be written one by one."""
    if recurrence.rule.count is None and recurrence.rule.until is None:
        return None
    budget = Budget(steps=max(1, meter.budget.steps - meter.steps), results=limits.overrides)
    try:
        found = list(starts(recurrence.rule, entry.start, entry.zone, budget=budget))
        meter.take(4 * len(found))
    except InvalidRule:
        return None
    hidden = set(recurrence.excluded)
    return sorted({*found, *recurrence.added} - hidden)


def _spread(dates: list[When], overrides: list[Override], reaching: list[Override]) -> tuple[Override, ...]:
    """An override for every date from the first reaching one on that has none of its own."""
    found = {override.original: override for override in overrides}
    for when in dates:
        latest = next((one for one in reversed(reaching) if one.original < when), None)
        if when in found or latest is None:
            continue
        # As far after its own original date as this one is after the other.
        start = latest.entry.start + _apart(latest.original, when)
        end = start + (latest.entry.end - latest.entry.start)
        changed = msgspec.structs.replace(latest.entry, start=start, end=end, recurrence_id=when)
        found[when] = Override(when, changed, latest.kept, latest.draft, False)
    return tuple(found.values())


def _split(whole: Part, at: Override) -> tuple[Part, Part]:
    """An endless series up to the changed date, and a second one from it on."""
    entry, recurrence = whole.entry, whole.entry.recurrence
    line = at.draft.original.number if at.draft.original else at.draft.component.line
    if (
        recurrence is None
        or not _same_kind(at)
        or _day(at.entry.start) != _day(at.original)
        or at.entry.zone != entry.zone
    ):
        words = "RANGE=THISANDFUTURE moves every later date of a series without end to another day: not supported"
        raise Unreadable(line, "range", words)
    if recurrence.rule.count is not None:
        words = f"RANGE=THISANDFUTURE changes a series of {recurrence.rule.count:,} dates: more than can be written out"
        raise Unreadable(line, "too-large", words)
    moved = at.entry.start - at.original
    rule = msgspec.structs.replace(recurrence.rule, until=_just_before(at.original, entry.zone))
    first = Recurrence(
        rule=rule,
        added=tuple(when for when in recurrence.added if when < at.original),
        excluded=tuple(when for when in recurrence.excluded if when < at.original),
    )
    second = Recurrence(
        rule=recurrence.rule,
        added=tuple(when + moved for when in recurrence.added if when > at.original),
        excluded=tuple(when + moved for when in recurrence.excluded if when > at.original),
    )
    uid = f"{entry.uid}-{basic(at.original)}"
    later = [one for one in whole.overrides if one.original > at.original]
    return (
        Part(
            msgspec.structs.replace(entry, recurrence=first),
            tuple(one for one in whole.overrides if one.original < at.original),
            whole.kept,
        ),
        Part(
            msgspec.structs.replace(at.entry, uid=uid, recurrence=second, recurrence_id=None),
            tuple(_renamed(one, uid, moved) for one in later),
            at.kept,
        ),
    )


def _renamed(one: Override, uid: str, moved: timedelta) -> Override:
    entry = msgspec.structs.replace(one.entry, uid=uid, recurrence_id=one.original + moved)
    return msgspec.structs.replace(one, entry=entry, original=one.original + moved)


def _just_before(when: When, zone: str | None) -> datetime | When:
    if isinstance(when, datetime):
        return instant(when, zone) - timedelta(seconds=1)
    return when - timedelta(days=1)


def _apart(first: When, second: When) -> timedelta:
    if isinstance(first, datetime) and isinstance(second, datetime):
        return second - first
    return timedelta(days=second.toordinal() - first.toordinal())


def _same_kind(one: Override) -> bool:
    return isinstance(one.entry.start, datetime) == isinstance(one.original, datetime)


def _day(when: When) -> When:
    return when.date() if isinstance(when, datetime) else when
