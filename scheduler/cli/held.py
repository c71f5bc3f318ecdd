"""`enspired mail release|discard`: what becomes of mails that a restore held."""

import click

from scheduler.cli.command import Command
from scheduler.cli.databases import ordering
from scheduler.cli.failure import CommandFailed
from scheduler.cli.invocation import current
from scheduler.cli.output import mails
from scheduler.control.orders import DiscardMail, ReleaseMail

_ALL = click.option("--all", "everything", is_flag=True, help="All that are held.")
_ID = click.argument("message_id", metavar="ID", default="")


@click.command(cls=Command)
@_ID
@_ALL
def release(message_id: str, everything: bool) -> None:
    """Send mails that a restore held: the one with this ID, or all. Each is judged again before it leaves."""
    _check(message_id, everything)
    _carry_out(ReleaseMail(id=message_id), "released", "will be sent, unless it is too late.")


@click.command(cls=Command)
@_ID
@_ALL
def discard(message_id: str, everything: bool) -> None:
    """Give mails up that a restore held, because they had been sent: the one with this ID, or all."""
    _check(message_id, everything)
    _carry_out(DiscardMail(id=message_id), "discarded", "will not be sent.")


def _check(message_id: str, everything: bool) -> None:
    if bool(message_id) == everything:
        raise CommandFailed("Name one mail by its ID, or say --all.", "enspired mail queue --held")


def _carry_out(order: ReleaseMail | DiscardMail, key: str, words: str) -> None:
    invocation = current()
    done = ordering(invocation.config(), order)
    if invocation.as_json:
        invocation.output.facts(done)
    else:
        invocation.output.say(f"{mails(done[key])} {words}")
