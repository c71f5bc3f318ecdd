"""One run of the kill loop: an institution's day over HTTP while the service is killed, and reminders fall due at once.

People register for events; one date has many such events. `races` further events have one attendee each and are
cancelled, moved, or left by their attendee while their reminders go out: half of them at the very moment at which the
relay was given the attendee's address, the others at any moment. Everything that is known at the end comes from
acknowledgements over HTTP and from the logs of the relays.
"""

import random
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from msgspec import Struct

from tests.arrivals import full_minute
from tests.organiser import Organiser, event, starting
from tests.proofs.clients import Clients, Request
from tests.proofs.fleet import Fleet
from tests.proofs.killing import Killer
from tests.proofs.record import Race, Record, expected
from tests.proofs.relay import Rule
from tests.sink import arrival

PER_EVENT = 50
RACES = ("cancel", "move", "withdraw")
SLOW = 1.5
"""Seconds that a relay takes over the address of somebody whose event is about to change: longer than the promise."""
PATIENCE = 20.0
"""Seconds without a mail after which nothing more is waited for. Who judges is the oracle."""


class Scale(Struct, frozen=True, kw_only=True):
    """How large a run is. `kills_before` of the kills come while people still register."""

    reminders: int
    kills: int
    races: int
    seed: int

    @property
    def kills_before(self) -> int:
        """A quarter."""
        return self.kills // 4

    @property
    def lead(self) -> int:
        """Minutes from the instant to the start of the events: nothing may be over before all of it could leave."""
        return 10 + (5 * self.kills + self.reminders // 50) // 60


class Play:
    """The parts of a run and the order in which things happen; `phases` are the instants (monotonic) of its parts."""

    def __init__(self, fleet: Fleet, scale: Scale, key: str) -> None:
        self.fleet = fleet
        self.scale = scale
        self.chance = random.Random(scale.seed)
        self.phases: list[tuple[float, str]] = []
        self.clients = Clients(fleet.urls, key, programs=8)
        self.organiser = Organiser(fleet.urls[0], key)
        self.killer = Killer(fleet.victim, fleet.victim_relay, self.progress, self.chance)

    def progress(self) -> int:
        """Acknowledgements and mails so far."""
        return len(self.clients.acknowledged) + self.fleet.arrived()

    def to_the_end(self) -> Record:
        """Play it."""
        began = time.monotonic()
        scale = self.scale
        standing = -(-scale.reminders // PER_EVENT)
        writes = standing + scale.reminders + 2 * scale.races
        self.killer.start()
        due = full_minute(arrival() + timedelta(seconds=5 + writes / 100 + 2 * scale.kills_before))
        record = Record(due=due)
        events = self._created(standing + scale.races, due)
        for fleet_relay in self.fleet.relays:
            fleet_relay.rules(Rule(stage="RCPT", match="race-slow", delay=SLOW, note=True))
        self._note("people register")
        self.killer.allow(scale.kills_before, 2 * (scale.reminders + scale.races))
        self._register(record, events[:standing], events[standing:])
        self._note("waiting for the instant")
        self._wait_for(due)
        self._note("reminders go out")
        self.killer.allow(scale.kills - scale.kills_before, scale.reminders + scale.races)
        ended = self.clients.send(self._fates(record))
        record.ended = {one.name: one for one in ended}
        self._drained(record)
        self._note("the last kills")
        self.killer.finish()
        self._drained(record)
        self._note("done")
        record.deaths = self.killer.deaths
        record.present = self._present(events)
        record.seconds = time.monotonic() - began
        self.organiser.http.close()
        return record

    def _note(self, what: str) -> None:
        self.phases.append((time.monotonic(), what))

    def _created(self, count: int, due: datetime) -> list[dict[str, Any]]:
        start, rule = due + timedelta(minutes=self.scale.lead), f"PT{self.scale.lead}M"
        bodies = (event(**starting(start), title={"en": f"Event {n}"}, reminders=[rule]) for n in range(count))
        requests = (Request(name=f"event {n}", path="/api/v1/events", body=body) for n, body in enumerate(bodies))
        return [one.answer for one in self.clients.send(requests)]

    def _register(self, record: Record, standing: list[dict[str, Any]], racing: list[dict[str, Any]]) -> None:
        places = [
            (found, f"a{n}.{place}@example.org") for place, found in enumerate(standing) for n in range(PER_EVENT)
        ]
        places = places[: self.scale.reminders]
        speeds = ("race-slow", "race-fast")
        places += [(found, f"{speeds[n % 2]}.{n}@example.org") for n, found in enumerate(racing)]
        self.chance.shuffle(places)
        done = self.clients.send(registering(found, address) for found, address in places)
        seats = {one.name.removeprefix("seat "): one for one in done}
        for number, found in enumerate(racing):
            address = f"{speeds[number % 2]}.{number}@example.org"
            what = RACES[number // 2 % len(RACES)]
            race = Race(address=address, what=what, event=found, registration=seats.pop(address).answer)
            record.races[address] = race
        record.standing = seats

    def _wait_for(self, due: datetime) -> None:
        while (left := (due - arrival()).total_seconds()) > 0:
            time.sleep(min(left, 0.5))

    def _fates(self, record: Record) -> Iterator[Request]:
        """What happens to the races: to the slow ones when a relay holds their address, to the others in between."""
        slow = {address: race for address, race in record.races.items() if "race-slow" in address}
        fast = [race for address, race in record.races.items() if address not in slow]
        self.chance.shuffle(fast)
        seen, since, noticed = set[str](), time.monotonic(), 0
        while slow or fast:
            heard = [line for line in self.fleet.noted() if line not in seen]
            seen.update(heard)
            for address in heard:
                if race := slow.pop(address, None):
                    noticed += 1
                    yield self._fate(race)
                    since = time.monotonic()
                    yield from (self._fate(one) for one in islice(iter(fast.pop, None), 1 if fast else 0))
            if not heard and time.monotonic() - since > PATIENCE / 4:  # those that are left never came to a relay
                rest, slow, fast = [*slow.values(), *fast], {}, []
                yield from (self._fate(race) for race in rest)
            time.sleep(0.01)

    def _fate(self, race: Race) -> Request:
        path = f"/api/v1/events/{race.event['id']}"
        if race.what == "cancel":
            return Request(name=race.address, path=f"{path}/cancel", body={"reason": "Storm"})
        if race.what == "withdraw":
            return Request(name=race.address, method="DELETE", path=f"{path}/registrations/{race.registration['id']}")
        later = starting(full_minute(arrival() + timedelta(days=3)))
        return Request(
            name=race.address,
            method="PATCH",
            path=path,
            body=later,
            headers={"If-Match": f'"{race.event["revision"]}"'},
        )

    def _drained(self, record: Record) -> None:
        """Until everybody who must have a reminder has one, or nothing has come for long."""
        wanted = expected(record)
        seen, since = -1, time.monotonic()
        while wanted - self.fleet.mails().keys() and time.monotonic() - since < PATIENCE:
            if (now := self.fleet.arrived()) != seen:
                seen, since = now, time.monotonic()
            time.sleep(0.5)

    def _present(self, events: list[dict[str, Any]]) -> frozenset[str]:
        """The registrations that the service holds."""
        paths = [f"/api/v1/events/{found['id']}/registrations" for found in events]
        return frozenset(row["id"] for path in paths for row in self.organiser.send("GET", path)["items"])


def registering(found: dict[str, Any], address: str) -> Request:
    """Somebody's registration."""
    body = {"name": "Amal Haddad", "email": address}
    return Request(name=f"seat {address}", path=f"/api/v1/events/{found['id']}/registrations", body=body)
