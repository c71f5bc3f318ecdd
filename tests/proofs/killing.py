"""Kills a service again and again: at random instants, and at each named point of its work and of its conversations."""

import random
import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime

from msgspec import Struct

from tests.proofs import failpoints
from tests.proofs.fleet import CONNECTIONS
from tests.proofs.relay import Kill
from tests.proofs.relaying import Relay
from tests.service import DidNotStart, Process, Service
from tests.sink import arrival

CONVERSATION = ("connected", "before-rcpt-reply", "data-begins", "data-ended", "data-answered")
WORK = (*failpoints.LEDGER, *failpoints.TRANSPORT)
BATCHED = failpoints.LEDGER
OFTEN, SELDOM = 3, 12
"""About how much is done from one time that a point is reached to the next: for each mail, or for many at once."""
AT_MOST = 2.0
"""How many shares of the work a life may do before it comes to its point; then it ends where it is."""
DURING_START = 0.1
"""The share of lives that end before they are even up."""
IDLE = 1.5
"""Seconds without progress after which a life ends although neither its point nor its share of the work was reached."""
FIRST = 6.0
"""The same before anything was done in it."""


class Death(Struct, frozen=True):
    """One kill: the instant by which the process was gone, and where it was (a point, or `anywhere`)."""

    at: datetime
    where: str


class Killer:
    """Kills `victim`, whose mail goes through `relay`, and starts it again, on a thread of its own.

    `progress` counts everything that the service has done for us, `share` is what it should do in one life. It begins
    at rest: see `allow`.
    """

    def __init__(self, victim: Service, relay: Relay, progress: Callable[[], int], chance: random.Random) -> None:
        self.victim = victim
        self.relay = relay
        self.deaths: list[Death] = []
        self.share = 4
        self._progress = progress
        self._chance = chance
        self._allowed = 0
        self._more = threading.Condition()
        self._stop = threading.Event()
        self._fault: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name="killer", daemon=True)

    def start(self) -> None:
        """Be ready."""
        self._thread.start()

    def allow(self, kills: int, work: int) -> None:
        """So many more kills, from now on, while so much work is done."""
        self.share = max(4, work // max(1, kills))
        with self._more:
            self._allowed += kills
            self._more.notify()

    def finish(self) -> None:
        """Wait until all that was allowed is done; the service runs afterwards, without any point set."""
        self._stop.set()
        self.allow(0, 0)
        self._thread.join()
        if self._fault:
            raise self._fault

    def where(self) -> Counter[str]:
        """How many kills there were at each point."""
        return Counter(death.where for death in self.deaths)

    def _run(self) -> None:
        try:
            while self._wait_for_leave():
                self._one_life()
        except BaseException as fault:  # raised again by whoever waits
            self._fault = fault

    def _wait_for_leave(self) -> bool:
        with self._more:
            self._more.wait_for(lambda: self._allowed > 0 or self._stop.is_set())
            if self._allowed <= 0:
                return False
            self._allowed -= 1
            return True

    def _one_life(self) -> None:
        """A life with an end that is chosen before it begins; who runs now dies first."""
        if self.victim.alive:
            self._die("anywhere")
        where = self._chance.choice(("anywhere", *WORK, *CONVERSATION))
        self._set(where)
        before = self._progress()
        if where == "anywhere" and self._chance.random() < DURING_START:
            Process.start(self.victim)
            time.sleep(self._chance.uniform(0, 2))
        else:
            with suppress(DidNotStart):  # its point may come before it answers
                self.victim.start()
            most = self._chance.random() if where == "anywhere" else AT_MOST
            self._live(before + most * self.share)
        self._die("anywhere" if self.victim.alive else where)
        if self._allowed <= 0:
            self.victim.start()

    def _die(self, where: str) -> None:
        self.victim.kill()
        self.deaths.append(Death(arrival(), where))
        self.victim.env.pop("PROOF_KILL", None)
        self.relay.kill_at(None)

    def _set(self, where: str) -> None:
        hits = self._chance.randint(1, max(1, self.share // (SELDOM if where in BATCHED else OFTEN)))
        hits = min(hits, 2 if "claim" in where else CONNECTIONS if where == "connected" else hits)
        if where in failpoints.POINTS:
            self.victim.env["PROOF_KILL"] = f"{where}:{hits}"
        self._order = (where, hits) if where in CONVERSATION else None

    def _live(self, until: float) -> None:
        """Until the point is reached, or so much is done, or nothing is done any more."""
        if self._order and self.victim.alive:
            self.relay.kill_at(Kill(pid=self.victim.pid, at=self._order[0], hit=self._order[1]))
        seen, since, patience = self._progress(), time.monotonic(), FIRST
        while self.victim.alive and time.monotonic() - since < patience and seen < until:
            if (now := self._progress()) != seen:
                seen, since, patience = now, time.monotonic(), IDLE
            time.sleep(0.01)
