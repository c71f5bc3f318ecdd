"""Transactions: what is acknowledged is there, what failed is not, and one failure takes nobody along."""

import asyncio
import sqlite3
import threading
from datetime import UTC, datetime, timedelta, timezone
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, func, insert, select, update
from sqlalchemy.exc import DBAPIError, StatementError

from scheduler.errors import Conflict, Unavailable
from scheduler.store import changes, settings
from scheduler.store.database import Database
from scheduler.store.tables import counter, idempotency, person, session, setting
from tests import postgres
from tests.store.world import doing

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


def names(conn: Connection) -> list[str]:
    return sorted(conn.scalars(select(setting.c.name)))


def add(conn: Connection, name: str, value: str = "") -> str:
    conn.execute(insert(setting).values(name=name, value=value))
    return name


class Failing(Exception):
    """A body fails."""


def add_and_fail(conn: Connection, name: str) -> None:
    add(conn, name)
    raise Failing(name)


async def test_a_body_that_fails_takes_nobody_of_its_group_along(database: Database) -> None:
    bodies = [
        partial(add_and_fail, name=f"bad{number}") if number % 3 == 0 else partial(add, name=f"good{number:02}")
        for number in range(40)
    ]
    results = await asyncio.gather(*(database.write(body) for body in bodies), return_exceptions=True)
    for number, result in enumerate(results):
        assert isinstance(result, Failing) if number % 3 == 0 else result == f"good{number:02}"
    assert await database.read(names) == sorted(result for result in results if isinstance(result, str))


async def test_what_was_acknowledged_is_seen_by_the_next_reader(database: Database) -> None:
    for number in range(50):
        await database.write(partial(add, name=f"{number:02}"))
        assert len(await database.read(names)) == number + 1


async def test_nothing_is_acknowledged_before_its_group_is_committed(sqlite_url: str) -> None:
    database = Database.open(sqlite_url)
    await database.migrate()
    second_began, go_on = threading.Event(), threading.Event()

    def slow(conn: Connection) -> str:
        second_began.set()
        assert go_on.wait(10)
        return add(conn, "second")

    blocker = threading.Event()
    held = asyncio.create_task(database.write(lambda _conn: blocker.wait(10)))
    await asyncio.sleep(0.05)
    first = asyncio.create_task(database.write(lambda conn: add(conn, "first")))
    second = asyncio.create_task(database.write(slow))
    await asyncio.sleep(0.05)
    blocker.set()
    await asyncio.to_thread(second_began.wait, 10)
    await asyncio.sleep(0.1)
    assert not first.done()
    assert await database.read(names) == []
    go_on.set()
    await asyncio.gather(held, first, second)
    assert await database.read(names) == ["first", "second"]
    await database.close()


async def test_a_dry_run_gives_its_result_and_leaves_nothing(database: Database) -> None:
    await asyncio.gather(
        database.write(lambda conn: add(conn, "kept")),
        database.write(lambda conn: add(conn, "dry"), discard=True),
    )
    assert await database.write(lambda conn: [add(conn, "dry")], discard=True) == ["dry"]
    assert await database.read(names) == ["kept"]


def increment(conn: Connection) -> None:
    query = select(setting.c.value).where(setting.c.name == "number").with_for_update()
    value = int(conn.scalar(query) or 0)
    conn.execute(update(setting).values(value=str(value + 1)))


async def test_a_hundred_increments_at_once_are_a_hundred_also_from_two_processes(database: Database) -> None:
    await database.write(lambda conn: add(conn, "number", "0"))
    other = Database.open(database.url.render_as_string(hide_password=False), busy_seconds=30)
    await asyncio.gather(*(each.write(increment) for _ in range(50) for each in (database, other)))
    await other.close()
    assert await database.read(lambda conn: settings.get(conn, "number")) == "100"


async def test_a_reader_cannot_write(database: Database) -> None:
    with pytest.raises((DBAPIError, Unavailable)):
        await database.read(lambda conn: add(conn, "sneaked in"))
    assert await database.read(names) == []


async def test_all_statements_of_one_read_see_the_same_moment(database: Database) -> None:
    loop = asyncio.get_running_loop()
    seen: list[int] = []
    between, written = threading.Event(), threading.Event()

    def read(conn: Connection) -> None:
        seen.append(len(names(conn)))
        between.set()
        assert written.wait(10)
        seen.append(len(names(conn)))

    async def write() -> None:
        await asyncio.to_thread(between.wait, 10)
        other = Database.open(database.url.render_as_string(hide_password=False))
        await other.write(lambda conn: add(conn, "new"))
        await other.close()
        written.set()

    # A body that waits holds this loop up: the writer needs one of its own.
    await asyncio.gather(database.read(read), loop.run_in_executor(None, lambda: asyncio.run(write())))
    assert seen == [0, 0]
    assert await database.read(names) == ["new"]


async def test_the_same_key_written_twice_is_a_conflict_in_words(database: Database) -> None:
    row = {"id": "p", "email": "ann@example.org", "document": "{}"}
    await database.write(doing(insert(person).values(**row)))
    with pytest.raises(Conflict):
        await database.write(doing(insert(person).values(**{**row, "id": "q"})))


async def test_who_loses_a_race_for_a_key_decides_again_with_what_the_winner_wrote(database: Database) -> None:
    await asyncio.gather(*(database.write(lambda conn: settings.put(conn, "one", "value")) for _ in range(10)))
    assert await database.read(names) == ["one"]


async def test_an_error_never_repeats_what_was_to_be_written(database: Database) -> None:
    values = {"actor": "a" * 300, "key": None, "request_hash": "", "status": 1, "headers": "", "created_at": NOW}
    with pytest.raises(DBAPIError) as caught:
        await database.write(lambda conn: conn.execute(insert(idempotency).values(body="ann@example.org", **values)))
    assert "ann@example.org" not in str(caught.value)


async def test_an_instant_without_a_zone_is_refused_and_others_come_back_in_utc(database: Database) -> None:
    def put(conn: Connection, at: datetime) -> datetime:
        conn.execute(insert(person).values(id="p", email="ann@example.org", document="{}"))
        conn.execute(insert(session).values(token_hash="t", person_id="p", created_at=at, expires_at=at))
        found: datetime = conn.scalars(select(session.c.created_at)).one()
        return found

    with pytest.raises((ValueError, StatementError), match="time zone"):
        await database.write(lambda conn: put(conn, datetime(2026, 11, 23, 12)))  # noqa: DTZ001
    elsewhere = datetime(2026, 11, 23, 17, 30, 0, 123456, tzinfo=timezone(timedelta(hours=5, minutes=30)))
    back = await database.write(lambda conn: put(conn, elsewhere))
    assert (back, back.utcoffset()) == (elsewhere, timedelta(0))
    stored = await database.read(lambda conn: conn.scalar(select(func.count()).where(session.c.expires_at < NOW)))
    assert stored == 0


async def test_a_locked_file_is_a_sentence_and_changes_nothing_and_then_it_goes_on(tmp_path: Path) -> None:
    path = tmp_path / "enspired.db"
    database = Database.open(f"sqlite:///{path}", busy_seconds=0.2)
    await database.migrate()
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    results = await asyncio.gather(
        *(database.write(partial(add, name=f"{number}")) for number in range(5)), return_exceptions=True
    )
    assert all(isinstance(result, Unavailable) for result in results)
    assert await database.read(names) == []
    other.execute("ROLLBACK")
    other.close()
    await database.write(lambda conn: add(conn, "after"))
    assert await database.read(names) == ["after"]
    await database.close()


async def test_a_full_disk_is_a_sentence_and_what_was_acknowledged_stays(sqlite_url: str) -> None:
    database = Database.open(sqlite_url)
    await database.migrate()
    await database.write(doing("PRAGMA max_page_count = 80"))
    results = []
    for round_ in range(10):
        group = [partial(add, name=f"{round_}.{one}", value="x" * 20_000) for one in range(4)]
        results += await asyncio.gather(*(database.write(body) for body in group), return_exceptions=True)
    refused = [result for result in results if not isinstance(result, str)]
    assert refused
    assert all(isinstance(result, Unavailable) for result in refused), refused
    assert await database.read(names) == sorted(result for result in results if isinstance(result, str))
    await database.write(doing("PRAGMA max_page_count = 100000"))
    await database.write(lambda conn: add(conn, "after", "x" * 20_000))
    assert "after" in await database.read(names)
    assert await database.read(lambda conn: conn.exec_driver_sql("PRAGMA integrity_check").scalar()) == "ok"
    await database.close()


async def test_after_closing_a_write_is_refused_instead_of_waiting_for_ever(sqlite_url: str) -> None:
    database = Database.open(sqlite_url)
    await database.migrate()
    waiting = [asyncio.create_task(database.write(partial(add, name=f"{number}"))) for number in range(9)]
    await asyncio.sleep(0)
    await database.close()
    assert len(await asyncio.gather(*waiting)) == 9
    with pytest.raises(Unavailable):
        await database.write(lambda conn: add(conn, "late"))


async def test_a_database_that_is_away_is_a_sentence_and_then_it_goes_on(
    postgres_server: postgres.Server, postgres_url: str
) -> None:
    database = Database.open(postgres_url)
    await database.migrate()

    def cut_off(conn: Connection) -> None:
        add(conn, "lost")
        pid = conn.scalar(select(func.pg_backend_pid()))
        postgres_server.run_sql(f"SELECT pg_terminate_backend({pid})")
        add(conn, "lost too")

    with pytest.raises(Unavailable):
        await database.write(cut_off)
    await database.write(lambda conn: add(conn, "after"))
    assert await database.read(names) == ["after"]
    await database.close()

    nowhere = Database.open("postgresql://postgres@127.0.0.1:1/none")
    for attempt in (nowhere.read, nowhere.write):
        with pytest.raises(Unavailable):
            await attempt(names)
    await nowhere.close()


async def test_changes_commit_in_the_order_of_their_counter(database: Database) -> None:
    """A reader of “since” that sees 7 has seen 6: numbers from a sequence would commit out of order."""
    newest: list[int] = []
    stop = asyncio.Event()

    def write(conn: Connection) -> int:
        taken = changes.take(conn)
        row = changes.Change(counter=taken, event_id=f"e{taken}", kind="created", actor="me", at=NOW)
        if database.shared:
            conn.exec_driver_sql(f"SELECT pg_sleep({0.02 if taken % 2 else 0.0})")
        changes.add(conn, row)
        return taken

    async def follow() -> None:
        after = 0
        while not stop.is_set():
            rows = await database.read(partial(changes.since, after=after, limit=100))
            newest.extend(row.counter for row in rows)
            after = newest[-1] if newest else 0
            await asyncio.sleep(0.001)

    follower = asyncio.create_task(follow())
    taken = await asyncio.gather(*(database.write(write) for _ in range(30)))
    await asyncio.sleep(0.1)
    stop.set()
    await follower
    assert sorted(taken) == list(range(1, 31))
    assert newest == list(range(1, 31))
    assert await database.read(lambda conn: conn.scalar(select(counter.c.value))) == 30


def test_naming_a_database_reads_nothing_yet(tmp_path: Path) -> None:
    database: Any = Database.open(f"sqlite:///{tmp_path / 'new' / 'enspired.db'}")
    assert list((tmp_path / "new").iterdir()) == []
    asyncio.run(database.close())
