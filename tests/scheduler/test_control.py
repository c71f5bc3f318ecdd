"""Orders over the socket: the running process carries them out."""

import asyncio
import json
import os
import socket
import stat
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from scheduler.config import Config
from scheduler.control import client, lock, wire
from scheduler.control.orders import AddPerson, AnyOrder, CreateKey, RevokeKey
from scheduler.control.server import Office, control_socket
from scheduler.errors import Invalid, ServiceError, Unavailable
from scheduler.store import people
from scheduler.store.database import Database

NOW = datetime(2027, 2, 3, 10, tzinfo=UTC)
ADMIN = CreateKey(role="admin", label="one")


@pytest.fixture
def backend() -> str:
    """SQLite alone: PostgreSQL needs no socket."""
    return "sqlite"


class Desk:
    """A socket that listens, and a count of how often the sender was woken."""

    def __init__(self, path: Path, db: Database) -> None:
        self.path = path
        self.db = db
        self.woken = 0

    def wake(self) -> None:
        self.woken += 1

    async def say(self, line: bytes) -> Any:
        """Send a line as it is; the answer, parsed."""
        with wire.address(self.path) as name:
            reader, writer = await asyncio.open_unix_connection(name)
        writer.write(line)
        writer.write_eof()
        answer = await reader.read()
        writer.close()
        return json.loads(answer) if answer else None

    async def order(self, order: AnyOrder) -> Any:
        return await self.say(wire.write(order))


@pytest.fixture
async def desk(tmp_path: Path, database: Database, shipped: Config) -> AsyncIterator[Desk]:
    """A process's end of the socket."""
    desk = Desk(tmp_path / "enspired.db.sock", database)
    office = Office(db=database, config=shipped, clock=lambda: NOW, domain="example.org", wake=desk.wake)
    async with control_socket(desk.path, office):
        yield desk


async def test_an_order_is_carried_out_and_answered(desk: Desk) -> None:
    answer = await desk.order(ADMIN)
    assert answer["result"]["secret"].startswith("enspired_key_")
    (kept,) = await desk.db.read(people.all_keys)
    assert (kept.label, kept.created_at) == ("one", NOW)
    assert desk.woken == 1


async def test_a_dry_run_changes_nothing(desk: Desk) -> None:
    answer = await desk.order(CreateKey(role="admin", dry_run=True))
    assert "result" in answer
    assert await desk.db.read(people.all_keys) == []


async def test_a_failure_comes_back_with_its_faults(desk: Desk) -> None:
    answer = await desk.order(CreateKey(role="organiser", programmes=("nope",)))
    with pytest.raises(Invalid) as caught:
        wire.read_answer(json.dumps(answer).encode())
    assert [fault.pointer for fault in caught.value.faults] == ["/programmes/0"]
    answer = await desk.order(RevokeKey(prefix="nope"))
    with pytest.raises(ServiceError, match="no such key"):
        wire.read_answer(json.dumps(answer).encode())


@pytest.mark.parametrize(
    "line",
    [
        b"{}\n",
        b"nonsense\n",
        b'{"command": "shell", "run": "id"}\n',
        b'{"command": "keys.create", "role": "emperor"}\n',
        b'{"command": "keys.revoke", "prefix": "a", "more": 1}\n',
        b"[" * 100_000 + b"\n",
        b"\xff\xfe\n",
    ],
)
async def test_what_is_no_order_is_refused(desk: Desk, line: bytes) -> None:
    answer = await desk.say(line)
    assert answer["error"]["code"] == "invalid"
    assert "result" in await desk.order(ADMIN)


async def test_a_line_without_an_end_is_dropped(desk: Desk) -> None:
    assert await desk.say(b"x" * (wire.LONGEST_LINE + 10)) is None
    assert "result" in await desk.order(ADMIN)


async def test_several_orders_travel_over_one_connection(desk: Desk) -> None:
    with wire.address(desk.path) as name:
        reader, writer = await asyncio.open_unix_connection(name)
    for email in ("one@example.org", "two@example.org"):
        writer.write(wire.write(AddPerson(email=email, role="admin")))
        assert email in (await reader.readline()).decode()
    writer.close()
    await writer.wait_closed()


async def test_only_this_user_may_open_the_socket(desk: Desk) -> None:
    assert stat.S_IMODE(desk.path.stat().st_mode) == 0o600


async def test_a_socket_left_by_a_dead_process_is_replaced_and_removed_at_the_end(
    tmp_path: Path, database: Database, shipped: Config
) -> None:
    path = tmp_path / "enspired.db.sock"
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(path))
    assert client.connect(tmp_path / "enspired.db") is None
    office = Office(db=database, config=shipped, clock=lambda: NOW, domain="example.org", wake=lambda: None)
    async with control_socket(path, office):
        assert "result" in await Desk(path, database).order(ADMIN)
    assert not path.exists()


async def test_a_folder_with_a_very_long_name_is_no_obstacle(
    tmp_path: Path, database: Database, shipped: Config
) -> None:
    folder = tmp_path / ("long" * 40)
    folder.mkdir()
    office = Office(db=database, config=shipped, clock=lambda: NOW, domain="example.org", wake=lambda: None)
    path = wire.socket_file(folder / "enspired.db")
    async with control_socket(path, office):
        assert "result" in await Desk(path, database).order(ADMIN)


async def test_a_process_that_dies_before_it_answers_is_reported(tmp_path: Path, shipped: Config) -> None:
    database = tmp_path / "enspired.db"
    config = _at(shipped, database)

    async def hang_up(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    with wire.address(wire.socket_file(database)) as name:
        server = await asyncio.start_unix_server(hang_up, name)

    def ask() -> None:
        asyncio.run(client.order(ADMIN, config=config, clock=lambda: NOW, domain="example.org"))

    with pytest.raises((Unavailable, BrokenPipeError, ConnectionResetError)):
        await asyncio.to_thread(ask)
    server.close()


async def test_without_a_process_the_command_works_alone_and_lets_go(tmp_path: Path, shipped: Config) -> None:
    config = _at(shipped, tmp_path / "enspired.db")
    for _ in range(2):
        made = await client.order(ADMIN, config=config, clock=lambda: NOW, domain="example.org")
        assert made["secret"]


async def test_a_lock_without_a_socket_is_respected(tmp_path: Path, shipped: Config) -> None:
    database = tmp_path / "enspired.db"
    with lock.held(database, "enspired serve"), pytest.raises(lock.InUse, match=f"process {os.getpid()}"):
        await client.order(ADMIN, config=_at(shipped, database), clock=lambda: NOW, domain="example.org")


def test_a_lock_is_free_again_after_its_block(tmp_path: Path) -> None:
    for purpose in ("one", "two"):
        with lock.held(tmp_path / "enspired.db", purpose):
            assert lock.lock_file(tmp_path / "enspired.db").read_text() == f"{os.getpid()} {purpose}\n"


def _at(config: Config, database: Path) -> Config:
    return replace(config, database=replace(config.database, url=f"sqlite:///{database}"))
