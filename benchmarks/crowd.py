"""An event to which a crowd comes, and the reminder that all of them get in the same minute."""

import os
import socket
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from benchmarks.agenda import ADMIN
from benchmarks.measuring import LOAD_CORE, Alone, free_port, program
from scheduler.clock import use_packaged_tzdata, utcnow
from scheduler.config import Config
from scheduler.model.event import Event
from scheduler.model.ids import new_id
from scheduler.model.institution import Institution
from scheduler.model.registration import Registration
from scheduler.services import events, institutions
from scheduler.services.events import Door
from scheduler.store import registrations
from scheduler.store.database import Database

_LANGUAGES = ("en", "nl", "fr", "es")
_ZONES = ("Europe/Brussels", "Africa/Nairobi", "America/Guayaquil")
_BATCH = 2000


class Sink(Alone):
    """Postfix's smtp-sink, alone on the load core: takes every mail and forgets it; a context manager."""

    def __init__(self) -> None:
        self.port = free_port()
        user = ["-u", "nobody"] if os.geteuid() == 0 else []  # it refuses to serve as root
        command = [program("smtp-sink", "postfix"), *user, f"127.0.0.1:{self.port}", "1000"]
        super().__init__("smtp-sink", command, core=LOAD_CORE, ready=lambda: _listens(self.port))


def _listens(port: int) -> bool:
    with socket.socket() as opened:
        return opened.connect_ex(("127.0.0.1", port)) == 0


def environment(folder: Path, port: int) -> dict[str, str]:
    """The settings of a service that sends as fast as it can to a relay on this machine."""
    return {
        "ENSPIRED_DATABASE__URL": f"sqlite:///{folder / 'enspired.sqlite3'}",
        "ENSPIRED_MAIL__TRANSPORT": "smtp",
        "ENSPIRED_MAIL__HOST": "127.0.0.1",
        "ENSPIRED_MAIL__PORT": str(port),
        "ENSPIRED_MAIL__SECURITY": "none",
        "ENSPIRED_MAIL__FROM_ADDRESS": "agenda@benchmark.example",
        "ENSPIRED_MAIL__CONNECTIONS": "10",
        "ENSPIRED_MAIL__MESSAGES_PER_MINUTE": "1000000",
        "ENSPIRED_MAIL__UNNOTED_MAILS": "100",
        "ENSPIRED_REMINDERS__QUIET_FROM": "off",
    }


async def crowd(config: Config, count: int, due: datetime) -> tuple[Database, Event]:
    """The open database: one online event with `count` confirmed people and one reminder, due at a full minute."""
    use_packaged_tzdata()
    database, now = Database.open(config.database.url), utcnow()
    await database.migrate()
    event = await database.write(lambda conn: _event(conn, config, due, now))
    for first in range(0, count, _BATCH):
        numbers = range(first, min(first + _BATCH, count))
        await database.write(lambda conn, numbers=numbers: _register(conn, event, numbers, now))
    return database, event


def _event(conn: Any, config: Config, due: datetime, now: datetime) -> Event:
    host = Institution(
        key="vives", name={"en": "VIVES"}, country="BE", city={"en": "Kortrijk"}, timezone="Europe/Brussels",
        created_at=now,
    )  # fmt: skip
    institutions.add(conn, host, actor=ADMIN)
    start = (due + timedelta(days=1)).replace(tzinfo=None)
    body = {
        "title": {"en": "Climate data in the classroom", "nl": "Klimaatdata in de klas"},
        "summary": {"en": "Pupils measure the weather; what do they learn from it?"},
        "programme": "enspired", "kind": "webinar", "host": "vives", "timezone": "UTC",
        "start": start.isoformat(timespec="minutes"),
        "end": (start + timedelta(minutes=90)).isoformat(timespec="minutes"),
        "format": "online", "online": {"platform": "Jitsi", "url": "https://meet.benchmark.example/climate"},
        "languages": ["en"], "status": "confirmed", "visibility": "public", "reminders": ["PT24H"],
    }  # fmt: skip
    door = Door(actor=ADMIN, config=config, domain="benchmark.example", now=now)
    return events.create(conn, body, door).event


def _register(conn: Any, event: Event, numbers: range, now: datetime) -> None:
    for number in numbers:
        row = Registration(
            id=new_id(now),
            event_id=event.id,
            uid=event.uid,
            name=f"Person {number}",
            email=f"person.{number}@school{number % 500}.example",
            language=_LANGUAGES[number % 4],
            timezone=_ZONES[number % 3],
            mode="online",
            state="confirmed",
            vouched=number % 2 == 0,
            confirmed_at=now,
            created_at=now,
        )
        registrations.add(conn, row)
