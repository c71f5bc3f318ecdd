"""What RFC 5545 can say about an event: the words that both packages speak.

Times follow one convention everywhere. A timed start or end is a *naive* `datetime` (wall time, with `fold`
choosing the second pass of a double hour) beside an IANA zone; an all-day one is a `date` without a zone.
Ends are exclusive (RFC 5545 section 3.6.1). Instants (`stamp`, `modified`) are aware UTC datetimes.
"""

from datetime import UTC, date, datetime, time, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from msgspec import Struct

Frequency = Literal["daily", "weekly", "monthly", "yearly"]
Weekday = Literal["MO", "TU", "WE", "TH", "FR", "SA", "SU"]
EntryStatus = Literal["tentative", "confirmed", "cancelled"]
Participation = Literal["needs-action", "accepted", "declined", "tentative"]
When = datetime | date


class NthWeekday(Struct, frozen=True, order=True):
    """A BYDAY item: `day`, and which one of the month or year (`nth`, 0 for every; -1 the last)."""

    day: Weekday
    nth: int = 0


class Rule(Struct, frozen=True, kw_only=True):
    """A recurrence rule (RFC 5545 section 3.3.10), already validated; sub-daily frequencies do not exist here.

    `until` is the last permitted start: an aware UTC instant for a timed entry, a date for an all-day one.
    """

    frequency: Frequency
    interval: int = 1
    count: int | None = None
    until: datetime | date | None = None
    by_month: tuple[int, ...] = ()
    by_week_number: tuple[int, ...] = ()
    by_year_day: tuple[int, ...] = ()
    by_month_day: tuple[int, ...] = ()
    by_day: tuple[NthWeekday, ...] = ()
    by_set_position: tuple[int, ...] = ()
    week_start: Weekday = "MO"


class Recurrence(Struct, frozen=True, kw_only=True):
    """How an entry repeats: a rule, dates added to it (RDATE) and dates taken out (EXDATE), as wall times or dates."""

    rule: Rule
    added: tuple[When, ...] = ()
    excluded: tuple[When, ...] = ()


class Alarm(Struct, frozen=True):
    """A VALARM that displays the summary `before` the start (RFC 5545 section 3.6.6)."""

    before: timedelta


class Attendee(Struct, frozen=True, kw_only=True):
    """An ORGANIZER or ATTENDEE (RFC 5545 sections 3.8.4.1, 3.8.4.3); never in a public feed."""

    address: str
    name: str = ""
    participation: Participation = "needs-action"
    reply_wanted: bool = False


class Conference(Struct, frozen=True, kw_only=True):
    """A way to join from afar: CONFERENCE (RFC 7986 section 5.11). `label` names the platform."""

    url: str
    label: str = ""


class Entry(Struct, frozen=True, kw_only=True):
    """One VEVENT, or a series with its overrides.

    `uid` is permanent; `sequence` and `modified` never go back (RFC 5546 section 2.1.4, RFC 5545 section 3.8.7.3).
    `recurrence_id` is set on an override, and on one date of a series that travels alone: the original start of the
    date it replaces, in the zone of its series.
    `overrides` carry the full property set of their date, in order of `recurrence_id`.
    """

    uid: str
    sequence: int
    stamp: datetime
    modified: datetime
    start: When
    end: When
    zone: str | None = None
    status: EntryStatus = "confirmed"
    summary: str
    language: str = ""
    description: str = ""
    location: str = ""
    url: str = ""
    categories: tuple[str, ...] = ()
    transparent: bool = False
    created: datetime | None = None
    recurrence: Recurrence | None = None
    recurrence_id: When | None = None
    overrides: tuple["Entry", ...] = ()
    organizer: Attendee | None = None
    attendees: tuple[Attendee, ...] = ()
    alarms: tuple[Alarm, ...] = ()
    conferences: tuple[Conference, ...] = ()
    geo: tuple[float, float] | None = None
    related_to: str = ""

    @property
    def all_day(self) -> bool:
        """True when start and end are dates."""
        return not isinstance(self.start, datetime)


def instant(when: When, zone: str | None) -> datetime:
    """The UTC instant of a wall time in an IANA zone, or of a date's first moment in it (UTC without a zone).

    In a gap the offset before the change counts, in a double hour `fold` decides (RFC 5545 section 3.3.5).
    """
    wall = when if isinstance(when, datetime) else datetime.combine(when, time())
    tz = ZoneInfo(zone) if zone else UTC
    return wall.replace(tzinfo=tz).astimezone(UTC)
