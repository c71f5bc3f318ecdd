"""The schema is exactly what all migrations make, and making it again, or twice at once, harms nothing."""

import asyncio

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, insert, select

from scheduler.config import Config
from scheduler.services.start import signing_secret
from scheduler.store import migrate
from scheduler.store.database import Database
from scheduler.store.tables import metadata, setting
from tests.store.world import doing


def differences(conn: Connection) -> list[object]:
    """What a new migration would have to do."""
    context = MigrationContext.configure(conn, opts={"compare_type": True, "compare_server_default": True})
    return list(compare_metadata(context, metadata))


async def test_the_schema_is_what_all_migrations_make(database: Database) -> None:
    assert await database.read(differences) == []
    assert await database.read(migrate.current) == migrate.newest()


async def test_the_comparison_sees_what_is_missing(database: Database) -> None:
    await database.write(doing("DROP TABLE idempotency"))
    assert await database.read(differences) != []


async def test_migrating_again_changes_nothing(database: Database) -> None:
    await database.write(doing(insert(setting).values(name="kept", value="yes")))
    await database.migrate()
    assert await database.read(lambda conn: conn.scalar(select(setting.c.value))) == "yes"


async def test_an_empty_database_has_no_revision_until_it_is_migrated(database_url: str) -> None:
    database = Database.open(database_url)
    assert await database.read(migrate.current) is None
    await database.migrate()
    assert await database.read(differences) == []
    await database.close()


async def test_two_nodes_that_start_at_once_migrate_once(postgres_url: str, shipped: Config) -> None:
    nodes = [Database.open(postgres_url) for _ in range(4)]
    await asyncio.gather(*(node.migrate() for node in nodes))
    secrets = await asyncio.gather(*(node.write(lambda conn: signing_secret(conn, shipped)) for node in nodes))
    assert len(set(secrets)) == 1
    assert await nodes[0].read(differences) == []
    for node in nodes:
        await node.close()
