"""vdirsyncer with its `http` storage, copying the subscription into a folder of .ics files; khal reads the folder.

It sends no condition and so never gets a 304; it asks when it is told to (people run it from cron).
"""

import os
import shutil
import subprocess
from datetime import date, datetime, timedelta
from pathlib import Path

from tests.interop.clients.holding import calendar_of, shown_by, title_in, together
from tests.interop.clients.story import Shown, at

_CONFIG = """
[general]
status_path = "{home}/status"
[pair agenda]
a = "there"
b = "here"
collections = null
conflict_resolution = "a wins"
[storage there]
type = "http"
url = "{address}"
[storage here]
type = "filesystem"
path = "{home}/calendar"
fileext = ".ics"
"""
_KHAL = """
[calendars]
[[agenda]]
path = {home}/calendar
readonly = True
[locale]
local_timezone = Europe/Brussels
default_timezone = Europe/Brussels
longdatetimeformat = %Y-%m-%dT%H:%M
datetimeformat = %Y-%m-%dT%H:%M
longdateformat = %Y-%m-%d
dateformat = %Y-%m-%d
timeformat = %H:%M
[sqlite]
path = {home}/khal.db
"""


class Vdirsyncer:
    """vdirsyncer and khal with all their files in `home`; the programs are on PATH or in $ENSPIRED_INTEROP_BIN."""

    name = "vdirsyncer"
    polls_alone = False
    conditional = False

    def __init__(self, home: Path) -> None:
        self.home = home

    @staticmethod
    def missing() -> list[str]:
        """What has to be installed, in words."""
        return [f"{name} (PyPI; ENSPIRED_INTEROP_BIN names its folder)" for name in _PROGRAMS if not _program(name)]

    def version(self) -> str:
        """The programs' names and versions."""
        return "; ".join(self._run(name, "--version").strip().replace(", version", "") for name in _PROGRAMS)

    def subscribe(self, address: str) -> None:
        """Take the address up and fetch it for the first time."""
        (self.home / "calendar").mkdir(parents=True)
        (self.home / "config").write_text(_CONFIG.format(home=self.home, address=address))
        (self.home / "khal.conf").write_text(_KHAL.format(home=self.home))
        self._vdirsyncer("discover")
        self.refresh()

    def refresh(self) -> None:
        """Fetch again; a refusal (410) leaves the folder as it is."""
        self._vdirsyncer("sync")

    def readings(self, now: datetime) -> list[dict[str, Shown]]:
        """What stands in its folder, and what khal lists of it."""
        texts = [path.read_text() for path in sorted((self.home / "calendar").glob("*.ics"))]
        return [shown_by(calendar_of(texts), now), self._listed(now.date())]

    def close(self) -> None:
        """Nothing of it keeps running."""

    def _listed(self, today: date) -> dict[str, Shown]:
        form = ("--format", "{start-long} {status}{title}", "--day-format", "")
        dates = (str(today), str(today + timedelta(days=120)))
        found: dict[str, list[tuple[datetime, bool]]] = {}
        for line in self._run("khal", "-c", str(self.home / "khal.conf"), "list", *form, *dates).splitlines():
            start = at(date.fromisoformat(line[:10]), line[11:16])
            found.setdefault(title_in(line), []).append((start, "CANCELLED" in line))
        return together(found)

    def _vdirsyncer(self, order: str) -> None:
        self._run("vdirsyncer", "-c", str(self.home / "config"), order)

    def _run(self, name: str, *arguments: str) -> str:
        env = {**os.environ, "HOME": str(self.home), "XDG_CACHE_HOME": str(self.home), "LC_ALL": "C.UTF-8"}
        done = subprocess.run(
            [_program(name) or name, *arguments], env=env, capture_output=True, text=True, stdin=subprocess.DEVNULL
        )
        with (self.home / "log").open("a") as log:
            log.write(f"{name} {arguments}: {done.returncode}\n{done.stdout}\n{done.stderr}\n")
        return done.stdout


_PROGRAMS = ("vdirsyncer", "khal")


def _program(name: str) -> str | None:
    folder = os.environ.get("ENSPIRED_INTEROP_BIN", "")
    return shutil.which(name, path=folder) if folder else shutil.which(name)
