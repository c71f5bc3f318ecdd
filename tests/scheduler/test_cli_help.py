"""The help of the command, and docs/cli.md beside it."""

import re
import subprocess
import sys
from collections.abc import Iterator

import click
import pytest

from scheduler.cli.main import COMMANDS, cli
from tests.floors import ROOT
from tests.scheduler.command import environment, inside

COMMON = {"--config", "--data", "--json", "--debug"}


def commands(command: click.Command = cli, path: tuple[str, ...] = ()) -> Iterator[tuple[str, click.Command]]:
    """Every command that does something, by its words."""
    if not isinstance(command, click.Group):
        yield " ".join(path), command
        return
    context = click.Context(command)
    for name in command.list_commands(context):
        inner = command.get_command(context, name)
        assert inner is not None
        yield from commands(inner, (*path, name))


ALL = dict(commands())


def documented() -> dict[str, str]:
    """The sections of docs/cli.md by command."""
    parts = re.split(r"^### `enspired (.+)`$", (ROOT / "docs/cli.md").read_text(), flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


@pytest.mark.parametrize("name", ALL)
def test_every_command_explains_itself_and_its_options(name: str) -> None:
    command = ALL[name]
    assert len(command.help or "") > 20
    options = [one for one in command.params if isinstance(one, click.Option)]
    assert [one.opts for one in options if not one.help] == []
    assert set(COMMON) <= {one.opts[0] for one in options}
    shown = inside(*name.split(), "--help")
    assert shown.code == 0
    assert (command.help or "").split(".")[0].split()[0] in shown.out


def test_the_documentation_has_every_command_and_no_other() -> None:
    assert sorted(documented()) == sorted(ALL)


@pytest.mark.parametrize("name", ALL)
def test_the_documentation_of_a_command_has_its_words_and_its_options(name: str) -> None:
    section = documented()[name]
    options = {one.opts[0] for one in ALL[name].params if isinstance(one, click.Option)} - COMMON
    rows = set(re.findall(r"^\| `(--[a-z-]+)", section, re.MULTILINE))
    assert rows == options
    first = " ".join((ALL[name].help or "").split("\n\n")[0].split())
    assert first in section
    assert f"enspired {name}" in section


def test_examples_in_the_documentation_use_options_that_exist() -> None:
    for name, section in documented().items():
        known = {option for one in ALL[name].params for option in one.opts}
        for block in re.findall(r"^```\n(.+?)^```", section, re.DOTALL | re.MULTILINE):
            assert set(re.findall(r"(?<= )--[a-z-]+", block)) <= known


def test_help_is_there_before_the_service_is_loaded() -> None:
    code = (
        "import sys\nfrom scheduler.cli.main import cli\n"
        "try:\n    cli.main(['--help'])\nexcept SystemExit:\n    pass\n"
        "heavy = {'sqlalchemy', 'litestar', 'scheduler.config', 'babel', 'rich', 'uvicorn'} & set(sys.modules)\n"
        "print('HEAVY', sorted(heavy))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment(), cwd=ROOT)
    assert "HEAVY []" in done.stdout
    assert all(name in done.stdout for name in COMMANDS)


def test_a_slip_is_a_usage_error() -> None:
    for words in (["serv"], ["keys", "create", "--rolle", "x"], ["mail", "queue", "--limit", "0"]):
        shown = inside(*words)
        assert (shown.code, shown.out) == (2, "")
        assert "Error:" in shown.err
