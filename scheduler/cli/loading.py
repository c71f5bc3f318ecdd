"""Loads a backup into an empty database: its own schema first, then the rows, then what is newer."""

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from scheduler.cli import backup_file
from scheduler.cli.backup_file import Line
from scheduler.cli.failure import CommandFailed
from scheduler.store import backup, health, migrate
from scheduler.store.database import Database

if TYPE_CHECKING:
    from sqlalchemy import Connection

T = TypeVar("T")


def loaded(
    url: str,
    file: Path,
    total: int,
    progress: Callable[[int, int], None],
    then: "Callable[[Connection], T] | None" = None,
) -> T | None:
    """Loads `file` into the empty database at `url` in one transaction, and does `then` in it.

    Raises CommandFailed when the database is not empty, or the file is damaged or newer than this program; then
    nothing was changed.
    """
    head = backup_file.read_head(file)
    if head.schema not in migrate.revisions():
        raise CommandFailed(f"{file} was made by a newer program ({head.program}).", "update this program first.")

    def body(conn: "Connection") -> T | None:
        if not backup.empty(conn):
            raise CommandFailed(
                "There is a database already; a backup is only restored into an empty one.",
                "name another folder with --data, or an empty database in [database] url.",
            )
        migrate.migrate(conn, head.schema)
        backup.clear(conn, head.tables)
        try:
            backup.load(conn, head.tables, _counted(backup_file.read_rows(file), total, progress))
        except backup.DamagedRow as error:
            raise _unfit(file, error) from error
        migrate.migrate(conn)
        if faults := health.faults(conn):
            raise CommandFailed(f"{file} cannot be restored: {faults[0]}.", "use another backup.")
        return then(conn) if then else None

    return asyncio.run(_writing(url, body))


def _unfit(file: Path, error: backup.DamagedRow) -> CommandFailed:
    """The first line of the file is its head: the row of number 1 stands in line 2."""
    words = f"{file} is damaged: line {error.number + 1}, a row of the table “{error.table}”, cannot be stored"
    return CommandFailed(f"{words} ({error.reason}). Nothing was changed.", "use another backup.")


async def _writing(url: str, body: "Callable[[Connection], T]") -> T:
    database = Database.open(url)
    try:
        return await database.write(body)
    finally:
        await database.close()


def _counted(lines: Iterator[Line], total: int, progress: Callable[[int, int], None]) -> Iterator[Line]:
    for done, line in enumerate(lines, 1):
        progress(done, total)
        yield line
