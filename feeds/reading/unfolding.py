"""Bytes to logical lines, each with the number of the line it begins on (RFC 5545 section 3.1).

Unfolding is done on octets, because programs fold inside a UTF-8 sequence; characters come after it, line by line,
because files exist in which one line alone is in another encoding.
"""

import re
from collections.abc import Iterator

from msgspec import Struct

from feeds.errors import TooLarge
from feeds.reading.findings import Limits

# Properties whose value is free text: what follows such a line and is no property belongs to it.
TEXTS = frozenset(
    {
        "SUMMARY",
        "DESCRIPTION",
        "LOCATION",
        "COMMENT",
        "CONTACT",
        "CATEGORIES",
        "RESOURCES",
        "NAME",
        "STYLED-DESCRIPTION",
    }
)
_KNOWN = TEXTS | frozenset({
    "BEGIN", "END", "VERSION", "PRODID", "CALSCALE", "METHOD", "UID", "DTSTAMP", "DTSTART", "DTEND", "DURATION",
    "DUE", "COMPLETED", "PERCENT-COMPLETE", "RECURRENCE-ID", "RRULE", "RDATE", "EXDATE", "EXRULE", "SEQUENCE",
    "STATUS", "CREATED", "LAST-MODIFIED", "TRANSP", "CLASS", "PRIORITY", "GEO", "URL", "ORGANIZER", "ATTENDEE",
    "ATTACH", "RELATED-TO", "REQUEST-STATUS", "FREEBUSY", "ACTION", "TRIGGER", "REPEAT", "TZID", "TZNAME",
    "TZOFFSETFROM", "TZOFFSETTO", "TZURL", "COLOR", "IMAGE", "CONFERENCE", "REFRESH-INTERVAL", "SOURCE",
    "TIMEZONE-ID", "ACKNOWLEDGED", "PROXIMITY",
})  # fmt: skip
_NAME = re.compile(rb"([A-Za-z0-9-]{1,100}) ?[;:]")
_CONTROLS = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_ESCAPED_OCTET = re.compile("[\udc80-\udcff]+")
# A line that was cut at the usual width and lost its leading space; a shorter one ended with a line end of the text.
_FULL = 70
_MARKS = (
    (b"\xef\xbb\xbf", "utf-8"),
    (b"\xff\xfe\x00\x00", "utf-32"),
    (b"\x00\x00\xfe\xff", "utf-32"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
)


class Logical(Struct, frozen=True):
    """One unfolded line: where it begins (from 1), its text, and what had to be repaired (code, words)."""

    number: int
    text: str
    repairs: tuple[tuple[str, str], ...] = ()
    fault: str = ""


def logical_lines(data: bytes, limits: Limits) -> Iterator[Logical]:
    """The logical lines of `data`; blank ones are left out. Line ends are CRLF, LF or CR. Raises TooLarge."""
    if len(data) > limits.octets:
        raise TooLarge(f"the file has {len(data):,} octets, more than {limits.octets:,}")
    physical = _as_utf8(data).splitlines()
    if len(physical) > limits.lines:
        raise TooLarge(f"the file has more than {limits.lines:,} lines", limits.lines)
    current = _Gathered(0, b"", limits)
    for at, line in enumerate(physical, 1):
        if line[:1] in (b" ", b"\t") and current.parts:
            current.parts.append(line[1:])
            continue
        match = _NAME.match(line)
        if match and _is_name(match[1]):
            yield from current.logical()
            current = _Gathered(at, line, limits, textual=_is_textual(match[1]))
        elif line.strip() and current.textual:
            current.go_on(line, at)
        elif line.strip():
            yield from current.logical()
            current = _Gathered(0, b"", limits)
            yield Logical(at, line[:200].decode("utf-8", "replace"), (), "it is no property: NAME:value is expected")
    yield from current.logical()


class _Gathered:
    """The physical lines of one logical line."""

    def __init__(self, number: int, line: bytes, limits: Limits, *, textual: bool = False) -> None:
        self.parts = [line] if line else []
        self.textual = textual
        self._number = number
        self._limits = limits
        self._repairs: dict[str, str] = {}

    def go_on(self, line: bytes, at: int) -> None:
        """Add what should have been folded or escaped, and was not."""
        before = self.parts[-1]
        if before.endswith(b"=") and b"QUOTED-PRINTABLE" in self.parts[0][:200].upper():
            self.parts[-1] = before[:-1]
            self.parts.append(line)
        elif len(before) >= _FULL:
            words = f"line {at:,} does not begin with a space: it was read as a continuation"
            self._repairs.setdefault("broken-folding", words)
            self.parts.append(line)
        else:
            words = f"line {at:,} is no property: it was read as the next line of this text"
            self._repairs.setdefault("raw-line-end", words)
            self.parts += [b"\\n", line]

    def logical(self) -> Iterator[Logical]:
        """The line, if there is one."""
        if not self.parts:
            return
        octets = b"".join(self.parts)
        if len(octets) > self._limits.line_octets:
            fault = f"it has {len(octets):,} octets, more than {self._limits.line_octets:,}"
            yield Logical(self._number, octets[:200].decode("utf-8", "replace"), (), fault)
            return
        if _CONTROLS.search(octets):
            octets = _CONTROLS.sub(b"", octets)
            self._repairs["control-characters"] = "control characters were left out"
        text = octets.decode("utf-8", "surrogateescape")
        if not text.isascii() and _ESCAPED_OCTET.search(text):
            text = _ESCAPED_OCTET.sub(_from_windows, text)
            self._repairs["encoding"] = "it is not UTF-8: what was left was read as Windows-1252"
        yield Logical(self._number, text, tuple(self._repairs.items()))


def _as_utf8(data: bytes) -> bytes:
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            if encoding == "utf-8":
                return data[len(mark) :]
            return data.decode(encoding, "replace").encode("utf-8", "replace")
    if data[:2] in (b"B\0", b"\0B"):
        return data.decode("utf-16-le" if data[0] else "utf-16-be", "replace").encode("utf-8", "replace")
    return data


def _is_name(octets: bytes) -> bool:
    # A sentence such as "Note: bring a pen" has a colon too; property names of others are in capitals.
    name = octets.decode("ascii")
    return name.isupper() or name.upper() in _KNOWN or name[:2] in {"X-", "x-"}


def _is_textual(octets: bytes) -> bool:
    name = octets.decode("ascii").upper()
    return name in TEXTS or name.startswith("X-")


def _from_windows(match: re.Match[str]) -> str:
    octets = match[0].encode("ascii", "surrogateescape")
    try:
        return octets.decode("cp1252")
    except UnicodeDecodeError:  # five octets mean nothing there
        return octets.decode("cp1252", "replace")
