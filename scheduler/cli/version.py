"""`enspired version`."""

import platform
from importlib.metadata import version

import click

from scheduler.cli.command import Command
from scheduler.cli.databases import reading
from scheduler.cli.invocation import current
from scheduler.clock import tzdata_version
from scheduler.errors import ServiceError
from scheduler.store import health

HEADINGS = {"version": "enspired", "python": "Python", "tzdata": "time zones", "database": "database"}


def program_version() -> str:
    """The version of this program, such as `0.1.0`."""
    return version("enspired-scheduler")


@click.command(cls=Command)
def command() -> None:
    """What runs here: program, Python, time zone data, SQLite or PostgreSQL."""
    invocation = current()
    facts = {
        "version": program_version(),
        "python": platform.python_version(),
        "tzdata": tzdata_version(),
        "database": _database(),
    }
    invocation.output.facts(facts, HEADINGS)


def _database() -> str:
    """The engine; a PostgreSQL that does not answer, or a broken configuration, is no reason to fail here."""
    try:
        config = current().config()
        if config.database.is_sqlite:
            return f"SQLite {health.sqlite_version()}"
        return reading(config, health.server_version)
    except (ServiceError, OSError) as error:
        return f"unknown: {error}"
