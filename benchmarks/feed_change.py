"""One event of many changes: until the new compressed feed is ready, storage included; and the same with icalendar.

    python -m benchmarks.feed_change [--events 10000] [--rounds 5] [--changes 20]

Ours: the change through the service's own door (checked, with its history and reminders, committed and fsynced),
then the feed from the library that serves requests. The other: parse nothing, read nothing; build the calendar of the
same entries with icalendar, serialise it and compress it. In turns, in one process on one core; figures are medians.
"""

import argparse
import asyncio
import gzip
import os
import tempfile
import time
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import icalendar

from benchmarks import agenda
from benchmarks.measuring import SERVER_CORE, machine, median, table
from feeds.entry import Entry, When
from feeds.rules import rule_text
from scheduler.calendars.library import EventLibrary
from scheduler.calendars.selecting import find, understood
from scheduler.clock import utcnow
from scheduler.config import Config
from scheduler.services import events
from scheduler.services.events import Door
from scheduler.store.database import Database
from scheduler.texts import load_catalogues

PATH = "/feeds/events.ics"


class Bench:
    """A library over a filled database."""

    def __init__(self, database: Database, config: Config) -> None:
        self.database = database
        self.config = config
        self.library = EventLibrary(database, config, utcnow, load_catalogues())
        self.entries: list[Entry] = []
        self.ids: list[str] = []

    async def warm(self) -> int:
        """Makes the feed once, and the entries for the other; the size of the feed compressed."""
        ready = await self.library.publication(PATH, "", client="")
        hot = self.library._feeds.get((PATH, b""))
        assert hot is not None
        today = hot.wanted.today
        found = await self.database.read(
            lambda conn: find(conn, understood(conn, hot.wanted.order, self.config, today), self.config)
        )
        self.entries = self.library._maker._renderer.entries(found)
        self.ids = [event.id for event in found.events]
        assert ready.packed is not None
        return len(ready.packed.body)

    async def change(self, number: int) -> tuple[float, float]:
        """Retitles one event: seconds of the write alone, and until the new body is there."""
        event_id = self.ids[number * 7919 % len(self.ids)]
        door = Door(actor=agenda.ADMIN, config=self.config, domain="benchmark.example", now=utcnow())
        began = time.perf_counter()
        data = {"title": {"en": f"Changed for the {number}th time"}}
        await self.database.write(lambda conn: events.change(conn, event_id, data, door, expected=None, partly=True))
        written = time.perf_counter() - began
        ready = await self.library.publication(PATH, "", client="")
        done = time.perf_counter() - began
        assert ready.packed is not None
        assert f"Changed for the {number}th time".encode() in gzip.decompress(ready.packed.body)
        return written, done


def with_icalendar(entries: list[Entry]) -> bytes:
    """The same calendar built, serialised and compressed with icalendar and gzip, as its documentation shows."""
    calendar = icalendar.Calendar()
    calendar.add("prodid", "-//benchmark//EN")
    calendar.add("version", "2.0")
    for entry in entries:
        calendar.add_component(_event(entry))
    calendar.add_missing_timezones()
    return gzip.compress(calendar.to_ical(), 6)


def _event(entry: Entry) -> icalendar.Event:
    event = icalendar.Event()
    event.add("uid", entry.uid)
    event.add("dtstamp", entry.stamp)
    event.add("dtstart", _time(entry.start, entry.zone))
    event.add("dtend", _time(entry.end, entry.zone))
    event.add("sequence", entry.sequence)
    event.add("status", entry.status.upper())
    event.add("last-modified", entry.modified)
    event.add("summary", entry.summary)
    event.add("description", entry.description)
    event.add("location", entry.location)
    event.add("url", entry.url)
    event.add("categories", list(entry.categories))
    if entry.recurrence:
        event.add("rrule", icalendar.vRecur.from_ical(rule_text(entry.recurrence.rule)))
    return event


def _time(when: When, zone: str | None) -> Any:
    return when.replace(tzinfo=ZoneInfo(zone)) if zone and hasattr(when, "hour") else when


async def measure(count: int, rounds: int, changes: int) -> None:
    """Measures and prints."""
    with tempfile.TemporaryDirectory() as folder:
        config = agenda.config_of(agenda.settings(Path(folder), count))
        database = await agenda.filled(config, count)
        bench = Bench(database, config)
        size = await bench.warm()
        print(f"{machine()}; {count:,} events, {size:,} octets as gzip\n")
        ours: list[float] = []
        writes: list[float] = []
        theirs: list[float] = []
        for turn in range(rounds):
            for number in range(changes):
                written, done = await bench.change(turn * changes + number)
                writes.append(written)
                ours.append(done)
            began = time.perf_counter()
            with_icalendar(bench.entries)
            theirs.append(time.perf_counter() - began)
        await database.close()
    body = median([done - written for done, written in zip(ours, writes, strict=True)])
    rows = [
        ("ours: change stored, new body ready", f"{median(ours) * 1e3:,.2f}", f"{median(theirs) / median(ours):,.0f}"),
        ("  of which storing", f"{median(writes) * 1e3:,.2f}", ""),
        ("  of which the feed: reading, rendering, packing", f"{body * 1e3:,.2f}", f"{median(theirs) / body:,.0f}"),
        ("icalendar: built, serialised, compressed", f"{median(theirs) * 1e3:,.0f}", "1"),
    ]
    print(table((f"1 of {count:,} events changed", "ms", "times faster"), rows))


def main() -> None:
    """Reads the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--events", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--changes", type=int, default=20)
    given = parser.parse_args()
    os.sched_setaffinity(0, {SERVER_CORE})
    asyncio.run(measure(given.events, given.rounds, given.changes))


if __name__ == "__main__":
    main()
