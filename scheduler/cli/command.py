"""Commands and groups that all take the same four options, and a group that loads its commands when they are run."""

import importlib
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NoReturn

import click

from scheduler.cli import failure
from scheduler.cli.invocation import Invocation


def _set(name: str) -> Any:
    def note(ctx: click.Context, _param: click.Parameter, value: Any) -> None:
        if value:
            setattr(ctx.find_root().ensure_object(Invocation), name, value)

    return note


def common_options() -> list[click.Parameter]:
    """The options that every command takes."""
    path: click.Path = click.Path(path_type=Path)
    return [
        click.Option(
            ["--config"],
            type=path,
            metavar="FILE",
            callback=_set("config_file"),
            expose_value=False,
            is_eager=True,
            envvar="ENSPIRED_CONFIG",
            help="A config.toml with what differs from the defaults.",
        ),
        click.Option(
            ["--data"],
            type=path,
            metavar="DIR",
            callback=_set("data"),
            expose_value=False,
            is_eager=True,
            help="The folder that holds the database file and the mail folder.",
        ),
        click.Option(
            ["--json"], is_flag=True, callback=_set("as_json"), expose_value=False, is_eager=True, help="Print JSON."
        ),
        click.Option(
            ["--debug"],
            is_flag=True,
            callback=_set("debug"),
            expose_value=False,
            is_eager=True,
            help="Show where an unexpected error came from.",
        ),
    ]


class Command(click.Command):
    """A command with the common options."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.params += common_options()


class Group(click.Group):
    """A group of commands with the common options."""

    command_class = Command

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.params += common_options()


class LazyGroup(Group):
    """The top of the command. `lazy` names for each subcommand the module that holds it and its one-line help."""

    def __init__(self, *args: Any, lazy: Mapping[str, tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._lazy = lazy

    def list_commands(self, ctx: click.Context) -> list[str]:
        """In the order of the table."""
        return list(self._lazy)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Loads the module of a subcommand."""
        if cmd_name not in self._lazy:
            return None
        command = importlib.import_module(self._lazy[cmd_name][0]).command
        return command if isinstance(command, click.Command) else None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Lists the subcommands without loading any."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, summary) for name, (_, summary) in self._lazy.items()])

    def main(self, args: Sequence[str] | None = None, *_: Any, **extra: Any) -> NoReturn:
        """Runs the command line and exits; whatever goes wrong is said in a sentence."""
        extra["standalone_mode"] = False
        invocation = Invocation()
        try:
            code = super().main(args, extra.pop("prog_name", None), obj=invocation, **extra)
            sys.stdout.flush()
        except BrokenPipeError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            code = failure.FAILED
        except BaseException as error:  # the last place where anything can be said in plain words
            if isinstance(error, SystemExit):
                raise
            code = failure.report(error, debug=invocation.debug)
        sys.exit(code if isinstance(code, int) else failure.OK)
