"""Text in the lines of a PDF: as wide as a column, with the letters that its fonts have."""

import re
import unicodedata
from collections.abc import Callable, Iterator
from itertools import groupby

from msgspec import Struct

from scheduler.web.pages.view_briefing import one_line

ELLIPSIS = "…"
NO_LETTER = "□"
"""Stands for a run of writing that the fonts have no letters for (Arabic, Khmer, Ethiopic...)."""

_SEVERAL = re.compile(rf"{NO_LETTER}( {NO_LETTER})+")

Width = Callable[[str], float]
"""How wide a text is, in points."""


class Face(Struct, frozen=True):
    """A font under its registered name, with the code points that it has letters for."""

    name: str
    letters: frozenset[int]


def writable(text: str, letters: frozenset[int]) -> str:
    """`text` with NO_LETTER for each run of writing that a font cannot show; signs and emoji are left out."""
    shown = "".join(_run(kind, list(run)) for kind, run in groupby(one_line(text), lambda one: _kind(one, letters)))
    return _SEVERAL.sub(NO_LETTER, " ".join(shown.split()))


def wrapped(text: str, wide: Width, most_wide: float, most: int) -> list[str]:
    """`text` in at most `most` lines of at most `most_wide` points; what does not fit ends in an ellipsis.

    A word that is wider than a line is cut where the line ends.
    """
    lines: list[str] = []
    for word in _words(text, wide, most_wide):
        if lines and wide(f"{lines[-1]} {word}") <= most_wide:
            lines[-1] = f"{lines[-1]} {word}"
        elif len(lines) < most:
            lines.append(word)
        else:
            lines[-1] = shortened(f"{lines[-1]} {word}", wide, most_wide, cut=True)
            break
    return lines


def shortened(text: str, wide: Width, most_wide: float, *, cut: bool = False) -> str:
    """`text` on one line of at most `most_wide` points; with an ellipsis where it was too long, or is `cut` already."""
    if wide(text) <= most_wide and not cut:
        return text
    ending = "" if text.endswith(ELLIPSIS) else ELLIPSIS
    return f"{text[: _fitting(text, wide, most_wide - wide(ELLIPSIS))].rstrip()}{ending}"


def _words(text: str, wide: Width, most_wide: float) -> Iterator[str]:
    for word in text.split():
        rest = word
        while wide(rest) > most_wide:
            fits = max(1, _fitting(rest, wide, most_wide))
            yield rest[:fits]
            rest = rest[fits:]
        yield rest


def _fitting(text: str, wide: Width, most_wide: float) -> int:
    """How many characters of `text` fit: halving, since a longer text is never narrower."""
    low, high = 0, len(text)
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if wide(text[:middle]) <= most_wide else (low, middle - 1)
    return low


def _kind(character: str, letters: frozenset[int]) -> str:
    if ord(character) in letters:
        return "shown"
    return "writing" if unicodedata.category(character)[0] in "LMN" else "sign"


def _run(kind: str, run: list[str]) -> str:
    return "".join(run) if kind == "shown" else NO_LETTER if kind == "writing" else ""
