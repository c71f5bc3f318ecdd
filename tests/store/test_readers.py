"""SQLite's readers: the loop goes on while they read, there is a limit to their patience, and none harms another."""

import asyncio
import threading
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import Connection

from scheduler.errors import Unavailable
from scheduler.store import reading, settings
from scheduler.store.database import Database


@pytest.fixture
async def database(sqlite_url: str) -> AsyncIterator[Database]:
    database = Database.open(sqlite_url)
    await database.migrate()
    yield database
    await database.close()


async def test_the_loop_goes_on_while_a_long_read_is_under_way(database: Database) -> None:
    go_on = threading.Event()
    long = asyncio.create_task(database.read(lambda _conn: go_on.wait(10)))
    await asyncio.sleep(0.05)
    assert await database.read(lambda conn: settings.get(conn, "one")) is None
    go_on.set()
    assert await long


async def test_readers_that_are_all_busy_for_long_are_a_sentence(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "_WAIT_SECONDS", 0.1)
    go_on = threading.Event()
    long = [asyncio.create_task(database.read(lambda _conn: go_on.wait(10))) for _ in range(4)]
    await asyncio.sleep(0.05)
    with pytest.raises(Unavailable, match="busy"):
        await database.read(lambda conn: settings.get(conn, "one"))
    go_on.set()
    assert await asyncio.gather(*long) == [True] * 4
    assert await database.read(lambda conn: settings.get(conn, "one")) is None


async def test_who_stops_waiting_for_a_read_harms_no_other(database: Database) -> None:
    await database.write(lambda conn: settings.put(conn, "one", "1"))
    go_on = threading.Event()

    def slow(conn: Connection) -> str | None:
        go_on.wait(10)
        return settings.get(conn, "one")

    gone = [asyncio.create_task(database.read(slow)) for _ in range(4)]
    await asyncio.sleep(0.05)
    for task in gone:
        task.cancel()
    await asyncio.gather(*gone, return_exceptions=True)
    others = [asyncio.create_task(database.read(lambda conn: settings.get(conn, "one"))) for _ in range(8)]
    await asyncio.sleep(0.05)
    go_on.set()
    assert await asyncio.gather(*others) == ["1"] * 8


async def test_a_file_that_cannot_be_opened_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    database = Database.open(f"sqlite:///{tmp_path / 'folder'}")
    with pytest.raises(Unavailable, match="cannot be opened"):
        await database.read(lambda conn: settings.get(conn, "one"))
    await database.close()
