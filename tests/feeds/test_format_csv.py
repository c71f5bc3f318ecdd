"""CSV for spreadsheets: read with the csv module, and looked at as a spreadsheet with either list separator would."""

import csv
import re
from datetime import UTC, date, datetime
from io import StringIO

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from feeds.entry import Entry
from feeds.formats.csv import ENTRY_COLUMNS, entry_rows, guard, restore, table
from feeds.formats.text import plain
from tests.feeds.entries import entry, override, series, wall

AFTER, BEFORE = datetime(2027, 1, 1, tzinfo=UTC), datetime(2028, 1, 1, tzinfo=UTC)
HOSTILE = st.text() | st.text("=+-@\t\r\n;,\"' \u00a0\u2019＝＋－＠\u2212ax0", max_size=12)


def read(document: bytes, separator: str = ",") -> list[list[str]]:
    assert document.startswith(b"\xef\xbb\xbf")
    return list(csv.reader(StringIO(document.decode("utf-8-sig"), newline=""), delimiter=separator))


def runs(cell: str) -> bool:
    """Whether a spreadsheet that trims blanks and quotes could take the cell for a formula."""
    return bool(re.match(r"""[\s"\u00a0\u200b\ufeff\u2018\u2019\u201c\u201d]*[=+\-@＝＋－＠\u2212]""", cell))


def test_a_table_is_rfc_4180_with_a_byte_order_mark() -> None:
    document = table(["name", "seats"], [["Zoë", 3], ['say "hi"', None], ["two\nlines, one cell", -2.5]])
    assert document == (
        b"\xef\xbb\xbfname,seats\r\n" + "Zoë".encode() + b",3\r\n"
        b'"say ""hi""",\r\n"two\nlines, one cell",-2.5\r\n'
    )  # fmt: skip


def test_a_row_of_another_length_than_the_header_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="a row has 1 cells, the header 2"):
        table(["a", "b"], [["x"]])


@pytest.mark.parametrize(
    ("cell", "guarded"),
    [
        ("=cmd|' /C calc'!A0", "'=cmd|' /C calc'!A0"),
        ("+32 9 123 45 67", "'+32 9 123 45 67"),
        ("-1", "'-1"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\tx", "'\tx"),
        ("\r=x", "\n'=x"),
        ("  =x", "'  =x"),
        ("\u00a0=x", "'\u00a0=x"),
        ('"=x', "'\"=x"),
        ("'=x", "''=x"),
        ("＝x", "'＝x"),
        ("－x", "'－x"),
        ("a;=x", "a;'=x"),
        ('a;"=x', "a;'\"=x"),
        ("a\n=x\n\n@y", "a\n'=x\n\n'@y"),
        ("\t=x", "'\t'=x"),
        # Nothing to guard.
        ("'s avonds", "'s avonds"),
        ("'t Pand", "'t Pand"),
        ("2+2=4; a-b", "2+2=4; a-b"),
        ("a@b.example", "a@b.example"),
        ("", ""),
    ],
)
def test_a_formula_gets_an_apostrophe_and_ordinary_words_none(cell: str, guarded: str) -> None:
    assert guard(cell) == guarded
    assert restore(guarded) == plain(cell)


@given(HOSTILE)
@example("''=")
@example("\t'\t=;'=")
def test_what_was_guarded_is_restored(cell: str) -> None:
    assert restore(guard(cell)) == plain(cell)


@given(st.lists(st.tuples(HOSTILE, HOSTILE, HOSTILE), min_size=1, max_size=4))
def test_any_text_comes_back_and_no_cell_is_a_formula(rows: list[tuple[str, str, str]]) -> None:
    document = table(["one", "two", "three"], rows)
    header, *found = read(document)
    assert header == ["one", "two", "three"]
    assert [[restore(cell) for cell in row] for row in found] == [[plain(cell) for cell in row] for row in rows]
    assert not any(runs(cell) or cell[:1] in {"\t", "\r"} for row in found for cell in row)


@given(st.lists(st.tuples(HOSTILE, HOSTILE, HOSTILE), min_size=1, max_size=4))
@example([("a", "b;=x", "c")])
@example([("a", 'b\n"=x', "c")])
def test_no_cell_is_a_formula_where_the_list_separator_is_a_semicolon(rows: list[tuple[str, str, str]]) -> None:
    for separator in ";\t":
        found = read(table(["one", "two", "three"], rows), separator)
        assert not any(runs(cell) for row in found for cell in row)


def test_the_header_is_guarded_too() -> None:
    assert read(table(["=one"], [])) == [["'=one"]]


def test_each_date_of_an_entry_is_a_row() -> None:
    one = entry(summary="Guest\nlecture", location="Room 2\nGhent", url="https://events.example/1",
                categories=("eNSPIRED", "Lecture"), uid="talk@x")  # fmt: skip
    visit = entry(date(2027, 3, 15), end=date(2027, 3, 19), uid="visit@x", status="tentative", url="javascript:x")
    lessons = series(wall("2027-10-25 08:30"), "FREQ=WEEKLY;COUNT=3", "America/Guayaquil", uid="lessons@x")
    moved = override(lessons, wall("2027-11-01 08:30"), wall("2027-11-02 09:00:30"), 2, status="cancelled",
                     zone="Europe/Brussels", location="Online")  # fmt: skip
    entries = [lessons_with(lessons, moved), visit, one]
    assert entry_rows(entries, AFTER, BEFORE) == [
        ("visit@x", "Guest lecture", "2027-03-15", "2027-03-18", "", "", "", "tentative", "", "", ""),
        ("talk@x", "Guest lecture", "2027-03-16T14:30", "2027-03-16T15:30", "Europe/Brussels",
         "2027-03-16T13:30:00Z", "2027-03-16T14:30:00Z", "confirmed", "Room 2, Ghent", "https://events.example/1",
         "eNSPIRED, Lecture"),
        ("lessons@x", "Guest lecture", "2027-10-25T08:30", "2027-10-25T09:30", "America/Guayaquil",
         "2027-10-25T13:30:00Z", "2027-10-25T14:30:00Z", "confirmed", "", "", ""),
        ("lessons@x", "Guest lecture", "2027-11-02T09:00:30", "2027-11-02T11:00:30", "Europe/Brussels",
         "2027-11-02T08:00:30Z", "2027-11-02T10:00:30Z", "cancelled", "Online", "", ""),
        ("lessons@x", "Guest lecture", "2027-11-08T08:30", "2027-11-08T09:30", "America/Guayaquil",
         "2027-11-08T13:30:00Z", "2027-11-08T14:30:00Z", "confirmed", "", "", ""),
    ]  # fmt: skip
    header, *rows = read(table(ENTRY_COLUMNS, entry_rows(entries, AFTER, BEFORE)))
    assert header == list(ENTRY_COLUMNS)
    assert len(rows) == 5
    assert entry_rows(entries, AFTER, BEFORE) == entry_rows(reversed(entries), AFTER, BEFORE)


def lessons_with(lessons: Entry, moved: Entry) -> Entry:
    return msgspec.structs.replace(lessons, overrides=(moved,))
