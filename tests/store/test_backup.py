"""A backup comes back row for row, on either database, from any revision; and after it nobody is mailed twice."""

import asyncio
import gzip
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Connection

from scheduler.cli import backup_file
from scheduler.cli.backup_file import FORMAT, Foot, Head
from scheduler.cli.failure import CommandFailed
from scheduler.cli.loading import loaded
from scheduler.config import Config
from scheduler.errors import NotFound
from scheduler.model.message import Message
from scheduler.services import restoring
from scheduler.store import backup, migrate
from scheduler.store.database import Database
from tests.store.world import NOW, World


def quiet(_done: int, _total: int) -> None:
    """Nobody watches."""


async def saved(database: Database, file: Path) -> Foot:
    """A backup of a database, written to `file`."""

    def dump(conn: Connection) -> Foot:
        head = Head(format=FORMAT, program="0", schema=migrate.newest(), made_at=NOW, tables=backup.shapes())
        return backup_file.write(file, head, backup.rows(conn), lambda _done: None)

    return await database.read(dump)


async def brought_back(url: str, file: Path, then: Callable[[Connection], object] | None = None) -> Database:
    """The database at `url`, restored from `file`."""
    await asyncio.to_thread(loaded, url, file, 0, quiet, then)
    return Database.open(url)


async def content(database: Database) -> list[tuple[str, list[object]]]:
    """Every row."""
    return await database.read(lambda conn: list(backup.rows(conn)))


async def peopled(world: World) -> None:
    """A visit with its day programme, registrations of all kinds, reminders, sent and waiting mails."""
    whole = await world.create(end="2027-03-19T17:00", kind="exchange-visit", title={"en": "“Visit” à Gand 🌍"})
    await world.create(part_of=whole.id)
    for name in ("ann", "bob", "cleo"):
        await world.register(whole, name)
    await world.apply(await world.create(), "dora")
    await world.tick()
    await world.move(whole, "2027-03-17T09:00", "2027-03-20T17:00")


@pytest.mark.parametrize("target", ["sqlite", "postgres"])
async def test_every_row_comes_back_on_either_database(
    world: World, target: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    await peopled(world)
    foot = await saved(world.db, tmp_path / "b")
    url = f"sqlite:///{tmp_path / 'back.db'}" if target == "sqlite" else request.getfixturevalue("postgres_url")
    other = await brought_back(url, tmp_path / "b")
    assert await content(other) == await content(world.db)
    assert sum(foot.rows.values()) == len(await content(world.db)) > 20
    await other.close()


async def test_a_backup_holds_one_moment_while_others_write(world: World, tmp_path: Path) -> None:
    event = await world.create()
    stop = asyncio.Event()

    async def write() -> None:
        number = 0
        while not stop.is_set():
            await world.register(event, f"guest{number}")
            number += 1

    writing = asyncio.create_task(write())
    for number in range(8):
        file = tmp_path / f"b{number}"
        await saved(world.db, file)
        rows = list(backup_file.read_rows(file))
        people = {row[0] for name, row in rows if name == "registration"}
        mailed = {row[4] for name, row in rows if name == "message"}
        assert people == mailed  # written in one transaction: one without the other would be two moments
        other = await brought_back(f"sqlite:///{tmp_path / f'back{number}.db'}", file)
        await other.close()
    stop.set()
    await writing


async def test_a_file_that_was_cut_off_or_changed_is_refused(world: World, tmp_path: Path) -> None:
    await peopled(world)
    await saved(world.db, tmp_path / "b")
    whole = gzip.decompress((tmp_path / "b").read_bytes())
    lines = whole.splitlines(keepends=True)
    changed = whole.replace(b"ann@example.org", b"eve@example.org")
    swapped = b"".join([*lines[:2], lines[3], lines[2], *lines[4:]])
    for damaged in (b"".join(lines[:-1]), changed, swapped, whole + lines[-1], b"{}\n", b""):
        (tmp_path / "damaged").write_bytes(gzip.compress(damaged))
        with pytest.raises(CommandFailed):
            await brought_back(f"sqlite:///{tmp_path / 'never.db'}", tmp_path / "damaged")
    for octets in ((tmp_path / "b").read_bytes()[:-20], b"no gzip"):
        (tmp_path / "damaged").write_bytes(octets)
        with pytest.raises(CommandFailed):
            await brought_back(f"sqlite:///{tmp_path / 'never.db'}", tmp_path / "damaged")
    other = Database.open(f"sqlite:///{tmp_path / 'never.db'}")
    assert await other.read(backup.empty)
    await other.close()


Spoil = Callable[[list[object]], list[object]]


def missing(row: list[object]) -> list[object]:
    return [row[0], None, *row[2:]]


def short(row: list[object]) -> list[object]:
    return row[:-1]


def no_instant(row: list[object]) -> list[object]:
    return ["yesterday" if str(value).startswith("20") and "T" in str(value) else value for value in row]


def no_number(row: list[object]) -> list[object]:
    return [{"a": 1} if isinstance(value, int) else value for value in row]


async def spoilt(world: World, tmp_path: Path, table: str, spoil: Spoil, *, twice: bool = False) -> tuple[Path, int]:
    """A backup, complete and with the right digest, of which one row of a table is damaged; and that row's line."""
    await saved(world.db, tmp_path / "whole.gz")
    head, rows = backup_file.read_head(tmp_path / "whole.gz"), list(backup_file.read_rows(tmp_path / "whole.gz"))
    at = [name for name, _ in rows].index(table) + 1
    rows[at - 1 : at] = [rows[at - 1]] * (1 + twice)
    rows[at - 1 + twice] = (table, spoil(rows[at - 1 + twice][1]))
    backup_file.write(tmp_path / "spoilt.gz", head, rows, lambda _done: None)
    return tmp_path / "spoilt.gz", at + twice + 1


DAMAGES: tuple[tuple[str, Spoil, bool, str], ...] = (
    ("message", missing, False, "a value is missing"),
    ("registration", missing, False, "a value is missing"),
    ("event", list, True, "what may be there once is there twice"),
    ("registration", lambda row: [row[0], "nowhere", *row[2:]], False, "it points to something that is not"),
    ("message", short, False, "its values do not fit the table"),
    ("message", no_instant, False, "its values do not fit the table"),
    ("event", no_number, False, "its values do not fit the table"),
)


@pytest.mark.parametrize("target", ["sqlite", "postgres"])
async def test_a_damaged_row_is_named_by_its_table_and_line_and_nothing_is_written(
    world: World, target: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    await peopled(world)
    url = f"sqlite:///{tmp_path / 'back.db'}" if target == "sqlite" else request.getfixturevalue("postgres_url")
    for number, (table, spoil, twice, reason) in enumerate(DAMAGES):
        (folder := tmp_path / str(number)).mkdir()
        file, line = await spoilt(world, folder, table, spoil, twice=twice)
        with pytest.raises(CommandFailed) as told:
            await brought_back(url, file)
        assert f"line {line}, a row of the table “{table}”, cannot be stored ({reason}" in str(told.value)
        assert str(told.value).count("Nothing was changed.") == 1
        there = Database.open(url)
        assert await there.read(backup.empty)
        await there.close()


async def test_a_database_that_holds_something_is_not_written_over(world: World, tmp_path: Path) -> None:
    await saved(world.db, tmp_path / "b")
    url = world.db.url.render_as_string(hide_password=False)
    with pytest.raises(CommandFailed, match="already"):
        await brought_back(url, tmp_path / "b")


async def test_a_backup_of_a_newer_program_is_refused(world: World, tmp_path: Path) -> None:
    head = Head(format=FORMAT, program="9.0", schema="9999", made_at=world.now, tables=())
    backup_file.write(tmp_path / "b", head, [], lambda _done: None)
    with pytest.raises(CommandFailed, match="newer program"):
        await brought_back(f"sqlite:///{tmp_path / 'never.db'}", tmp_path / "b")


async def test_an_older_backup_is_loaded_into_its_own_schema_and_brought_up_to_date(tmp_path: Path) -> None:
    tables = (backup.TableShape("setting", (("name", "text"), ("value", "text"))),)
    head = Head(format=FORMAT, program="0.1", schema="0001", made_at=NOW, tables=tables)
    backup_file.write(tmp_path / "b", head, [("setting", ["kept", "yes"])], lambda _done: None)
    other = await brought_back(f"sqlite:///{tmp_path / 'back.db'}", tmp_path / "b")
    assert await other.read(migrate.current) == migrate.newest()
    assert ("setting", ["kept", "yes"]) in await content(other)
    await other.close()


def test_a_backup_is_never_written_over_another_and_only_its_owner_may_read_it(tmp_path: Path) -> None:
    head = Head(format=FORMAT, program="0", schema="0001", made_at=NOW, tables=())
    backup_file.write(tmp_path / "b", head, [], lambda _done: None)
    assert (tmp_path / "b").stat().st_mode & 0o777 == 0o600
    with pytest.raises(FileExistsError):
        backup_file.write(tmp_path / "b", head, [], lambda _done: None)

    def breaking(_done: int) -> None:
        raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space"):
        backup_file.write(tmp_path / "c", head, [("setting", ["a", "b"])], breaking)
    assert [path.name for path in tmp_path.iterdir()] == ["b"]


async def restored(world: World, tmp_path: Path, config: Config) -> tuple[World, restoring.Held]:
    """The same service after a loss, at `world.now`, on SQLite."""
    found: list[restoring.Held] = []

    def hold(conn: Connection) -> None:
        found.append(restoring.hold_overdue(conn, config=config, now=world.now))

    other = World(await brought_back(f"sqlite:///{tmp_path / 'back.db'}", tmp_path / "b", hold), config)
    other.now = world.now
    return other, found[0]


async def test_nobody_is_mailed_twice_after_a_restore(world: World, tmp_path: Path) -> None:
    event = await world.create(reminders=["P7D", "P1D"])
    for name in ("ann", "bob"):
        await world.register(event, name)
    await world.tick()
    await saved(world.db, tmp_path / "b")
    late = await world.register(event, "cleo")
    await world.tick()
    week, day = (row.due_at for row in sorted(await world.reminders(event), key=lambda row: row.due_at))
    await world.tick(week + timedelta(minutes=1))
    assert len(world.wire.of("reminder")) == 3
    world.now = week + timedelta(hours=1)
    other, held = await restored(world, tmp_path, world.config)
    assert held == restoring.Held(reminders=2, messages=2)
    await other.tick()
    assert other.wire.sent == []
    assert {row.registration_id for row in await other.messages(event, "reminder")}.isdisjoint({late.id})
    now = other.now
    first = (await other.messages(event, "reminder"))[0]
    assert await other.db.write(lambda conn: restoring.discard(conn, first.id)) == 1
    assert await other.db.write(lambda conn: restoring.release(conn, now=now)) == 1
    await other.tick()
    assert len(other.wire.of("reminder")) == 1
    with pytest.raises(NotFound):
        await other.db.write(lambda conn: restoring.release(conn, first.id, now=now))
    await other.tick(day + timedelta(seconds=1))  # what falls due later goes out as always
    assert len(other.wire.of("reminder")) == 3
    await other.db.close()


async def test_a_mail_that_was_being_sent_at_the_moment_of_the_backup_is_held(world: World, tmp_path: Path) -> None:
    event = await world.create()
    await world.register(event, "ann")
    await world.claim()
    await saved(world.db, tmp_path / "b")
    other, held = await restored(world, tmp_path, world.config)
    rows: list[Message] = await other.messages(event)
    assert held.messages == 1
    assert [(row.state, row.lease_owner, row.lease_until) for row in rows] == [("held", None, None)]
    await other.db.close()
