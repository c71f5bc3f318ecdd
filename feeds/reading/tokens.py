"""A logical line to name, parameters and value (RFC 5545 section 3.1, RFC 6868), also where quotes are missing.

Every search goes forward only, so that a line costs time in proportion to its length, whatever stands in it.
"""

import re

from msgspec import Struct

from feeds.reading.findings import Limits
from feeds.reading.unfolding import Logical

TIMES = frozenset(
    {"DTSTART", "DTEND", "RECURRENCE-ID", "EXDATE", "RDATE", "DUE", "DTSTAMP", "CREATED", "LAST-MODIFIED"}
)
Repairs = tuple[tuple[str, str], ...]

_NAME = re.compile(r"[A-Za-z0-9-]+")
_PLAIN = re.compile(r"[^;:]*")
_DATE = re.compile(r"\s*\d{4}-?\d\d-?\d\d")
_ESCAPE = re.compile(r"\^([n'^])")
_UNESCAPED = {"n": "\n", "'": '"', "^": "^"}


class Parameter(Struct, frozen=True):
    """One parameter: its name in capitals, its value without quotes, and `raw` as it stood, with the semicolon."""

    name: str
    value: str
    raw: str


class Line(Struct, frozen=True):
    """A property: `number` of its first line (from 1), its name in capitals, its raw value, and the whole `text`.

    `repairs` are pairs of code and words; `fault` says why it cannot be read, "" for a good one.
    """

    number: int
    name: str
    parameters: tuple[Parameter, ...]
    value: str
    text: str
    repairs: Repairs = ()
    fault: str = ""

    def parameter(self, name: str) -> str:
        """The value of the first parameter of that name, "" without one."""
        for parameter in self.parameters:
            if parameter.name == name:
                return parameter.value
        return ""


class _Broken(Exception):
    """The parameters of a line lead nowhere."""


def tokenize(logical: Logical, limits: Limits) -> Line:
    """The property on a logical line; one that cannot be taken apart has a `fault`."""
    text = logical.text
    match = _NAME.match(text)
    name = match[0].upper() if match else ""
    if logical.fault or match is None:
        return Line(logical.number, name, (), "", text, (), logical.fault or "it has no name")
    at = match.end()
    while text[at : at + 1] == " ":
        at += 1
    if text[at : at + 1] == ":":
        return Line(logical.number, name, (), text[at + 1 :], text, logical.repairs)
    try:
        parameters, value, repairs = _taken_apart(name, text, at, limits)
    except _Broken as broken:
        return Line(logical.number, name, (), "", text[:200], (), str(broken))
    return Line(logical.number, name, parameters, value, text, (*logical.repairs, *repairs))


def _taken_apart(name: str, text: str, at: int, limits: Limits) -> tuple[tuple[Parameter, ...], str, Repairs]:
    if name not in TIMES:
        return _parameters(text, at, limits)
    try:
        found = _parameters(text, at, limits)
    except _Broken:
        found = None
    if found and _DATE.match(found[1]):
        return found
    lenient = _unquoted_zone(text, at)
    if lenient:
        return lenient
    if found:
        return found
    raise _Broken("it has no value: a colon is missing")


def _parameters(text: str, at: int, limits: Limits) -> tuple[tuple[Parameter, ...], str, Repairs]:
    found: list[Parameter] = []
    repairs: list[tuple[str, str]] = []
    quotes_close = True
    while text[at : at + 1] == ";":
        start = at
        name = _NAME.match(text, at + 1)
        at = name.end() if name else at + 1
        if name and text[at : at + 1] == "=":
            value, at, quotes_close, odd = _value(text, at + 1, quotes_close)
            if odd:
                repairs.append(("quotes", f"the quotes of {name[0]} do not close: they were read as part of it"))
            found.append(Parameter(name[0].upper(), value, text[start:at]))
        else:
            at = _end_of_plain(text, at)
            if text[start + 1 : at].strip():
                found.append(Parameter("", text[start + 1 : at], text[start:at]))
        if len(found) > limits.parameters or at - start > limits.line_octets:
            raise _Broken(f"it has more than {limits.parameters} parameters")
    if text[at : at + 1] != ":":
        raise _Broken("it has no value: a colon is missing")
    return tuple(found), text[at + 1 :], tuple(dict.fromkeys(repairs))


def _value(text: str, at: int, quotes_close: bool) -> tuple[str, int, bool, bool]:
    """A parameter's value, where it ends, whether quotes may still close further on, and whether these did not."""
    values, odd = [], False
    while True:
        if text[at : at + 1] == '"' and quotes_close:
            end = _closing(text, at + 1)
            if end is not None:
                values.append(text[at + 1 : end])
                at = end + 1
                if text[at : at + 1] == ",":
                    at += 1
                    continue
                break
            quotes_close = False
        start = at
        at = _end_of_plain(text, at)
        odd = '"' in text[start:at]
        values.append(text[start:at])
        break
    value = _ESCAPE.sub(lambda match: _UNESCAPED[match[1]], ",".join(values))
    return value, at, quotes_close, odd


def _closing(text: str, at: int) -> int | None:
    """The quote that ends a quoted value: the first with ; : or , behind it. Some names hold quotes themselves."""
    while (end := text.find('"', at)) >= 0:
        if text[end + 1 : end + 2] in {";", ":", ","}:
            return end
        at = end + 1
    return None


def _end_of_plain(text: str, at: int) -> int:
    match = _PLAIN.match(text, at)
    return match.end() if match else at


def _unquoted_zone(text: str, at: int) -> tuple[tuple[Parameter, ...], str, Repairs] | None:
    """A time whose TZID holds colons and commas without quotes, as Outlook on the web has written it."""
    head, _, value = text.rpartition(":")
    if not _DATE.match(value) or len(head) > 1000:
        return None
    found = []
    for piece in head[at:].split(";"):
        name, _, content = piece.partition("=")
        if name.strip():
            found.append(Parameter(name.strip().upper(), content.strip().strip('"'), ";" + piece))
    return tuple(found), value, (("quotes", "its time zone should stand in quotes"),)
