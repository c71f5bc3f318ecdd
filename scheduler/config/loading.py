"""From layers to one `Config`, or one error with everything that is wrong."""

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from scheduler.config.checks import check
from scheduler.config.effective import Config
from scheduler.config.layers import (
    LARGEST_SECRET,
    Layer,
    environment_layer,
    file_layer,
    option_layer,
    read_text,
    settings,
    shipped_layer,
)
from scheduler.config.overlay import Overlay, empty, lay
from scheduler.config.settings import SECRETS, SECTIONS
from scheduler.config.vocabulary import TABLES
from scheduler.errors import ConfigurationError

DRIVER = re.compile(r"^(sqlite|postgres|postgresql)(?:\+[a-z0-9]+)?://")


def load(
    path: Path | None = None,
    environ: Mapping[str, str] | None = None,
    options: Mapping[str, Any] | None = None,
) -> Config:
    """The configuration: shipped defaults, then the file at `path`, then `environ`, then `options`.

    `environ` is the process's environment unless given; `options` maps dotted keys (`server.port`) to values,
    as from the command line. Relative paths start from the folder of the file that says them, elsewhere from
    the working directory. Raises ConfigurationError with every problem at once.
    """
    environment, problems = environment_layer(os.environ if environ is None else environ)
    overlay = empty()
    overlay.problems += problems
    lay(overlay, shipped_layer())
    if path is not None:
        _lay_file(overlay, path)
    lay(overlay, environment)
    lay(overlay, option_layer(options or {}))
    _read_secrets(overlay)
    _settle_paths(overlay)
    sections = {name: struct(**overlay.sections[name]) for name, struct in SECTIONS.items()}
    tables = {name: _entries(overlay, name) for name in TABLES}
    check(overlay, sections, tables)
    if overlay.problems:
        raise ConfigurationError(tuple(overlay.problems))
    values: dict[str, Any] = {**sections, **tables}
    return Config(**values, sources=_sources(overlay), file=path.absolute() if path else None)


def _lay_file(overlay: Overlay, path: Path) -> None:
    """A file that cannot be read is one problem among the others, not the end of the check."""
    try:
        layer: Layer = file_layer(path)
    except ConfigurationError as error:
        overlay.problems += error.problems
    else:
        lay(overlay, layer)


def _read_secrets(overlay: Overlay) -> None:
    """Take secrets from the files that hold them; a secret and its file together are refused."""
    for setting, twin_name in SECRETS.items():
        section, _, name = setting.partition(".")
        twin = f"{section}.{twin_name}"
        file = overlay.sections[section].get(twin_name, "")
        if not file:
            continue
        if overlay.source(setting) != "default" and overlay.sections[section].get(name):
            where = f" ({overlay.place(setting)})" if overlay.place(setting) != overlay.place(twin) else ""
            overlay.add(twin, f"stands beside {name}{where}; keep one of the two.")
            continue
        try:
            text = read_text(overlay.base(twin) / file, LARGEST_SECRET).strip("\r\n")
        except ValueError as error:
            overlay.add(twin, f"“{file}” cannot be used: {error}.")
            continue
        if not text:
            overlay.add(twin, f"“{file}” is empty.")
        overlay.sections[section][name] = text
        overlay.origins[setting] = overlay.origins[twin]


def _settle_paths(overlay: Overlay) -> None:
    """Make paths absolute, and addresses the way the rest of the house expects them."""
    mail, database, server = (overlay.sections[name] for name in ("mail", "database", "server"))
    mail["folder"] = str(overlay.base("mail.folder") / mail.get("folder", SECTIONS["mail"]().folder))
    url = DRIVER.sub(_backend, database.get("url", SECTIONS["database"]().url))
    if url.startswith("sqlite:///") and ":memory:" not in url and url != "sqlite:///":
        url = f"sqlite:///{overlay.base('database.url') / url.removeprefix('sqlite:///')}"
    database["url"] = url
    if "public_url" in server:
        server["public_url"] = server["public_url"].rstrip("/")


def _backend(match: re.Match[str]) -> str:
    """The plain name of a database; which driver speaks to it is the store's choice."""
    return "sqlite://" if match[1] == "sqlite" else "postgresql://"


def _entries(overlay: Overlay, table: str) -> dict[str, Any]:
    """The entries of a vocabulary; one that lacks a field is noted and left out."""
    entries = {}
    for key, fields in overlay.tables[table].items():
        try:
            entries[key] = msgspec.convert(fields, TABLES[table])
        except msgspec.ValidationError as error:
            missing = str(error).rpartition("field ")[2].strip("`")
            if not any(problem.key == f"{table}.{key}.{missing}" for problem in overlay.problems):
                overlay.add(f"{table}.{key}", f"lacks {missing}.")
    return entries


def _sources(overlay: Overlay) -> dict[str, str]:
    tables = [f"{table}.{key}" for table, entries in overlay.tables.items() for key in entries]
    return {key: overlay.source(key) for key in [*settings(), *tables]}
