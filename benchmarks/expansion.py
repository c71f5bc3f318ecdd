"""The dates of 1,000 series over a year: ours, recurring-ical-events, dateutil's rrule.

    python -m benchmarks.expansion [--series 1000] [--rounds 5]

The same series for each, in turns, on one core; figures are medians. The others are given what they like best: a
calendar that is parsed already, rules that are parsed already.
"""

import argparse
import os
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import icalendar
import recurring_ical_events
from dateutil.rrule import rrulestr

from benchmarks.measuring import SERVER_CORE, machine, median, table
from feeds.entry import Entry, Recurrence
from feeds.recurrence import occurrences, parse_rule
from feeds.write import Head, calendar, vevent, vtimezones, zones_of

ZONES = ("Europe/Brussels", "America/Guayaquil", "Africa/Nairobi", "Asia/Phnom_Penh")
FROM, TO = datetime(2027, 1, 1, tzinfo=UTC), datetime(2028, 1, 1, tzinfo=UTC)
RULES = {
    "weekly": "FREQ=WEEKLY;BYDAY=TU",
    "daily": "FREQ=DAILY",
    "monthly, second Tuesday": "FREQ=MONTHLY;BYDAY=2TU",
}


def made(rule: str, count: int) -> list[Entry]:
    """Series in four zones that begin on the first Tuesdays of 2027."""
    stamp = datetime(2026, 11, 2, tzinfo=UTC)
    found = []
    for number in range(count):
        zone = ZONES[number % len(ZONES)]
        start = datetime(2027, 1, 12, 8 + number % 10, number % 60)  # noqa: DTZ001  # wall time
        found.append(
            Entry(
                uid=f"{number}@benchmark.example",
                sequence=0,
                stamp=stamp,
                modified=stamp,
                start=start,
                end=start + timedelta(hours=1),
                zone=zone,
                summary="Talk",
                recurrence=Recurrence(rule=parse_rule(rule, all_day=False, zone=zone)),
            )
        )
    return found


def ours(entries: list[Entry]) -> Callable[[], int]:
    """Our own."""
    return lambda: sum(len(occurrences(entry, FROM, TO)) for entry in entries)


def recurring(entries: list[Entry]) -> Callable[[], int]:
    """recurring-ical-events on a parsed calendar."""
    zones = vtimezones(zones_of(entries))
    parsed = icalendar.Calendar.from_ical(calendar(Head(name="x"), zones, map(vevent, entries)))
    return lambda: len(recurring_ical_events.of(parsed).between(FROM, TO))


def dateutil(entries: list[Entry], rule: str) -> Callable[[], int]:
    """dateutil's rules, parsed already, with aware starts and nothing else of an event."""
    rules: list[Any] = []
    for entry in entries:
        assert isinstance(entry.start, datetime)
        rules.append(rrulestr(rule, dtstart=entry.start.replace(tzinfo=ZoneInfo(entry.zone or "UTC"))))
    return lambda: sum(len(one.between(FROM, TO, inc=True)) for one in rules)


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--series", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=5)
    given = parser.parse_args()
    os.sched_setaffinity(0, {SERVER_CORE})
    print(f"{machine()}; {given.series} series over a year, in four zones\n")
    rows = []
    for name, rule in RULES.items():
        entries = made(rule, given.series)
        ways = {
            "ours": ours(entries),
            "recurring-ical-events": recurring(entries),
            "dateutil": dateutil(entries, rule),
        }
        taken: dict[str, list[float]] = {way: [] for way in ways}
        dates = dict.fromkeys(ways, 0)
        for _ in range(given.rounds):
            for way, work in ways.items():
                began = time.perf_counter()
                dates[way] = work()
                taken[way].append(time.perf_counter() - began)
        base = median(taken["ours"])
        rows += [
            (name, way, f"{dates[way]:,}", f"{median(spent) * 1e3:,.0f}", f"{median(spent) / base:.1f}")
            for way, spent in taken.items()
        ]
    print(table(("series", "engine", "dates", "ms", "times ours"), rows))


if __name__ == "__main__":
    main()
