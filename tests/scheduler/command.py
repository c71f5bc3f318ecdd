"""The `enspired` command for tests: as a process, and inside this one."""

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from click.testing import CliRunner
from msgspec import Struct

from scheduler.cli.main import cli
from tests.floors import ROOT

COMMAND = (sys.executable, "-m", "scheduler.cli.main")


class Ran(Struct, frozen=True):
    """How a command ended and what it printed."""

    code: int
    out: str
    err: str

    @property
    def rows(self) -> list[list[str]]:
        """The lines of stdout, split into columns."""
        return [line.split("\t") for line in self.out.splitlines()]


def environment(**settings: str) -> dict[str, str]:
    """This process's environment without `ENSPIRED_*` of the shell, and with these settings."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("ENSPIRED_")}
    return {**inherited, "PYTHONUNBUFFERED": "1", **settings}


def process(*arguments: str | Path, stdin: str = "", env: Mapping[str, str] | None = None) -> Ran:
    """Run the command as a process of its own and wait for its end."""
    done = subprocess.run(
        [*COMMAND, *map(str, arguments)],
        input=stdin,
        capture_output=True,
        text=True,
        cwd=ROOT,
        env=environment(**(env or {})),
        timeout=60,
    )
    return Ran(done.returncode, done.stdout, done.stderr)


def inside(*arguments: str | Path, stdin: str = "", env: Mapping[str, str] | None = None) -> Ran:
    """Run the command in this process: quicker, and the same but for signals."""
    clear: dict[str, str | None] = {name: None for name in os.environ if name.startswith("ENSPIRED_")}
    done = CliRunner().invoke(cli, [str(one) for one in arguments], input=stdin, env={**clear, **(env or {})})
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    return Ran(done.exit_code, done.stdout, done.stderr)
