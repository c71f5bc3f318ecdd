"""Any history of edits, registrations, withdrawals and refusals: nobody is told too much, too often, or wrong.

The oracle knows nothing of rows: it keeps what each person was told last, by any mail, and reads the mails as they
arrive.
"""

import asyncio
import re
import shutil
from collections.abc import Callable, Coroutine
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, ClassVar, TypeVar

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    initialize,
    precondition,
    rule,
    run_state_machine_as_test,
)

from scheduler.config import Config
from scheduler.mail.transport import Envelope
from scheduler.model.event import Event
from scheduler.model.message import Failure
from scheduler.model.registration import Registration
from scheduler.store.database import Database
from tests import postgres
from tests.store.reading import text
from tests.store.world import Sent, World

T = TypeVar("T")
Plan = tuple[int, str]
"""Hour of the day and room: all that these histories change."""
LONGEST = timedelta(minutes=60)
hours, rooms = st.integers(8, 12), st.sampled_from(["R.1", "R.2"])


class Guest:
    """Somebody who is registered: what they were last told, and whether they still come."""

    def __init__(self, row: Registration) -> None:
        self.row = row
        self.told: Plan | None = None
        self.coming = True
        self.in_hand = False
        self.refusing = self.missed = False
        self.last: datetime | None = None


class History(RuleBasedStateMachine):
    """One event beside its oracle."""

    config: ClassVar[Config]
    fresh: ClassVar[Callable[[], str]]
    guests = Bundle("guests")

    @initialize()
    def open(self) -> None:
        self.runner = asyncio.Runner()
        self.world = World(Database.open(type(self).fresh()), type(self).config)
        self.people: list[Guest] = []
        self.checked = 0
        self.plan: Plan = (8, "R.1")
        self.alive = True
        self.wrong = False
        self.event: Event = self.do(self.world.create(reminders=[], **self._fields()))

    def do(self, work: Coroutine[Any, Any, T]) -> T:
        return self.runner.run(work)

    def teardown(self) -> None:
        if hasattr(self, "runner"):
            if self.alive and not self.wrong:
                self._let_everything_arrive()
            self.do(self.world.db.close())
            self.runner.close()

    def _fields(self) -> dict[str, Any]:
        hour, room = self.plan
        return {
            "start": f"2027-03-16T{hour:02}:00",
            "end": f"2027-03-16T{hour:02}:45",
            "place": {"room": room, "city": {"en": "Ghent"}},
        }

    @precondition(lambda self: self.alive)
    @rule(hour=hours, room=rooms)
    def edit(self, hour: int, room: str) -> None:
        self.plan = (hour, room)
        self.do(self.world.patch(self.event, **self._fields()))

    @precondition(lambda self: self.alive)
    @rule(notes=st.integers(0, 9))
    def scribble(self, notes: int) -> None:
        self.do(self.world.patch(self.event, notes=str(notes), summary=f"Summary {notes}"))

    @precondition(lambda self: self.alive)
    @rule(target=guests)
    def register(self) -> Guest:
        guest = Guest(self.do(self.world.register(self.event, f"Guest{len(self.people)}")))
        self.people.append(guest)
        return guest

    @rule(guest=consumes(guests))
    def withdraw(self, guest: Guest) -> None:
        self.do(self.world.withdraw(guest.row))
        guest.coming = False

    @rule(minutes=st.integers(1, 20))
    def tick(self, minutes: int) -> None:
        self.world.now += timedelta(minutes=minutes)
        self._send()

    @precondition(lambda self: self.alive)
    @rule(hour=hours, room=rooms, late=st.booleans())
    def edit_while_a_mail_is_on_its_way(self, hour: int, room: str, late: bool) -> None:
        async def edit(_envelope: Envelope) -> None:
            self.world.wire.before_data = self.world.wire.after_data = None
            self.plan = (hour, room)
            await self.world.patch(self.event, **self._fields())
            for guest in self.people:
                # Whether the confirmation that is under way says the old or the new, nobody knows.
                guest.in_hand = guest.in_hand or guest.told is None

        setattr(self.world.wire, "after_data" if late else "before_data", edit)
        self.world.now += timedelta(minutes=16)
        self._send()
        self.world.wire.before_data = self.world.wire.after_data = None

    @precondition(lambda self: bool(self.people))
    @rule(code=st.sampled_from([450, 550]))
    def refuse_the_next(self, code: int) -> None:
        address = self.people[-1].row.email
        self.world.wire.answers[address] = [Failure(text="no", code=code, permanent=code == 550)]
        self.people[-1].refusing = code == 550

    @precondition(lambda self: self.alive)
    @rule()
    def cancel(self) -> None:
        if len(self.people) > 2:
            self.do(self.world.cancel(self.event))
            self.alive = False

    def _send(self) -> None:
        self.do(self.world.send())
        fresh, self.checked = self.world.wire.sent[self.checked :], len(self.world.wire.sent)
        self.wrong = True
        for sent in fresh:
            self._judge(sent)
        self.wrong = False
        for guest in self.people:
            if guest.refusing and not self.world.wire.answers.get(guest.row.email):
                guest.refusing, guest.missed = False, True

    def _judge(self, sent: Sent) -> None:
        guest = next(one for one in self.people if one.row.email == sent.recipient)
        if sent.cause not in {"update", "confirmation"}:
            return
        at_least = guest.last + timedelta(minutes=15) if sent.cause == "update" and guest.last else sent.at
        assert sent.at >= at_least, "two notices within one quiet period"
        guest.last = sent.at if sent.cause == "update" else guest.last
        assert guest.coming, "somebody who does not come hears of a change"
        assert self.alive, "a change of what does not take place"
        hours_said = [int(hour) for hour in re.findall(r"^  (\d\d):00–", text(sent), re.MULTILINE)]
        rooms_said = re.findall(r"R\.\d", text(sent))
        if sent.cause == "update" and guest.in_hand:
            guest.in_hand = False
        elif sent.cause == "update":
            assert guest.told is not None, "a notice to somebody who was told nothing yet"
            old, new = guest.told, (hours_said[-1], rooms_said[-1])
            assert old != new, "nothing had changed"
            assert (hours_said[0], rooms_said[0]) == old, "the old is not what they were told last"
        guest.told, guest.missed = (hours_said[-1], rooms_said[-1]), False

    def _let_everything_arrive(self) -> None:
        self.world.wire.answers.clear()
        self.world.now += 3 * LONGEST
        self._send()
        for guest in self.people:
            if guest.coming and guest.told is not None and not guest.missed:  # who refuses a mail cannot be told
                assert guest.told == self.plan, "somebody believes what is not so any more"


def run(config: Config, fresh: Callable[[], str], examples: int, steps: int) -> None:
    """Runs so many histories of so many steps."""
    machine = type("Histories", (History,), {"config": config, "fresh": staticmethod(fresh)})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )


def test_any_history_on_sqlite(tmp_path: Path, migrated_sqlite: Path, shipped: Config) -> None:
    numbers = iter(range(1_000_000))

    def fresh() -> str:
        path = tmp_path / f"{next(numbers)}.db"
        shutil.copy(migrated_sqlite, path)
        return f"sqlite:///{path}"

    run(shipped, fresh, examples=40, steps=20)


def test_any_history_on_postgres(postgres_server: postgres.Server, migrated_postgres: str, shipped: Config) -> None:
    run(shipped, lambda: postgres_server.url(postgres_server.create(migrated_postgres)), examples=5, steps=20)
