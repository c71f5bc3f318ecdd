"""A small reader of JSCalendar, on dateutil and zoneinfo: it shares no code with ours (RFC 8984 sections 1.4, 4.3)."""

import json
import re
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from dateutil import rrule
from msgspec import Struct

_DURATION = re.compile(r"P(?!$)(?:(\d+)D)?(?:T(?=\d)(?:(\d+)H(?!\d+S))?(?:(\d+)M)?(?:(\d+)S)?)?")
_LOCAL = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d")
_DAYS = [rrule.MO, rrule.TU, rrule.WE, rrule.TH, rrule.FR, rrule.SA, rrule.SU]
_NAMES = ["mo", "tu", "we", "th", "fr", "sa", "su"]
_FREQUENCIES: dict[str, Any] = {
    "daily": rrule.DAILY,
    "weekly": rrule.WEEKLY,
    "monthly": rrule.MONTHLY,
    "yearly": rrule.YEARLY,
}
# Section 4.3.5: pointers that a patch may not have.
_UNPATCHABLE = {"@type", "method", "privacy", "prodId", "recurrenceId", "recurrenceOverrides", "recurrenceRules",
                "excludedRecurrenceRules", "recurrenceIdTimeZone", "relatedTo", "replyTo", "sentBy", "timeZones",
                "uid"}  # fmt: skip


class Seen(Struct, frozen=True, order=True):
    """One date as a client would show it; `original` is its recurrence id, "" for a single event."""

    start_at: datetime
    end_at: datetime
    original: str
    start: str
    zone: str
    status: str


def entries(document: bytes) -> list[dict[str, Any]]:
    """The Events of a Group, after a look at what every Group and Event must have."""
    group = json.loads(document)
    assert group["@type"] == "Group"
    assert group["uid"]
    assert group["updated"].endswith("Z")
    for event in group["entries"]:
        assert event["@type"] == "Event"
        assert event["uid"]
        assert event["updated"].endswith("Z")
        assert _LOCAL.fullmatch(event["start"])
    return list(group["entries"])


def expand(event: dict[str, Any], before: datetime) -> list[Seen]:
    """Every date of an Event that starts within two days of the UTC instant `before` or earlier."""
    if "recurrenceRules" not in event and "recurrenceOverrides" not in event:
        return [_seen(event, "")]
    limit = before.replace(tzinfo=None) + timedelta(days=2)
    patches = event.get("recurrenceOverrides", {})
    ids = {event["start"], *patches}
    for rule in event.get("recurrenceRules", []):
        ids |= {when.isoformat() for when in _starts(rule, datetime.fromisoformat(event["start"]), limit)}
    found = []
    for one in ids:
        patch = patches.get(one, {})
        assert not _UNPATCHABLE & patch.keys()
        if patch.get("excluded"):
            continue
        patched = {**event, "start": one, **patch}
        found.append(_seen({name: value for name, value in patched.items() if value is not None}, one))
    return sorted(found)


def length(text: str) -> tuple[int, timedelta]:
    """Calendar days and exact time of a Duration; refuses what the grammar of section 1.4.6 does not have."""
    match = _DURATION.fullmatch(text)
    assert match, text
    days, hours, minutes, seconds = (int(number or 0) for number in match.groups())
    return days, timedelta(hours=hours, minutes=minutes, seconds=seconds)


def _seen(event: dict[str, Any], original: str) -> Seen:
    zone = event.get("timeZone", "")
    assert bool(zone) != bool(event.get("showWithoutTime"))
    start = datetime.fromisoformat(event["start"])
    days, exact = length(event["duration"])
    tz = ZoneInfo(zone or "UTC")
    start_at = start.replace(tzinfo=tz).astimezone(UTC)
    end_at = (start + timedelta(days=days)).replace(tzinfo=tz).astimezone(UTC) + exact
    return Seen(start_at, end_at, original, event["start"], zone, event["status"])


def _starts(rule: dict[str, Any], start: datetime, limit: datetime) -> list[datetime]:
    assert rule["@type"] == "RecurrenceRule"
    days = [_DAYS[_NAMES.index(day["day"])] for day in rule.get("byDay", [])]
    counted = [day(item["nthOfPeriod"]) if item.get("nthOfPeriod") else day
               for day, item in zip(days, rule.get("byDay", []), strict=True)]  # fmt: skip
    if "byWeekNo" in rule and not counted and "byMonthDay" not in rule and "byYearDay" not in rule:
        counted = [_DAYS[start.weekday()]]  # section 4.3.3: a week that is named without a day has the start's
    dates = rrule.rrule(
        _FREQUENCIES[rule["frequency"]],
        dtstart=start,
        interval=rule.get("interval", 1),
        wkst=_NAMES.index(rule.get("firstDayOfWeek", "mo")),
        bymonth=[int(month) for month in rule.get("byMonth", [])] or None,
        byweekno=rule.get("byWeekNo"),
        byyearday=rule.get("byYearDay"),
        bymonthday=rule.get("byMonthDay"),
        byweekday=counted or None,
        bysetpos=rule.get("bySetPosition"),
        until=min(datetime.fromisoformat(rule["until"]), limit) if "until" in rule else limit,
    )
    # Section 4.3: the start is the first date and counts, whether or not the rule gives it.
    found = [start, *(date for date in dates if date != start)]
    return found[: rule["count"]] if "count" in rule else found
