"""Quiet hours: when a mail that can wait is not sent, on the clock of the place where it is read. Pure."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from msgspec import Struct


class QuietHours(Struct, frozen=True):
    """From `begin` to `end` on a wall clock, over midnight where `end` is the earlier one."""

    begin: time
    end: time

    def cover(self, clock: time) -> bool:
        """True for a clock time within them; `end` itself is not."""
        if self.begin <= self.end:
            return self.begin <= clock < self.end
        return clock >= self.begin or clock < self.end

    def over_at(self, at: datetime, zone: str) -> datetime:
        """The UTC instant at which they are over, for who is in `zone` (IANA) at an aware instant; else `at` itself.

        Where the clocks change, it is the first instant not before `at` at which the clock there shows the end.
        """
        local = at.astimezone(ZoneInfo(zone))
        if not self.cover(local.time()):
            return at
        day = local.date() + timedelta(days=local.time() >= self.end)
        for fold in (0, 1):
            found = datetime.combine(day, self.end, ZoneInfo(zone)).replace(fold=fold).astimezone(UTC)
            if found >= at:
                return found
        return at


def quiet_hours(begin: str, end: str) -> QuietHours | None:
    """The quiet hours of two clock times as HH:MM; None when `begin` is `off`."""
    return None if begin == "off" else QuietHours(time.fromisoformat(begin), time.fromisoformat(end))


def considerate(
    at: datetime, zone: str, quiet: QuietHours | None, *, begins: datetime | None, lead: timedelta
) -> datetime:
    """When to send what is due at `at`, for who is in `zone`: after the quiet hours, if it is of use then.

    `begins` is the event's start (None for a mail after it) and `lead` how long before it the mail was meant to
    come. Of use is what comes an hour before the start, or half its lead where that is shorter; else it goes at
    `at`, quiet hours or not: who takes part at such an hour is awake.
    """
    if quiet is None:
        return at
    later = quiet.over_at(at, zone)
    if begins is None or later <= begins - min(timedelta(hours=1), lead / 2):
        return later
    return at
