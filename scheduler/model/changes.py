"""What a change of an event means: which counters rise, and where it stood before it moved. Pure.

The counters decide who hears of a change: `public_revision` the feeds, `timing_revision` the reminders, `sequence`
the calendars that hold an invitation (RFC 5546 section 2.1.4).
"""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
from msgspec import structs

from scheduler.model.event import Event, Moved
from scheduler.model.wall import WallTime, instant, is_date, text

# Never on a page, in a feed or in a public answer: for organisers only, or counters that follow from the rest.
_NOT_PUBLIC = frozenset(
    {
        "external_id", "notes", "travel", "funding", "evaluation", "outcome", "reminders",
        "created_at", "created_by", "modified_at",
        "revision", "public_revision", "timing_revision", "sequence",
    }
)  # fmt: skip
JOINING = ("url", "dial_in", "low_bandwidth")
_TIME = ("start", "end", "timezone", "recurrence")
# Where people go: what a place leaves empty comes from the host, and the format says whether there is a place at all.
_PLACE = ("place", "host", "format")


def public_view(event: Event) -> dict[str, Any]:
    """The fields that public feeds and pages show, as plain data.

    Without notes, travel, funding, results and reminders; without the ways to join unless those are public.
    """
    view: dict[str, Any] = {
        name: value for name, value in msgspec.to_builtins(event).items() if name not in _NOT_PUBLIC
    }
    view["speakers"] = [without_mail(speaker) for speaker in view["speakers"]]
    if event.online.visibility != "public":
        view["online"] = {name: value for name, value in view["online"].items() if name not in JOINING}
    return view


def without_mail(speaker: dict[str, Any]) -> dict[str, Any]:
    """A speaker as plain data, without where their mails go and in which language: that is for organisers only."""
    return {name: value for name, value in speaker.items() if name not in {"email", "language"}}


def advanced(before: Event | None, after: Event, now: datetime, *, reason: str = "") -> Event:
    """`after` with the counters that its difference from `before` calls for; the same event when there is none.

    A published event whose time changed says where it stood (`moved_from`, with the `reason`), unless it is back
    where it stood before; a draft has never been anywhere: its sequence stays 0. `modified_at` rises with the public
    view and never goes back.
    """
    if before is None:
        # Some calendar may hold it as it was before it came here: only a higher sequence ends it there.
        first = stamped(after, now)
        return structs.replace(first, sequence=max(first.sequence, 1)) if first.status == "cancelled" else first
    if after == before:
        return before
    seen = stamped(after, now)
    if before.published and _differ(before, seen, ("start", "end", "timezone")):
        seen = structs.replace(seen, moved_from=None if _back(before, seen) else _moved(before, seen, now, reason))
    public = public_view(before) != public_view(seen)
    return structs.replace(
        seen,
        revision=before.revision + 1,
        public_revision=before.public_revision + public,
        timing_revision=before.timing_revision + _differ(before, seen, _TIME),
        sequence=before.sequence + (before.published and _differ(before, seen, (*_TIME, *_PLACE, "status"))),
        modified_at=max(now, before.modified_at) if public else before.modified_at,
    )


def stamped(event: Event, now: datetime) -> Event:
    """The event with the instants at which it was first published and cancelled, where it is that and lacks them."""
    published_at = event.published_at or (now if event.published else None)
    cancelled_at = event.cancelled_at or (now if event.status == "cancelled" else None)
    return structs.replace(event, published_at=published_at, cancelled_at=cancelled_at)


def _differ(before: Event, after: Event, names: tuple[str, ...]) -> bool:
    return any(getattr(before, name) != getattr(after, name) for name in names)


def _moved(before: Event, after: Event, now: datetime, reason: str) -> Moved:
    start, end = (_on_clock(wall, before.timezone, after.timezone) for wall in (before.start, before.end))
    return Moved(start=start, end=end, at=now, reason=reason)


def _back(before: Event, after: Event) -> bool:
    """True when the last move is undone: nobody may read that it was planned for a time that was a slip."""
    was = before.moved_from
    return was is not None and before.timezone == after.timezone and (was.start, was.end) == (after.start, after.end)


def _on_clock(wall: WallTime, old: str, new: str) -> WallTime:
    """The old time on the clock that the event has now, for it is read beside the new one."""
    if old == new or is_date(wall):
        return wall
    there = instant(wall, old).astimezone(ZoneInfo(new))
    return text(there, new)
