"""Any history of events, registrations, moves, crashes and naps: each owed reminder once, none early, none unwanted.

This is the ledger alone; quiet hours, zones and mails that join others are in test_reminders_any_place.py. The oracle
is a dictionary that knows nothing of rows and revisions: when a rule is due follows from the event's start on the
clock, and who is owed what from a handful of sentences in `owed`.
"""

import asyncio
import shutil
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, ClassVar, TypeVar
from zoneinfo import ZoneInfo

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    initialize,
    multiple,
    rule,
    run_state_machine_as_test,
)

from scheduler.config import Config
from scheduler.model.event import Event
from scheduler.model.registration import Registration, ReminderChoice
from scheduler.services import registrations
from scheduler.store import leases, messages, reminders
from scheduler.store.database import Database
from tests import postgres
from tests.store.world import Sent, World

T = TypeVar("T")
BRUSSELS = ZoneInfo("Europe/Brussels")
BEGINNING = datetime(2027, 3, 27, 12, 7, tzinfo=UTC)  # half a day before the clocks change
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
RULES = ("P1D", "PT1H")
starts = st.integers(1, 144).map(lambda halves: datetime(2027, 3, 27, 12, tzinfo=UTC) + halves * HOUR / 2)


def wall(at: datetime) -> str:
    return at.astimezone(BRUSSELS).replace(tzinfo=None).isoformat(timespec="minutes")


def due(start: datetime, name: str) -> datetime:
    """When a rule falls due, worked out without the service's code."""
    if name == "PT1H":
        return start - HOUR
    day_before = start.astimezone(BRUSSELS).replace(tzinfo=None) - DAY
    return day_before.replace(tzinfo=BRUSSELS).astimezone(UTC)


class Planned:
    """The model of an event: its start, whether it takes place, which rules will fire, who is coming."""

    def __init__(self, event: Event, start: datetime, now: datetime) -> None:
        self.event = event
        self.start = start
        self.alive = True
        self.fires = {name: due(start, name) > now for name in RULES}

    def move(self, start: datetime, now: datetime) -> None:
        """A rule fires again when its new time lies ahead, or when it was already under way and the start does."""
        for name in RULES:
            old, new = due(self.start, name), due(start, name)
            if old != new:
                under_way = self.fires[name] and old <= now < start
                self.fires[name] = new > now or under_way
        self.start = start


class Guest:
    """The model of a registration; `had` is the due instant of each rule's mails."""

    def __init__(self, planned: Planned, row: Registration, now: datetime) -> None:
        self.planned = planned
        self.row = row
        self.since = now
        self.coming = self.wants = True
        self.had: dict[str, list[datetime]] = {name: [] for name in RULES}

    def owed(self, name: str, now: datetime) -> bool:
        """Whether a mail must have gone out by now."""
        planned = self.planned
        moment = due(planned.start, name)
        if not (planned.alive and planned.fires[name] and self.coming and self.wants):
            return False
        if not moment <= now < planned.start or self.since > moment:
            return False
        return all(moment - before > DAY for before in self.had[name])


class History(RuleBasedStateMachine):
    """The service beside its model."""

    config: ClassVar[Config]
    fresh: ClassVar[Callable[[], str]]
    events = Bundle("events")
    guests = Bundle("guests")

    @initialize()
    def open(self) -> None:
        self.runner = asyncio.Runner()
        self.world = World(Database.open(type(self).fresh()), type(self).config)
        self.world.configured("reminders", quiet_from="off", joins_minutes=0, registered_minutes=0)
        self.world.now = BEGINNING
        self.people: list[Guest] = []
        self.checked = 0

    def do(self, work: Coroutine[Any, Any, T]) -> T:
        return self.runner.run(work)

    def teardown(self) -> None:
        if hasattr(self, "runner"):
            self.do(self.world.db.close())
            self.runner.close()

    @rule(target=events, start=starts)
    def create(self, start: datetime) -> Any:
        if start <= self.world.now:
            return multiple()
        event = self.do(self.world.create(start=wall(start), end=wall(start + HOUR), reminders=list(RULES)))
        return Planned(event, start, self.world.now)

    @rule(planned=events, start=starts)
    def move(self, planned: Planned, start: datetime) -> None:
        now = self.world.now
        if planned.alive and planned.start > now and start > now:
            self.do(self.world.patch(planned.event, start=wall(start), end=wall(start + HOUR)))
            planned.move(start, now)

    @rule(planned=consumes(events))
    def cancel(self, planned: Planned) -> None:
        if planned.alive:
            self.do(self.world.cancel(planned.event))
            planned.alive = False

    @rule(target=guests, planned=events)
    def register(self, planned: Planned) -> Any:
        if not planned.alive or planned.start <= self.world.now:
            return multiple()
        row = self.do(self.world.register(planned.event, f"Guest{len(self.people)}"))
        self.people.append(Guest(planned, row, self.world.now))
        return self.people[-1]

    @rule(guest=consumes(guests))
    def withdraw(self, guest: Guest) -> None:
        self.do(self.world.withdraw(guest.row))
        guest.coming = False

    @rule(guest=guests)
    def stop_or_want_reminders_before_any_is_written(self, guest: Guest) -> None:
        if not any(due(guest.planned.start, name) <= self.world.now for name in RULES):
            guest.wants = not guest.wants
            choice: ReminderChoice = "all" if guest.wants else "none"
            self.do(self.world.db.write(lambda conn: registrations.change(conn, guest.row.id, reminders=choice)))

    @rule(minutes=st.integers(1, 900))
    def sleep(self, minutes: int) -> None:
        """The service is down; time goes on."""
        self.world.now += timedelta(minutes=minutes)

    @rule()
    def crash_with_mails_in_hand(self) -> None:
        """The process dies after its claim. On SQLite the next start gives leases back; elsewhere they run out."""
        self.do(self.world.claim("a dead process"))
        if self.world.db.shared:
            self.world.now += timedelta(seconds=self.world.config.reminders.lease_seconds)
        else:
            self.do(self.world.db.write(leases.release))
        self.world.sender = self.world.another_sender(f"after {self.world.now}")

    @rule(minutes=st.integers(0, 400))
    def tick(self, minutes: int) -> None:
        self.world.now += timedelta(minutes=minutes)
        self.do(self.world.tick())
        fresh, self.checked = self.world.wire.sent[self.checked :], len(self.world.wire.sent)
        for sent in fresh:
            if sent.cause == "reminder":
                self._judge(sent)
        left = [(guest.row.name, name) for guest in self.people for name in RULES if guest.owed(name, self.world.now)]
        assert left == [], "owed and not sent"

    def _judge(self, sent: Sent) -> None:
        guest = next(one for one in self.people if one.row.email == sent.recipient)
        name = self.do(self.world.db.read(lambda conn: self._rule_of(conn, sent)))
        assert guest.owed(name, sent.at), f"{sent.recipient} was sent {name} at {sent.at} and was not owed it"
        guest.had[name].append(due(guest.planned.start, name))

    @staticmethod
    def _rule_of(conn: Any, sent: Sent) -> str:
        row = messages.get(conn, sent.message_id[1:].partition("@")[0])
        reminder = reminders.get(conn, row.reminder_id or "") if row else None
        assert reminder is not None
        return reminder.rule


def run(config: Config, fresh: Callable[[], str], examples: int, steps: int) -> None:
    machine = type("AnyHistory", (History,), {"config": config, "fresh": staticmethod(fresh)})
    checks = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=examples, stateful_step_count=steps, deadline=None, suppress_health_check=checks
        ),
    )


def test_any_history_on_sqlite(tmp_path: Path, migrated_sqlite: Path, shipped: Config) -> None:
    numbers = iter(range(1_000_000))

    def fresh() -> str:
        path = tmp_path / f"{next(numbers)}.db"
        shutil.copy(migrated_sqlite, path)
        return f"sqlite:///{path}"

    run(shipped, fresh, examples=30, steps=30)


def test_any_history_on_postgres(postgres_server: postgres.Server, migrated_postgres: str, shipped: Config) -> None:
    run(shipped, lambda: postgres_server.url(postgres_server.create(migrated_postgres)), examples=5, steps=25)
