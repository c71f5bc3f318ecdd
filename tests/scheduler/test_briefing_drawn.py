"""The PDF of a briefing: its one page, its letters and its lines, whatever stands in the titles."""

from io import BytesIO
from typing import Any

from pypdf import PdfReader

from scheduler.config import load
from scheduler.texts import load_catalogues
from scheduler.web.pages.briefing_lines import wrapped, writable
from scheduler.web.pages.press import Press
from scheduler.web.pages.site import make_site
from scheduler.web.pages.view_briefing import Briefing, Item, Month, one_line
from tests.running import BASE, NOW
from tests.scheduler.test_pages_briefing import POLISH, VIETNAMESE, WIDE, words_of


def drawn(*titles: str, sentence: str = "All events", here: str = f"{BASE}/en/") -> PdfReader:
    """A PDF of these titles, whatever the door would have refused."""
    config = load(environ={})
    voice = make_site(config, load_catalogues()).voice("en")
    items = tuple(
        Item(day="Tuesday", clock="14:30", title=one, details=one, states=(), off=False, url=f"{BASE}/{place}")
        for place, one in enumerate(titles)
    )
    made = Briefing(
        t=voice.t, operator="eNSPIRED", title="Title", sentence=sentence, made="Today", today=NOW.date(),
        months=(Month("March", items),), total=len(items), here=here,
    )  # fmt: skip
    return PdfReader(BytesIO(Press().draw(made)), strict=True)


def test_what_the_fonts_lack_is_marked_and_the_note_says_so() -> None:
    said = words_of(drawn("التعليم متعدد اللغات", "ភាសា Khmer", POLISH, "Party 🎓🎉 time"))
    assert "□ Khmer" in said
    assert "□ stands for writing" in said
    assert POLISH in said
    assert "Party time" in said
    assert "stands for" not in words_of(drawn(POLISH, VIETNAMESE, "Ñandú ¿qué? œuvre Ελλάδα Київ €"))


def test_controls_and_overrides_of_direction_leave_a_text() -> None:
    assert one_line("a\u202eb\x00c\r\n\td\u2028e\ufefff\ue000") == "abc d ef"
    said = words_of(drawn("evil\u202etxt.exe\x07\x1b[31m", "\ud800", ""))
    assert "eviltxt.exe[31m" in said


def test_nothing_is_drawn_beyond_the_edge_of_the_page() -> None:
    seen: list[tuple[float, float, str]] = []
    pdf = drawn(*[WIDE, "word " * 60, "x" * 5000] * 20, sentence="y" * 3000, here=f"{BASE}/?q={'z' * 5000}")
    pdf.pages[0].extract_text(
        visitor_text=lambda text, cm, tm, font, size: seen.append((tm[4], tm[5], text)) if text.strip() else None
    )
    assert all(x >= 42 and 40 <= y <= 800 for x, y, _ in seen)
    assert all(42 <= x <= 200 for x, _, _ in seen)
    notes: Any = pdf.pages[0]["/Annots"]
    for note in notes:
        left, low, right, high = (float(side) for side in note.get_object()["/Rect"])
        assert 0 < left <= right <= 595 - 41
        assert 0 < low <= high < 842


def test_lines_are_cut_where_the_column_ends() -> None:
    assert wrapped("one two three", len, 7, 5) == ["one two", "three"]
    assert wrapped("one two three four", len, 7, 2) == ["one two", "three…"]
    assert wrapped("abcdefghij", len, 4, 5) == ["abcd", "efgh", "ij"]
    assert wrapped("", len, 4, 5) == []
    assert writable("a  Б 字字 b", frozenset(map(ord, "ab "))) == "a □ b"
