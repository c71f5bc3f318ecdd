"""`enspired events list|add|publish|cancel`."""

import json
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

from scheduler.cli.agenda import agenda
from scheduler.cli.command import Group
from scheduler.cli.databases import ordering, reading
from scheduler.cli.failure import CommandFailed
from scheduler.cli.invocation import Invocation, current
from scheduler.cli.output import Column, text_of
from scheduler.clock import utcnow
from scheduler.control.orders import AddEvent, CancelEvent, PublishEvent
from scheduler.model.filter import FACETS

if TYPE_CHECKING:
    from io import BufferedReader

COLUMNS = (
    Column("when", "Date and time"),
    Column("kind", "Type"),
    Column("title", "Title"),
    Column("places", "Places"),
    Column("state", "State"),
    Column("id", "Id"),
)
LARGEST_INPUT = 1_048_576


@click.group(cls=Group)
def command() -> None:
    """Events: list, add, publish, cancel."""


def _filters(function: Callable[..., Any]) -> Callable[..., Any]:
    """The parameters of the filter grammar as options."""
    options = [
        click.option(
            f"--{facet}", metavar="KEY", multiple=True, help=f"Only this {facet}; commas or repetition for more."
        )
        for facet in FACETS
    ]
    options.append(click.option("--from", "from", metavar="DAY", help="The first day, such as 2027-03-01."))
    options.append(click.option("--to", metavar="DAY", help="The last day."))
    options.append(click.option("--q", metavar="WORDS", help="Words in the title or the summary."))
    for option in reversed(options):
        function = option(function)
    return function


@command.command(name="list")
@_filters
@click.option("--past", is_flag=True, help="Those that are over as well.")
@click.option("--parts", is_flag=True, help="The items of day programmes as well.")
@click.option(
    "--limit",
    type=click.IntRange(1, 10_000),
    metavar="NUMBER",
    default=200,
    show_default=True,
    help="The most to list.",
)
def list_(past: bool, parts: bool, limit: int, **chosen: Any) -> None:
    """List events by date, with the same filters as the agenda and the feeds. Drafts are in it."""
    invocation = current()
    config = invocation.config()
    pairs = [(name, one) for name, value in chosen.items() for one in (value if isinstance(value, tuple) else [value])]
    given = [(name, value) for name, value in pairs if value]
    rows = reading(
        config,
        lambda conn: agenda(conn, given, config=config, now=utcnow(), past=past, parts=parts, limit=limit),
    )
    if not invocation.as_json:
        rows = [{**row, "when": row["when_text"], "title": row["title_text"]} for row in rows]
    else:
        rows = [{key: value for key, value in row.items() if not key.endswith("_text")} for row in rows]
    invocation.output.rows(COLUMNS, rows, empty="No event matches. --past lists those that are over.")


@command.command()
@click.argument("file", type=click.File("rb"), metavar="FILE")
@click.option("--dry-run", is_flag=True, help="Check it and say what would happen; change nothing.")
def add(file: "BufferedReader", dry_run: bool) -> None:
    """Register the event in a JSON file, as POST /api/v1/events takes it. FILE is - for standard input."""
    invocation = current()
    config = invocation.config()
    event = _read(file)
    saved = ordering(config, AddEvent(event=event, dry_run=dry_run))
    _tell(invocation, saved, "Would be registered" if dry_run else "Registered")


@command.command()
@click.argument("event_id", metavar="ID")
@click.option("--tentative", is_flag=True, help="Announce it as not certain yet.")
@click.option("--dry-run", is_flag=True, help="Say what would happen; change nothing.")
def publish(event_id: str, tentative: bool, dry_run: bool) -> None:
    """Publish a draft; who sees it is its visibility."""
    invocation = current()
    status = "tentative" if tentative else "confirmed"
    saved = ordering(invocation.config(), PublishEvent(id=event_id, status=status, dry_run=dry_run))
    _tell(invocation, saved, "Would be published" if dry_run else "Published")


@command.command()
@click.argument("event_id", metavar="ID")
@click.option("--reason", default="", help="Stands in the mails and on the page.")
@click.option("--dry-run", is_flag=True, help="Say who would be told; change nothing.")
@click.option("--yes", is_flag=True, help="Do not ask.")
def cancel(event_id: str, reason: str, dry_run: bool, yes: bool) -> None:
    """Cancel a published event: its reminders stop and everybody who registered is told."""
    invocation = current()
    config = invocation.config()
    planned = ordering(config, CancelEvent(id=event_id, reason=reason, dry_run=True))
    if dry_run:
        _tell(invocation, planned, "Would be cancelled")
        return
    if not yes:
        _confirm(planned)
    _tell(invocation, ordering(config, CancelEvent(id=event_id, reason=reason)), "Cancelled")


def _confirm(planned: dict[str, Any]) -> None:
    count = sum(planned["mails"].values())
    question = f"Cancel “{_title(planned)}” and send {count} mails?"
    if not sys.stdin.isatty():
        raise CommandFailed(f"{question} Nobody is there to answer.", "add --yes, or look first with --dry-run")
    click.confirm(question, abort=True, err=True)


def _read(file: "BufferedReader") -> dict[str, Any]:
    content = file.read(LARGEST_INPUT + 1)
    if len(content) > LARGEST_INPUT:
        raise CommandFailed("The file is larger than 1 MiB; this is not one event.")
    try:
        event = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise CommandFailed(f"The file is not JSON: {text_of(error)}.") from None
    if not isinstance(event, dict):
        raise CommandFailed('The file holds no JSON object; an event looks like {"title": ..., "start": ...}.')
    return event


def _tell(invocation: Invocation, saved: dict[str, Any], done: str) -> None:
    if invocation.as_json:
        invocation.output.facts(saved)
        return
    mails = ", ".join(f"{count} {cause}" for cause, count in saved["mails"].items()) or "none"
    invocation.output.facts({"id": saved["id"], "status": saved["status"], "url": saved["url"]})
    span = text_of(f"{saved['start']} – {saved['end']} {saved['timezone']}")
    invocation.output.say(f"{done}: {text_of(_title(saved))}\n  {span} ({len(saved['dates'])} dates)\n  Mails: {mails}")


def _title(saved: dict[str, Any]) -> str:
    title: dict[str, str] = saved["title"]
    return title.get("en") or next(iter(title.values()))
