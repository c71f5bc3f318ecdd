"""`enspired doctor`."""

import click
import msgspec

from scheduler.cli.checks_database import check_database
from scheduler.cli.checks_machine import check_machine
from scheduler.cli.checks_reach import check_reach
from scheduler.cli.command import Command
from scheduler.cli.failure import PROBLEMS
from scheduler.cli.findings import SIGNS, Finding, ok, problem
from scheduler.cli.invocation import Invocation, current
from scheduler.cli.output import Column
from scheduler.clock import utcnow
from scheduler.errors import ConfigurationError

COLUMNS = (
    Column("state", ""),
    Column("check", "Check"),
    Column("detail", "Found"),
    Column("fix", "What to do"),
)


@click.command(cls=Command)
@click.pass_context
def command(ctx: click.Context) -> None:
    """Check everything the service depends on; each finding comes with a fix.

    ✓ is well, ! is worth knowing, ✕ is a problem; exits with 3 when there is one. Changes nothing.
    """
    invocation = current()
    findings = _findings(invocation)
    rows = [msgspec.to_builtins(finding) for finding in findings]
    if not invocation.as_json:
        rows = [{**row, "state": SIGNS[finding.state]} for row, finding in zip(rows, findings, strict=True)]
    invocation.output.rows(COLUMNS, rows, empty="")
    if any(finding.state == "problem" for finding in findings):
        ctx.exit(PROBLEMS)


def _findings(invocation: Invocation) -> list[Finding]:
    try:
        config = invocation.config()
    except ConfigurationError as error:
        return [
            problem("configuration", f"{one.place}: {one.key}: {one.detail}", one.example or "enspired config check")
            for one in error.problems
        ]
    named = str(config.file) if config.file else "defaults and environment"
    now = utcnow()
    return [
        ok("configuration", named),
        *check_machine(config, now),
        *check_database(config, now),
        *check_reach(config, now),
    ]
