"""`enspired people add|list|sign-in-link`."""

from typing import Any, cast

import click
import msgspec

from scheduler.cli.command import Group
from scheduler.cli.databases import ordering, reading
from scheduler.cli.grants import ROLES, granted
from scheduler.cli.invocation import current
from scheduler.cli.output import Column
from scheduler.control.orders import AddPerson, SignInLink
from scheduler.model.person import GivenRole
from scheduler.store import people

COLUMNS = (
    Column("email", "Address"),
    Column("name", "Name"),
    Column("role", "Role"),
    Column("programmes", "Programmes"),
    Column("institutions", "Institutions"),
    Column("language", "Language"),
    Column("active", "Active"),
)


@click.group(cls=Group)
def command() -> None:
    """Who may sign in. Attendees need no account and are not listed here."""


@command.command()
@click.argument("email", metavar="ADDRESS")
@click.option("--role", type=click.Choice(ROLES), default="organiser", show_default=True, help="What they may do.")
@click.option("--name", default="", help="Their name.")
@click.option("--language", default="", help="Of their mails: en, nl, fr or es.")
@granted
def add(email: str, role: str, name: str, language: str, **reach: tuple[str, ...]) -> None:
    """Add somebody who may sign in with a mailed link."""
    invocation = current()
    config = invocation.config()
    if language and language not in config.languages.offered:
        raise click.BadParameter(
            f"mails are written in {', '.join(config.languages.offered)}.", param_hint="--language"
        )
    order = AddPerson(
        email=email,
        role=cast("GivenRole", role),
        name=name,
        language=language,
        programmes=reach["programmes"],
        institutions=reach["institutions"],
    )
    person = ordering(config, order)
    if invocation.as_json:
        invocation.output.facts(person)
    else:
        invocation.output.say(f"Added. Next: enspired people sign-in-link {person['email']}")


@command.command(name="list")
def list_() -> None:
    """List everybody who may sign in."""
    invocation = current()
    rows: list[dict[str, Any]] = [msgspec.to_builtins(one) for one in reading(invocation.config(), people.all_people)]
    invocation.output.rows(
        COLUMNS, rows, empty="Nobody may sign in yet. Next: enspired people add ADDRESS --role admin"
    )


@command.command(name="sign-in-link")
@click.argument("email", metavar="ADDRESS")
def sign_in_link(email: str) -> None:
    """Make a link that signs somebody in, once. For a first sign-in, or when their mail does not arrive."""
    invocation = current()
    config = invocation.config()
    link = ordering(config, SignInLink(email=email))
    if invocation.as_json:
        invocation.output.facts(link)
    else:
        invocation.output.text(link["url"])
        invocation.output.say(f"Works once, until {link['expires_at']}.")
