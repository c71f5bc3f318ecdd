"""A service with as many events as wanted, in a folder of its own."""

import asyncio
import os
import random
import sys
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from scheduler.clock import use_packaged_tzdata, utcnow
from scheduler.config import Config, load
from scheduler.model.access import Actor
from scheduler.model.institution import Institution
from scheduler.services import events, institutions
from scheduler.services.events import Door
from scheduler.store.database import Database

ADMIN = Actor(role="admin", name="benchmark", writes=True)
_ZONES = {"vives": "Europe/Brussels", "unae": "America/Guayaquil", "kemi": "Africa/Nairobi", "nie": "Asia/Phnom_Penh"}
_COUNTRIES = {"vives": "BE", "unae": "EC", "kemi": "KE", "nie": "KH"}
_KINDS = ("workshop", "webinar", "guest-lecture", "conference")
_BATCH = 250
_TITLES = (
    "Multilingual classrooms", "Reading in two languages", "Play in the first years", "School leaders meet", "Climate",
    "Global citizenship in teacher training", "Visit to partner schools", "Digital learning", "From school to work",
)  # fmt: skip
_TEXTS = (
    "Teachers tell how children learn to read in the language of their home and in that of the school.",
    "Three schools show what they changed in a year, and what they would not do again; with time for questions.",
    "For student teachers in their second year. Bring an example from your own lessons.",
    "With interpretation into French and Spanish. The recording stays with the people who took part.",
)


def settings(folder: Path, events: int, **more: str) -> dict[str, str]:
    """The environment of a service whose data is in a folder and whose feeds may hold so many events."""
    return {
        "ENSPIRED_DATABASE__URL": f"sqlite:///{folder / 'enspired.sqlite3'}",
        "ENSPIRED_MAIL__FOLDER": str(folder / "mail"),
        "ENSPIRED_FEEDS__MAX_EVENTS": str(events * 2),
        **more,
    }


def config_of(env: dict[str, str]) -> Config:
    """The configuration that such an environment gives."""
    return load(environ=env)


async def filled(config: Config, count: int) -> Database:
    """The open database with `count` public events over a year: one in ten a series, one in five with a call."""
    use_packaged_tzdata()
    database = Database.open(config.database.url)
    await database.migrate()
    now = utcnow()
    await database.write(lambda conn: _institutions(conn, now))
    chance = random.Random(4)
    bodies = [_event(number, now, chance) for number in range(count)]
    for first in range(0, count, _BATCH):
        batch = bodies[first : first + _BATCH]
        await database.write(lambda conn, batch=batch: _create(conn, batch, config, now))
    return database


def fill(folder: Path, count: int) -> dict[str, str]:
    """Fills a folder; gives the environment of a service on it."""
    env = settings(folder, count)

    async def run() -> None:
        await (await filled(config_of(env), count)).close()

    asyncio.run(run())
    return env


def serve(port: int) -> list[str]:
    """The command of the whole service."""
    return [sys.executable, "-m", "scheduler.cli.main", "serve", "--port", str(port)]


def own_environment(env: dict[str, str], port: int) -> dict[str, str]:
    """What the service's process gets beside that of this shell."""
    here = {"ENSPIRED_SERVER__PUBLIC_URL": f"http://127.0.0.1:{port}", "PYTHONPATH": os.getcwd()}
    return {**env, **here}


def _institutions(conn: Any, now: datetime) -> None:
    for key, zone in _ZONES.items():
        row = Institution(key=key, name={"en": key.upper()}, country=_COUNTRIES[key], timezone=zone, created_at=now)
        institutions.add(conn, row, actor=ADMIN)


def _create(conn: Any, bodies: list[dict[str, Any]], config: Config, now: datetime) -> None:
    door = Door(actor=ADMIN, config=config, domain="benchmark.example", now=now)
    for body in bodies:
        events.create(conn, body, door)


def _event(number: int, now: datetime, chance: random.Random) -> dict[str, Any]:
    host = chance.choice(list(_ZONES))
    start = (now + timedelta(days=1 + number * 360 // 10_000 + chance.randrange(300))).replace(
        hour=chance.randrange(8, 18), minute=chance.choice((0, 15, 30, 45)), second=0, microsecond=0, tzinfo=None
    )
    body: dict[str, Any] = {
        "title": {"en": f"{chance.choice(_TITLES)} {number}"},
        "description": {"en": chance.choice(_TEXTS)},
        "programme": "enspired",
        "kind": chance.choice(_KINDS),
        "start": start.isoformat(timespec="minutes"),
        "end": (start + timedelta(minutes=90)).isoformat(timespec="minutes"),
        "timezone": _ZONES[host],
        "host": host,
        "status": "confirmed",
        "visibility": "public",
        "reminders": [],
    }
    if number % 10 == 0:
        body["recurrence"] = {"rule": "FREQ=WEEKLY;COUNT=6"}
    if number % 5 == 0:
        body |= {"format": "hybrid", "online": {"url": f"https://meet.example/{number}", "visibility": "public"}}
    return body
