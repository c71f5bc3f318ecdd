"""One program through the whole story: a service, a proxy before it, the program, and what it holds after each step."""

import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from datetime import date, datetime
from pathlib import Path
from typing import Any, Protocol

from tests.interop.clients.holding import agrees
from tests.interop.clients.proxy import RecordingProxy
from tests.interop.clients.story import VISIT, Act, Shown, Step, events, steps, subscription
from tests.organiser import Organiser
from tests.service import Service
from tests.sink import arrival

PATIENCE = 200.0
"""Seconds: three polls of a program that polls once a minute, and a slow start."""

SETTLE = 10.0
"""Seconds after an answer without a calendar (304, 410) in which a program might yet drop what it has."""


class Client(Protocol):
    """A calendar program with a home of its own."""

    name: str
    polls_alone: bool
    """It asks again by itself, once a minute; else `refresh` makes it ask."""
    conditional: bool
    """It sends If-None-Match."""

    def version(self) -> str:
        """Its name and version."""

    def subscribe(self, address: str) -> None:
        """Start it with this one calendar."""

    def refresh(self) -> None:
        """Ask again now."""

    def readings(self, now: datetime) -> list[dict[str, Shown]]:
        """What it shows of the story's events in the year around `now`; by each of its programs."""

    def close(self) -> None:
        """End it."""


class Unlike(Exception):
    """A program did not ask what it had to, was answered otherwise, or does not show what it must."""


class Played:
    """What came of it: `record` for the fixture, `notes` for people."""

    def __init__(self, version: str) -> None:
        self.record: dict[str, Any] = {"client": version, "recorded": str(today()), "requests": []}
        self.notes: list[str] = []


class World:
    """The service behind a proxy, the organiser, and the events of the story."""

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        self.proxy = stack.enter_context(RecordingProxy(folder / "requests.jsonl"))
        self.service = stack.enter_context(
            Service(folder / "data", env={"ENSPIRED_SERVER__PUBLIC_URL": self.proxy.url})
        )
        self.proxy.target = self.service.port
        key = self.service.new_key()
        self.service.start()
        self.organiser = stack.enter_context(Organiser(self.service.url, key))
        self.paths = {}
        for body in events(today()):
            made = self.organiser.send("POST", "/api/v1/events", body, wanted=201)
            self.paths[body["title"]["en"]] = f"/api/v1/events/{made['id']}"
        made = self.organiser.send("POST", "/api/v1/subscriptions", subscription(), wanted=201)
        self.paths[""] = f"/api/v1/subscriptions/{made['id']}"
        self.address: str = made["address"]

    def do(self, act: Act) -> None:
        """Changes something over the API."""
        headers = {"If-Match": "*"} if act.method == "PATCH" else {}
        self.organiser.send(act.method, self.paths[act.title] + act.path, act.body, headers=headers)


def play(client: Client, folder: Path, tell: Callable[[str], None]) -> Played:
    """Runs the story with its files in `folder`. Raises Unlike at the first thing that is not as it must be."""
    played = Played(client.version())
    with ExitStack() as stack:
        world = World(folder, stack)
        stack.callback(client.close)
        for step in steps(today()):
            world.proxy.step = step.name
            for act in step.acts:
                world.do(act)
            if step.name == "subscribed":
                client.subscribe(world.address)
            elif not client.polls_alone:
                client.refresh()
            note = _await(client, world, step)
            played.notes.append(f"{step.name}: {note}")
            tell(f"{client.name}: {played.notes[-1]}")
        played.record["requests"] = world.proxy.lines()
    return played


def today() -> date:
    """The day on which the story is played (UTC)."""
    return arrival().date()


def _await(client: Client, world: World, step: Step) -> str:
    """Waits until the step's status was seen and its events are shown; what happened, in words."""
    status = step.status if client.conditional or step.status != 304 else 200
    deadline = time.monotonic() + PATIENCE
    settled = False
    while True:
        asked = world.proxy.lines(step.name)
        readings = client.readings(arrival())
        seen = [line["status"] for line in asked]
        if status in seen and all(agrees(held, step.shown) for held in readings):
            if step.status != 200 and not settled:  # it showed this before it asked: it must go on showing it
                settled = True
                time.sleep(SETTLE)
                continue
            return f"{seen}, the visit {_state(readings[0])}"
        if time.monotonic() > deadline:
            raise Unlike(f"{client.name}, {step.name}: wanted {status}, got {seen}; shows {readings}, not {step.shown}")
        time.sleep(0.5)


def _state(held: Mapping[str, Shown]) -> str:
    if VISIT not in held:
        return "gone"
    return "kept as cancelled" if held[VISIT].cancelled else "planned"
