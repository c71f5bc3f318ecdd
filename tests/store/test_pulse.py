"""What a process knows of the counters: its own commits before their writer does, other nodes' within a second."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from sqlalchemy import Connection

from scheduler.config import Config
from scheduler.services import subscriptions
from scheduler.services.people import SYSTEM
from scheduler.store import changes, counters, pulse
from scheduler.store.database import Database
from tests.store.world import NOW, World

WITHIN_SECONDS = 10.0
"""How long these tests wait at most; the service needs one second."""


@pytest.fixture
async def postgres_pair(
    migrated_postgres: str, postgres_server: object, request: pytest.FixtureRequest
) -> AsyncIterator[tuple[Database, Database]]:
    """Two nodes on one PostgreSQL database."""
    server = request.getfixturevalue("postgres_server")
    name = server.create(template=migrated_postgres)
    nodes = [Database.open(server.url(name)) for _ in range(2)]
    yield nodes[0], nodes[1]
    for node in nodes:
        await node.close()
    server.drop(name)


async def reached(node: Database, value: int) -> None:
    """Waits until a node has heard of a counter."""
    async with asyncio.timeout(WITHIN_SECONDS):
        while node.pulse.change < value:
            await asyncio.sleep(0.01)


async def test_a_change_is_known_when_its_writer_hears_of_it(database: Database, shipped: Config) -> None:
    world = World(database, shipped)
    for expected in (1, 2, 3):
        await world.create()
        assert database.pulse.change == expected == await database.read(changes.current)


async def test_many_at_once_are_known_to_each_of_them(database: Database, shipped: Config) -> None:
    world = World(database, shipped)

    async def one() -> bool:
        await world.create()
        return database.pulse.change >= 1

    assert all(await asyncio.gather(*(one() for _ in range(20))))
    assert database.pulse.change == await database.read(changes.current) == 20


async def test_what_is_rolled_back_raises_nothing(database: Database, shipped: Config) -> None:
    await World(database, shipped).create()

    def fail(conn: Connection) -> None:
        changes.take(conn)
        raise LookupError

    with pytest.raises(LookupError):
        await database.write(fail)
    assert await database.write(changes.take, discard=True) == 2
    await database.write(lambda conn: None)
    assert database.pulse.change == 1


async def test_a_revoked_subscription_raises_the_counter_of_access(database: Database) -> None:
    secret, row = await database.write(lambda conn: subscriptions.create(conn, "x", "", actor=SYSTEM, now=NOW))
    await database.write(lambda conn: subscriptions.rotate(conn, row.id, actor=SYSTEM, now=NOW))
    assert database.pulse.access == 1
    await database.write(lambda conn: subscriptions.revoke(conn, row.id, actor=SYSTEM, now=NOW))
    assert database.pulse.access == 2
    assert secret


async def test_only_a_database_of_one_process_is_trusted_without_watching(database: Database) -> None:
    assert database.pulse.trusted is not database.shared


async def test_another_node_hears_of_a_commit_at_once(
    postgres_pair: tuple[Database, Database], shipped: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pulse, "POLL_SECONDS", 600.0)  # only the notification can bring it
    here, there = postgres_pair
    async with there.watching():
        await reached(there, 0)
        await World(here, shipped).create()
        await reached(there, 1)
        assert there.pulse.trusted
    assert not there.pulse.trusted


async def test_another_node_hears_of_a_commit_without_a_notification(
    postgres_pair: tuple[Database, Database], shipped: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(counters, "CHANNEL", "somewhere_else")
    here, there = postgres_pair
    async with there.watching():
        await reached(there, 0)
        monkeypatch.setattr(counters, "CHANNEL", "where_nobody_listens")
        await World(here, shipped).create()
        await reached(there, 1)


async def test_a_node_that_lost_the_database_trusts_nothing_until_it_is_back(
    postgres_pair: tuple[Database, Database], shipped: Config
) -> None:
    here, there = postgres_pair
    async with there.watching():
        await reached(there, 0)
        await here.write(_cut_the_others)
        async with asyncio.timeout(WITHIN_SECONDS):
            while there.pulse.trusted:
                await asyncio.sleep(0.005)
        await World(here, shipped).create()
        await reached(there, 1)
        async with asyncio.timeout(WITHIN_SECONDS):  # it knows the counters a moment before it trusts them
            while not there.pulse.trusted:
                await asyncio.sleep(0.005)


def _cut_the_others(conn: Connection) -> None:
    conn.exec_driver_sql(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
        "WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )
