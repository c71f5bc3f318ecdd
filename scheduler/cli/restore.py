"""`enspired restore`."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from scheduler.cli import backup_file
from scheduler.cli.command import Command
from scheduler.cli.databases import database_file
from scheduler.cli.failure import CommandFailed
from scheduler.cli.invocation import current
from scheduler.cli.loading import loaded
from scheduler.cli.output import mails
from scheduler.cli.preparing import owned
from scheduler.cli.progress import progress_bar
from scheduler.clock import utcnow
from scheduler.services.restoring import Held, hold_overdue

if TYPE_CHECKING:
    from sqlalchemy import Connection

HEADINGS = {"database": "Restored", "made_at": "As it was at", "rows": "Rows", "held": "Mails held"}


@click.command(cls=Command)
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False), metavar="FILE")
def command(file: Path) -> None:
    """Bring a backup back, into an empty database: a SQLite file that is not there yet, or an empty PostgreSQL one.

    Nobody is mailed twice: what fell due since the backup may have been sent by the service that was lost, and is
    held until you have looked. `enspired mail queue --held` lists it, `enspired mail release` lets it go,
    `enspired mail discard` gives it up.
    """
    invocation = current()
    config = invocation.config()
    if config.database.is_sqlite and database_file(config).exists():
        raise CommandFailed(
            f"There is a database at {database_file(config)} already.",
            "move it away first, or name another folder with --data.",
        )
    head = backup_file.read_head(file)
    total = sum(1 for _ in backup_file.read_rows(file))  # a damaged file is refused before anything is touched
    now = utcnow()

    def hold(conn: "Connection") -> Held:
        return hold_overdue(conn, config=config, now=now)

    with owned(config, "enspired restore"), progress_bar("Restoring", quiet=invocation.as_json) as progress:
        fresh = config.database.is_sqlite and not database_file(config).exists()
        try:
            held = loaded(config.database.url, file, total, progress, hold)
        except BaseException:
            if fresh:  # the next attempt must not find the empty file of this one
                for ending in ("", "-wal", "-shm"):
                    Path(f"{database_file(config)}{ending}").unlink(missing_ok=True)
            raise
    kept = held.messages if held else 0
    facts = {
        "database": str(database_file(config)) if config.database.is_sqlite else "PostgreSQL",
        "made_at": head.made_at.isoformat(timespec="seconds").replace("+00:00", "Z"),
        "rows": total,
        "held": kept,
    }
    invocation.output.facts(facts, HEADINGS)
    if kept:
        invocation.output.say(
            f"{mails(kept)} fell due since the backup. They may have been sent already, so they are held: look with "
            "“enspired mail queue --held”, then “enspired mail release” or “enspired mail discard”."
        )
