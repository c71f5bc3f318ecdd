"""`enspired demo`: the first thing that people try."""

import json
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from scheduler import demo_fill
from scheduler.config import Config
from scheduler.errors import Conflict
from scheduler.services import events
from scheduler.store import events as event_store
from scheduler.store import messages, registrations
from scheduler.store.database import Database
from tests.scheduler.command import COMMAND, environment, inside, process
from tests.service import Service, free_port

NOW = datetime(2027, 2, 3, 10, tzinfo=UTC)


@contextmanager
def demo(data: Path, port: int) -> Iterator[dict[str, Any]]:
    """A running demo, and the first line that it prints."""
    command = [*COMMAND, "demo", "--data", str(data), "--port", str(port), "--json"]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment()
    ) as running:
        assert running.stdout is not None
        try:
            line = running.stdout.readline()
            yield json.loads(line)
        finally:
            running.terminate()
            _, printed = running.communicate(timeout=15)
    assert running.returncode == 0, printed


def service_at(data: Path, port: int) -> Service:
    """Asks the demo that runs at a port."""
    service = Service(data)
    service.port = port
    return service


def wait_until_ready(service: Service) -> None:
    for _ in range(200):
        if service.status("/readyz") == 200:
            return
    raise AssertionError("the demo does not answer")


def test_its_first_line_names_addresses_and_a_key_that_work(tmp_path: Path) -> None:
    port, data = free_port(), tmp_path / "demo"
    with demo(data, port) as first:
        assert first.keys() == {"url", "api_key", "feed", "console", "mail_dir"}
        assert first["url"] == f"http://127.0.0.1:{port}"
        assert first["feed"] == f"{first['url']}/feeds/events.ics"
        assert first["console"].startswith(f"{first['url']}/console/sign-in/")
        assert first["mail_dir"] == str(data / "mail")
        service = service_at(data, port)
        wait_until_ready(service)
        status, feed = service.ask("GET", "/feeds/events.ics")
        assert (status, feed.startswith("BEGIN:VCALENDAR")) == (200, True)
        assert feed.count("BEGIN:VEVENT") > 20
        draft = {
            "title": "A workshop",
            "programme": "enspired",
            "kind": "workshop",
            "start": "2040-03-16T14:30",
            "end": "2040-03-16T16:00",
            "timezone": "Europe/Brussels",
        }
        assert service.ask("POST", "/api/v1/events", draft, first["api_key"])[0] == 201
        again = inside("demo", "--data", data, "--port", str(free_port()))
        assert again.code == 1
        assert "enspired demo" in again.err


def test_started_again_it_goes_on_and_only_the_newest_key_works(tmp_path: Path) -> None:
    port, data = free_port(), tmp_path / "demo"
    with demo(data, port) as first:
        service = service_at(data, port)
        wait_until_ready(service)
        _, before = service.ask("GET", "/api/v1/events?limit=200")
    with demo(data, port) as second:
        wait_until_ready(service)
        _, after = service.ask("GET", "/api/v1/events?limit=200")
        assert after["items"] == before["items"]
        assert service.ask("GET", "/api/v1/events", key=first["api_key"])[0] == 401
        assert service.ask("GET", "/api/v1/events", key=second["api_key"])[0] == 200


def test_people_read_the_addresses_on_stdout(tmp_path: Path) -> None:
    with subprocess.Popen(
        [*COMMAND, "demo", "--data", str(tmp_path / "demo"), "--port", str(free_port())],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment(),
    ) as running:
        assert running.stdout is not None
        names = [running.stdout.readline().split("\t")[0] for _ in range(5)]
        running.terminate()
        _, said = running.communicate(timeout=15)
    assert names == ["url", "feed", "console", "mail_dir", "api_key"]
    assert "24 events, 38 institutions" in said
    assert "level=info" not in said


def test_a_demo_that_was_killed_while_filling_is_finished_by_the_next(tmp_path: Path) -> None:
    port, data = free_port(), tmp_path / "demo"
    command = [*COMMAND, "demo", "--data", str(data), "--port", str(port)]
    database = data / "enspired.sqlite3"
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment()) as running:
        while _events_in(database) < 10:
            assert running.poll() is None
        running.kill()
    assert 10 <= _events_in(database) < 58
    with demo(data, port):
        assert _events_in(database) == 58


def _events_in(database: Path) -> int:
    if not database.exists():
        return 0
    connection = sqlite3.connect(f"file:{database}?mode=ro", uri=True)
    try:
        count: int = connection.execute("SELECT count(*) FROM event").fetchone()[0]
    except sqlite3.OperationalError:
        return 0
    finally:
        connection.close()
    return count


def test_it_does_not_touch_a_programme_of_somebody_else(tmp_path: Path) -> None:
    event = {
        "title": "Real",
        "programme": "enspired",
        "kind": "workshop",
        "start": "2040-03-16T14:30",
        "end": "2040-03-16T16:00",
        "timezone": "Europe/Brussels",
    }
    assert inside("events", "add", "-", "--data", tmp_path, stdin=json.dumps(event)).code == 0
    started = process("demo", "--data", tmp_path, "--port", str(free_port()))
    assert (started.code, started.out) == (1, "")
    assert "needs an empty folder" in started.err
    assert len(inside("events", "list", "--data", tmp_path).rows) == 1
    assert inside("keys", "list", "--data", tmp_path).out == ""


# ---- The filling itself, on both databases


async def filled(database: Database, config: Config, now: datetime = NOW) -> demo_fill.Filled:
    return await demo_fill.fill(
        database, config=config, domain="agenda.example.org", now=now, progress=lambda _done, _total: None
    )


async def test_it_holds_24_events_and_registrations_with_a_waiting_line(database: Database, shipped: Config) -> None:
    assert await filled(database, shipped) == demo_fill.Filled(institutions=38, events=24, registrations=38)
    full = await database.read(lambda conn: event_store.by_external_id(conn, "demo", "demo-13"))
    assert full is not None
    counts = await database.read(lambda conn: registrations.counts(conn, full.id))
    assert counts == {"confirmed": 30, "waiting": 2}
    waiting = await database.read(messages.states)
    assert waiting == {"waiting": 38}


async def test_related_events_name_each_other(database: Database, shipped: Config) -> None:
    await filled(database, shipped)

    def pair(conn: Any) -> list[Any]:
        return [event_store.by_external_id(conn, "demo", name) for name in ("demo-08", "demo-14")]

    one, other = await database.read(pair)
    assert (one.related, other.related) == ((other.id,), (one.id,))


async def test_filling_twice_changes_nothing_and_tells_nobody_twice(database: Database, shipped: Config) -> None:
    first = await filled(database, shipped)
    before = await database.read(messages.states)
    assert await filled(database, shipped, NOW + timedelta(days=40)) == first
    assert await database.read(messages.states) == before


async def test_an_interrupted_filling_is_finished(database: Database, shipped: Config) -> None:
    class Cut(Exception):
        pass

    def cut(done: int, _total: int) -> None:
        if done == 20:
            raise Cut

    with pytest.raises(Cut):
        await demo_fill.fill(database, config=shipped, domain="agenda.example.org", now=NOW, progress=cut)
    assert await filled(database, shipped) == demo_fill.Filled(institutions=38, events=24, registrations=38)


async def test_a_database_with_other_events_is_refused(database: Database, shipped: Config) -> None:
    door = events.Door(actor=demo_fill._ACTOR, config=shipped, domain="agenda.example.org", now=NOW)
    event = {
        "title": "Real",
        "programme": "enspired",
        "kind": "workshop",
        "start": "2040-03-16T14:30",
        "end": "2040-03-16T16:00",
        "timezone": "Europe/Brussels",
    }
    await database.write(lambda conn: events.create(conn, event, door))
    with pytest.raises(Conflict):
        await filled(database, shipped)


@pytest.mark.parametrize("day", [datetime(2026, 7, 1, 12, tzinfo=UTC), datetime(2028, 2, 29, 23, 59, tzinfo=UTC)])
async def test_it_can_be_filled_on_any_day(database: Database, shipped: Config, day: datetime) -> None:
    assert (await filled(database, shipped, day)).events == 24
