"""A disk that is full, a disk that fails, a database held by another: nothing is acknowledged that is not durable.

libfiu makes the system calls of the real process fail, switched on and off from outside.
"""

import random
import shutil
import subprocess
import sys
import threading
import time
from collections import Counter
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx
import pytest
from msgspec import Struct

from tests import postgres
from tests.arrivals import arrivals, wait_for
from tests.organiser import Organiser
from tests.proofs.relaying import Relay
from tests.proofs.running import integrity
from tests.service import Service

pytestmark = pytest.mark.proof

SECONDS = 90
FAULT_SECONDS = 4.0
LOCKED_SECONDS = 30.0
PRELOADS = "/usr/lib/fiu/fiu_run_preload.so /usr/lib/fiu/fiu_posix_preload.so"
EIO, ENOSPC = 5, 28
FAULTS = {
    "a disk that fails to keep": [("posix/io/sync/fsync", EIO), ("posix/io/sync/fdatasync", EIO)],
    "a full disk": [("posix/io/rw/pwrite", ENOSPC), ("posix/io/rw/pwrite64", ENOSPC)],
    "a disk that fails to write": [("posix/io/rw/pwrite", EIO), ("posix/io/rw/pwrite64", EIO)],
}
OFTEN = 0.3
LOCK = "import sqlite3,sys,time; c=sqlite3.connect(sys.argv[1],isolation_level=None); c.execute('BEGIN EXCLUSIVE'); \
print('held',flush=True); time.sleep(float(sys.argv[2])); c.execute('ROLLBACK')"


class Told(Struct, kw_only=True):
    """What clients were told during a trouble: addresses by status, and the longest wait for an answer, in seconds."""

    statuses: dict[str, int] = {}
    longest: float = 0

    def acknowledged(self) -> set[str]:
        """Whose registration was acknowledged."""
        return {address for address, status in self.statuses.items() if 200 <= status < 300}


class Story(Struct, kw_only=True):
    """What was told in each trouble, and what is there after a kill and a new beginning."""

    told: dict[str, Told] = {}
    after: dict[str, Told] = {}
    present: set[str] = set()
    mails: Counter[str] = Counter()
    integrity: list[str] = []


def play(folder: Path, _server: postgres.Server) -> Story:
    """One trouble after the other, each followed by good times, in one life; then it is killed."""
    if shutil.which("fiu-ctrl") is None:
        pytest.skip("no libfiu here (Debian's package fiu-utils)")
    story = Story()
    with ExitStack() as stack:
        relay = stack.enter_context(Relay(folder))
        relay.start()
        fiu = {"LD_PRELOAD": PRELOADS, "FIU_CTRL_FIFO": str(folder / "fiu"), "FIU_ENABLE": ""}
        env = {**relay.settings(), **fiu, "ENSPIRED_MAIL__MESSAGES_PER_MINUTE": "100000"}
        service = stack.enter_context(Service(folder / "data", env=env))
        key = service.new_key()
        service.start()
        organiser = stack.enter_context(Organiser(service.url, key))
        found = organiser.create()
        for name, calls in FAULTS.items():
            often = [f"enable_random name={call},probability={OFTEN},failinfo={code}" for call, code in calls]
            switch(folder, service, often)
            story.told[name] = ask(organiser, found, name, FAULT_SECONDS)
            switch(folder, service, [f"disable name={call}" for call, _ in calls])
            story.after[name] = ask(organiser, found, f"after {name}", 1.0)
        story.told["locked"] = locked(service, organiser, found)
        story.after["locked"] = ask(organiser, found, "after locked", 1.0)
        tellings = [*story.told.values(), *story.after.values()]
        everybody = {one for told in tellings for one in told.acknowledged() if "@" in one}
        wait_for(lambda: everybody <= {mail.recipient for mail in arrivals(relay)}, "every confirmation came", 60)
        service.kill()
        story.integrity = integrity(service.data / "enspired.sqlite3")
        service.env = {name: value for name, value in service.env.items() if name not in fiu}
        service.start()
        path = f"/api/v1/events/{found['id']}/registrations"
        story.present = {row["email"] for row in organiser.send("GET", path)["items"]}
        story.mails = Counter(mail.recipient for mail in arrivals(relay))
    return story


def switch(folder: Path, service: Service, commands: list[str]) -> None:
    """Tell libfiu inside the service what to make fail from now on."""
    for command in commands:
        done = subprocess.run(
            ["fiu-ctrl", "-f", str(folder / "fiu"), "-c", command, str(service.pid)], capture_output=True, timeout=20
        )
        assert done.returncode == 0, done.stderr


def ask(organiser: Organiser, found: dict[str, Any], name: str, seconds: float) -> Told:
    """Four people at a time register for so long, each once, whatever they are told."""
    told = Told()
    end = time.monotonic() + seconds
    words = name.replace(" ", "-")

    def one(program: int) -> None:
        with httpx.Client(base_url=organiser.http.base_url, headers=organiser.http.headers, timeout=60) as client:
            number = 0
            while time.monotonic() < end:
                number += 1
                address = f"{words}.{program}.{number}@example.org"
                began = time.monotonic()
                told.statuses[address] = register(client, found, address)
                told.longest = max(told.longest, time.monotonic() - began)
                time.sleep(random.uniform(0, 0.05))

    programs = [threading.Thread(target=one, args=(program,)) for program in range(4)]
    for program in programs:
        program.start()
    for program in programs:
        program.join()
    return told


def register(client: httpx.Client, found: dict[str, Any], address: str) -> int:
    """The status; 0 when there was no answer."""
    try:
        body = {"name": "Amal Haddad", "email": address}
        return client.post(f"/api/v1/events/{found['id']}/registrations", json=body).status_code
    except httpx.TransportError:
        return 0


def locked(service: Service, organiser: Organiser, found: dict[str, Any]) -> Told:
    """Another process holds the database; people register all the while."""
    command = [sys.executable, "-c", LOCK, str(service.data / "enspired.sqlite3"), str(LOCKED_SECONDS)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as holder:
        assert holder.stdout
        assert holder.stdout.readline() == b"held\n"
        told = ask(organiser, found, "locked", LOCKED_SECONDS - 3)
        told.statuses["somebody who only reads"] = service.status("/feeds/events.ics")
        holder.wait()
    return told


TROUBLES = [*FAULTS, "locked"]


@pytest.mark.parametrize("trouble", TROUBLES)
def test_in_trouble_the_service_says_so_and_never_breaks(played: Story, trouble: str) -> None:
    statuses = Counter(played.told[trouble].statuses.values())
    print(f"{trouble}: {dict(statuses)}, longest {played.told[trouble].longest:.1f} s")
    assert statuses.keys() <= {200, 201, 503, 507}
    assert statuses[503] + statuses[507] > 0


@pytest.mark.parametrize("trouble", TROUBLES)
def test_after_the_trouble_it_goes_on_by_itself(played: Story, trouble: str) -> None:
    assert set(played.after[trouble].statuses.values()) == {201}


def test_what_was_acknowledged_is_there_after_a_kill(played: Story) -> None:
    told = [*played.told.values(), *played.after.values()]
    acknowledged = {one for each in told for one in each.acknowledged() if "@" in one}
    assert len(acknowledged) > 10
    assert acknowledged - played.present == set()


def test_what_was_refused_is_not_there(played: Story) -> None:
    told = [*played.told.values(), *played.after.values()]
    refused = {address for each in told for address, status in each.statuses.items() if status in {503, 507}}
    assert refused & played.present == set()


def test_every_confirmation_came_once(played: Story) -> None:
    assert [address for address, count in played.mails.items() if count > 1] == []
    assert played.mails.keys() == played.present


def test_the_database_is_whole(played: Story) -> None:
    assert played.integrity == []
