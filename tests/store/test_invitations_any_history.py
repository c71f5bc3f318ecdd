"""Whatever happens to events and registrations: attendees' calendars, which know only their mails, hold what is true.

A random history of moves, cancellations, withdrawals, returns and edits is played to the end. A model of a calendar
program takes in the mails in the order of their arrival and follows RFC 5546; in the end it is compared with the
service's own dates.
"""

from datetime import UTC, datetime, timedelta
from functools import partial
from random import Random
from typing import Any

import pytest
import recurring_ical_events
from icalendar import Calendar
from msgspec import Struct, field
from sqlalchemy import Connection

from scheduler.model.event import Event, Occurrence
from scheduler.model.registration import Registration
from scheduler.store import events as event_store
from scheduler.store import registrations as registration_store
from tests.store.invited import calendar_of, mail_of
from tests.store.world import Sent, World

NAMES = ("Ann", "Bob", "Cid", "Dee")
RULE = {"rule": "FREQ=WEEKLY;COUNT=5"}
SPAN = (datetime(2026, 1, 1, tzinfo=UTC), datetime(2030, 1, 1, tzinfo=UTC))
Shown = dict[datetime, datetime]
"""RECURRENCE-ID -> start, both UTC instants."""


class Program(Struct):
    """A calendar program: what it shows for each person and UID, and the newest version it has seen of each."""

    shown: dict[tuple[str, str], Shown] = field(default_factory=dict)
    newest: dict[tuple[str, str], tuple[int, datetime]] = field(default_factory=dict)
    buried: set[tuple[str, str]] = field(default_factory=set)

    def take_in(self, sent: Sent) -> None:
        """What a program does with a mail; what it would stumble over fails here."""
        found = calendar_of(sent)
        others = [f"{name.lower()}@example.org" for name in NAMES if f"{name.lower()}@example.org" != sent.recipient]
        assert not any(other in mail_of(sent).as_string() + str(found and found.to_ical()) for other in others)
        if found is None:
            return
        master: Any = found.walk("VEVENT")[0]
        key = (sent.recipient, str(master["UID"]))
        version = (int(master["SEQUENCE"]), master["DTSTAMP"].dt)
        assert version >= self.newest.get(key, version), "an older version came after a newer one"
        self.newest[key] = version
        if str(found["METHOD"]) == "REQUEST":
            assert key not in self.buried, "an entry that was cancelled rises again"
            self.shown[key] = dates_in(found)
        elif "RECURRENCE-ID" in master:
            gone = self.shown[key].pop(master["RECURRENCE-ID"].dt.astimezone(UTC), None)
            assert gone, "it takes out a date that is not there"
        else:
            self.shown.pop(key, None)
            self.buried.add(key)


def dates_in(calendar: Calendar) -> Shown:
    """Every date of an invitation."""
    found = recurring_ical_events.of(calendar).between(*SPAN)
    return {
        one.get("RECURRENCE-ID", one["DTSTART"]).dt.astimezone(UTC): one["DTSTART"].dt.astimezone(UTC) for one in found
    }


def _everything(conn: Connection, event_id: str) -> tuple[Event | None, list[Occurrence], list[Registration]]:
    rows = registration_store.of_event(conn, event_id, ["confirmed"])
    return event_store.get(conn, event_id), event_store.dates_of(conn, event_id), rows


async def truth(world: World, made: list[Event]) -> dict[tuple[str, str], set[datetime]]:
    """What each calendar should show: the dates that take place and that somebody with a seat comes to."""
    found: dict[tuple[str, str], set[datetime]] = {}
    for one in made:
        event, dates, rows = await world.db.read(partial(_everything, event_id=one.id))
        assert event is not None
        for row in rows if event.alive else []:
            starts = {date.start_at for date in dates if date.alive and row.attends(date.id)}
            if starts:
                found[row.email, row.uid] = starts
    return found


class History:
    """One random history; every step is something that people do."""

    def __init__(self, world: World, seed: int) -> None:
        self.world, self.random = world, Random(seed)
        self.events: list[Event] = []
        self.rows: list[Registration] = []
        self.cancelled: dict[str, list[str]] = {}

    async def begin(self) -> None:
        """A single event and a series, one of them with few seats."""
        self.events = [
            await self.world.create(seats={"on_site": 2}, reminders=[]),
            await self.world.create(recurrence=RULE, reminders=[]),
        ]

    async def step(self) -> None:
        """One thing that happens, and sometimes the post goes out."""
        what = self.random.choices(
            [self.register, self.withdraw, self.move, self.cancel_date, self.retitle, self.cancel],
            [6, 4, 3, 2, 1, 0.2],
        )[0]
        await what()
        self.world.now += timedelta(minutes=self.random.choice((1, 30, 600)))
        if self.random.random() < 0.6:
            await self.world.send()

    async def register(self) -> None:
        event = await self.some_event()
        if event is None:
            return
        dates = await self.world.db.read(lambda conn: event_store.dates_of(conn, event.id))
        chosen: tuple[str, ...] = ()
        if event.recurrence and self.random.random() < 0.6:
            alive = [date.id for date in dates if date.alive]
            chosen = tuple(sorted(self.random.sample(alive, min(len(alive), self.random.randint(1, 3)))))
        self.rows.append(await self.world.register(event, self.random.choice(NAMES), occurrences=chosen))

    async def withdraw(self) -> None:
        if self.rows:
            row = self.rows.pop(self.random.randrange(len(self.rows)))
            await self.world.withdraw(row, by_organiser=self.random.random() < 0.5)

    async def move(self) -> None:
        event = await self.some_event()
        if event is not None and event.recurrence is None:
            await self.world.move(event, f"2027-0{self.random.randint(3, 9)}-1{self.random.randint(0, 9)}T10:00")
        elif event is not None:
            await self.world.patch(event, place={"room": f"B1.0{self.random.randint(0, 9)}"})

    async def cancel_date(self) -> None:
        event = await self.some_event()
        if event is not None and event.recurrence is not None:
            dates = await self.world.db.read(lambda conn: event_store.dates_of(conn, event.id))
            alive = [date.start for date in dates if date.alive]
            if len(alive) > 1:
                gone = self.cancelled.setdefault(event.id, [])
                gone.append(self.random.choice(alive))
                await self.world.patch(event, recurrence={**RULE, "cancelled": [{"date": one} for one in gone]})

    async def retitle(self) -> None:
        if event := await self.some_event():
            await self.world.patch(event, title={"en": f"Title {self.random.random()}"})

    async def cancel(self) -> None:
        if event := await self.some_event():
            await self.world.cancel(event)

    async def some_event(self) -> Event | None:
        """An event that takes place, as it now is."""
        key = self.random.choice(self.events).id
        event = await self.world.db.read(lambda conn: event_store.get(conn, key))
        return event if event and event.alive else None


@pytest.mark.parametrize("seed", range(6))
async def test_calendars_hold_what_is_true_after_any_history(world: World, seed: int) -> None:
    history = History(world, seed)
    await history.begin()
    for _ in range(40):
        await history.step()
    for _ in range(3):
        world.now += timedelta(days=1)
        await world.send()
    program = Program()
    for sent in world.wire.sent:
        program.take_in(sent)
    assert {key: set(shown.values()) for key, shown in program.shown.items() if shown} == await truth(
        world, history.events
    )
