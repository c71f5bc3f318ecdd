"""Orders from the command line: to the process that runs, or carried out here when none does."""

import socket
from pathlib import Path
from typing import Any

from scheduler.clock import Clock
from scheduler.config import Config
from scheduler.control import wire
from scheduler.control.lock import held
from scheduler.control.orders import AnyOrder, Desk, perform
from scheduler.errors import Unavailable
from scheduler.store.database import Database

ANSWER_SECONDS = 30.0


async def order(wanted: AnyOrder, *, config: Config, clock: Clock, domain: str) -> dict[str, Any]:
    """Has an order carried out; its result. Raises ServiceError, InUse when a process has the file but no socket."""
    if not config.database.is_sqlite:
        return await _alone(wanted, config, clock, domain)
    database = Path(config.database.url.removeprefix("sqlite:///"))
    connection = connect(database)
    if connection is not None:
        with connection:
            return _ask(connection, wanted)
    with held(database, f"enspired {wanted.__struct_config__.tag}"):
        return await _alone(wanted, config, clock, domain)


def connect(database: Path) -> socket.socket | None:
    """A connection to the process that owns the database file; None when none runs."""
    path = wire.socket_file(database)
    if not path.exists():
        return None
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    connection.settimeout(ANSWER_SECONDS)
    try:
        with wire.address(path) as name:
            connection.connect(name)
    except (ConnectionRefusedError, FileNotFoundError):
        connection.close()
        return None
    except OSError:
        connection.close()
        raise
    return connection


def _ask(connection: socket.socket, wanted: AnyOrder) -> dict[str, Any]:
    try:
        connection.sendall(wire.write(wanted))
        with connection.makefile("rb") as answers:
            line = answers.readline()
    except TimeoutError:
        raise Unavailable(
            f"The running service did not answer within {ANSWER_SECONDS:.0f} seconds; look before you try again."
        ) from None
    if not line:
        raise Unavailable("The running service stopped before it answered; look before you try again.")
    return wire.read_answer(line)


async def _alone(wanted: AnyOrder, config: Config, clock: Clock, domain: str) -> dict[str, Any]:
    database = Database.open(config.database.url, busy_seconds=config.database.busy_timeout_seconds)
    try:
        await database.migrate()
        desk = Desk(config=config, domain=domain, now=clock())
        return await database.write(lambda conn: perform(conn, wanted, desk), discard=wanted.dry_run)
    finally:
        await database.close()
