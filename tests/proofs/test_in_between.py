"""Killed in the middle of what must be whole: a checkpoint of SQLite's log, each statement of a migration."""

import re
import shutil
import sqlite3
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest
from msgspec import Struct

from tests import postgres
from tests.organiser import Organiser
from tests.proofs.clients import Clients
from tests.proofs.play import registering
from tests.proofs.relaying import Relay
from tests.proofs.running import integrity, setting
from tests.service import Service

pytestmark = pytest.mark.proof

SECONDS = 60
WRITES = (1, 4, 15)
"""At which write of a checkpoint into the database file the service dies."""
STATEMENTS = (1, 2, 9, 20, 33)
"""At which statement of the migrations of an empty database; `ENSPIRED_PROOF_MIGRATION=1` tries all."""
PEOPLE = 250
WORD = re.compile(r"[^,\s]+")


class Checkpointed(Struct, frozen=True, kw_only=True):
    """A kill in a checkpoint: who was acknowledged, who is there afterwards, and what SQLite finds wrong."""

    died: bool
    acknowledged: set[str]
    present: set[str]
    integrity: list[str]


class Migrated(Struct, frozen=True, kw_only=True):
    """A kill at a statement of a migration: whether it came to it, and the schema after the next attempt."""

    died: bool
    schema: list[str]


class Story(Struct, kw_only=True):
    """Both, by their instant; `schema` is what a migration that nobody disturbs makes."""

    checkpoints: dict[int, Checkpointed] = {}
    migrations: dict[int, Migrated] = {}
    schema: list[str] = []


def play(folder: Path, _server: postgres.Server) -> Story:
    """Some kills of each kind."""
    if shutil.which("strace") is None:
        pytest.skip("no strace here")
    story = Story()
    for number in WRITES:
        story.checkpoints[number] = checkpointed(folder / f"checkpoint{number}", number)
    story.schema = migrated(folder / "undisturbed", 0).schema
    statement = 0
    while True:
        statement += 1
        if setting("MIGRATION", 0) or statement in STATEMENTS:
            story.migrations[statement] = migrated(folder / f"migration{statement}", statement)
            if not story.migrations[statement].died:
                return story
        if not setting("MIGRATION", 0) and statement > max(STATEMENTS):
            return story


def checkpointed(folder: Path, write: int) -> Checkpointed:
    """People register until SQLite copies its log into the file: strace sends SIGKILL at a write there."""
    folder.mkdir()
    with Relay(folder) as relay:
        relay.start()
        with Service(folder / "data", env=relay.settings()) as service:
            assert service.enspired("migrate").returncode == 0
            key = service.new_key()
            file = service.data / "enspired.sqlite3"
            service.start()
            inject = f"inject=pwrite64:signal=SIGKILL:when={write}"
            trace = ["strace", "-f", "-qq", "-o", "/dev/null", "-e", "trace=pwrite64", "-e", inject, "-P", str(file)]
            tracer = subprocess.Popen([*trace, "-p", str(service.pid)])
            with Organiser(service.url, key) as organiser:
                found = organiser.create()
                clients = Clients([service.url], key, patience=3)
                with suppress(AssertionError):  # it dies on the way
                    clients.send(registering(found, f"a{number}@example.org") for number in range(PEOPLE))
                died = not service.alive
                service.kill()
                tracer.wait(10)
                broken = integrity(file)
                service.start()
                rows = organiser.send("GET", f"/api/v1/events/{found['id']}/registrations")["items"]
        acknowledged = {one.answer["email"] for one in clients.acknowledged}
        return Checkpointed(
            died=died, acknowledged=acknowledged, present={row["email"] for row in rows}, integrity=broken
        )


def migrated(folder: Path, statement: int) -> Migrated:
    """An empty database is migrated, killed at a statement (0: never), and migrated again."""
    service = Service(folder)
    service.env["PROOF_KILL"] = f"in-migration:{statement}" if statement else ""
    command = [sys.executable, "-m", "tests.proofs.failpoints", "migrate"]
    first = subprocess.run(command, env=service.environment, capture_output=True, text=True, timeout=60)
    service.env.pop("PROOF_KILL")
    second = service.enspired("migrate")
    assert second.returncode == 0, second.stderr
    with sqlite3.connect(folder / "enspired.sqlite3") as opened:
        rows = opened.execute("SELECT type, name, sql FROM sqlite_master ORDER BY type, name").fetchall()
    opened.close()
    # Alembic writes a table's constraints in any order.
    words = [(kind, name, sorted(WORD.findall(sql or ""))) for kind, name, sql in rows]
    return Migrated(died=first.returncode == -9, schema=[str(row) for row in words])


@pytest.mark.parametrize("write", WRITES)
def test_killed_in_a_checkpoint_nothing_that_was_acknowledged_is_gone(played: Story, write: int) -> None:
    found = played.checkpoints[write]
    assert found.died, "no checkpoint came to that write"
    assert len(found.acknowledged) > 10
    assert found.acknowledged - found.present == set()
    assert found.integrity == []


def test_killed_at_a_statement_of_a_migration_the_next_attempt_makes_the_same_schema(played: Story) -> None:
    died = {statement for statement, found in played.migrations.items() if found.died}
    print(f"killed at {len(died)} statements of the migrations")
    assert len(died) >= len(STATEMENTS) - 1
    assert [number for number, found in played.migrations.items() if found.schema != played.schema] == []
