"""Data to stdout, everything else to stderr: tables on a terminal, tab-separated lines in a pipe, JSON on demand."""

import json
import sys
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import click
from msgspec import Struct


class Column(Struct, frozen=True):
    """A column of a list: its key in JSON and its heading on a terminal."""

    key: str
    heading: str


class Output:
    """One run's way of printing."""

    def __init__(self, *, as_json: bool) -> None:
        self.as_json = as_json

    def rows(self, columns: Sequence[Column], rows: Iterable[Mapping[str, Any]], *, empty: str) -> None:
        """A list of things: JSON array, table or lines. `empty` is said on stderr when there is none."""
        found = list(rows)
        if self.as_json:
            self._json(found)
        elif not found:
            self.say(empty)
        elif sys.stdout.isatty():
            _table(columns, found)
        else:
            for row in found:
                click.echo("\t".join(text_of(row.get(column.key)) for column in columns))

    def facts(self, facts: Mapping[str, Any], headings: Mapping[str, str] | None = None) -> None:
        """One thing: a JSON object, or one line a fact (`name<tab>value` in a pipe)."""
        if self.as_json:
            self._json(facts)
            return
        names = {key: (headings or {}).get(key, key) for key in facts}
        width = max((len(name) for name in names.values()), default=0)
        for key, value in facts.items():
            name = names[key].ljust(width + 2) if sys.stdout.isatty() else f"{key}\t"
            click.echo(f"{name}{text_of(value)}")

    def text(self, text: str) -> None:
        """A text as it is: already made for people or for a program, line breaks kept."""
        click.echo(text)

    def line(self, value: Any) -> None:
        """One JSON value on one line of stdout, at once: for programs that wait for it."""
        click.echo(json.dumps(value, ensure_ascii=False))
        sys.stdout.flush()

    def say(self, text: str) -> None:
        """A sentence for a person, on stderr."""
        click.echo(text, err=True)

    def _json(self, value: Any) -> None:
        click.echo(json.dumps(value, ensure_ascii=False, indent=2, default=str))


def mails(count: int) -> str:
    """`1 mail`, `3 mails`: what a sentence about so many mails begins with."""
    return f"{count} mail" if count == 1 else f"{count} mails"


def text_of(value: Any) -> str:
    """A value on one line, with nothing in it that a terminal or a column would obey."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | tuple | set | frozenset):
        return ", ".join(text_of(one) for one in value)
    return "".join(_shown(one) for one in str(value))


def _shown(character: str) -> str:
    if character in "\t\r\n":
        return " "
    kind = unicodedata.category(character)
    # Bidirectional controls and the like could make a line read as what it is not.
    return f"\\u{ord(character):04x}" if kind in {"Cc", "Cf", "Cs", "Zl", "Zp"} and character != "\u200d" else character


def _table(columns: Sequence[Column], rows: Iterable[Mapping[str, Any]]) -> None:
    from rich.box import SIMPLE
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=SIMPLE, header_style="bold", pad_edge=False)
    for column in columns:
        table.add_column(column.heading, overflow="fold")
    for row in rows:
        table.add_row(*(Text(text_of(row.get(column.key))) for column in columns))
    Console().print(table)
