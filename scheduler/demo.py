"""A plausible programme for `enspired demo`: 24 invented events with their day programmes, moved to around today.

`demo_data/events.json` holds what `POST /api/v1/events` takes, `demo_data/institutions.json` what
`POST /api/v1/institutions` takes, with one difference: `part_of` and `related` name other events of the file by their
external id (`demo-09`), because an event has no id before it is stored. `resolved` puts ids there.

Whoever fills an empty database from it:
1. stores `load_institutions()`, because events name them by key;
2. takes `shifted(load_events(), REFERENCE, today)`, gives every event an id of its own beforehand, in a mapping
   from `external_id["id"]` to that id, and hands both to `resolved`;
3. sends each through `scheduler.model.intake.new_event(..., importing=True)` and stores it, in the order of the
   list: an event comes before its parts. Two events may be `related` to each other, so the ids have to be known
   before the first is stored;
4. leaves `status` as it stands: `draft` stays a draft, everything else counts as published. No mail goes out for
   events that are put in this way, and reminders are planned only for what still lies ahead of `now`.
The same external ids make it repeatable: an event whose external id is stored already is left as it is.
"""

from calendar import monthrange
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from importlib.resources import files
from itertools import islice
from typing import Any
from zoneinfo import ZoneInfo

from msgspec import json, structs

from feeds.entry import NthWeekday, Rule, When
from feeds.recurrence import starts
from feeds.rules import parse_rule, rule_text
from scheduler.model.wall import WallTime, instant, is_date, is_double, is_missing, parse, text

REFERENCE = date(2026, 11, 23)
"""The day that the packaged events are written for: three lie behind it, the others ahead."""

Document = dict[str, Any]
"""One event or institution as JSON has it."""


def load_institutions() -> list[Document]:
    """The packaged institutions: hosts, senders and partners of the events, by `key`."""
    return _load("institutions.json")


def load_events() -> list[Document]:
    """The packaged events on the dates they were written for; parts of an event follow it."""
    return _load("events.json")


def resolved(events: Iterable[Document], ids: Mapping[str, str]) -> list[Document]:
    """The events with `part_of` and `related` as ids; `ids` maps the `id` of an external id to an event's id.

    Raises KeyError for a name that `ids` does not have.
    """
    return [
        {
            **event,
            **({"part_of": ids[event["part_of"]]} if "part_of" in event else {}),
            **({"related": [ids[name] for name in event["related"]]} if "related" in event else {}),
        }
        for event in events
    ]


def shifted(events: Iterable[Document], reference: date, today: date) -> list[Document]:
    """The events moved by the whole weeks between `reference` and `today`, so that they lie around today.

    Weekday and clock time stay what they were; texts are left alone, they name no dates. Where that is not enough:
    - A clock time that summer time skips becomes the one an hour later, as the clock does; one that comes twice
      means the first pass and says so with its offset.
    - A monthly rule counts weekdays, and `1TH` may be the third Thursday some weeks later: it takes the ordinal
      that its start has there, `-1` where that is the fifth, and stays `-1` where the start is still the last one.
      It keeps as many dates as it had (COUNT).
    - Dates of a series that were left out, moved or cancelled are found again by their position in it; a moved one
      stays as many days away from its date by the rule.

    Raises ValueError for a monthly rule without one counted weekday, and for a yearly or daily one.
    """
    days = (today - reference).days // 7 * 7
    return [_shifted_event(event, days) if days else dict(event) for event in events]


def _load(name: str) -> list[Document]:
    content = files("scheduler").joinpath("demo_data", name).read_bytes()
    return json.decode(content, type=list[Document])


def _shifted_event(event: Document, days: int) -> Document:
    zone = event["timezone"]
    moved = dict(event)
    moved["start"], moved["end"] = _shifted_span(event["start"], event["end"], zone, days)
    if "recurrence" in event:
        moved["recurrence"] = _shifted_series(event, moved["start"], days)
    if "moved_from" in event:
        before = event["moved_from"]
        start, end = _shifted_span(before["start"], before["end"], zone, days)
        moved["moved_from"] = {**before, "start": start, "end": end, "at": _shifted_instant(before["at"], days)}
    if "cancelled_at" in event:
        moved["cancelled_at"] = _shifted_instant(event["cancelled_at"], days)
    for group, names in (("registration", ("opens", "closes")), ("travel", ("arrival", "departure"))):
        given = event.get(group, {})
        walls = {name: _shifted_wall(given[name], zone, timedelta(days=days)) for name in names if name in given}
        if walls:
            moved[group] = {**given, **walls}
    return moved


def _shifted_span(start: WallTime, end: WallTime, zone: str, days: int) -> tuple[WallTime, WallTime]:
    """Start and end moved together: where the start has to jump over a gap, the end goes the same way."""
    new_start = _shifted_wall(start, zone, timedelta(days=days))
    away = _naive(new_start, zone) - _naive(start, zone)
    return new_start, _shifted_wall(end, zone, away)


def _shifted_wall(wall: WallTime, zone: str, away: timedelta) -> WallTime:
    """The wall time `away` on the clock, as one that the clock shows, with an offset where it shows it twice."""
    moved = text(parse(wall, zone) + away, zone)
    if is_date(moved) or len(moved) > len("2027-10-31T02:30"):
        return moved
    if is_missing(moved, zone):
        return text(instant(moved, zone).astimezone(ZoneInfo(zone)), zone)
    if is_double(moved, zone):
        return _naive(moved, zone).replace(tzinfo=ZoneInfo(zone)).isoformat(timespec="minutes")
    return moved


def _shifted_instant(at: str, days: int) -> str:
    return (datetime.fromisoformat(at).astimezone(UTC) + timedelta(days=days)).isoformat().replace("+00:00", "Z")


def _shifted_series(event: Document, start: WallTime, days: int) -> Document:
    zone, series = event["timezone"], event["recurrence"]
    old_start, new_start = parse(event["start"], zone), parse(start, zone)
    rule = parse_rule(series["rule"], all_day=is_date(start), zone=zone)
    old = list(starts(rule, old_start, zone))
    new_rule = _shifted_rule(rule, new_start, zone, days, len(old))
    new = list(islice(starts(new_rule, new_start, zone), len(old)))
    again = {text(before, zone): text(after, zone) for before, after in zip(old, new, strict=True)}
    moved = {**series, "rule": rule_text(new_rule)}
    if "excluded" in series:
        moved["excluded"] = [again[wall] for wall in series["excluded"]]
    for name in ("moved", "cancelled"):
        if name in series:
            moved[name] = [_shifted_exception(exception, again[exception["date"]], zone) for exception in series[name]]
    return moved


def _shifted_exception(exception: Document, date_by_rule: WallTime, zone: str) -> Document:
    """A moved or cancelled date, hung on the date that the rule now gives."""
    away = _naive(date_by_rule, zone) - _naive(exception["date"], zone)
    moved = {**exception, "date": date_by_rule}
    moved.update((name, _shifted_wall(exception[name], zone, away)) for name in ("start", "end") if name in exception)
    return moved


def _shifted_rule(rule: Rule, start: When, zone: str, days: int, count: int) -> Rule:
    if rule.frequency == "weekly":
        return structs.replace(rule, until=_shifted_until(rule.until, zone, days))
    if rule.frequency != "monthly" or len(rule.by_day) != 1 or not rule.by_day[0].nth:
        raise ValueError(f"only weekly rules and monthly ones on a counted weekday can be moved: {rule_text(rule)}")
    day = NthWeekday(rule.by_day[0].day, _ordinal(start, rule.by_day[0].nth))
    return structs.replace(rule, by_day=(day,), count=count, until=None)


def _shifted_until(until: datetime | date | None, zone: str, days: int) -> datetime | date | None:
    """The same clock time in the series' zone, so that a change of the clock does not cut off its last date."""
    if not isinstance(until, datetime):
        return until and until + timedelta(days=days)
    local = until.astimezone(ZoneInfo(zone)).replace(tzinfo=None) + timedelta(days=days)
    return local.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)


def _ordinal(start: When, before: int) -> int:
    """Which of its weekday in the month the start is, such that every month has one."""
    last = start.day + 7 > monthrange(start.year, start.month)[1]
    nth = (start.day + 6) // 7
    return -1 if nth > 4 or (last and before == -1) else nth


def _naive(wall: WallTime, zone: str) -> datetime:
    when = parse(wall, zone)
    return when if isinstance(when, datetime) else datetime.combine(when, datetime.min.time())
