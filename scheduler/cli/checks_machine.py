"""Doctor's look at the machine: disk, clock, time zone data, files that others could read."""

import shutil
import stat
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from scheduler.cli.databases import database_file
from scheduler.cli.findings import Finding, note, ok, problem
from scheduler.clock import tzdata_version
from scheduler.config import Config
from scheduler.config.settings import SECRETS

LEAST_DISK, LITTLE_DISK = 100 * 2**20, 2**30
FUTURE = timedelta(minutes=1)
OTHERS = stat.S_IRGRP | stat.S_IROTH | stat.S_IWGRP | stat.S_IWOTH


def check_machine(config: Config, now: datetime) -> Iterator[Finding]:
    """Everything that needs no database."""
    yield _disk(config)
    yield _clock(config, now)
    yield _zones(now)
    yield from _secrets(config)


def _disk(config: Config) -> Finding:
    wanted = database_file(config) if config.database.is_sqlite else Path(config.mail.folder)
    folder = next(parent for parent in wanted.parents if parent.exists())
    free = shutil.disk_usage(folder).free
    text = f"{free / 2**30:.1f} GiB free in {folder}"
    if free < LEAST_DISK:
        return problem("disk", text, "make room: when it is full, nothing can be registered or sent")
    return note("disk", text, "make room soon") if free < LITTLE_DISK else ok("disk", text)


def _clock(config: Config, now: datetime) -> Finding:
    """A clock that lags is seen by what is already written: nothing can have been written in the future."""
    text = now.strftime("%Y-%m-%d %H:%M UTC")
    fix = "set the clock and run NTP: reminders go out by it"
    if now.year < int(tzdata_version()[:4]):
        return problem("clock", f"{text} is before the time zone data were made", fix)
    written = database_file(config) if config.database.is_sqlite else None
    if written and written.exists():
        changed = datetime.fromtimestamp(written.stat().st_mtime, UTC)
        if changed > now + FUTURE:
            return problem("clock", f"{text}, but the database was written at {changed:%Y-%m-%d %H:%M} UTC", fix)
    return ok("clock", text)


def _zones(now: datetime) -> Finding:
    version = tzdata_version()
    if int(version[:4]) < now.year - 1:
        return problem("time zones", f"{version} is years old", "pip install --upgrade tzdata, then restart")
    if int(version[:4]) < now.year and now.month > 3:
        return note("time zones", f"{version} is of last year", "pip install --upgrade tzdata, then restart")
    return ok("time zones", version)


def _secrets(config: Config) -> Iterator[Finding]:
    """Files with secrets or people's data in them are for this user alone."""
    files = [path for path in (_config_with_secrets(config), *_secret_files(config)) if path]
    if config.database.is_sqlite:
        files.append(database_file(config))
    exposed = [path for path in files if path.exists() and path.stat().st_mode & OTHERS and _reachable(path)]
    for path in exposed:
        yield problem("secrets", f"other users of this machine can read {path}", f"chmod 600 {path}")
    if not exposed:
        yield ok("secrets", "only this user can read them")


def _config_with_secrets(config: Config) -> Path | None:
    shown = config.shown()
    for setting, twin in SECRETS.items():
        section, _, name = setting.partition(".")
        hidden = "••••" in str(shown[section][name])
        if hidden and config.sources[setting] == "file" and not shown[section][twin]:
            return config.file
    return None


def _secret_files(config: Config) -> Iterator[Path]:
    for setting, twin in SECRETS.items():
        section = setting.partition(".")[0]
        named = getattr(getattr(config, section), twin)
        if named:
            base = config.file.parent if config.file and config.sources[f"{section}.{twin}"] == "file" else Path.cwd()
            yield base / named


def _reachable(path: Path) -> bool:
    """Whether others can get into the folder at all."""
    return bool(path.parent.stat().st_mode & (stat.S_IXGRP | stat.S_IXOTH))
