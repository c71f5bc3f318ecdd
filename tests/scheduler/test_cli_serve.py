"""`enspired serve` as a process: who may run, on which port and file, and how it ends."""

import os
import signal
import socket
import sqlite3
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.scheduler.command import COMMAND, inside, process
from tests.service import Process, Service, free_port


@contextmanager
def busy_port() -> Iterator[int]:
    """A port that somebody listens on."""
    with socket.socket() as opened:
        opened.bind(("127.0.0.1", 0))
        opened.listen()
        yield opened.getsockname()[1]


def test_it_says_what_runs_and_prints_one_sign_in_link_at_the_first_start(service: Service) -> None:
    service.start()
    printed = service.output()
    assert f"Address   {service.url}" in printed
    assert f"SQLite, {service.data / 'enspired.sqlite3'}" in printed
    assert "nothing is sent" in printed
    (link,) = [word for word in printed.split() if "/console/sign-in/" in word]
    assert link.startswith(service.url)
    assert service.terminate() == 0
    service.restart()
    assert service.output().count("/console/sign-in/") == 1


def test_a_busy_port_is_one_sentence_and_nothing_is_written(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    with busy_port() as port:
        started = process("serve", "--port", str(port), "--data", folder)
    assert (started.code, started.out) == (1, "")
    assert started.err.splitlines() == [
        f"✕ Port {port} on 127.0.0.1 is in use by another program. Nothing was changed.",
        f"  Next: stop that program, or choose another port: --port {port + 1}",
    ]
    assert not folder.exists()


def test_a_host_that_is_not_ours_is_one_sentence(tmp_path: Path) -> None:
    started = inside("serve", "--host", "192.0.2.1", "--port", str(free_port()), "--data", tmp_path)
    assert started.code == 1
    assert started.err.startswith("✕ Cannot listen on port")


def test_a_second_service_on_the_same_file_is_refused_by_the_number_of_the_first(service: Service) -> None:
    service.start()
    again = process("serve", "--port", str(free_port()), "--data", service.data)
    assert (again.code, again.out) == (1, "")
    assert f"in use by process {service.pid} (enspired serve)" in again.err
    assert len(again.err.splitlines()) == 2
    assert service.status("/healthz") == 200


def test_a_killed_service_leaves_no_lock_behind(service: Service) -> None:
    service.start()
    service.kill()
    service.restart()
    assert inside("keys", "list", "--data", service.data).code == 0


def test_several_workers_on_a_sqlite_file_are_refused(tmp_path: Path) -> None:
    started = inside("serve", "--data", tmp_path / "data", env={"ENSPIRED_SERVER__WORKERS": "2"})
    assert started.code == 1
    assert "2 workers need PostgreSQL" in started.err


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_stops_when_asked_and_that_is_no_failure(service: Service, number: signal.Signals) -> None:
    service.start()
    asked = time.monotonic()
    os.kill(service.pid, number)
    assert service.terminate(10) == 0
    assert time.monotonic() - asked < 5
    assert "Traceback" not in service.output()


def test_it_stops_within_ten_seconds_while_a_mail_server_does_not_answer(service: Service) -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        service.env |= {
            "ENSPIRED_MAIL__TRANSPORT": "smtp",
            "ENSPIRED_MAIL__HOST": "127.0.0.1",
            "ENSPIRED_MAIL__PORT": str(silent.getsockname()[1]),
            "ENSPIRED_MAIL__SECURITY": "none",
            "ENSPIRED_OPERATOR__CONTACT": "ada@example.org",
        }
        service.start()
        silent.settimeout(10)
        _ask_for_a_mail(service)
        connection, _ = silent.accept()
        with connection:
            assert service.terminate(10) == 0


def _ask_for_a_mail(service: Service) -> None:
    """An event with a registrant: the confirmation is a mail."""
    key = process("keys", "create", "--role", "admin", "--data", service.data).out.strip()
    event = {
        "title": "Workshop",
        "programme": "enspired",
        "kind": "workshop",
        "start": "2040-03-16T14:30",
        "end": "2040-03-16T16:00",
        "timezone": "Europe/Brussels",
        "status": "confirmed",
    }
    code, made = service.ask("POST", "/api/v1/events", event, key)
    assert code == 201, made
    person = {"name": "Amina Otieno", "email": "amina@example.org", "language": "en"}
    code, made = service.ask("POST", f"/api/v1/events/{made['id']}/registrations", person, key)
    assert code == 201, made


def test_it_runs_on_without_a_mail_server_and_the_mail_waits(service: Service) -> None:
    service.env |= {
        "ENSPIRED_MAIL__TRANSPORT": "smtp",
        "ENSPIRED_MAIL__HOST": "127.0.0.1",
        "ENSPIRED_MAIL__PORT": str(free_port()),
        "ENSPIRED_MAIL__SECURITY": "none",
    }
    service.start()
    _ask_for_a_mail(service)
    deadline = time.monotonic() + 10
    # A relay that is down is no attempt of the mail: only what it heard last says that it was tried.
    while (rows := [[*row[1:4], bool(row[5])] for row in inside("mail", "queue", "--data", service.data).rows]) != [
        ["confirmation", "waiting", "0", True]
    ]:
        assert time.monotonic() < deadline, rows
        time.sleep(0.1)
    assert service.status("/healthz") == 200


def test_a_locked_database_is_a_sentence(tmp_path: Path) -> None:
    assert inside("migrate", "--data", tmp_path).code == 0
    with sqlite3.connect(tmp_path / "enspired.sqlite3", isolation_level=None) as other:
        other.execute("BEGIN EXCLUSIVE")
        started = inside(
            "serve",
            *("--data", tmp_path, "--port", str(free_port())),
            env={"ENSPIRED_DATABASE__BUSY_TIMEOUT_SECONDS": "0"},
        )
    other.close()
    assert started.code == 1
    assert started.err == "✕ The database is busy; please try again in a moment. Nothing was changed.\n"


def test_a_file_that_is_no_database_is_a_sentence_and_stays_as_it_is(tmp_path: Path) -> None:
    file = tmp_path / "enspired.sqlite3"
    file.write_text("This is a shopping list, not a database.\n" * 100)
    before = file.read_bytes()
    started = inside("serve", "--data", tmp_path, "--port", str(free_port()))
    assert started.code == 1
    assert "no SQLite database" in started.err
    assert file.read_bytes() == before


def test_a_full_disk_is_a_sentence(tmp_path: Path) -> None:
    script = (
        "import resource, signal, sys\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (60_000, 60_000))\n"
        "from scheduler.cli.main import main\nmain()"
    )
    command = [COMMAND[0], "-c", script, "serve", "--data", str(tmp_path / "data"), "--port", str(free_port())]
    with Process(command, tmp_path / "log") as running:
        running.start()
        deadline = time.monotonic() + 30
        while running.alive:
            assert time.monotonic() < deadline
            time.sleep(0.05)
        assert running.terminate() == 1
        (line,) = running.output().splitlines()
    assert line == "✕ The database cannot store anything now (disk full?). Nothing was changed."


def test_the_data_is_for_this_user_alone(service: Service) -> None:
    service.start()
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in service.data.glob("enspired.sqlite3*")}
    assert modes.keys() >= {"enspired.sqlite3", "enspired.sqlite3.lock", "enspired.sqlite3.sock"}
    assert set(modes.values()) == {0o600}
