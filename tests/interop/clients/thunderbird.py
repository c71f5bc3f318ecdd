"""Thunderbird without a screen, with a profile that holds one network calendar; read from its cache."""

import os
import shutil
import signal
import sqlite3
import subprocess
import tempfile
from contextlib import closing, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from tests.interop.clients.holding import calendar_of, shown_by
from tests.interop.clients.story import Shown

_ID = "3d1bd3a5-6b2c-4a40-9d6b-1e1f6f6f0001"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# A calendar that looks once a minute (the least it takes), and nothing that would call home or ask a person.
_PREFERENCES: dict[str, str | int | bool] = {
    f"calendar.registry.{_ID}.type": "ics",
    f"calendar.registry.{_ID}.name": "Agenda",
    f"calendar.registry.{_ID}.cache.enabled": True,
    f"calendar.registry.{_ID}.readOnly": True,
    f"calendar.registry.{_ID}.refreshInterval": "1",
    f"calendar.registry.{_ID}.calendar-main-in-composite": True,
    "calendar.timezone.local": "Europe/Brussels",
    "calendar.timezone.useSystemTimezone": False,
    "mail.accountmanager.accounts": "account1",
    "mail.accountmanager.localfoldersserver": "server1",
    "mail.account.account1.server": "server1",
    "mail.server.server1.type": "none",
    "mail.server.server1.hostname": "Local Folders",
    "mail.server.server1.userName": "nobody",
    "mail.server.server1.name": "Local Folders",
    "mail.provider.suppress_dialog_on_startup": True,
    "mail.spotlight.firstRunDone": True,
    "mail.rights.version": 1,
    "mailnews.start_page.enabled": False,
    "mail.shell.checkDefaultClient": False,
    "app.update.enabled": False,
    "app.donation.eoy.version.viewed": 999,
    "datareporting.policy.dataSubmissionEnabled": False,
    "toolkit.telemetry.reportingpolicy.firstRun": False,
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    "extensions.update.enabled": False,
    "services.settings.server": "data:,",
}


class Thunderbird:
    """Thunderbird with its profile and home in `home`."""

    name = "thunderbird"
    polls_alone = True
    conditional = True

    def __init__(self, home: Path) -> None:
        self.home = home
        self._process: subprocess.Popen[bytes] | None = None

    @staticmethod
    def missing() -> list[str]:
        """Debian packages that are not here."""
        return [] if shutil.which("thunderbird") else ["thunderbird"]

    def version(self) -> str:
        """Its name and version."""
        done = subprocess.run(["thunderbird", "--version"], capture_output=True, text=True)
        return done.stdout.strip().removeprefix("Mozilla ")

    def subscribe(self, address: str) -> None:
        """Start it with a profile that has this one calendar."""
        profile = self.home / "profile"
        profile.mkdir(parents=True)
        chosen = {**_PREFERENCES, f"calendar.registry.{_ID}.uri": address}
        lines = [f"user_pref({_literal(name)}, {_literal(value)});" for name, value in chosen.items()]
        (profile / "user.js").write_text("\n".join(lines) + "\n")
        inherited = {name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ}
        self._process = subprocess.Popen(
            ["thunderbird", "--headless", "--no-remote", "--profile", str(profile)],
            env={**inherited, "HOME": str(self.home), "MOZ_CRASHREPORTER_DISABLE": "1"},
            stdin=subprocess.DEVNULL,
            stdout=(self.home / "log").open("ab"),
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )

    def refresh(self) -> None:
        """It asks by itself."""

    def readings(self, now: datetime) -> list[dict[str, Shown]]:
        """What stands in its cache."""
        return [shown_by(calendar_of(self._cached()), now)]

    def close(self) -> None:
        """End it and its children."""
        if self._process is None:
            return
        if self._process.poll() is None:
            os.killpg(self._process.pid, signal.SIGTERM)
        self._process.wait(30)

    def _cached(self) -> list[str]:
        cache = self.home / "profile/calendar-data/cache.sqlite"
        if not cache.exists():
            return []
        with tempfile.TemporaryDirectory() as folder:
            for part in cache.parent.glob("cache.sqlite*"):
                with suppress(FileNotFoundError):  # its journal comes and goes
                    shutil.copy(part, folder)
            with closing(sqlite3.connect(Path(folder) / cache.name)) as copy:
                try:
                    return _events(copy)
                except sqlite3.Error:  # a copy taken while it was writing: the next one is whole
                    return []


def _literal(value: str | int | bool) -> str:
    return str(value).lower() if isinstance(value, bool | int) else f'"{value}"'


def _events(cache: sqlite3.Connection) -> list[str]:
    """Its rows as VEVENTs: instants are microseconds since 1970, rules and exclusions are kept as iCalendar lines."""
    rows = cache.execute(
        "SELECT id, title, ical_status, event_start, event_end, event_start_tz, recurrence_id, recurrence_id_tz"
        " FROM cal_events"
    ).fetchall()
    rules = cache.execute("SELECT item_id, icalString FROM cal_recurrence").fetchall()
    found = []
    for uid, title, status, start, end, zone, exception, exception_zone in rows:
        repeats = [text.strip() for owner, text in rules if owner == uid and exception is None]
        lines = ["BEGIN:VEVENT", f"UID:{uid}", f"SUMMARY:{title}", *repeats, f"STATUS:{status or 'CONFIRMED'}"]
        if exception is not None:
            lines.append(_time("RECURRENCE-ID", exception, exception_zone))
        lines += [_time("DTSTART", start, zone), _time("DTEND", end, zone), "END:VEVENT"]
        found.append("\n".join(lines))
    return found


def _time(name: str, microseconds: int, zone: str) -> str:
    at = _EPOCH + timedelta(microseconds=microseconds)
    return f"{name};TZID={zone}:{at.astimezone(ZoneInfo(zone)):%Y%m%dT%H%M%S}"
