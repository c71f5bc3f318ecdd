"""`enspired migrate`."""

import time
from typing import TYPE_CHECKING

import click

from scheduler.cli.command import Command
from scheduler.cli.invocation import current
from scheduler.cli.preparing import owned, prepared
from scheduler.store import migrate

if TYPE_CHECKING:
    from scheduler.store.database import Database

HEADINGS = {"schema": "Schema", "seconds": "Seconds"}


@click.command(cls=Command)
def command() -> None:
    """Bring the database to the newest schema; `serve` does this by itself at its start."""
    invocation = current()
    config = invocation.config()

    async def work(database: "Database") -> str | None:
        return await database.read(migrate.current)

    started = time.monotonic()
    with owned(config, "enspired migrate"):
        revision = prepared(config, work)
    invocation.output.facts({"schema": revision, "seconds": round(time.monotonic() - started, 2)}, HEADINGS)
