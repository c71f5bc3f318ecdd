"""The service inside the test's own process and loop: real database, real jobs, real requests, no socket.

`running(app)` holds the lifespan; `Api` adds clients for everybody who may ask. The clock stands still until a test
moves it, so that what a test sees does not depend on when it runs.
"""

import asyncio
import shutil
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar, cast

import httpx
import pytest
from litestar import Litestar
from sqlalchemy import Connection, func, select

from feeds.publish import Application, FeedApp
from scheduler.app import create_app
from scheduler.config import load
from scheduler.model.person import GivenRole
from scheduler.services import people
from scheduler.store import changes
from scheduler.store.database import Database
from scheduler.store.tables import metadata

T = TypeVar("T")
NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
BASE = "http://127.0.0.1:8000"
START_SECONDS = 30


class StandingClock:
    """A clock that moves only when it is told to."""

    def __init__(self, now: datetime = NOW) -> None:
        self.now = now

    def __call__(self) -> datetime:
        """The present instant (UTC)."""
        return self.now

    def move(self, **span: float) -> None:
        """Go on by a `timedelta` (`minutes=5`, `days=1`)."""
        self.now += timedelta(**span)


@asynccontextmanager
async def running(app: Application) -> AsyncIterator[Litestar]:
    """The service, started, in this loop; its lifespan is entered and left in one task, as anyio demands."""
    litestar = cast("Litestar", cast("FeedApp", app).next_app)
    ready: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    stop = asyncio.Event()

    async def hold() -> None:
        try:
            async with litestar.lifespan():
                ready.set_result(None)
                await stop.wait()
        except BaseException as error:
            if ready.done():
                raise
            ready.set_exception(error)

    task = asyncio.create_task(hold())
    try:
        await asyncio.wait_for(asyncio.shield(ready), START_SECONDS)
        yield litestar
    finally:
        stop.set()
        await task


class Api:
    """A running service and who may ask it.

    Clients by what they are: `nobody`; `viewer`, `host` (of vives), `organiser` (of enspired) and `admin`; `stranger`
    (organiser of schoollinks), `elsewhere` (host of unae), `reader` (organiser of enspired, reads only), `revoked`
    and `garbage` keys. `app` is the ASGI application, `db` its database, `clock` its clock.
    """

    def __init__(self, app: Application, litestar: Litestar, clock: StandingClock, stack: AsyncExitStack) -> None:
        self.app = app
        self.litestar = litestar
        self.clock = clock
        self.db = cast("Database", cast("Any", cast("FeedApp", app).library)._db)
        self.keys: dict[str, str] = {}
        self.seen: Callable[[httpx.Response], Any] | None = None
        self._stack = stack
        self._clients: dict[str, httpx.AsyncClient] = {}

    async def prepare(self) -> None:
        """Makes keys for everybody, and three institutions."""
        for name, role, reach in _KEYS:
            self.keys[name] = await self.write(_maker(role, reach))
        await self.write(lambda conn: people.revoke_key(conn, self.keys["revoked"].split("_")[2], now=NOW))
        self.keys["garbage"] = "enspired_key_00000000_nonsense"
        for institution in INSTITUTIONS:
            made = await self.admin.post("/api/v1/institutions", json=institution)
            assert made.status_code == 201, made.text

    def client(self, name: str, **headers: str) -> httpx.AsyncClient:
        """A client with the key of that name ("nobody": none) and further headers."""
        key = {"Authorization": f"Bearer {self.keys[name]}"} if name != "nobody" else {}
        made = httpx.AsyncClient(
            transport=httpx.ASGITransport(cast("Any", self.app), raise_app_exceptions=False),
            base_url=BASE,
            headers={**key, **headers},
            event_hooks={"response": [self._note]},
        )
        self._stack.push_async_callback(made.aclose)
        return made

    def __getattr__(self, name: str) -> httpx.AsyncClient:
        if name.startswith("_") or name not in ROLES:
            raise AttributeError(name)
        if name not in self._clients:
            self._clients[name] = self.client(name)
        return self._clients[name]

    async def _note(self, response: httpx.Response) -> None:
        if self.seen is not None:
            await response.aread()
            self.seen(response)

    async def write(self, body: Callable[[Connection], T]) -> T:
        """Runs `body` in a transaction of the service's own database."""
        return await self.db.write(body)

    async def state(self) -> dict[str, int]:
        """The rows of every table and the change counter: two equal states mean that nothing was written."""
        return await self.db.read(_state)

    async def event(self, client: httpx.AsyncClient | None = None, **fields: Any) -> dict[str, Any]:
        """Registers an event: a confirmed public workshop at vives, except for what `fields` say."""
        made = await (client or self.admin).post("/api/v1/events", json=event_body(**fields))
        assert made.status_code == 201, made.text
        found: dict[str, Any] = made.json()
        return found

    async def register(self, event: Mapping[str, Any], email: str = "amal@example.org", **fields: Any) -> Any:
        """Registers somebody as an administrator."""
        body = {"name": "Amal Haddad", "email": email, **fields}
        made = await self.admin.post(f"/api/v1/events/{event['id']}/registrations", json=body)
        assert made.status_code in {200, 201}, made.text
        return made.json()


def event_body(**fields: Any) -> dict[str, Any]:
    """The body of a confirmed public workshop at vives, with `fields` on top; a field that is None is left out."""
    body = {
        "title": {"en": "Multilingual classrooms"},
        "programme": "enspired",
        "kind": "workshop",
        "start": "2027-03-16T14:30",
        "end": "2027-03-16T16:00",
        "host": "vives",
        "status": "confirmed",
        "visibility": "public",
        **fields,
    }
    return {name: value for name, value in body.items() if value is not None}


@asynccontextmanager
async def started(
    folder: Path,
    *,
    clock: StandingClock | None = None,
    settings: Mapping[str, Any] | None = None,
    keys: Mapping[str, str] | None = None,
) -> AsyncIterator[Api]:
    """A service with its data in `folder`, started and prepared, under these `settings` (`server.public_url`).

    `keys` are those of a database that was prepared before.
    """
    places = {"database.url": f"sqlite:///{folder / 'enspired.db'}", "mail.folder": str(folder / "mail")}
    clock = clock or StandingClock()
    app = create_app(load(environ={}, options={**places, **(settings or {})}), clock=clock)
    async with running(app) as litestar, AsyncExitStack() as stack:
        api = Api(app, litestar, clock, stack)
        if keys is None:
            await api.prepare()
        api.keys |= keys or {}
        yield api


@pytest.fixture(scope="session")
async def prepared(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, str]]:
    """An SQLite file with keys for everybody and three institutions, to copy; and those keys."""
    folder = tmp_path_factory.mktemp("prepared")
    async with started(folder) as one:
        keys = one.keys
    return folder / "enspired.db", keys


@pytest.fixture
async def api(tmp_path: Path, prepared: tuple[Path, dict[str, str]]) -> AsyncIterator[Api]:
    """A running service of this test's own, on SQLite, without events."""
    file, keys = prepared
    shutil.copy(file, tmp_path / "enspired.db")
    async with started(tmp_path, keys=keys) as one:
        yield one


def _maker(role: GivenRole, reach: Mapping[str, Any]) -> Callable[[Connection], str]:
    def make(conn: Connection) -> str:
        secret, _ = people.create_key(conn, role, now=NOW, **{"writes": True, **reach})
        return secret

    return make


def _state(conn: Connection) -> dict[str, int]:
    rows = {table.name: conn.scalar(select(func.count()).select_from(table)) or 0 for table in metadata.sorted_tables}
    return {**rows, "(changes)": changes.current(conn)}


_KEYS: tuple[tuple[str, GivenRole, dict[str, Any]], ...] = (
    ("viewer", "viewer", {"programmes": ("enspired",)}),
    ("host", "host", {"institutions": ("vives",)}),
    ("elsewhere", "host", {"institutions": ("unae",)}),
    ("organiser", "organiser", {"programmes": ("enspired",)}),
    ("stranger", "organiser", {"programmes": ("schoollinks",)}),
    ("reader", "organiser", {"programmes": ("enspired",), "writes": False}),
    ("admin", "admin", {}),
    ("revoked", "admin", {}),
)
ROLES = ("nobody", *(name for name, _, _ in _KEYS), "garbage")
INSTITUTIONS: tuple[dict[str, Any], ...] = (
    {"key": "vives", "name": "VIVES", "country": "BE", "city": "Bruges", "timezone": "Europe/Brussels"},
    {"key": "unae", "name": "UNAE", "country": "EC", "timezone": "America/Guayaquil"},
    {"key": "kemi", "name": "KEMI", "country": "KE", "timezone": "Africa/Nairobi"},
)
__all__ = ["BASE", "NOW", "ROLES", "Api", "StandingClock", "api", "event_body", "running", "started"]
