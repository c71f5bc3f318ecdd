"""What happens between taking the port and serving: one owner of the database, the newest schema, a first admin."""

import asyncio
import os
import signal
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from types import FrameType
from typing import TYPE_CHECKING, TypeVar

from scheduler.cli.databases import database_file
from scheduler.config import Config
from scheduler.control.lock import held
from scheduler.model.links import Links
from scheduler.model.person import Person
from scheduler.services import people
from scheduler.store import people as people_store
from scheduler.store.database import Database

if TYPE_CHECKING:
    from sqlalchemy import Connection

T = TypeVar("T")


@contextmanager
def owned(config: Config, purpose: str) -> Iterator[None]:
    """Makes this process the only one on a SQLite file; PostgreSQL needs no such thing. Raises InUse, OSError."""
    if not config.database.is_sqlite:
        yield
        return
    before = os.umask(0o077)  # the database and what SQLite puts beside it are for this user alone
    try:
        with held(database_file(config), purpose):
            yield
    finally:
        os.umask(before)


@contextmanager
def ending_quietly() -> Iterator[None]:
    """Makes SIGTERM an ordinary end with exit code 0, also before the server is there to handle it."""

    def leave(_number: int, _frame: FrameType | None) -> None:
        raise SystemExit(0)

    before = signal.signal(signal.SIGTERM, leave)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def prepared(config: Config, work: Callable[[Database], Awaitable[T]]) -> T:
    """Opens the database, brings it to the newest schema, does the work and closes it. Raises Unavailable."""

    async def run() -> T:
        database = Database.open(config.database.url, busy_seconds=config.database.busy_timeout_seconds)
        try:
            await database.migrate()
            return await work(database)
        finally:
            await database.close()

    return asyncio.run(run())


def first_admin_link(conn: "Connection", *, config: Config, now: datetime) -> str | None:
    """Where nobody administers yet: adds an admin with the operator's address and gives their sign-in link."""
    if any(person.role == "admin" and person.active for person in people_store.all_people(conn)):
        return None
    person = people.add(
        conn,
        config.operator.contact or "admin@localhost",
        "admin",
        now=now,
        name=config.operator.name,
        language=config.languages.default,
    )
    return console_link(conn, person, config=config, now=now)


def console_link(conn: "Connection", person: Person, *, config: Config, now: datetime) -> str:
    """An address that signs a person in, once, for `security.sign_in_minutes`."""
    token, _ = people.sign_in_link(conn, person, config=config, now=now)
    return Links(config.server.public_url, token).sign_in(token)
