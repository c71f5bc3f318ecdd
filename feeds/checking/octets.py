"""Rule 17 and the size of rule 20: octets and lines as they stand (RFC 5545 section 3.1)."""

import re
from collections.abc import Iterator
from itertools import islice

from feeds.checking.findings import Finding

_CONTROL = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_LONGEST, _LARGEST = 75, 1_000_000
_BOM = b"\xef\xbb\xbf"


def check_octets(body: bytes, most: int = 250_000) -> Iterator[Finding]:
    """The first `most` lines of a calendar."""
    if len(body) > _LARGEST:
        yield Finding(20, "warning", 0, f"it has {len(body):,} octets: keep a feed under 1 MB")
    if body.startswith(_BOM):
        yield Finding(17, "fault", 1, "it begins with a byte order mark")
    lines = body.removeprefix(_BOM).split(b"\n", most)
    for number, line in enumerate(islice(lines, most), 1):
        if not line.strip(b"\r") and number == len(lines):
            continue
        yield from _check_line(line, number)
    if not body.endswith(b"\n"):
        yield Finding(17, "warning", len(lines), "the last line does not end: the file may be cut off")
    try:
        body.decode("utf-8")
    except UnicodeDecodeError as error:
        number = body.count(b"\n", 0, error.start) + 1
        yield Finding(17, "fault", number, "it is not UTF-8")


def _check_line(line: bytes, number: int) -> Iterator[Finding]:
    if not line.endswith(b"\r"):
        yield Finding(17, "fault", number, "a line does not end with CR LF")
    line = line.removesuffix(b"\r")
    if len(line) > _LONGEST:
        yield Finding(17, "warning", number, f"a line is longer than {_LONGEST} octets: fold it")
    if len(line) > 1 and line[:1] in (b" ", b"\t") and line[1] & 0xC0 == 0x80:
        yield Finding(17, "fault", number, "a line is folded inside a character")
    if _CONTROL.search(line):
        yield Finding(17, "fault", number, "a line holds a control character")
