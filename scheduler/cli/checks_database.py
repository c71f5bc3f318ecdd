"""Doctor's look at the database and at the mails that wait in it."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from scheduler.cli.databases import database_file, unchecked
from scheduler.cli.findings import Finding, note, ok, problem
from scheduler.config import Config
from scheduler.control import client
from scheduler.errors import ServiceError
from scheduler.store import health, messages, migrate

if TYPE_CHECKING:
    from sqlalchemy import Connection

WAL_RESET_FIXED = (3, 51, 3)
OVERDUE = timedelta(minutes=10)
SKEW_SECONDS = 2.0


def check_database(config: Config, now: datetime) -> list[Finding]:
    """Whether the database is there, sound and up to date, and whether mails leave it."""
    if config.database.is_sqlite and not database_file(config).exists():
        fix = "enspired serve makes one; or name the right folder with --data"
        return [note("database", f"none at {database_file(config)} yet", fix)]
    try:
        return unchecked(config, lambda conn: list(_look(conn, config, now)))
    except (ServiceError, OSError) as error:
        return [problem("database", str(error), "see that it runs, and check [database] url")]
    except Exception as error:  # a file that is no database, a wrong password: the driver says it best
        detail = " ".join(str(getattr(error, "orig", error)).split())[:200]
        return [problem("database", detail, "check [database] url; restore a backup if the file is damaged")]


def _look(conn: "Connection", config: Config, now: datetime) -> Iterator[Finding]:
    yield ok("database", health.server_version(conn))
    if config.database.is_sqlite:
        yield _sqlite()
        faults = health.faults(conn)
        yield problem("integrity", faults[0], "restore a backup") if faults else ok("integrity", "sound")
    else:
        yield _clock(conn, now)
    found, wanted = migrate.current(conn), migrate.newest()
    if found != wanted:
        yield problem("schema", f"{found or 'none'}; this program needs {wanted}", "enspired migrate")
        return
    yield ok("schema", wanted)
    yield from _mails(conn, config, now)


def _sqlite() -> Finding:
    version = health.sqlite_version()
    if tuple(int(part) for part in version.split(".")) >= WAL_RESET_FIXED:
        return ok("SQLite", version)
    return note(
        "SQLite",
        f"{version} has the WAL-reset defect; this service is not hit by it, as it writes over one connection",
        "do not write to the file with other programs while the service runs",
    )


def _clock(conn: "Connection", now: datetime) -> Finding:
    difference = health.clock_difference(conn, now.timestamp())
    if abs(difference) <= SKEW_SECONDS:
        return ok("clocks", f"the database's is {difference:+.1f} s from this machine's")
    return problem("clocks", f"the database's is {difference:+.1f} s from this machine's", "run NTP on both machines")


def _mails(conn: "Connection", config: Config, now: datetime) -> Iterator[Finding]:
    counts = messages.states(conn)
    overdue = messages.oldest_overdue(conn, now)
    if overdue is None or now - overdue < OVERDUE:
        yield ok("waiting mails", f"{counts.get('waiting', 0)} wait, none overdue")
    elif running(config) is False:
        minutes = int((now - overdue).total_seconds() // 60)
        yield note("waiting mails", f"the oldest is {minutes} minutes late, and no service runs", "enspired serve")
    else:
        minutes = int((now - overdue).total_seconds() // 60)
        yield problem("waiting mails", f"the oldest is {minutes} minutes late", "enspired mail queue")
    if counts.get("failed"):
        yield note("failed mails", f"{counts['failed']} were given up", "enspired mail queue --failed")


def running(config: Config) -> bool | None:
    """Whether a service owns the SQLite file; None on PostgreSQL, where nobody knows."""
    if not config.database.is_sqlite:
        return None
    try:
        connection = client.connect(database_file(config))
    except OSError:
        return True
    if connection is None:
        return False
    connection.close()
    return True
