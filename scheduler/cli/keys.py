"""`enspired keys create|list|revoke`."""

from typing import Any, cast

import click
import msgspec

from scheduler.cli.command import Group
from scheduler.cli.databases import ordering, reading
from scheduler.cli.grants import ROLES, granted
from scheduler.cli.invocation import current
from scheduler.cli.output import Column
from scheduler.control.orders import CreateKey, RevokeKey
from scheduler.model.person import GivenRole
from scheduler.store import people

COLUMNS = (
    Column("prefix", "Key"),
    Column("role", "Role"),
    Column("writes", "Writes"),
    Column("programmes", "Programmes"),
    Column("institutions", "Institutions"),
    Column("label", "Label"),
    Column("created_at", "Made"),
    Column("last_used_at", "Last used"),
    Column("revoked_at", "Revoked"),
)


@click.group(cls=Group)
def command() -> None:
    """API keys for programs."""


@command.command()
@click.option("--role", type=click.Choice(ROLES), default="organiser", show_default=True, help="What it may do.")
@click.option("--label", default="", help="What it is for, to recognise it later.")
@click.option("--read-only", is_flag=True, help="It may read but change nothing.")
@granted
def create(role: str, label: str, read_only: bool, programmes: tuple[str, ...], institutions: tuple[str, ...]) -> None:
    """Make a key. Its secret is shown now and never again."""
    invocation = current()
    config = invocation.config()
    order = CreateKey(
        role=cast("GivenRole", role),
        label=label,
        programmes=programmes,
        institutions=institutions,
        writes=not read_only and role != "viewer",
    )
    key = ordering(config, order)
    if invocation.as_json:
        invocation.output.facts(key)
    else:
        invocation.output.text(key["secret"])
        invocation.output.say(f"Key {key['prefix']} for the role {role}. The secret is not shown again.")


@command.command(name="list")
@click.option("--all", "everything", is_flag=True, help="Revoked ones too.")
def list_(everything: bool) -> None:
    """List the keys, newest first. Secrets are not kept, so none is shown."""
    invocation = current()
    found = reading(invocation.config(), people.all_keys)
    rows: list[dict[str, Any]] = [msgspec.to_builtins(key) for key in found if everything or key.revoked_at is None]
    invocation.output.rows(COLUMNS, rows, empty="There are no keys. Next: enspired keys create --programme enspired")


@command.command()
@click.argument("key", metavar="KEY")
def revoke(key: str) -> None:
    """End a key at once. KEY is the prefix that `keys list` shows."""
    invocation = current()
    revoked = ordering(invocation.config(), RevokeKey(prefix=key))
    if invocation.as_json:
        invocation.output.facts(revoked)
    else:
        invocation.output.say(f"Key {revoked['prefix']} ({revoked['label'] or 'no label'}) does not work any more.")
