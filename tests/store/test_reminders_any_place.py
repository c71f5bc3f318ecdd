"""Any history, anywhere: never early, never past the start, never lost, and quiet hours respected.

Zones, quiet hours, mails that join others, choices, speakers and moves together. The judge knows no rows: when a rule
is due for a person follows from clocks alone, and each person who was owed a reminder either got it, or got another
mail that said it all within the time that the configuration names.
"""

import asyncio
import shutil
from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec import Struct

from scheduler.config import Config
from scheduler.model.event import Event
from scheduler.store.database import Database
from tests import postgres
from tests.store.world import Sent, World

HOUR, DAY, MINUTE = timedelta(hours=1), timedelta(days=1), timedelta(minutes=1)
BEGINNING = datetime(2027, 3, 24, 10, 7, tzinfo=UTC)  # four days before the clocks change in Europe
ZONES = ("", "Europe/Brussels", "Asia/Kathmandu", "America/Bogota", "Pacific/Auckland", "Africa/Casablanca")
RULES = ("P2D", "P1D", "PT3H", "PT1H", "P1D@17:00", "P0D@08:30", "+PT2H", "+P1D@10:00")
STEP = 5 * MINUTE
LATE = STEP + 2 * MINUTE
"""How late a mail may be for the step of this test's clock and a lease."""
SEATING = ("confirmation", "place-free")


class Guest(Struct, frozen=True, kw_only=True):
    """Somebody who registers so many hours after the beginning."""

    name: str
    zone: str
    choice: str
    after: int


class Play(Struct, frozen=True, kw_only=True):
    """One history: when the event starts (half-hours from the beginning), its rules, its guests, perhaps a move."""

    start: int
    rules: tuple[str, ...]
    guests: tuple[Guest, ...]
    speaker: str | None
    moved_after: int | None
    moved_by: int


guests = st.builds(
    Guest,
    name=st.just(""),
    zone=st.sampled_from(ZONES),
    choice=st.sampled_from(["all", "all", "fewer", "none"]),
    after=st.integers(0, 100),
)
plays = st.builds(
    Play,
    start=st.integers(60, 230),
    rules=st.lists(st.sampled_from(RULES), min_size=1, max_size=4, unique=True).map(tuple),
    guests=st.lists(guests, min_size=1, max_size=4).map(
        lambda rows: tuple(
            Guest(name=f"Guest{at}", zone=row.zone, choice=row.choice, after=row.after) for at, row in enumerate(rows)
        )
    ),
    speaker=st.sampled_from([None, *ZONES[1:]]),
    moved_after=st.one_of(st.none(), st.integers(1, 60)),
    moved_by=st.integers(-20, 60),
)


def wall(at: datetime) -> str:
    return at.astimezone(ZoneInfo("Europe/Brussels")).replace(tzinfo=None).isoformat(timespec="minutes")


def due(start: datetime, rule: str, zone: str) -> datetime:
    """When a rule is due, worked out without the service's code; the event lasts an hour."""
    brussels, there, end = ZoneInfo("Europe/Brussels"), ZoneInfo(zone or "Europe/Brussels"), start + HOUR
    local = {
        "P1D@17:00": (start.astimezone(there).date() - DAY, time(17)),
        "P0D@08:30": (start.astimezone(there).date(), time(8, 30)),
        "+P1D@10:00": (end.astimezone(there).date() + DAY, time(10)),
    }
    if rule in local:
        found = datetime.combine(*local[rule], tzinfo=there).astimezone(UTC)
        return max(found, end) if rule.startswith("+") else found
    if rule in {"P1D", "P2D"}:
        days = timedelta(days=int(rule[1]))
        return (start.astimezone(brussels).replace(tzinfo=None) - days).replace(tzinfo=brussels).astimezone(UTC)
    return end + 2 * HOUR if rule == "+PT2H" else start - timedelta(hours=int(rule[2]))


def quiet(at: datetime, zone: str) -> bool:
    clock = at.astimezone(ZoneInfo(zone or "Europe/Brussels")).time()
    return clock >= time(20) or clock < time(8)


def lead(rule: str) -> timedelta:
    return {"P2D": 2 * DAY, "P1D": DAY, "PT3H": 3 * HOUR, "PT1H": HOUR, "P1D@17:00": DAY}.get(rule, 2 * HOUR)


class Judge:
    """Plays one history against the service and says what is wrong with it."""

    def __init__(self, world: World, play: Play) -> None:
        self.world = world
        self.play = play
        self.start = BEGINNING.replace(minute=0) + play.start * HOUR / 2
        self.since: dict[str, datetime] = {}
        self.moved_at: datetime | None = None

    async def perform(self) -> None:
        fields: dict[str, Any] = {}
        if self.play.speaker:
            fields["speakers"] = [
                {"role": {"en": "Expert"}, "email": "speaker@example.org", "timezone": self.play.speaker}
            ]
        self.world.now = BEGINNING
        event = await self.world.create(
            start=wall(self.start), end=wall(self.start + HOUR), reminders=list(self.play.rules), **fields
        )
        last = self.start + 45 * HOUR + max(0, self.play.moved_by) * HOUR
        while self.world.now < last:
            await self._act(event)
            await self.world.tick()
            self.world.now = self._next()

    async def _act(self, event: Event) -> None:
        hours = (self.world.now - BEGINNING) / HOUR
        if self.moved_at is None and self.play.moved_after is not None and hours >= self.play.moved_after:
            self.moved_at = self.world.now
            new = self.start + self.play.moved_by * HOUR
            if self.start > self.world.now and new > self.world.now + HOUR and self.play.moved_by:
                await self.world.patch(event, start=wall(new), end=wall(new + HOUR))
                self.start = new
        for guest in self.play.guests:
            if guest.name not in self.since and hours >= guest.after and self.start > self.world.now:
                await self.world.register(event, guest.name, timezone=guest.zone, reminders=guest.choice)
                self.since[guest.name] = self.world.now

    def _next(self) -> datetime:
        """The clock goes in steps of two hours, and stops just before, at and after each moment of interest."""
        zones = {*(guest.zone for guest in self.play.guests), self.play.speaker or ""}
        dues = [(due(self.start, rule, zone), zone) for rule in self.play.rules for zone in zones]
        moments = {self.start, *(moment for moment, _ in dues), *(self._morning(*one) for one in dues)}
        stops = {moment + shift for moment in moments for shift in (-MINUTE, 0 * MINUTE, STEP)}
        return min([self.world.now + 2 * HOUR, *(stop for stop in stops if stop > self.world.now)])

    def faults(self) -> list[str]:
        people = [(guest.name, guest.zone, guest.choice, self.since.get(guest.name)) for guest in self.play.guests]
        if self.play.speaker:
            people.append(("Speaker", self.play.speaker, "all", BEGINNING))
        found: list[str] = []
        for name, zone, choice, since in people:
            mails = [sent for sent in self.world.wire.sent if sent.recipient == f"{name.lower()}@example.org"]
            rules = [rule for rule in self.play.rules if name != "Speaker" or not rule.startswith("+")]
            dues = {rule: due(self.start, rule, zone) for rule in rules}
            found += [f"{name}: {fault}" for fault in self._judge(mails, dues, zone, choice, since)]
        return found

    def _judge(
        self, mails: list[Sent], dues: dict[str, datetime], zone: str, choice: str, since: datetime | None
    ) -> list[str]:
        told = [sent for sent in mails if sent.cause in {"reminder", "follow-up"}]
        found = [f"{sent.cause} at {sent.at} although none" for sent in told if choice == "none" or since is None]
        found += [
            f"reminder at {sent.at} past the start" for sent in told if sent.cause == "reminder" if self._past(sent)
        ]
        if self.moved_at is None:
            found += self._early_or_quiet(told, dues, zone)
            found += self._lost(mails, dues, zone, choice, since)
        return found

    def _past(self, sent: Sent) -> bool:
        """Of a moved event, the present start counts only for what was sent after the move."""
        return (self.moved_at is None or sent.at > self.moved_at) and sent.at >= self.start

    def _early_or_quiet(self, told: list[Sent], dues: dict[str, datetime], zone: str) -> list[str]:
        found = []
        for sent in told:
            after = sent.cause == "follow-up"
            reasons = [rule for rule, moment in dues.items() if moment <= sent.at and rule.startswith("+") is after]
            if not reasons:
                found.append(f"{sent.cause} at {sent.at} is early")
            elif quiet(sent.at, zone) and not any(
                not after and sent.at - dues[rule] <= LATE and self._useless_in_the_morning(rule, dues[rule], zone)
                for rule in reasons
            ):
                found.append(f"{sent.cause} at {sent.at} in quiet hours")
        return found

    def _useless_in_the_morning(self, rule: str, moment: datetime, zone: str) -> bool:
        return self._morning(moment, zone) > self.start - min(HOUR, lead(rule) / 2)

    @staticmethod
    def _morning(moment: datetime, zone: str) -> datetime:
        while quiet(moment, zone):
            moment += MINUTE * (15 if moment.minute % 15 == 0 else 1)
        return moment

    def _lost(
        self, mails: list[Sent], dues: dict[str, datetime], zone: str, choice: str, since: datetime | None
    ) -> list[str]:
        if since is None or choice == "none":
            return []
        before = [rule for rule in dues if not rule.startswith("+")]
        last = max(before, key=lambda rule: dues[rule], default="")
        found = []
        for rule, moment in dues.items():
            after = rule.startswith("+")
            owed = since <= moment and moment > BEGINNING and (after or moment < self.start)
            if choice == "fewer" and (after or dues[rule] != dues[last]):
                continue
            if owed and not self._told(mails, rule, moment, zone):
                found.append(f"{rule} due {moment} is lost")
        return found

    def _told(self, mails: list[Sent], rule: str, moment: datetime, zone: str) -> bool:
        after = rule.startswith("+")
        morning = self._morning(moment, zone)
        expected = moment if not after and self._useless_in_the_morning(rule, moment, zone) else morning
        for sent in mails:
            window = 2 * HOUR if sent.cause in SEATING else HOUR
            if sent.cause == ("follow-up" if after else "reminder") and moment <= sent.at <= expected + LATE:
                return True
            if not after and sent.cause in {*SEATING, "reminder"} and expected - window <= sent.at <= expected + LATE:
                return True
        return False


def run(config: Config, fresh: Callable[[], str], examples: int) -> None:
    checks = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]

    async def perform(play: Play) -> list[str]:
        world = World(Database.open(fresh()), config)
        judge = Judge(world, play)
        try:
            await judge.perform()
        finally:
            await world.db.close()
        return judge.faults()

    @settings(max_examples=examples, deadline=None, suppress_health_check=checks)
    @given(plays)
    def test(play: Play) -> None:
        assert asyncio.run(perform(play)) == []

    test()


def test_anywhere_on_sqlite(tmp_path: Path, migrated_sqlite: Path, shipped: Config) -> None:
    numbers = iter(range(1_000_000))

    def fresh() -> str:
        path = tmp_path / f"{next(numbers)}.db"
        shutil.copy(migrated_sqlite, path)
        return f"sqlite:///{path}"

    run(shipped, fresh, examples=20)


def test_anywhere_on_postgres(postgres_server: postgres.Server, migrated_postgres: str, shipped: Config) -> None:
    run(shipped, lambda: postgres_server.url(postgres_server.create(migrated_postgres)), examples=4)
