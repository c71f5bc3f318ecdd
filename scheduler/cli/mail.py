"""`enspired mail queue|preview|retry|test`."""

import sys
from typing import Any, get_args

import click

from scheduler.cli import failure
from scheduler.cli.command import Group
from scheduler.cli.databases import ordering, reading
from scheduler.cli.held import discard, release
from scheduler.cli.invocation import current
from scheduler.cli.output import Column, mails
from scheduler.cli.trying import send_test
from scheduler.clock import utcnow
from scheduler.control.orders import RetryMail
from scheduler.model.message import Cause, Message
from scheduler.services.previewing import Sample, preview
from scheduler.store import messages
from scheduler.texts import load_catalogues

COLUMNS = (
    Column("id", "Id"),
    Column("cause", "About"),
    Column("state", "State"),
    Column("attempts", "Tries"),
    Column("next_attempt_at", "Next try"),
    Column("last_error", "Last answer"),
    Column("event_id", "Event"),
)
STEPS = (Column("good", ""), Column("step", "Step"), Column("words", "What happened"))
WAITING, FAILED, HELD = ("waiting", "sending"), ("failed",), ("held",)
CAUSES = tuple(cause for cause in get_args(Cause) if cause != "sign-in")


@click.group(cls=Group)
def command() -> None:
    """Mails: what waits, how they look, try again."""


@command.command()
@click.option("--failed", is_flag=True, help="Those that were given up.")
@click.option("--held", is_flag=True, help="Those that a restore held.")
@click.option(
    "--limit",
    type=click.IntRange(1, 100_000),
    metavar="NUMBER",
    default=200,
    show_default=True,
    help="The most to list.",
)
def queue(failed: bool, held: bool, limit: int) -> None:
    """List mails that wait to be sent, next try first. Whom they go to is not shown."""
    invocation = current()
    states = (HELD if held else ()) + (FAILED if failed else ()) or WAITING
    found = reading(invocation.config(), lambda conn: messages.queue(conn, states, limit))
    empty = "No mail is held." if held else "No mail was given up." if failed else "No mail waits."
    invocation.output.rows(COLUMNS, [_row(message) for message in found], empty=empty)


@command.command(name="preview")
@click.argument("event_id", metavar="EVENT")
@click.option("--cause", type=click.Choice(CAUSES), default="reminder", show_default=True, help="Which mail.")
@click.option("--lang", default="", help="In which language: en, nl, fr or es.")
@click.option("--zone", default="", help="The reader's time zone, such as Africa/Nairobi.")
@click.option("--html", "shape", flag_value="html", help="The HTML part.")
@click.option("--eml", "shape", flag_value="eml", help="The whole message, to open in a mail program.")
def preview_(event_id: str, cause: Cause, lang: str, zone: str, shape: str | None) -> None:
    """Show the mail that an invented attendee of an event would get. Nothing is sent or kept."""
    invocation = current()
    config = invocation.config()
    sample = Sample(event_id=event_id, cause=cause, language=lang or config.languages.default, timezone=zone)
    catalogues, now = load_catalogues(), utcnow()
    mail = reading(config, lambda conn: preview(conn, sample, config=config, catalogues=catalogues, now=now))
    if invocation.as_json:
        invocation.output.facts({"subject": mail.subject, "text": mail.text, "html": mail.html})
    elif shape == "eml":
        sys.stdout.buffer.write(mail.raw)
    elif shape == "html":
        invocation.output.text(mail.html)
    else:
        invocation.output.text(f"Subject: {mail.subject}\n\n{mail.text}")


@command.command()
@click.argument("message_id", metavar="ID", default="")
def retry(message_id: str) -> None:
    """Send mails that were given up after all: the one with this ID, or all that are not too late."""
    invocation = current()
    done = ordering(invocation.config(), RetryMail(id=message_id))
    if invocation.as_json:
        invocation.output.facts(done)
    else:
        invocation.output.say(f"{mails(done['retried'])} will be tried again.")


command.add_command(release)
command.add_command(discard)


@command.command()
@click.argument("address", metavar="ADDRESS")
@click.pass_context
def test(ctx: click.Context, address: str) -> None:
    """Send a test mail by the configured way and say what happened: connection, encryption, sign-in, answer."""
    invocation = current()
    steps = send_test(address, invocation.config(), utcnow())
    rows: list[dict[str, Any]] = [{"good": step.good, "step": step.what, "words": step.words} for step in steps]
    if not invocation.as_json:
        rows = [{**row, "good": "✓" if row["good"] else "✕"} for row in rows]
    invocation.output.rows(STEPS, rows, empty="")
    if not all(step.good for step in steps):
        ctx.exit(failure.FAILED)


def _row(message: Message) -> dict[str, Any]:
    row = {column.key: getattr(message, column.key) for column in COLUMNS}
    row["attempts"] = message.tries
    return {**row, "next_attempt_at": message.next_attempt_at.isoformat(timespec="seconds").replace("+00:00", "Z")}
