"""Subscriptions: secrets that are shown once, rotated, revoked, and never forgotten as gone."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from scheduler.errors import Forbidden, Gone, NotFound
from scheduler.model.access import Actor
from scheduler.model.subscription import client_name
from scheduler.services import subscriptions
from scheduler.services.people import SYSTEM
from scheduler.store import subscriptions as store
from scheduler.store.database import Database

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
HOST = Actor(role="host", name="key:aaaa", institutions=("vives",), writes=True)
OTHER_HOST = Actor(role="host", name="key:bbbb", institutions=("odisee",), writes=True)


async def test_a_secret_opens_its_subscription_until_it_is_revoked(database: Database) -> None:
    secret, row = await database.write(
        lambda conn: subscriptions.create(conn, "VIVES", "kind=workshop", institution="vives", actor=HOST, now=NOW)
    )
    assert (await database.read(lambda conn: subscriptions.opened(conn, secret))).id == row.id

    await database.write(lambda conn: subscriptions.revoke(conn, row.id, actor=HOST, now=NOW))
    with pytest.raises(Gone):
        await database.read(lambda conn: subscriptions.opened(conn, secret))


async def test_a_rotated_secret_is_gone_and_the_new_one_opens(database: Database) -> None:
    old, row = await database.write(
        lambda conn: subscriptions.create(conn, "VIVES", "", institution="vives", actor=HOST, now=NOW)
    )
    new, _ = await database.write(lambda conn: subscriptions.rotate(conn, row.id, actor=HOST, now=NOW))

    with pytest.raises(Gone):
        await database.read(lambda conn: subscriptions.opened(conn, old))
    assert (await database.read(lambda conn: subscriptions.opened(conn, new))).id == row.id


async def test_an_unknown_secret_is_not_found(database: Database) -> None:
    with pytest.raises(NotFound):
        await database.read(lambda conn: subscriptions.opened(conn, "enspired_feed_00000000_nothing"))


async def test_a_host_makes_feeds_of_its_own_institution_only(database: Database) -> None:
    with pytest.raises(Forbidden):
        await database.write(
            lambda conn: subscriptions.create(conn, "x", "", institution="odisee", actor=HOST, now=NOW)
        )
    with pytest.raises(Forbidden):
        await database.write(
            lambda conn: subscriptions.create(
                conn, "x", "", institution="vives", programmes=("educaid",), actor=HOST, now=NOW
            )
        )


async def test_nobody_else_sees_or_changes_a_subscription(database: Database) -> None:
    _, row = await database.write(
        lambda conn: subscriptions.create(conn, "VIVES", "", institution="vives", actor=HOST, now=NOW)
    )
    with pytest.raises(NotFound):
        await database.write(lambda conn: subscriptions.revoke(conn, row.id, actor=OTHER_HOST, now=NOW))
    assert await database.read(lambda conn: subscriptions.visible(conn, OTHER_HOST)) == []
    assert [found.id for found in await database.read(lambda conn: subscriptions.visible(conn, SYSTEM))] == [row.id]


async def test_who_fetched_last_is_remembered_without_an_address(database: Database) -> None:
    _, row = await database.write(
        lambda conn: subscriptions.create(conn, "VIVES", "", institution="vives", actor=HOST, now=NOW)
    )
    client = client_name("Mozilla/5.0 (X11; Linux x86_64; rv:153.0) Gecko/20100101 Thunderbird/153.7.0")
    await database.write(lambda conn: store.note_fetch(conn, row.id, client, NOW))
    kept = await database.read(lambda conn: store.get(conn, row.id))
    assert kept is not None
    assert (kept.last_client, kept.last_fetched_at) == ("Thunderbird", NOW)


async def test_the_secret_itself_is_stored_nowhere(sqlite_url: str, tmp_path: Path) -> None:
    database = Database.open(sqlite_url)
    await database.migrate()
    secret, _ = await database.write(lambda conn: subscriptions.create(conn, "VIVES", "", actor=SYSTEM, now=NOW))
    await database.close()
    stored = b"".join(path.read_bytes() for path in tmp_path.iterdir() if path.is_file())
    assert b"VIVES" in stored
    assert secret.rpartition("_")[2].encode() not in stored
