"""Evolution's calendar service (evolution-data-server) with a webcal source, in a home and a session of its own."""

import json
import os
import shutil
import subprocess
from datetime import datetime
from pathlib import Path
from urllib.parse import urlsplit

from tests.interop.clients.holding import calendar_of, shown_by
from tests.interop.clients.story import Shown

_PYTHON = "/usr/bin/python3"
_UID = "agenda-under-test"
_SOURCE = """[Data Source]
DisplayName=Agenda
Enabled=true
Parent=webcal-stub

[Calendar]
BackendName=webcal
Selected=true

[Security]
Method=none

[Authentication]
Host={host}
Port={port}
Method=none

[WebDAV Backend]
ResourcePath={path}

[Refresh]
Enabled=true
EnabledOnMeteredNetwork=true
IntervalMinutes=1

[Offline]
StaySynchronized=true
"""


class Evolution:
    """The service as Evolution, GNOME Calendar and the shell's clock use it; its files are in `home`."""

    name = "evolution"
    polls_alone = True
    conditional = True

    def __init__(self, home: Path) -> None:
        self.home = home
        self._process: subprocess.Popen[str] | None = None

    @staticmethod
    def missing() -> list[str]:
        """Debian packages that are not here."""
        missing = [] if shutil.which("dbus-run-session") else ["dbus-daemon"]
        if not Path("/usr/libexec/evolution-source-registry").exists():
            missing.append("evolution-data-server")
        bindings = "import gi; gi.require_version('ECal', '2.0'); gi.require_version('EDataServer', '1.2')"
        if subprocess.run([_PYTHON, "-c", bindings], capture_output=True).returncode:
            missing += ["python3-gi", "gir1.2-ecal-2.0", "gir1.2-edataserver-1.2"]
        return missing

    def version(self) -> str:
        """Its version, as Debian counts it."""
        query = ["dpkg-query", "--show", "--showformat=${source:Upstream-Version}", "evolution-data-server"]
        return f"evolution-data-server {subprocess.run(query, capture_output=True, text=True).stdout}"

    def subscribe(self, address: str) -> None:
        """Start a session with this one source."""
        place = urlsplit(address)
        sources = self.home / "config/evolution/sources"
        sources.mkdir(parents=True)
        text = _SOURCE.format(host=place.hostname, port=place.port, path=place.path)
        (sources / f"{_UID}.source").write_text(text)
        (self.home / "run").mkdir(mode=0o700)
        session = Path(__file__).with_name("evolution_session.py")
        self._process = subprocess.Popen(
            ["dbus-run-session", "--", _PYTHON, str(session), _UID],
            env=self._environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=(self.home / "log").open("a"),
            text=True,
        )

    def refresh(self) -> None:
        """It asks by itself."""

    def readings(self, now: datetime) -> list[dict[str, Shown]]:
        """What it answers when a program asks for every event."""
        assert self._process, "not started yet"
        assert self._process.stdin, "made with a pipe"
        assert self._process.stdout, "made with a pipe"
        self._process.stdin.write("all\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        assert line, f"the session ended: {(self.home / 'log').read_text()[-2000:]}"
        return [shown_by(calendar_of(json.loads(line)), now)]

    def close(self) -> None:
        """End the session; its services leave with its bus."""
        if self._process is None:
            return
        if self._process.stdin:
            self._process.stdin.close()
        self._process.wait(30)

    def _environment(self) -> dict[str, str]:
        folders = {
            "HOME": self.home,
            "XDG_CONFIG_HOME": self.home / "config",
            "XDG_DATA_HOME": self.home / "data",
            "XDG_CACHE_HOME": self.home / "cache",
            "XDG_RUNTIME_DIR": self.home / "run",
        }
        inherited = {name: os.environ[name] for name in ("PATH", "LANG", "TZ") if name in os.environ}
        # Without a keyring and without dconf, which need a desktop.
        return {**inherited, **{name: str(path) for name, path in folders.items()}, "GSETTINGS_BACKEND": "memory"}
