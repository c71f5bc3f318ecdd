"""Events registered over HTTP on five clocks, and their feed as three calendar programs read it.

All of them must see what the API says: over both clock changes of a year, in series with dates left out, moved and
cancelled, in events of whole days and of several.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest
from msgspec import Struct

from tests.feeds.ical_js import IcalJs
from tests.feeds.readers import Seen, mark, parsed, seen_by_recurring
from tests.organiser import Organiser, wall
from tests.service import Service
from tests.sink import arrival

ZONES = ("Europe/Brussels", "America/Guayaquil", "Africa/Nairobi", "Asia/Phnom_Penh", "Africa/Johannesburg")
DAY = timedelta(days=1)
HOUR = timedelta(hours=1)


class Year(Struct, frozen=True):
    """A year, 2027 or later, and the instants at which Brussels changes its clocks in it."""

    number: int

    @property
    def summer(self) -> datetime:
        """The clocks go forward."""
        return last_sunday(self.number, 3)

    @property
    def winter(self) -> datetime:
        """The clocks go back."""
        return last_sunday(self.number, 10)

    @property
    def span(self) -> tuple[datetime, datetime]:
        """From its first instant to its last one, with room for every clock."""
        return datetime(self.number, 1, 1, tzinfo=UTC) - DAY, datetime(self.number + 1, 1, 1, tzinfo=UTC) + DAY


class Published(Struct, frozen=True):
    """A feed, and what the API says about the events in it: uid, start and end of each date that takes place."""

    year: Year
    calendar: bytes
    told: list[Seen]
    single: set[str]


def last_sunday(year: int, month: int) -> datetime:
    """The last Sunday of a month with 31 days, at 01:00 UTC (directive 2000/84/EC, article 2 and 3)."""
    last = date(year, month, 31)
    found = last - timedelta(days=last.isoweekday() % 7)
    return datetime(found.year, found.month, found.day, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Published:
    """Every event of every zone in one feed, fetched once."""
    folder: Path = tmp_path_factory.mktemp("alike")
    year = Year(max(2027, arrival().year + 1))
    with Service(folder / "data", env={"ENSPIRED_FEEDS__FUTURE_DAYS": "800"}) as service:
        key = service.new_key()
        service.start()
        with Organiser(service.url, key) as organiser:
            made = [organiser.create(**fields) for zone in ZONES for fields in events_in(zone, year)]
        calendar = httpx.get(f"{service.url}/feeds/events.ics").raise_for_status().content
    told = [seen for found in made for seen in seen_by_api(found)]
    return Published(year, calendar, in_order(told), {found["uid"] for found in made if "recurrence" not in found})


def events_in(zone: str, year: Year) -> Iterator[dict[str, Any]]:
    """The bodies of all events on one clock."""
    for change in (year.summer, year.winter):
        for hours in range(-4, 5):
            begin = change + hours * HOUR + timedelta(minutes=30)
            yield {"timezone": zone, "start": wall(begin, zone), "end": wall(begin + HOUR, zone)}
        yield {"timezone": zone, "start": wall(change - 2 * DAY, zone), "end": wall(change + 2 * DAY, zone)}
        sunday = change.date()
        yield {"timezone": zone, "start": str(sunday), "end": str(sunday)}
        yield {"timezone": zone, "start": str(sunday - DAY), "end": str(sunday + 2 * DAY)}
        yield from series_around(zone, sunday)


def series_around(zone: str, sunday: date) -> Iterator[dict[str, Any]]:
    """Weekly and daily series over a clock change, with one date left out, one moved onto the change, one cancelled."""
    first = sunday - 3 * 7 * DAY
    dates = [first + week * 7 * DAY for week in range(8)]
    for clock, end in (("09:00", "10:30"), ("18:00", "19:00")):
        yield {
            "timezone": zone,
            "start": f"{first}T{clock}",
            "end": f"{first}T{end}",
            "recurrence": {
                "rule": "FREQ=WEEKLY;BYDAY=SU;COUNT=8",
                "excluded": [f"{dates[1]}T{clock}"],
                "moved": [{"date": f"{dates[2]}T{clock}", "start": f"{sunday}T13:00", "end": f"{sunday}T14:30"}],
                "cancelled": [{"date": f"{dates[5]}T{clock}", "reason": "Strike"}],
            },
        }
    night = f"{sunday}T02:30"
    yield {
        "timezone": zone,
        "start": f"{sunday - 2 * DAY}T02:30",
        "end": f"{sunday - 2 * DAY}T02:50",
        "recurrence": {"rule": "FREQ=DAILY;COUNT=5", "excluded": [night]},
    }
    yield {
        "timezone": zone,
        "start": str(first),
        "end": str(first + DAY),
        "recurrence": {
            "rule": "FREQ=WEEKLY;BYDAY=SU;COUNT=8",
            "excluded": [str(dates[1])],
            "moved": [{"date": str(dates[2]), "start": str(dates[2] + DAY), "end": str(dates[2] + 2 * DAY)}],
            "cancelled": [{"date": str(dates[5])}],
        },
    }


def seen_by_api(found: dict[str, Any]) -> Iterator[Seen]:
    """The dates of an event that take place: instants, or the first day and the day after the last one."""
    for one in found["dates"]:
        if one["status"] == "cancelled":
            continue
        if len(one["start"]) == len("2027-03-28"):
            yield found["uid"], one["start"], str(date.fromisoformat(one["end"]) + DAY)
        else:
            start, end = (datetime.fromisoformat(one[name]) for name in ("start_at", "end_at"))
            yield found["uid"], mark(start), mark(end)


def in_order(seen: list[Seen]) -> list[Seen]:
    """Sorted, whatever the marks are."""
    return sorted(seen, key=str)


def test_the_api_derives_the_instants_that_the_clocks_of_the_zones_show(published: Published) -> None:
    """The oracle of the others, itself judged: a 09:00 series shifts by an hour in Brussels and nowhere else."""
    assert len(published.told) == len(ZONES) * 2 * (9 + 1 + 1 + 1 + 2 * 6 + 4 + 6)
    for zone in ZONES:
        before, after = (
            datetime(published.year.number, month, 20, 9, tzinfo=ZoneInfo(zone)).astimezone(UTC) for month in (3, 4)
        )
        assert (before.hour != after.hour) == (zone == "Europe/Brussels")


def test_icalendar_reads_every_event_without_complaint_and_at_the_same_instants(published: Published) -> None:
    events = [one for one in parsed(published.calendar).events if str(one["UID"]) in published.single]
    seen = [(str(one["UID"]), mark(one.start), mark(one.end)) for one in events]
    assert in_order(seen) == [one for one in published.told if one[0] in published.single]


def test_recurring_ical_events_finds_every_date_at_the_same_instant(published: Published) -> None:
    assert in_order(seen_by_recurring(published.calendar, *published.year.span)) == published.told


@pytest.mark.node
def test_ical_js_finds_every_date_at_the_same_instant(published: Published, ical_js: IcalJs) -> None:
    (found,) = ical_js.occurrences([published.calendar], *published.year.span)
    assert in_order([(one["uid"], one["start"], one["end"]) for one in found]) == published.told


def test_no_time_in_the_feed_floats_and_every_zone_is_explained(published: Published) -> None:
    lines = published.calendar.decode().replace("\r\n ", "").split("\r\n")
    zones = {line.removeprefix("TZID:") for line in lines if line.startswith("TZID:")}
    assert zones == set(ZONES)
    names = ("DTSTART", "DTEND", "EXDATE", "RECURRENCE-ID")
    inside = lines[lines.index("BEGIN:VEVENT") :]
    times = [line for line in inside if line.startswith(names)]
    # Where the clock shows an hour twice a single event is written in UTC: readers take TZID there for either pass.
    assert [line for line in times if not ("TZID=" in line or "VALUE=DATE" in line or line.endswith("Z"))] == []


def test_no_zone_of_a_whole_calendar_is_named(published: Published) -> None:
    """X-WR-TIMEZONE makes recurring-ical-events move what is written in UTC, an hour wrong in a double hour."""
    assert b"X-WR-TIMEZONE" not in published.calendar
