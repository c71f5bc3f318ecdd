"""The service stopped under load, started again, and started where it cannot run: what an administrator sees."""

import sqlite3
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from tests.arrivals import arrivals, wait_for
from tests.organiser import Organiser, event
from tests.proofs.clients import Clients, Request, reach
from tests.service import Service, SinkProcess, free_port

STOPS_WITHIN = 10.0
PEOPLE = 150
BUSY = {"ENSPIRED_DATABASE__BUSY_TIMEOUT_SECONDS": "1"}

# Takes the database for itself as a backup program or a shell of SQLite can; says so, and lets go when told.
LOCKER = """
import sqlite3, sys
database = sqlite3.connect(sys.argv[1], timeout=20, isolation_level=None)
database.execute("BEGIN EXCLUSIVE")
print("locked", flush=True)
sys.stdin.read()
database.execute("ROLLBACK")
"""


@contextmanager
def locked(database: Path) -> Iterator[None]:
    """Another process holds the database's lock for as long as the block lasts."""
    with subprocess.Popen(
        [sys.executable, "-c", LOCKER, str(database)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout
        assert process.stdout.readline() == "locked\n"
        yield
        process.communicate()
        assert process.returncode == 0


def database_of(service: Service) -> Path:
    """The file that a service keeps everything in."""
    return service.data / "enspired.sqlite3"


@pytest.mark.proof
def test_a_stop_under_load_takes_less_than_ten_seconds_loses_nothing_and_repeats_nothing(
    service: Service, sink_process: SinkProcess
) -> None:
    service.env |= sink_process.settings() | {"ENSPIRED_MAIL__MESSAGES_PER_MINUTE": "100000"}
    key = service.new_key()
    service.start()
    with Organiser(service.url, key) as organiser:
        found = organiser.create()
        clients = Clients([service.url], key)
        path = f"/api/v1/events/{found['id']}/registrations"
        wait = clients.start(
            [
                Request(name=f"r{n}@example.org", path=path, body={"name": "Amal", "email": f"r{n}@example.org"})
                for n in range(PEOPLE)
            ]
        )
        for point in (PEOPLE // 5, PEOPLE // 2):
            assert reach(lambda: len(clients.acknowledged), point)
            assert service.terminate(STOPS_WITHIN) == 0
            service.start()
        wait()
        wait_for(lambda: len(arrivals(sink_process)) >= PEOPLE, "all confirmations arrived", 60)
        assert service.terminate(STOPS_WITHIN) == 0
    copies = Counter(mail.recipient for mail in arrivals(sink_process))
    assert copies == {f"r{n}@example.org": 1 for n in range(PEOPLE)}


def test_started_again_the_service_goes_on_with_the_same_data_and_the_same_feed(service: Service) -> None:
    key = service.new_key()
    service.start()
    with Organiser(service.url, key) as organiser:
        found = organiser.create()
        seat = organiser.register(found, "amal@example.org")
        feed = httpx.get(f"{service.url}/feeds/events.ics")
        assert service.terminate(STOPS_WITHIN) == 0
        service.start()
        assert organiser.read(found) == found
        rows = organiser.send("GET", f"/api/v1/events/{found['id']}/registrations")["items"]
        assert [row["id"] for row in rows] == [seat["id"]]
    again = httpx.get(f"{service.url}/feeds/events.ics", headers={"If-None-Match": feed.headers["ETag"]})
    assert again.status_code == 304
    assert httpx.get(f"{service.url}/feeds/events.ics").content == feed.content


def test_without_a_mail_server_everything_else_works_and_mails_wait(service: Service, tmp_path: Path) -> None:
    service.env |= SinkProcess(tmp_path).settings()
    key = service.new_key()
    service.start()
    with Organiser(service.url, key) as organiser:
        found = organiser.create()
        organiser.register(found, "amal@example.org")
        wait_for(lambda: organiser.ledger(found)[0].get("last_error"), "the first attempt failed")
        (waiting,) = organiser.ledger(found)
        assert (waiting["state"], waiting["attempts"]) == ("waiting", 0)  # nobody's attempt: the server is away
        assert waiting["next_attempt_at"] > waiting["created_at"]
        organiser.create()
    assert service.status("/healthz") == 200
    assert service.ask("GET", "/readyz")[1]["checks"]["database"] is True
    assert service.status("/feeds/events.ics") == 200
    assert service.terminate(STOPS_WITHIN) == 0


def test_while_the_database_is_locked_writes_are_refused_reads_go_on_and_nothing_changes(service: Service) -> None:
    service.env |= BUSY
    key = service.new_key()
    service.start()
    with Organiser(service.url, key) as organiser:
        found = organiser.create()
        before = httpx.get(f"{service.url}/feeds/events.ics").content
        with locked(database_of(service)):
            refused = organiser.http.post("/api/v1/events", json=event(title={"en": "Refused"}))
            assert refused.status_code == 503
            assert refused.headers["Content-Type"] == "application/problem+json"
            assert int(refused.headers["Retry-After"]) > 0
            assert refused.json()["code"] == "unavailable"
            assert organiser.read(found) == found
            assert httpx.get(f"{service.url}/feeds/events.ics").content == before
            assert service.status("/healthz") == 200
        assert httpx.get(f"{service.url}/feeds/events.ics").content == before
        titles = [item["title"]["en"] for item in organiser.send("GET", "/api/v1/events")["items"]]
        assert titles == [found["title"]["en"]]
        organiser.create(title={"en": "Taken"})
        organiser.register(found, "amal@example.org")


def test_a_key_that_was_not_used_for_long_reads_while_the_database_is_locked(service: Service) -> None:
    service.env |= BUSY
    key = service.new_key()
    service.start()
    with locked(database_of(service)), Organiser(service.url, key) as organiser:
        assert organiser.send("GET", "/api/v1/events")["items"] == []


def test_mails_on_their_way_while_the_database_gets_locked_arrive_once(
    service: Service, sink_process: SinkProcess
) -> None:
    service.env |= BUSY | sink_process.settings()  # five mails a second, so that the lock falls in between
    key = service.new_key()
    service.start()
    people = [f"r{n}@example.org" for n in range(25)]
    with Organiser(service.url, key) as organiser:
        found = organiser.create()
        for address in people:
            organiser.register(found, address)
        with locked(database_of(service)):
            assert len(arrivals(sink_process)) < len(people)
            time.sleep(3)
            assert service.status("/healthz") == 200
        wait_for(lambda: {one["state"] for one in organiser.ledger(found)} == {"sent"}, "all are sent")
    assert sorted(mail.recipient for mail in arrivals(sink_process)) == sorted(people)


def test_a_second_service_on_the_same_data_is_refused_and_the_first_goes_on(service: Service) -> None:
    service.start()
    second = service.enspired("serve", "--port", str(free_port()))
    assert second.returncode == 1
    assert second.stdout == ""
    assert f"is in use by process {service.pid} (enspired serve)." in second.stderr
    assert "Traceback" not in second.stderr
    assert service.status("/healthz") == 200


def test_a_busy_port_is_refused_with_a_sentence_and_nothing_is_written(service: Service, tmp_path: Path) -> None:
    service.start()
    data = tmp_path / "other"
    with Service(data, env={"ENSPIRED_SERVER__PORT": str(service.port)}) as other:
        refused = other.enspired("serve")
    assert refused.returncode == 1
    assert f"ort {service.port} on 127.0.0.1 is in use by another program. Nothing was changed." in refused.stderr
    assert "Traceback" not in refused.stderr
    assert list(data.iterdir()) == []
    assert service.status("/healthz") == 200


def test_a_killed_service_leaves_no_lock_behind(service: Service) -> None:
    service.start()
    service.kill()
    service.start()
    assert service.status("/readyz") == 200


def test_the_database_of_a_stopped_service_is_whole(service: Service) -> None:
    key = service.new_key()
    service.start()
    with Organiser(service.url, key) as organiser:
        organiser.register(organiser.create(), "amal@example.org")
    assert service.terminate(STOPS_WITHIN) == 0
    database = sqlite3.connect(database_of(service))
    assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    database.close()
