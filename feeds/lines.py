"""Content lines: folding, escaping and quoting (RFC 5545 sections 3.1 and 3.3.11, RFC 6868)."""

import re
from datetime import UTC, datetime, timedelta

WIDTH = 75  # octets in a line, without its CRLF

_CONTROLS = [*range(0x20), *range(0x7F, 0xA0)]
# Readers break lines at these or refuse the file; NEL and the Unicode separators are line ends to some of them.
_SPACES = {0x85: " ", 0x2028: " ", 0x2029: " "}
_CLEAN: dict[int, str | None] = {**dict.fromkeys(_CONTROLS, None), 0x09: "\t", 0x0A: "\n", **_SPACES}
_ESCAPED: dict[int, str | None] = {**_CLEAN, ord("\\"): "\\\\", ord(";"): "\\;", ord(","): "\\,", 0x0A: "\\n"}
_PARAMETER: dict[int, str | None] = {**_CLEAN, ord("^"): "^^", ord('"'): "^'", 0x0A: "^n"}
_NOT_IN_URI = re.compile(r'[\x00-\x20\x7f-\xa0\u2028\u2029"<>\\^`{|}]')
_SIMPLE = re.compile(r"[A-Za-z0-9_./+-]+")


def line(name: str, value: str) -> bytes:
    """One content line, folded at 75 octets and never inside a character, with CRLF.

    `name` holds the parameters too; `value` is already in the form of its type. What UTF-8 cannot say
    (half a surrogate pair) becomes a question mark.
    """
    octets = f"{name}:{value}".encode("utf-8", "replace")
    if len(octets) <= WIDTH:
        return octets + b"\r\n"
    return fold(octets)


def fold(octets: bytes) -> bytes:
    """The octets of one line, cut into lines of at most 75 octets; those after the first begin with a space."""
    pieces = []
    start, room = 0, WIDTH
    while len(octets) - start > room:
        end = start + room
        while octets[end] & 0xC0 == 0x80:  # the middle of a character
            end -= 1
        pieces.append(octets[start:end])
        start, room = end, WIDTH - 1
    pieces.append(octets[start:])
    return b"\r\n ".join(pieces) + b"\r\n"


def clean(value: str) -> str:
    """The text as a reader will see it: line ends as \\n, no control characters but tabs."""
    return value.replace("\r\n", "\n").replace("\r", "\n").translate(_CLEAN)


def text(value: str) -> str:
    """A TEXT value (RFC 5545 section 3.3.11)."""
    return value.replace("\r\n", "\n").replace("\r", "\n").translate(_ESCAPED)


def one_line(value: str, joint: str = " ") -> str:
    """A TEXT value of one line: line ends become `joint`."""
    return text(joint.join(part.strip() for part in clean(value).split("\n") if part.strip()))


def uri(value: str) -> str:
    """A URI value: what may not stand in one is percent-encoded, so that it cannot end the line."""
    return _NOT_IN_URI.sub(lambda match: "".join(f"%{octet:02X}" for octet in match[0].encode()), value.strip())


def parameter(name: str, value: str) -> str:
    """`;NAME=value`, quoted when it has to be, with the ^ escapes of RFC 6868."""
    if _SIMPLE.fullmatch(value):
        return f";{name}={value}"
    return f';{name}="{value.replace(chr(13) + chr(10), chr(10)).replace(chr(13), chr(10)).translate(_PARAMETER)}"'


def utc(at: datetime) -> str:
    """A UTC instant in form 2 of RFC 5545 section 3.3.5: 20270316T133000Z."""
    at = at.astimezone(UTC)
    return f"{at.year:04}{at:%m%dT%H%M%S}Z"


def duration(length: timedelta) -> str:
    """A DURATION value (RFC 5545 section 3.3.6), such as PT15M, -P1D or PT0S."""
    sign = "-" if length < timedelta(0) else ""
    minutes, seconds = divmod(round(abs(length).total_seconds()), 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    clock = "".join(f"{amount}{unit}" for amount, unit in ((hours, "H"), (minutes, "M"), (seconds, "S")) if amount)
    if not days and not clock:
        return "PT0S"
    return f"{sign}P{f'{days}D' if days else ''}{f'T{clock}' if clock else ''}"
