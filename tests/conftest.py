"""What every test may ask for: both databases, a mail server, a browser. See CONTRIBUTING.md."""

import shutil
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from scheduler.clock import use_packaged_tzdata
from scheduler.config import Config, load
from scheduler.store.database import Database
from tests import postgres
from tests.browser import Browser, find_chromium
from tests.service import Service, SinkProcess
from tests.smtp import SmtpSink

# How long one example takes says more of the machine than of the code: no test asserts a time.
settings.register_profile("house", deadline=None)
settings.load_profile("house")

pytest_plugins = ["tests.strict", "tests.running", "tests.two_processes"]


@pytest.fixture(scope="session", autouse=True)
def packaged_tzdata() -> None:
    """Time zones as the service reads them: from the package, not from this machine."""
    use_packaged_tzdata()


@pytest.fixture(scope="session")
def shipped() -> Config:
    """The configuration as it comes, without a file or the environment."""
    return load(environ={})


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[postgres.Server]:
    """A running PostgreSQL server without any database of ours."""
    try:
        server = postgres.start()
    except postgres.CannotStart as reason:
        pytest.skip(str(reason))
    yield server
    server.stop()


@pytest.fixture
def postgres_url(postgres_server: postgres.Server) -> Iterator[str]:
    """The address of an empty PostgreSQL database of this test's own: `postgresql+asyncpg://...`."""
    name = postgres_server.create()
    yield postgres_server.url(name)
    postgres_server.drop(name)


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    """The address of an SQLite file of this test's own, which does not exist yet: `sqlite+aiosqlite://...`."""
    return f"sqlite+aiosqlite:///{tmp_path / 'enspired.db'}"


@pytest.fixture(params=["sqlite", "postgres"])
def backend(request: pytest.FixtureRequest) -> str:
    """Makes a test run twice, on SQLite and on PostgreSQL; the name of the one it runs on now."""
    name: str = request.param
    return name


@pytest.fixture
def database_url(request: pytest.FixtureRequest, backend: str) -> str:
    """The address of an empty database, without even a schema; once on each backend."""
    url: str = request.getfixturevalue(f"{backend}_url")
    return url


@pytest.fixture(scope="session")
async def migrated_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An SQLite file with the newest schema, to copy."""
    path = tmp_path_factory.mktemp("migrated") / "enspired.db"
    await _migrate(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="session")
async def migrated_postgres(postgres_server: postgres.Server) -> str:
    """The name of a PostgreSQL database with the newest schema, to copy."""
    name = postgres_server.create()
    await _migrate(postgres_server.url(name))
    return name


@pytest.fixture
def migrated_url(request: pytest.FixtureRequest, backend: str, tmp_path: Path) -> Iterator[str]:
    """The address of a database of this test's own with the newest schema and no row; once on each backend."""
    if backend == "sqlite":
        path = tmp_path / "enspired.db"
        shutil.copy(request.getfixturevalue("migrated_sqlite"), path)
        yield f"sqlite+aiosqlite:///{path}"
        return
    server: postgres.Server = request.getfixturevalue("postgres_server")
    name = server.create(template=request.getfixturevalue("migrated_postgres"))
    yield server.url(name)
    server.drop(name)


@pytest.fixture
async def database(migrated_url: str) -> AsyncIterator[Database]:
    """The open database of this test's own, with the newest schema and no row; once on each backend."""
    database = Database.open(migrated_url)
    yield database
    await database.close()


async def _migrate(url: str) -> None:
    database = Database.open(url)
    await database.migrate()
    await database.close()


@pytest.fixture
def smtp_sink() -> Iterator[SmtpSink]:
    """A mail server on a free port that records what arrives and can be told how to answer."""
    sink = SmtpSink()
    sink.start()
    yield sink
    sink.stop()


@pytest.fixture
def sink_process(tmp_path: Path) -> Iterator[SinkProcess]:
    """A mail server in a process of its own: `port`, `received()`, and `settings()` for a service."""
    with SinkProcess(tmp_path) as sink:
        sink.start()
        yield sink


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    """The real service on a free port and its own data, not started yet: `start()`, `kill()`, `restart(env)`.

    Put settings into `env` before the start; it is killed at the end of the test.
    """
    with Service(tmp_path / "data") as one:
        yield one


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """A real headless browser; it blocks, so call it with `asyncio.to_thread` when this loop serves the page."""
    program = find_chromium()
    if program is None:
        pytest.skip("no Chromium here; ENSPIRED_TEST_CHROMIUM names one")
    with Browser(program) as browser:
        yield browser
