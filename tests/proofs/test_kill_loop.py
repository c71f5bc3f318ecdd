"""The kill loop: SIGKILL at random instants while people register and reminders drain, and nothing is lost.

What must have arrived is judged from what was acknowledged over HTTP alone, never from the service's own books.
docs/proofs.md tells how to run it longer.
"""

import os
import random
import sqlite3
from collections import defaultdict
from contextlib import ExitStack
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from msgspec import Struct

from tests import postgres
from tests.arrivals import Arrived, arrivals, full_minute, wait_until
from tests.organiser import Organiser, starting
from tests.proofs.killing import Clients, Killer, LineCount, Request, reach, setting
from tests.service import Service, SinkProcess
from tests.sink import arrival

pytestmark = pytest.mark.proof

CONNECTIONS = 8
PER_EVENT = 50
RULE = timedelta(minutes=10)
SILENT_AFTER = timedelta(seconds=2)
"""From then on after its acknowledged cancellation an event is silent; 1 s is promised, this machine is shared."""
UNFINISHED = ("waiting", "sending")

Copies = dict[tuple[str, str], list[Arrived]]
"""What arrived, by recipient and cause."""


class Run(Struct, frozen=True, kw_only=True):
    """A finished run. `standing`, `cancelled` and `cut` are the addresses of who is registered for events that took
    place, that were cancelled before the reminders fell due, and while they drained; `withdrawn` of who gave up.

    `extra` are registrations that the service holds and never acknowledged, `missing` the opposite.
    """

    due: datetime
    cut_at: datetime
    kills: int
    standing: frozenset[str]
    cancelled: frozenset[str]
    cut: frozenset[str]
    withdrawn: frozenset[str]
    mails: Copies
    missing: frozenset[str]
    extra: frozenset[str]
    integrity: list[str]

    def expected(self) -> set[tuple[str, str]]:
        """Who must have got what."""
        everybody = self.standing | self.cancelled | self.cut | self.withdrawn
        wanted = {(address, "confirmation") for address in everybody}
        wanted |= {(address, "reminder") for address in self.standing}
        wanted |= {(address, "cancellation") for address in self.cancelled | self.cut}
        return wanted | {(address, "withdrawal") for address in self.withdrawn}

    def reminders(self) -> list[Arrived]:
        """Every reminder that arrived."""
        return [mail for (_, cause), copies in self.mails.items() for mail in copies if cause == "reminder"]


@pytest.fixture(scope="module")
def database(request: pytest.FixtureRequest) -> dict[str, str]:
    """Nothing, which is SQLite; with ENSPIRED_PROOF_DATABASE=postgres the settings of an empty PostgreSQL database.

    Nobody gives back there what a killed process held, hence leases that end soon.
    """
    if os.environ.get("ENSPIRED_PROOF_DATABASE", "sqlite") == "sqlite":
        return {}
    server: postgres.Server = request.getfixturevalue("postgres_server")
    leases = {"ENSPIRED_MAIL__TIMEOUT_SECONDS": "3", "ENSPIRED_REMINDERS__LEASE_SECONDS": "5"}
    return {"ENSPIRED_DATABASE__URL": server.url(server.create()), **leases}


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory, database: dict[str, str]) -> Run:
    """One run: 600 reminders and 20 kills, or as many as ENSPIRED_PROOF_REMINDERS and ENSPIRED_PROOF_KILLS say."""
    seed = setting("SEED", random.SystemRandom().randrange(1_000_000))
    print(f"ENSPIRED_PROOF_SEED={seed}")
    folder = tmp_path_factory.mktemp("kills")
    with ExitStack() as stack:
        sink = stack.enter_context(SinkProcess(folder))
        sink.start()
        fast = {"ENSPIRED_MAIL__MESSAGES_PER_MINUTE": "100000", "ENSPIRED_MAIL__CONNECTIONS": str(CONNECTIONS)}
        service = stack.enter_context(Service(folder / "data", env={**sink.settings(), **fast, **database}))
        assert service.enspired("migrate").returncode == 0
        key = service.new_key()
        service.start()
        with Organiser(service.url, key) as organiser:
            play = Play(service, sink, organiser, Clients(service.url, key), random.Random(seed))
            return play.to_the_end(setting("REMINDERS", 600), setting("KILLS", 20))


class Play:
    """The parts of a run and the order in which things happen."""

    def __init__(
        self, service: Service, sink: SinkProcess, organiser: Organiser, clients: Clients, chance: random.Random
    ) -> None:
        self.service = service
        self.sink = sink
        self.organiser = organiser
        self.clients = clients
        self.chance = chance
        self.killer = Killer(service, chance)
        self.arrived = LineCount(sink.received_log)

    def to_the_end(self, reminders: int, kills: int) -> Run:
        """Registers `reminders` people and a few more under fire, then lets the reminders fall due under fire."""
        events = self.events(max(3, -(-reminders // PER_EVENT) + 2))
        seats = self.registered(events, kills // 4)
        quitters = self.withdrawn(events[0], seats)
        self.organiser.cancel(events[-1])
        due = self.brought_forward(events[:-1])
        cut_at = self.drained(seats, events, due, kills - self.killer.kills)
        present = {row["id"] for found in events for row in self.rows(found)}
        self.service.terminate()
        known = {row["id"]: address for address, row in seats.items()}
        return Run(
            due=due,
            cut_at=cut_at,
            kills=self.killer.kills,
            standing=of_events(seats, events[:-2]) - quitters,
            cancelled=of_events(seats, events[-1:]),
            cut=of_events(seats, events[-2:-1]),
            withdrawn=quitters,
            mails=by_recipient(arrivals(self.sink)),
            missing=frozenset(known[row] for row in known.keys() - present),
            extra=frozenset(present - known.keys()),
            integrity=integrity(self.service.data / "enspired.sqlite3"),
        )

    def events(self, count: int) -> list[dict[str, Any]]:
        """Events of the day after tomorrow."""
        start = starting(full_minute(arrival() + timedelta(days=2)))
        return [self.organiser.create(**start, title={"en": f"Event {n}"}, reminders=["PT10M"]) for n in range(count)]

    def registered(self, events: list[dict[str, Any]], kills: int) -> dict[str, dict[str, Any]]:
        """Registers people for each event while the service is killed; the acknowledged ones by address."""
        requests = [
            Request(
                name=f"a{n}.{place}@example.org",
                path=f"/api/v1/events/{found['id']}/registrations",
                body={"name": f"Attendee {n}", "email": f"a{n}.{place}@example.org"},
            )
            for n in range(PER_EVENT)
            for place, found in enumerate(events)
        ]
        wait = self.clients.start(requests)
        self.killer.follow(lambda: len(self.clients.acknowledged), len(requests), kills)
        wait()
        assert reach(lambda: self.settled(events), 1)
        return dict(self.clients.acknowledged)

    def withdrawn(self, found: dict[str, Any], seats: dict[str, dict[str, Any]]) -> frozenset[str]:
        """Some people of an event give up."""
        quitters = sorted(of_events(seats, [found]))[:5]
        for address in quitters:
            self.organiser.withdraw(seats[address])
        return frozenset(quitters)

    def brought_forward(self, events: list[dict[str, Any]]) -> datetime:
        """Moves the events so that all reminders fall due at the next full minute that leaves time for that."""
        due = full_minute(arrival() + timedelta(seconds=3 + 0.2 * len(events)))
        for found in events:
            self.organiser.change(found, **starting(due + RULE))
        assert arrival() < due, "this machine was too slow to move the events before the instant"
        wait_until(due)
        return due

    def drained(
        self, seats: dict[str, dict[str, Any]], events: list[dict[str, Any]], due: datetime, kills: int
    ) -> datetime:
        """The reminders go out under fire; halfway an event is cancelled. The instant of that acknowledgement."""
        before = self.arrived()
        coming = len(of_events(seats, events[:-2]))
        half = before + coming // 2
        self.killer.follow(self.arrived, half, kills // 2)
        cut = Request(name="cut", path=f"/api/v1/events/{events[-2]['id']}/cancel", body={"reason": "Storm"})
        self.clients.send(cut)
        cut_at = arrival()
        self.killer.follow(self.arrived, before + coming, kills - kills // 2)
        assert reach(lambda: self.settled(events), 1)
        return cut_at

    def settled(self, events: list[dict[str, Any]]) -> int:
        """1 when the ledger has nothing left to send."""
        waiting = [one for found in events for one in self.organiser.ledger(found) if one["state"] in UNFINISHED]
        return int(not waiting)

    def rows(self, found: dict[str, Any]) -> list[dict[str, Any]]:
        """The registrations that the service holds."""
        rows: list[dict[str, Any]] = self.organiser.send("GET", f"/api/v1/events/{found['id']}/registrations")["items"]
        return rows


def of_events(seats: dict[str, dict[str, Any]], events: list[dict[str, Any]]) -> frozenset[str]:
    """The addresses of who is registered for some events."""
    wanted = {found["id"] for found in events}
    return frozenset(address for address, row in seats.items() if row["event_id"] in wanted)


def by_recipient(mails: list[Arrived]) -> Copies:
    """Mails by recipient and cause."""
    found: Copies = defaultdict(list)
    for mail in mails:
        found[mail.recipient, mail.cause].append(mail)
    return dict(found)


def integrity(database: Path) -> list[str]:
    """What SQLite itself finds wrong with a file; nothing where there is none."""
    if not database.exists():
        return []
    with sqlite3.connect(database) as opened:
        checked = [row[0] for row in opened.execute("PRAGMA integrity_check")]
        broken = [str(row) for row in opened.execute("PRAGMA foreign_key_check")]
    opened.close()
    return [line for line in checked if line != "ok"] + broken


def test_no_mail_is_lost(run: Run) -> None:
    assert run.expected() - run.mails.keys() == set()


def test_no_reminder_is_early(run: Run) -> None:
    assert [mail for mail in run.reminders() if mail.at < run.due] == []


def test_nobody_gets_a_mail_that_is_not_theirs(run: Run) -> None:
    perhaps = {(address, "reminder") for address in run.cut}
    assert run.mails.keys() - run.expected() - perhaps == set()


def test_an_event_cancelled_while_its_reminders_go_out_is_silent_from_then_on(run: Run) -> None:
    late = [mail for mail in run.reminders() if mail.recipient in run.cut and mail.at > run.cut_at + SILENT_AFTER]
    assert late == []


def test_copies_are_no_more_than_the_kills_can_explain_and_carry_the_same_message_id(run: Run) -> None:
    copied = {key: mails for key, mails in run.mails.items() if len(mails) > 1}
    copies = sum(len(mails) - 1 for mails in copied.values())
    total = sum(len(mails) for mails in run.mails.values())
    print(f"{total} mails, {len(run.reminders())} reminders, {run.kills} kills, {copies} copies")
    assert copies <= run.kills * CONNECTIONS
    assert [key for key, mails in copied.items() if len({mail.message_id for mail in mails}) > 1] == []


def test_everything_that_was_acknowledged_is_there_and_once(run: Run) -> None:
    assert (run.missing, run.extra) == (frozenset(), frozenset())


def test_the_database_is_whole(run: Run) -> None:
    assert run.integrity == []
