"""Finished mails with places in them for what is one reader's own.

Where quoted-printable (RFC 2045 section 6.7) breaks a line hangs on how long the values in it are and not on what they
say, as long as nothing in them has to be quoted. So a form is cut once for each set of lengths and filled in from then
on.
"""

from collections.abc import Iterable, Iterator
from email.quoprimime import body_encode

from msgspec import Struct

from scheduler.mail.compose import POLICY

MOST_CUTS = 64
_DOT = ord(".")

Parts = tuple[str | tuple[str], ...]
"""A line of text, and the names (in tuples) of values that stand in it."""
Piece = bytes | str | Parts
"""Octets as they are; the name of a value; or a line that is to be encoded."""
Places = dict[str, tuple[int, int]]
"""Where each value stands when all are written one after the other: first and end."""


class _Cut(Struct, frozen=True):
    """A mail whose places are empty; and for each place its number, and what comes there (first, end).

    `stuffed` are the octets as they travel, none where the mail needs more work on its way than dots. `starts`: what
    comes to stand first in a line.
    """

    octets: list[bytes]
    places: list[tuple[int, int, int]]
    stuffed: list[bytes]
    starts: list[int]


class Form:
    """Made of pieces; `filled` gives the mail with a reader's values."""

    def __init__(self, pieces: Iterable[Piece]) -> None:
        self._pieces = tuple(pieces)
        self._cuts: dict[tuple[int, ...], _Cut] = {}

    def filled(self, values: dict[str, str]) -> tuple[bytes, bytes]:
        """The mail, and the same as it travels where that is known (see Envelope).

        `values`: those of the form, always in the same order, each in printed ASCII without a "=".
        """
        lengths = tuple(map(len, values.values()))
        cut = self._cuts.get(lengths)
        if cut is None:
            if len(self._cuts) >= MOST_CUTS:
                self._cuts.clear()
            cut = self._cuts[lengths] = self._cut(values)
        own = "".join(values.values()).encode("ascii")
        octets, stuffed = cut.octets.copy(), cut.stuffed.copy()
        for number, first, end in cut.places:
            octets[number] = value = own[first:end]
            if stuffed:
                stuffed[number] = value
        dotted = any(own[first] == _DOT for first in cut.starts)
        return b"".join(octets), b"" if dotted else b"".join(stuffed)

    def _cut(self, values: dict[str, str]) -> _Cut:
        stands: Places = {}
        first = 0
        for name, value in values.items():
            stands[name] = (first, first := first + len(value))
        octets, places = [b""], []
        for piece in self._pieces:
            for part in _parts(piece, stands):
                if isinstance(part, bytes):
                    octets[-1] += part
                else:
                    places.append((len(octets), *part))
                    octets += [b"", b""]
        starts = [first for number, first, _ in places if octets[number - 1].endswith(b"\n")]
        return _Cut(octets, places, _stuffed(octets), starts)


def _stuffed(octets: list[bytes]) -> list[bytes]:
    """With the dots at the beginning of lines doubled, and the end of the mail; none where lines end otherwise."""
    mail = b"a".join(octets[::2])
    pairs = mail.count(b"\r\n") == mail.count(b"\n") == mail.count(b"\r")
    if not pairs or not mail.endswith(b"\r\n") or mail.startswith(b"."):
        return []
    return [part.replace(b"\n.", b"\n..") for part in octets[:-1]] + [octets[-1].replace(b"\n.", b"\n..") + b".\r\n"]


def quoted(line: str) -> bytes:
    """One line in quoted-printable, as the email package writes it, with its end."""
    text = body_encode(line.encode().decode("latin-1"), POLICY.max_line_length or 0)
    return text.replace("\n", "\r\n").encode("ascii") + b"\r\n"


def _parts(piece: Piece, stands: Places) -> Iterator[bytes | tuple[int, int]]:
    """Octets that stay, and what comes in between (first, end)."""
    if isinstance(piece, bytes):
        yield piece
    elif isinstance(piece, str):
        yield stands[piece]
    else:
        yield from _cut_line(piece, stands)


def _cut_line(line: Parts, stands: Places) -> Iterator[bytes | tuple[int, int]]:
    """Encoded with two fillings of the values' lengths: where they differ stand the values, all else stays."""
    wanted = (place for part in line if isinstance(part, tuple) for place in range(*stands[part[0]]))
    one, other = (quoted(_with(line, stands, letter)) for letter in "ab")
    begun = 0
    while begun < len(one):
        end, same = begun, one[begun] == other[begun]
        while end < len(one) and (one[end] == other[end]) == same:
            end += 1
        if same:
            yield one[begun:end]
        else:
            yield from _runs([next(wanted) for _ in range(begun, end)])
        begun = end


def _runs(places: list[int]) -> Iterator[tuple[int, int]]:
    """Places one after the other as stretches: first and end."""
    first = 0
    for number in range(1, len(places) + 1):
        if number == len(places) or places[number] != places[number - 1] + 1:
            yield places[first], places[number - 1] + 1
            first = number


def _with(line: Parts, stands: Places, letter: str) -> str:
    lengths = {name: end - first for name, (first, end) in stands.items()}
    return "".join(letter * lengths[part[0]] if isinstance(part, tuple) else part for part in line)
