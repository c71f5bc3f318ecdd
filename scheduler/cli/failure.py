"""How a command fails: what happened, why, and the next thing to type. Never a traceback."""

import errno
import sys
import traceback

import click

from scheduler.cli.output import text_of
from scheduler.errors import ConfigurationError, Invalid, ServiceError

OK, FAILED, USAGE, PROBLEMS, INTERRUPTED = 0, 1, 2, 3, 130
"""Exit codes: done, failed, wrongly typed, a check found problems, stopped by Ctrl-C."""


class CommandFailed(ServiceError):
    """A command that cannot go on. `advice` is what to do or type next."""

    code = "failed"

    def __init__(self, detail: str, advice: str = "") -> None:
        super().__init__(detail)
        self.advice = advice


def report(error: BaseException, *, debug: bool) -> int:
    """Says on stderr what went wrong and gives the exit code."""
    if isinstance(error, click.ClickException):
        error.show()
        return error.exit_code
    if isinstance(error, KeyboardInterrupt | click.Abort):
        _say("Stopped.")
        return INTERRUPTED
    if debug:
        traceback.print_exception(error, file=sys.stderr)
    for line in _lines(error):
        _say(line)
    return FAILED


def _lines(error: BaseException) -> list[str]:
    if isinstance(error, ConfigurationError):
        count = len(error.problems)
        head = "✕ The configuration cannot be used" + (f": {count} problems." if count > 1 else ".")
        return [head, *(f"  {text_of(problem)}" for problem in error.problems)]
    if isinstance(error, Invalid):
        return [f"✕ {text_of(error.detail)}", *(f"  {_fault(error, place)}" for place in range(len(error.faults)))]
    if isinstance(error, ServiceError):
        advice = getattr(error, "advice", "")
        return [f"✕ {text_of(error.detail)}", *([f"  Next: {text_of(advice)}"] if advice else [])]
    if isinstance(error, OSError):
        return [f"✕ {_system_error(error)}"]
    kind = type(error).__name__
    return [f"✕ Something unexpected went wrong ({kind}: {text_of(error)[:200]}). --debug shows where."]


def _fault(error: Invalid, place: int) -> str:
    fault = error.faults[place]
    where = f"{fault.pointer}: " if fault.pointer else ""
    example = f" For example: {text_of(fault.example)}" if fault.example is not None else ""
    return f"{text_of(where)}{text_of(fault.detail)}{example}"


def _system_error(error: OSError) -> str:
    place = f"{text_of(error.filename)}: " if error.filename else ""
    if error.errno == errno.ENOSPC:
        return f"{place}the disk is full. Nothing was changed."
    return f"{place}{text_of(error.strerror or error)}."


def _say(line: str) -> None:
    click.echo(line, err=True)
