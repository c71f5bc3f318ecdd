"""The service as people run it: a real process on a free port, to be killed, stopped and started again.

Everything here blocks. Settings travel as environment variables (`ENSPIRED_SECTION__KEY`), so that a test sees
the same front door as an administrator.
"""

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from tests.floors import ROOT
from tests.sink import read_log

ENSPIRED = (sys.executable, "-m", "scheduler.cli.main")
SERVE = (*ENSPIRED, "serve")
START_SECONDS = 90.0
STOP_SECONDS = 30.0


class DidNotStart(Exception):
    """A process ended or stayed silent before it was ready; the text ends with what it printed."""


class Process:
    """A command in a process group of its own, whose output goes to the file `log`; a context manager."""

    def __init__(self, command: Sequence[str], log: Path, env: Mapping[str, str] | None = None) -> None:
        self.command = tuple(command)
        self.log = log
        self.env = dict(env or {})
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.kill()

    @property
    def pid(self) -> int:
        """The number of the process that runs, or ran last."""
        assert self._process, "not started yet"
        return self._process.pid

    @property
    def alive(self) -> bool:
        """Whether it runs."""
        return self._process is not None and self._process.poll() is None

    @property
    def environment(self) -> dict[str, str]:
        """Its variables: `ENSPIRED_*` of this shell do not reach it, only its own `env` does."""
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("ENSPIRED_")}
        return {**inherited, "PYTHONUNBUFFERED": "1", **self.env}

    def start(self) -> None:
        """Start it in its `environment`."""
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                self.command,
                cwd=ROOT,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def kill(self) -> None:
        """End it and its children at once, as a power cut would; nothing when it does not run."""
        if self._process is None:
            return
        if self._process.poll() is None:
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()

    def terminate(self, seconds: float = STOP_SECONDS) -> int:
        """Ask it to stop and wait; its exit code. Kills it and raises `TimeoutExpired` after `seconds`."""
        assert self._process, "not started yet"
        self._process.terminate()
        try:
            return self._process.wait(timeout=seconds)
        except subprocess.TimeoutExpired:
            self.kill()
            raise

    def output(self) -> str:
        """Everything that it printed, over all its starts."""
        return self.log.read_text(errors="replace") if self.log.exists() else ""

    def fail(self, reason: str) -> DidNotStart:
        """The error to raise when it does not get ready; ends it."""
        self.kill()
        return DidNotStart(f"{' '.join(self.command)}: {reason}\n{self.output()[-4000:]}")


class Service(Process):
    """The service at `url`; its data stays in `data` from one start to the next."""

    def __init__(self, data: Path, command: Sequence[str] = SERVE, env: Mapping[str, str] | None = None) -> None:
        data.mkdir(parents=True, exist_ok=True)
        self.data = data
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        settings = {
            "ENSPIRED_SERVER__HOST": "127.0.0.1",
            "ENSPIRED_SERVER__PORT": str(self.port),
            "ENSPIRED_SERVER__PUBLIC_URL": self.url,
            "ENSPIRED_DATABASE__URL": f"sqlite:///{data / 'enspired.sqlite3'}",
            "ENSPIRED_MAIL__FOLDER": str(data / "mail"),
        }
        super().__init__(command, data / "service.log", {**settings, **(env or {})})

    def start(self) -> None:
        """Start it and wait until /healthz answers 200; raises `DidNotStart` with what it printed."""
        super().start()
        deadline = time.monotonic() + START_SECONDS
        while self.status("/healthz") != 200:
            if not self.alive:
                raise self.fail("it ended")
            if time.monotonic() > deadline:
                raise self.fail(f"/healthz did not answer 200 within {START_SECONDS:.0f} s")
            time.sleep(0.05)

    def restart(self, env: Mapping[str, str] | None = None) -> None:
        """Start again on the same port and data after `kill` or `terminate`; `env` changes settings for good."""
        self.kill()
        self.env.update(env or {})
        self.start()

    def enspired(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run `enspired` with `arguments` on the same data and settings, whether the service runs or not."""
        return subprocess.run(
            [*ENSPIRED, *arguments], cwd=ROOT, env=self.environment, capture_output=True, text=True, timeout=60
        )

    def new_key(self, role: str = "admin") -> str:
        """A fresh API key of a role, made at the command line."""
        done = self.enspired("--json", "keys", "create", "--role", role)
        assert done.returncode == 0, done.stderr
        secret: str = json.loads(done.stdout)["secret"]
        return secret

    def status(self, path: str) -> int:
        """The status of a GET; 0 when nobody answers."""
        return self.ask("GET", path)[0]

    def ask(self, method: str, path: str, body: object = None, key: str = "") -> tuple[int, Any]:
        """Send a request, with `body` as JSON and `key` as bearer token; status (0: nobody answers) and body.

        The body is parsed when it is JSON, otherwise it is text.
        """
        headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {key}"} if key else {})
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            connection.request(method, path, None if body is None else json.dumps(body), headers)
            answer = connection.getresponse()
            text = answer.read().decode()
        except (OSError, http.client.HTTPException):
            return 0, ""
        finally:
            connection.close()
        return answer.status, json.loads(text) if "json" in (answer.headers["Content-Type"] or "") else text


class SinkProcess(Process):
    """tests/sink.py as a process: an SMTP server at `port` that outlives every kill of the service."""

    def __init__(self, directory: Path) -> None:
        self.port = free_port()
        self.received_log = directory / "received.jsonl"
        options = ["--port", str(self.port), "--log", str(self.received_log)]
        super().__init__([sys.executable, "-m", "tests.sink", *options], directory / "sink.log")

    def start(self) -> None:
        """Start it and wait until it takes connections."""
        super().start()
        deadline = time.monotonic() + START_SECONDS
        while not _listens(self.port):
            if not self.alive or time.monotonic() > deadline:
                raise self.fail("it takes no connections")
            time.sleep(0.02)

    def received(self) -> list[dict[str, Any]]:
        """What arrived, oldest first; see `tests.sink.line_of`."""
        return read_log(self.received_log)

    def settings(self) -> dict[str, str]:
        """The settings that make a service send its mail here."""
        return {
            "ENSPIRED_MAIL__TRANSPORT": "smtp",
            "ENSPIRED_MAIL__HOST": "127.0.0.1",
            "ENSPIRED_MAIL__PORT": str(self.port),
            "ENSPIRED_MAIL__SECURITY": "none",
        }


def start_service(data: Path, **env: str) -> Service:
    """Start the real service on `data` with `env` on top of the usual settings; back when it answers."""
    service = Service(data, env=env)
    service.start()
    return service


def free_port() -> int:
    """A port of 127.0.0.1 that nobody uses at this moment."""
    with socket.socket() as opened:
        opened.bind(("127.0.0.1", 0))
        port: int = opened.getsockname()[1]
        return port


def _listens(port: int) -> bool:
    with socket.socket() as opened:
        return opened.connect_ex(("127.0.0.1", port)) == 0
