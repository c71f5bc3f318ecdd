"""Tables for spreadsheets: CSV (RFC 4180) in UTF-8 with a byte order mark, in which no cell is a formula.

A spreadsheet runs a cell that begins with = + - or @. Such a cell gets an apostrophe in front, also when the sign
stands behind blanks, quotes or apostrophes, or is full-width, and when a cell begins with a tab. The same is done
behind every semicolon, tab and line end *inside* a cell: a spreadsheet whose list separator is the semicolon
(Dutch, French and Spanish ones) begins a new cell there. `restore` takes exactly these apostrophes out again;
a text such as "'s avonds" has none to take.
"""

import csv
import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from io import StringIO

from feeds.entry import Entry, When
from feeds.expansion import Budget
from feeds.formats.text import one_line, plain, web_address
from feeds.recurrence import Occurrence, occurrences

MEDIA_TYPE = "text/csv; charset=utf-8; header=present"

Cell = str | int | float | None
"""A number is a number and stays one, also below zero; None is an empty cell."""

ENTRY_COLUMNS = (
    "uid",
    "title",
    "start",
    "end",
    "timezone",
    "start_utc",
    "end_utc",
    "status",
    "location",
    "url",
    "categories",
)

_BLANKS = " \u00a0\u1680\u2000-\u200d\u202f\u205f\u2060\u3000\ufeff"
_QUOTES = "\"'`\u2018\u2019\u201c\u201d\u00ab\u00bb\uff02\uff07"
_SIGNS = "=+\\-@\uff1d\uff0b\uff0d\uff20\ufe66\ufe62\ufe63\ufe6b\u2212"
_LEAD = f"[{_BLANKS}{_QUOTES}]*"
_DANGER = re.compile(rf"\A(?={_LEAD}[{_SIGNS}\t])|(?<=[;\t\n])(?={_LEAD}[{_SIGNS}])")
_GUARD = re.compile(rf"\A'(?={_LEAD}[{_SIGNS}\t])|(?<=[;\t\n])'(?={_LEAD}[{_SIGNS}])")
_DEFAULT = Budget()


def table(columns: Sequence[str], rows: Iterable[Sequence[Cell]]) -> bytes:
    """A CSV file: one header row, then `rows`, each as long as `columns` (else ValueError); lines end in CRLF.

    Control characters are left out, line ends within a cell are \\n, whatever would be a formula is guarded.
    """
    out = StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow([guard(column) for column in columns])
    for row in rows:
        if len(row) != len(columns):
            raise ValueError(f"a row has {len(row)} cells, the header {len(columns)}")
        writer.writerow([guard(cell) if isinstance(cell, str) else cell for cell in row])
    return out.getvalue().encode("utf-8-sig")


def guard(cell: str) -> str:
    """The text as it stands in a cell: an apostrophe before everything that a spreadsheet could run."""
    return _DANGER.sub("'", plain(cell))


def restore(cell: str) -> str:
    """The text that `guard` was given, without control characters: for programs that read our files back."""
    return _GUARD.sub("", cell)


def entry_rows(
    entries: Iterable[Entry], after: datetime, before: datetime, *, budget: Budget = _DEFAULT
) -> list[tuple[str, ...]]:
    """One row a date that overlaps the UTC instants [`after`, `before`), in the order of ENTRY_COLUMNS, by start.

    `start` and `end` are wall times in `timezone` (2027-03-16T14:30) or dates, of which `end` is the last day;
    `start_utc` and `end_utc` are instants and empty for dates. Raises InvalidRule (budget).
    """
    found = [
        (one.start_at, entry.uid, _row(_said_of(entry, one), one))
        for entry in entries
        for one in occurrences(entry, after, before, budget=budget)
    ]
    return [row for _, _, row in sorted(found)]


def _said_of(entry: Entry, one: Occurrence) -> Entry:
    """The override that stands for this date, or the series itself."""
    if one.recurrence_id is None:
        return entry
    return next((other for other in entry.overrides if other.recurrence_id == one.recurrence_id), entry)


def _row(entry: Entry, one: Occurrence) -> tuple[str, ...]:
    timed = isinstance(one.start, datetime)
    last = one.end if timed else max(one.start, one.end - timedelta(days=1))
    return (
        plain(entry.uid),
        one_line(entry.summary),
        _wall(one.start),
        _wall(last),
        (one.zone or "UTC") if timed else "",
        _utc(one.start_at) if timed else "",
        _utc(one.end_at) if timed else "",
        entry.status,
        one_line(entry.location, ", "),
        web_address(entry.url),
        ", ".join(filter(None, map(one_line, entry.categories))),
    )


def _wall(when: When) -> str:
    if not isinstance(when, datetime):
        return when.isoformat()
    return when.isoformat(timespec="seconds" if when.second else "minutes")


def _utc(at: datetime) -> str:
    return f"{at.astimezone(UTC).replace(microsecond=0, tzinfo=None).isoformat()}Z"
