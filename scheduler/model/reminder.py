"""When a reminder falls due: pure arithmetic on the event's own clock."""

import re
from datetime import date, datetime, time, timedelta
from typing import Literal

from msgspec import Struct

from scheduler.model.event import Occurrence
from scheduler.model.wall import instant, parse, text

ReminderState = Literal["planned", "releasing", "released", "superseded", "silenced", "expired"]

_DURATION = re.compile(
    r"P(?:(?P<weeks>\d{1,3})W)?(?:(?P<days>\d{1,4})D)?(?:T(?:(?P<hours>\d{1,5})H)?(?:(?P<minutes>\d{1,5})M)?)?"
)


class Offset(Struct, frozen=True):
    """How long before the start: `days` on the event's wall clock, then an exact `time`.

    `P7D` is seven calendar days (the clock time stays), `PT168H` is 168 hours (the clock time may move at a change
    of summer time).
    """

    days: int
    exact: timedelta


class Reminder(Struct, frozen=True, kw_only=True):
    """A rule for one occurrence, falling due once. `due_at` never changes: a move makes a row with a new
    `timing_revision`. `cursor` is the last registration that the fan-out reached."""

    id: str
    event_id: str
    occurrence_id: str
    rule: str
    zone: str | None = None
    timing_revision: int
    due_at: datetime
    state: ReminderState = "planned"
    cursor: str = ""
    created_at: datetime
    released_at: datetime | None = None


def parse_offset(rule: str) -> Offset:
    """Reads an ISO 8601 duration such as `P7D`, `P1W`, `P1DT2H` or `PT90M`.

    Raises ValueError for anything else, for zero, and for more than a year.
    """
    match = _DURATION.fullmatch(rule)
    numbers = {name: int(value) for name, value in match.groupdict().items() if value} if match else {}
    if not numbers or rule.endswith("T"):
        raise ValueError(rule)
    offset = Offset(
        days=7 * numbers.get("weeks", 0) + numbers.get("days", 0),
        exact=timedelta(hours=numbers.get("hours", 0), minutes=numbers.get("minutes", 0)),
    )
    total = timedelta(days=offset.days) + offset.exact
    if not timedelta(0) < total <= timedelta(days=366):
        raise ValueError(rule)
    return offset


def due_at(occurrence: Occurrence, timezone: str, rule: str, day_starts: time) -> datetime:
    """The UTC instant at which a rule falls due for a date; an all-day date counts from `day_starts`.

    Raises ValueError for a rule that `parse_offset` refuses.
    """
    offset = parse_offset(rule)
    start = parse(occurrence.start, timezone)
    if not isinstance(start, datetime):
        start = datetime.combine(start, day_starts)
    wall = start - timedelta(days=offset.days) if offset.days else start
    return instant(text(wall, timezone), timezone) - offset.exact


def begins_at(occurrence: Occurrence, timezone: str, day_starts: time) -> datetime:
    """The UTC instant after which no reminder makes sense: the start, or `day_starts` of an all-day date."""
    return instant(occurrence.start, timezone, day_starts=day_starts)


def repeats(previous_due: datetime, new_due: datetime) -> bool:
    """True when a rule that was already sent has to be sent again after a move: more than 24 hours later."""
    return new_due - previous_due > timedelta(hours=24)


def last_day(occurrence: Occurrence) -> date:
    """The last day of a date on the event's own calendar."""
    return date.fromisoformat(occurrence.end[:10])
