"""A briefing on one page A4: what does not fit becomes a number, beside a code that opens the whole list.

Measures are points (1/72 inch), from the lower left corner, as PDF counts them (ISO 32000-1 section 8.3).
"""

from collections.abc import Iterator
from io import BytesIO

import segno
from msgspec import Struct
from reportlab.lib.colors import HexColor
from reportlab.lib.pagesizes import A4
from reportlab.pdfgen.canvas import Canvas

from scheduler.web.pages.briefing_lines import NO_LETTER, Face, shortened, wrapped, writable
from scheduler.web.pages.qr import MOST_CHARACTERS
from scheduler.web.pages.view_briefing import Briefing, Item

WIDE, HIGH = A4
MARGIN = 42.0
_WHEN = 146.0
_CODE = 78.0
_FOOT = 34.0
_REST = 9.0
_TEXT = WIDE - 2 * MARGIN - _WHEN
_INK, _MUTED, _LINE, _LINK, _STATE = "#1a1f24", "#545c65", "#b9bdc2", "#0a5873", "#9c1c1c"


class Size(Struct, frozen=True):
    """How large the list is set: titles, everything else, the space after a date, the most lines of a title."""

    title: float
    small: float
    gap: float
    lines: int


SIZES = (Size(10.5, 8.5, 8.0, 2), Size(9.5, 8.0, 5.0, 2), Size(8.5, 7.25, 3.5, 1))
"""The largest one in which everything fits is taken, else the last."""


class Row(Struct, frozen=True, kw_only=True):
    """A date, in lines. `heading` stands above the first date of a month, `state` begins the first line of details."""

    item: Item
    heading: str
    when: tuple[tuple[str, bool], ...]
    title: tuple[str, ...]
    state: str
    details: tuple[str, ...]

    def high(self, size: Size) -> float:
        """How much of the page it takes."""
        left = len(self.when) * size.small * 1.3
        right = len(self.title) * size.title * 1.25 + len(self.details) * size.small * 1.3
        return (size.title * 2.1 if self.heading else 0) + max(left, right) + size.gap


class Sheet:
    """One page that is being drawn; `y` is where the next line goes."""

    def __init__(self, plain: Face, bold: Face, of: Briefing) -> None:
        self._file = BytesIO()
        self._plain, self._bold, self._of = plain, bold, of
        self._canvas = Canvas(
            self._file,
            pagesize=A4,
            invariant=1,
            pageCompression=1,
            lang=of.t.language,
            initialFontName=plain.name,  # type: ignore[arg-type]  # the stubs take it for a number
        )
        self._letters = plain.letters & bold.letters
        self._gaps = False
        self.y = HIGH - MARGIN

    def drawn(self) -> bytes:
        """The whole document."""
        canvas, of = self._canvas, self._of
        canvas.setTitle(f"{of.title} · {of.sentence}")
        canvas.setAuthor(of.operator)
        canvas.setSubject(of.made)
        canvas.setCreator(of.operator)
        canvas.setViewerPreference("DisplayDocTitle", "true")
        self._head()
        self._list()
        self._foot()
        canvas.showPage()
        canvas.save()
        return self._file.getvalue()

    def _head(self) -> None:
        of, wide = self._of, WIDE - 2 * MARGIN - _CODE - 16
        top = self.y
        for text, size, bold, colour, most in (
            (of.operator, 8.5, False, _MUTED, 1),
            (of.title, 18.0, True, _INK, 1),
            (of.sentence, 10.0, False, _INK, 3),
            (of.made, 8.0, False, _MUTED, 2),
        ):
            self.y -= 3
            for line in self._wrapped(text, size, wide, most, bold=bold):
                self.y -= size * 1.3
                self._write(MARGIN, line, size, bold=bold, colour=colour)
        if len(of.here) <= MOST_CHARACTERS:
            self._code(WIDE - MARGIN - _CODE, top - _CODE)
            self.y = min(self.y, top - _CODE)
        self.y -= 14
        self._rule(self.y)

    def _list(self) -> None:
        of = self._of
        room = self.y - MARGIN - _FOOT
        for size in SIZES:
            rows = tuple(self._rows(size, room))
            if of.total == len(rows) and sum(row.high(size) for row in rows) <= room:
                break
        shown = self._fitting(rows, size, room)
        for row in rows[:shown]:
            self._row(row, size)
        self.y -= 4
        for line in self._rest(shown):
            self.y -= _REST * 1.3
            self._write(MARGIN, line, _REST, colour=_LINK)
            self._link(of.here, MARGIN, self._wide(line, _REST), _REST)

    def _rest(self, shown: int) -> list[str]:
        """What stands below the list: how many dates are not in it, or that there are none at all."""
        of = self._of
        if of.total == shown and shown:
            return []
        said = f"{of.t.plural('pages.briefing.more', of.total - shown)} {of.here}"
        return self._wrapped(said if of.total else of.t("pages.briefing.empty"), _REST, WIDE - 2 * MARGIN, 3)

    def _fitting(self, rows: tuple[Row, ...], size: Size, room: float) -> int:
        """How many dates fit; where some are left over, with room for the lines that say so."""
        highs = [row.high(size) for row in rows]
        if self._of.total == len(rows) and sum(highs) <= room:
            return len(rows)
        room, shown = room - 4 - len(self._rest(0)) * _REST * 1.3, 0
        while shown < len(rows) and highs[shown] <= room:
            room -= highs[shown]
            shown += 1
        return shown

    def _rows(self, size: Size, room: float) -> Iterator[Row]:
        """The dates in their order, until the page is more than full."""
        for month in self._of.months:
            for place, item in enumerate(month.items):
                if room < 0:
                    return
                row = self._row_of(item, "" if place else month.heading, size)
                room -= row.high(size)
                yield row

    def _row_of(self, item: Item, heading: str, size: Size) -> Row:
        day = self._wrapped(item.day, size.small, _WHEN - 10, 2, bold=True)
        clock = self._wrapped(item.clock, size.small, _WHEN - 10, 3)
        state = "".join(f"{one} · " for one in self._wrapped(" · ".join(item.states), size.small, _TEXT / 2, 1))
        left = _TEXT - self._wide(state, size.small, bold=True)
        details = self._wrapped(item.details, size.small, left if state else _TEXT, 1 if state else size.lines)
        return Row(
            item=item,
            heading=heading,
            when=(*((line, True) for line in day), *((line, False) for line in clock)),
            title=tuple(self._wrapped(item.title, size.title, _TEXT, size.lines, bold=True)),
            state=state,
            details=tuple(details),
        )

    def _row(self, row: Row, size: Size) -> None:
        if row.heading:
            self.y -= size.title * 1.6
            self._write(MARGIN, self._known(row.heading), size.title + 1, bold=True, colour=_LINK)
            self.y -= size.title * 0.5
        top = self.y
        for place, (line, bold) in enumerate(row.when):
            self.y = top - size.title - place * size.small * 1.3
            self._write(MARGIN, line, size.small, bold=bold)
        self.y = top
        left = MARGIN + _WHEN
        for line in row.title:
            self.y -= size.title * 1.25 if line is not row.title[0] else size.title
            self._title(left, line, size.title, row.item)
        for place, line in enumerate(row.details):
            self.y -= size.small * 1.3
            state = "" if place else row.state
            self._write(left, state, size.small, bold=True, colour=_STATE)
            self._write(left + self._wide(state, size.small, bold=True), line, size.small, colour=_MUTED)
        self.y = top - row.high(size) + (size.title * 2.1 if row.heading else 0)

    def _title(self, x: float, line: str, size: float, item: Item) -> None:
        self._write(x, line, size, bold=True, colour=_MUTED if item.off else _INK)
        wide = self._wide(line, size, bold=True)
        if item.off:
            self._canvas.setStrokeColor(HexColor(_MUTED))
            self._canvas.line(x, self.y + size * 0.3, x + wide, self.y + size * 0.3)
        self._link(item.url, x, wide, size)

    def _foot(self) -> None:
        t, wide = self._of.t, WIDE - 2 * MARGIN
        self._rule(MARGIN + 22)
        said = f"{t('pages.briefing.here')} {self._of.here}"
        self.y = MARGIN + 11
        line = shortened(self._known(said), lambda text: self._wide(text, 7.5), wide)
        self._write(MARGIN, line, 7.5, colour=_MUTED)
        self._link(self._of.here, MARGIN, self._wide(line, 7.5), 7.5)
        if self._gaps:
            self.y = MARGIN
            note = shortened(t("pages.briefing.no_letters", sign=NO_LETTER), lambda text: self._wide(text, 7.5), wide)
            self._write(MARGIN, note, 7.5, colour=_MUTED)

    def _code(self, x: float, y: float) -> None:
        """The QR code (ISO/IEC 18004) of the list; the page around it is its quiet zone."""
        rows = segno.make_qr(self._of.here, error="m").matrix
        module = _CODE / len(rows)
        self._canvas.setFillColor(HexColor("#000000"))
        for down, row in enumerate(rows):
            for across, dark in enumerate(row):
                if dark:
                    left, low = x + across * module, y + _CODE - (down + 1) * module
                    self._canvas.rect(left, low, module, module, stroke=0, fill=1)
        self._canvas.linkURL(self._of.here, (x, y, x + _CODE, y + _CODE), relative=0)

    def _write(self, x: float, text: str, size: float, *, bold: bool = False, colour: str = _INK) -> None:
        self._canvas.setFillColor(HexColor(colour))
        self._canvas.setFont((self._bold if bold else self._plain).name, size)
        self._canvas.drawString(x, self.y, text)

    def _rule(self, y: float) -> None:
        self._canvas.setStrokeColor(HexColor(_LINE))
        self._canvas.setLineWidth(0.6)
        self._canvas.line(MARGIN, y, WIDE - MARGIN, y)

    def _link(self, url: str, x: float, wide: float, size: float) -> None:
        self._canvas.linkURL(url, (x, self.y - size * 0.3, x + wide, self.y + size), relative=0)

    def _wide(self, text: str, size: float, *, bold: bool = False) -> float:
        return float(self._canvas.stringWidth(text, (self._bold if bold else self._plain).name, size))

    def _known(self, text: str) -> str:
        found = writable(text, self._letters)
        self._gaps |= NO_LETTER in found and NO_LETTER not in text
        return found

    def _wrapped(self, text: str, size: float, wide: float, most: int, *, bold: bool = False) -> list[str]:
        return wrapped(self._known(text), lambda line: self._wide(line, size, bold=bold), wide, most)
