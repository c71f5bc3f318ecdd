"""`enspired config check` and `enspired config show`."""

from typing import Any

import click

from scheduler.cli.command import Group
from scheduler.cli.failure import PROBLEMS
from scheduler.cli.invocation import current
from scheduler.cli.output import Column, text_of
from scheduler.config import TABLES, Config
from scheduler.errors import ConfigurationError

COLUMNS = (Column("key", "Setting"), Column("value", "Value"), Column("source", "From"))
PROBLEM_COLUMNS = (
    Column("place", "Where"),
    Column("key", "Setting"),
    Column("detail", "Problem"),
    Column("example", "Example"),
)


@click.group(cls=Group)
def command() -> None:
    """Check and show the configuration."""


@command.command()
@click.pass_context
def check(ctx: click.Context) -> None:
    """List everything that is wrong with the configuration, at once. Exits with 3 when there is something."""
    invocation = current()
    try:
        config = invocation.config()
    except ConfigurationError as error:
        rows = [
            {"place": one.place, "key": one.key, "detail": one.detail, "example": one.example} for one in error.problems
        ]
        invocation.output.rows(PROBLEM_COLUMNS, rows, empty="")
        ctx.exit(PROBLEMS)
    invocation.output.rows(PROBLEM_COLUMNS, [], empty=f"The configuration is good ({_named(config)}).")


@command.command()
@click.argument("section", required=False)
def show(section: str | None) -> None:
    """Show the values that hold, and where each comes from. Secrets are hidden.

    SECTION shows one part: server, mail, kinds ... Without it the settings are listed, without the vocabularies.
    """
    invocation = current()
    config = invocation.config()
    rows = _rows(config)
    sections = {row["key"].partition(".")[0] for row in rows}
    if section and section not in sections:
        raise click.BadParameter(f"there is no section “{section}”; there are {', '.join(sorted(sections))}.")
    wanted = [
        row
        for row in rows
        if (row["key"].startswith(f"{section}.") if section else row["key"].partition(".")[0] not in TABLES)
    ]
    if invocation.as_json:
        invocation.output.facts({row["key"]: {"value": row["value"], "source": row["source"]} for row in wanted})
        return
    shown = [{**row, "value": text_of(row["value"])} for row in wanted]
    invocation.output.rows(COLUMNS, shown, empty="")


def _rows(config: Config) -> list[dict[str, Any]]:
    """Every setting and every entry of a vocabulary with its source."""
    rows = []
    for section, values in config.shown().items():
        entries = values.items() if isinstance(values, dict) else ((entry["key"], entry) for entry in values)
        for name, value in entries:
            key = f"{section}.{name}"
            rows.append({"key": key, "value": value, "source": config.sources[key]})
    return rows


def _named(config: Config) -> str:
    return str(config.file) if config.file else "defaults and environment"
