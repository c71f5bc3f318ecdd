"""How commands reach the database: reading it beside a running service, writing through it."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlsplit

from scheduler.cli.failure import CommandFailed
from scheduler.clock import utcnow
from scheduler.config import Config
from scheduler.control import client
from scheduler.control.orders import AnyOrder
from scheduler.store import migrate
from scheduler.store.database import Database
from scheduler.store.writer import Body

if TYPE_CHECKING:
    from sqlalchemy import Connection

T = TypeVar("T")


def database_file(config: Config) -> Path:
    """The SQLite file of a configuration that has one."""
    return Path(config.database.url.removeprefix("sqlite:///"))


def uid_domain(config: Config) -> str:
    """The right-hand side of new UIDs."""
    return urlsplit(config.server.public_url).hostname or "localhost"


def reading(config: Config, body: Body[T]) -> T:
    """Runs a body that only reads. Raises CommandFailed when there is no database yet, or an older or newer one."""
    if config.database.is_sqlite and not database_file(config).exists():
        raise CommandFailed(
            f"There is no database at {database_file(config)} yet.",
            "enspired serve (makes one and serves it), or name the right folder with --data.",
        )

    def checked(conn: "Connection") -> T:
        found, wanted = migrate.current(conn), migrate.newest()
        if found != wanted:
            raise CommandFailed(
                f"The database has schema {found or 'none'}, this program needs {wanted}.", "enspired migrate"
            )
        return body(conn)

    return asyncio.run(_reading(config, checked))


def unchecked(config: Config, body: Body[T]) -> T:
    """Runs a body that only reads, on a database of any schema."""
    return asyncio.run(_reading(config, body))


def ordering(config: Config, order: AnyOrder) -> dict[str, Any]:
    """Has a write carried out: by the process that runs, else here. Raises ServiceError."""
    return asyncio.run(client.order(order, config=config, clock=utcnow, domain=uid_domain(config)))


async def _reading(config: Config, body: Callable[["Connection"], T]) -> T:
    database = Database.open(config.database.url, busy_seconds=config.database.busy_timeout_seconds)
    try:
        return await database.read(body)
    finally:
        await database.close()
