"""`enspired feeds check|list`."""

from pathlib import Path
from typing import Any

import click
import msgspec

from feeds.check import Finding, check
from feeds.errors import FeedError
from feeds.read import read, summary
from scheduler.cli.command import Group
from scheduler.cli.databases import reading
from scheduler.cli.failure import PROBLEMS, CommandFailed
from scheduler.cli.fetching import LARGEST, fetch, too_large
from scheduler.cli.invocation import current
from scheduler.cli.output import Column
from scheduler.store import subscriptions

FOUND = (
    Column("level", ""),
    Column("rule", "Rule"),
    Column("line", "Line"),
    Column("text", "Found"),
)
SUBSCRIBED = (
    Column("prefix", "Feed"),
    Column("name", "Name"),
    Column("institution", "Institution"),
    Column("query", "Filter"),
    Column("last_client", "Last fetched by"),
    Column("last_fetched_at", "Last fetched"),
    Column("revoked_at", "Revoked"),
)


@click.group(cls=Group)
def command() -> None:
    """Calendar feeds: judge any, list those that were given out."""


@command.command(name="check")
@click.argument("feed", metavar="URL|FILE")
@click.pass_context
def check_(ctx: click.Context, feed: str) -> None:
    """Judge a feed, ours or a stranger's, by the twenty rules in docs/feeds.md. Exits with 3 when there is a fault.

    URL is asked three times, as a calendar program asks; FILE is read. Rule 0 is reading in general.
    """
    invocation = current()
    headers, body, asked = _source(feed)
    order = {"fault": 0, "warning": 1, "note": 2}
    findings = sorted([*asked, *check(headers, body)], key=lambda one: (order[one.level], one.rule, one.line))
    entries = _entries(body)
    rows = [msgspec.to_builtins(finding) for finding in findings]
    if invocation.as_json:
        invocation.output.facts({"findings": rows, "entries": entries})
    else:
        invocation.output.rows(FOUND, rows, empty="Nothing to say against it.")
        invocation.output.say(_sentence(entries))
    if any(finding.level == "fault" for finding in findings):
        ctx.exit(PROBLEMS)


@command.command(name="list")
@click.option("--all", "everything", is_flag=True, help="Revoked ones too.")
def list_(everything: bool) -> None:
    """List the subscriptions that were given out, oldest first. Attendees' own are not shown."""
    invocation = current()
    found = reading(invocation.config(), subscriptions.all_subscriptions)
    names = [column.key for column in SUBSCRIBED]
    rows: list[dict[str, Any]] = [
        {name: msgspec.to_builtins(getattr(one, name)) for name in names}
        for one in found
        if not one.email and (everything or one.revoked_at is None)
    ]
    invocation.output.rows(SUBSCRIBED, rows, empty="There are no subscriptions.")


def _source(feed: str) -> tuple[dict[str, str] | None, bytes, list[Finding]]:
    if "://" in feed:
        answer, found = fetch(feed)
        return answer.headers, answer.body, found
    path = Path(feed)
    if not path.is_file():
        raise CommandFailed(f"There is no file “{feed}”.", "an address begins with https://")
    with path.open("rb") as file:
        body = file.read(LARGEST + 1)
    if len(body) > LARGEST:
        raise too_large()
    return None, body, []


def _entries(body: bytes) -> dict[str, int]:
    try:
        counts: dict[str, int] = msgspec.to_builtins(summary(read(body)))
    except FeedError:
        return {}
    return counts


def _sentence(entries: dict[str, int]) -> str:
    if not entries:
        return "It was not read."
    return "Events read whole: {whole:,}; repaired: {repaired:,}; refused: {refused:,}.".format(**entries)
