"""When a reminder falls due: pure arithmetic, on the event's own clock or on the recipient's."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from msgspec import Struct

from scheduler.config.rules import Rule, parse_rule
from scheduler.model.event import Occurrence
from scheduler.model.wall import instant, is_date, parse, text

ReminderState = Literal["planned", "releasing", "released", "superseded", "silenced", "expired"]

FOLLOW_UP_HOLDS = timedelta(days=14)
AT_THE_DOOR = timedelta(hours=2)


class Reminder(Struct, frozen=True, kw_only=True):
    """A rule for one occurrence, falling due once. `due_at` never changes: a move makes a row with a new
    `timing_revision`. `zone` (IANA) is that of the recipients it is for, None for all of them. `cursor` is the last
    registration that the fan-out reached."""

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


def due_at(occurrence: Occurrence, timezone: str, rule: str, day_starts: time, zone: str = "") -> datetime:
    """The UTC instant at which a rule falls due for a date of an event in `timezone`.

    Days before the start and after the end count on the event's clock, an all-day date from `day_starts`. A rule with
    a clock time falls due at that time in `zone` (the recipient's; empty for the event's), days counted on the
    calendar there; where the clocks change, a time that is skipped counts by the old clock, of a double one the first.
    What is due after the end is never due before it. Raises ValueError for a rule that `parse_rule` refuses.
    """
    wanted = parse_rule(rule)
    if wanted.clock is not None:
        due = _on_the_clock_there(occurrence, wanted, zone or timezone, wanted.clock)
    else:
        due = _on_the_events_clock(occurrence, wanted, timezone, day_starts)
    return max(due, occurrence.end_at) if wanted.after else due


def _on_the_events_clock(occurrence: Occurrence, rule: Rule, timezone: str, day_starts: time) -> datetime:
    moment = parse(occurrence.end if rule.after else occurrence.start, timezone)
    if not isinstance(moment, datetime):
        moment = datetime.combine(moment, day_starts)
    direction, offset = 1 if rule.after else -1, rule.offset
    wall = moment + direction * timedelta(days=offset.days) if offset.days else moment
    return instant(text(wall, timezone), timezone) + direction * offset.exact


def _on_the_clock_there(occurrence: Occurrence, rule: Rule, zone: str, clock: time) -> datetime:
    """An all-day date is the same date everywhere; a moment is on the day that it is there."""
    wall = occurrence.end if rule.after else occurrence.start
    moment = occurrence.end_at if rule.after else occurrence.start_at
    day = date.fromisoformat(wall) if is_date(wall) else moment.astimezone(ZoneInfo(zone)).date()
    days = timedelta(days=rule.offset.days)
    local = datetime.combine(day + days if rule.after else day - days, clock, ZoneInfo(zone))
    return local.astimezone(UTC)


def lead_of(rule: str) -> timedelta:
    """How long before the start a rule means to come, roughly: of use for nothing but judging lateness."""
    offset = parse_rule(rule).offset
    return timedelta(days=offset.days) + offset.exact or timedelta(hours=2)


def follows_up(rule: str) -> bool:
    """True for a rule that falls after the end."""
    return parse_rule(rule).after


def is_zoned(rule: str) -> bool:
    """True for a rule with a clock time at the recipient's place: it has a row for each zone."""
    return parse_rule(rule).clock is not None


def is_at_the_door(rule: str) -> bool:
    """True for a rule less than two hours before the start: too late for who travels, right for who clicks a link."""
    wanted = parse_rule(rule)
    return not wanted.after and wanted.clock is None and not wanted.offset.days and wanted.offset.exact < AT_THE_DOOR


def pointless_from(occurrence: Occurrence, timezone: str, rule: str, day_starts: time, due: datetime) -> datetime:
    """The UTC instant from which the mail must not go out any more: the start, or two weeks after a follow-up's due."""
    return due + FOLLOW_UP_HOLDS if follows_up(rule) else begins_at(occurrence, timezone, day_starts)


def begins_at(occurrence: Occurrence, timezone: str, day_starts: time) -> datetime:
    """The UTC instant after which no reminder makes sense: the start, or `day_starts` of an all-day date."""
    return instant(occurrence.start, timezone, day_starts=day_starts)


def repeats(previous_due: datetime, new_due: datetime) -> bool:
    """True when a rule that was already sent has to be sent again after a move: more than 24 hours later."""
    return new_due - previous_due > timedelta(hours=24)
