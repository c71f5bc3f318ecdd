"""`enspired backup`."""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import click

from scheduler.cli import backup_file
from scheduler.cli.backup_file import FORMAT, Foot, Head
from scheduler.cli.command import Command
from scheduler.cli.databases import reading
from scheduler.cli.invocation import Invocation, current
from scheduler.cli.loading import loaded
from scheduler.cli.progress import progress_bar
from scheduler.cli.version import program_version
from scheduler.clock import utcnow
from scheduler.store import backup, migrate

if TYPE_CHECKING:
    from sqlalchemy import Connection

HEADINGS = {"file": "Backup", "bytes": "Bytes", "rows": "Rows", "made_at": "Made at", "sha256": "SHA-256 of the rows"}


@click.command(cls=Command)
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE")
def command(file: Path) -> None:
    """Write everything into one verified file, also while the service runs.

    The file holds one moment's state of the whole database, for SQLite and PostgreSQL alike. It is read back and
    loaded into a database of its own before this command says that it is done. It holds names and addresses: keep
    it where only you can read it.
    """
    invocation = current()
    config = invocation.config()
    made_at = utcnow()

    def dump(conn: "Connection") -> Foot:
        head = Head(
            format=FORMAT,
            program=program_version(),
            schema=migrate.newest(),
            made_at=made_at,
            tables=backup.shapes(),
        )
        total = backup.count(conn)
        with progress_bar("Writing", quiet=invocation.as_json) as progress:
            return backup_file.write(file, head, backup.rows(conn), lambda done: progress(done, total))

    foot = reading(config, dump)
    try:
        _verify(file, foot, invocation)
    except BaseException:
        file.unlink(missing_ok=True)
        raise
    facts = {
        "file": str(file),
        "bytes": file.stat().st_size,
        "rows": sum(foot.rows.values()),
        "made_at": made_at.isoformat(timespec="seconds").replace("+00:00", "Z"),
        "sha256": foot.sha256,
    }
    invocation.output.facts(facts, HEADINGS)


def _verify(file: Path, foot: Foot, invocation: Invocation) -> None:
    """Loads the file into a database of its own beside it, and throws that away."""
    with (
        TemporaryDirectory(dir=file.parent, prefix=".enspired-verify-") as folder,
        progress_bar("Verifying", quiet=invocation.as_json) as progress,
    ):
        loaded(f"sqlite:///{Path(folder) / 'verified.sqlite3'}", file, sum(foot.rows.values()), progress)
