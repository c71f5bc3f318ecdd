"""Servers pinned to one core, load from another, CPU time from /proc. Linux only."""

import os
import re
import shutil
import socket
import statistics
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

SERVER_CORE, LOAD_CORE = 0, 1
CONNECTIONS = 16
_TICKS = os.sysconf("SC_CLK_TCK")


class Missing(SystemExit):
    """A program that is compared with is not installed."""

    def __init__(self, what: str, how: str) -> None:
        print(f"{what} is missing. {how}", file=sys.stderr)
        super().__init__(2)


def program(name: str, package: str) -> str:
    """The path of a program. Exits with a sentence when it is not here: benchmarks install nothing."""
    found = shutil.which(name, path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    if found is None:
        raise Missing(name, f"On Debian: apt-get install {package}")
    return found


class Alone:
    """A program that has a core for itself, running once `ready` says so; a context manager."""

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        *,
        core: int,
        ready: Callable[[], bool],
        env: Mapping[str, str] | None = None,
    ) -> None:
        self.name = name
        self._command = ["taskset", "-c", str(core), *command]
        self._ready = ready
        self._env = {**os.environ, **(env or {})}
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            self._command, env=self._env, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        deadline = time.monotonic() + 30
        while not self._ready():
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise SystemExit(f"{self.name} did not start: {' '.join(self._command)}")
            time.sleep(0.05)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._process is not None:
            self._process.terminate()
            self._process.wait(20)

    @property
    def pid(self) -> int:
        """The number of the process."""
        assert self._process is not None
        return self._process.pid

    @property
    def cpu_seconds(self) -> float:
        """What it has used so far, all threads together."""
        return cpu_seconds(self.pid)


class Server(Alone):
    """A program at `url`, alone on the server core; a context manager."""

    def __init__(self, name: str, command: Sequence[str], url: str, env: Mapping[str, str] | None = None) -> None:
        super().__init__(name, command, core=SERVER_CORE, ready=lambda: answers(url), env=env)
        self.url = url


def cpu_seconds(pid: int) -> float:
    """User and system time of a process (/proc/<pid>/stat, fields 14 and 15)."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


def resident_bytes(pid: int) -> int:
    """Memory of its own that a process holds: private pages (/proc/<pid>/smaps_rollup)."""
    text = Path(f"/proc/{pid}/smaps_rollup").read_text()
    return sum(int(kib) * 1024 for kib in re.findall(r"^Private_\w+:\s+(\d+) kB", text, re.MULTILINE))


def answers(url: str) -> bool:
    """Whether somebody answers there with a success."""
    try:
        with urllib.request.urlopen(url, timeout=60) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def fetch(url: str, headers: Mapping[str, str]) -> tuple[int, Mapping[str, str], bytes]:
    """One request: status, headers, body as sent."""
    request = urllib.request.Request(url, headers=dict(headers))
    try:
        with urllib.request.urlopen(request, timeout=120) as answer:
            return answer.status, answer.headers, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.headers, error.read()


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as opened:
        opened.bind(("127.0.0.1", 0))
        port: int = opened.getsockname()[1]
        return port


class Load:
    """What one round of load came to."""

    def __init__(self, requests: int, seconds: float, cpu_seconds: float) -> None:
        self.per_second = requests / seconds
        self.cpu_us = cpu_seconds / requests * 1e6


def load(server: Server, headers: Mapping[str, str], status: int, seconds: float) -> Load:
    """Asks as fast as it goes from the other core over connections that stay open; every answer has `status`."""
    told, _, _ = fetch(server.url, headers)
    if told != status:
        raise SystemExit(f"{server.name} answered {told} instead of {status}")
    given = [part for name, value in headers.items() for part in ("-H", f"{name}: {value}")]
    before = server.cpu_seconds
    out = subprocess.run(
        [
            "taskset", "-c", str(LOAD_CORE), program("wrk", "wrk"),
            "-t1", f"-c{CONNECTIONS}", f"-d{seconds:g}s", "--timeout", "60s", *given, server.url,
        ],
        check=True, capture_output=True, text=True,
    ).stdout  # fmt: skip
    used = server.cpu_seconds - before
    found = re.search(r"(\d+) requests in ([\d.]+)s", out)
    if found is None or "Socket errors" in out or (status < 300 and "Non-2xx" in out):
        raise SystemExit(f"{server.name}: {out}")
    return Load(int(found[1]), float(found[2]), used)


def median(values: Sequence[float]) -> float:
    """The middle one."""
    return statistics.median(values)


def table(columns: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """A Markdown table."""
    lines = [f"| {' | '.join(columns)} |", f"|{'---|' * len(columns)}"]
    return "\n".join([*lines, *(f"| {' | '.join(map(str, row))} |" for row in rows)])


def machine() -> str:
    """On what this was measured."""
    model = re.search(r"model name\s*: (.+)", Path("/proc/cpuinfo").read_text())
    return f"{model[1] if model else 'unknown processor'}, {os.cpu_count()} cores, Python {sys.version.split()[0]}"
