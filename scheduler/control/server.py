"""The running process's end of the Unix socket."""

import asyncio
import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import structlog
from msgspec import Struct

from scheduler.clock import Clock
from scheduler.config import Config
from scheduler.control import wire
from scheduler.control.orders import Desk, perform
from scheduler.errors import ServiceError
from scheduler.store.database import Database

log = structlog.get_logger()


class Office(Struct, frozen=True, kw_only=True):
    """What orders are carried out with. `wake` tells the sender that a mail may be ready."""

    db: Database
    config: Config
    clock: Clock
    domain: str
    wake: Callable[[], None]


@asynccontextmanager
async def taking_orders(office: Office) -> AsyncIterator[None]:
    """Takes orders beside a SQLite file while the block runs; on PostgreSQL the command line writes by itself."""
    database = office.config.database
    if not database.is_sqlite:
        yield
        return
    path = wire.socket_file(Path(database.url.removeprefix("sqlite:///")))
    async with control_socket(path, office):
        yield


@asynccontextmanager
async def control_socket(path: Path, office: Office) -> AsyncIterator[None]:
    """Takes orders at `path` (mode 0600) while the block runs. The caller holds the database's lock.

    Hence a socket that is there already is a dead process's, and is replaced. Raises OSError.
    """
    visits: dict[asyncio.Task[None], asyncio.StreamWriter] = {}

    def welcome(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if not server.is_serving():  # it was let in while the block ended
            writer.close()
            return
        task = asyncio.create_task(_serve(reader, writer, office))
        visits[task] = writer
        task.add_done_callback(visits.pop)

    server = await _listen(path, welcome)
    try:
        yield
    finally:
        server.close()
        leaving = dict(visits)
        for task, writer in leaving.items():
            task.cancel()
            writer.close()
        await asyncio.gather(*leaving, return_exceptions=True)
        _remove(path)


async def _listen(path: Path, welcome: Callable[[asyncio.StreamReader, asyncio.StreamWriter], None]) -> asyncio.Server:
    _remove(path)
    before = os.umask(0o177)
    try:
        with wire.address(path) as name:
            return await asyncio.start_unix_server(welcome, name, limit=wire.LONGEST_LINE)
    finally:
        os.umask(before)


def _remove(path: Path) -> None:
    with suppress(FileNotFoundError):
        path.unlink()


async def _serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, office: Office) -> None:
    try:
        while line := await reader.readline():
            writer.write(wire.write(await _carry_out(line, office)))
            await writer.drain()
    except (ConnectionError, ValueError, asyncio.LimitOverrunError) as error:  # it went away, or sent no lines
        log.info("control.dropped", reason=type(error).__name__)
    finally:
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()


async def _carry_out(line: bytes, office: Office) -> wire.Answer:
    try:
        order = wire.read_order(line)
        desk = Desk(config=office.config, domain=office.domain, now=office.clock())
        result = await office.db.write(lambda conn: perform(conn, order, desk), discard=order.dry_run)
    except ServiceError as error:
        return wire.failed(error)
    except Exception as error:  # whoever waits at the other end has to hear something
        log.error("control.failed", exc_info=error)
        return wire.failed(ServiceError("Something went wrong in the running service; its log says what."))
    office.wake()
    return wire.Answer(result=result)
