"""The parts of a mail, by the standard library's parser, within limits that it does not have itself.

The parser nests without end, costs time by the square of a long Content-Type, and makes an object for every blank
line of a delivery report. So what is too long or too much is refused before it starts, and messages inside the
message are left closed: nothing in a mail that somebody forwards or sends back is an answer.
"""

import re
from collections.abc import Iterator
from email import message_from_bytes
from email.errors import HeaderParseError
from email.header import decode_header, make_header
from email.message import Message
from email.policy import compat32

from msgspec import Struct

from scheduler.mail.inbox.kinds import Trouble

_CLOSED = b"x-closed-message/"
_INNER_MESSAGE = re.compile(rb"^(content-type:\s*)message/", re.IGNORECASE | re.MULTILINE)
_CONTENT_TYPE = re.compile(rb"^content-type:(?:[^\n]*\n[ \t])*[^\n]*", re.IGNORECASE | re.MULTILINE)
_CHARSETS = {
    "iso-8859-1": "cp1252",
    "iso-8859-15": "iso-8859-15",
    "windows-1252": "cp1252",
    "cp1252": "cp1252",
    "latin-1": "cp1252",
    "utf-16": "utf-16",
    "utf-16le": "utf-16-le",
    "utf-16be": "utf-16-be",
}
"""Others are left to the calendar's reader: its own bytes say what they are."""

Headers = Message


class Limits(Struct, frozen=True, kw_only=True):
    """What one mail may hold: octets, lines, parts, and octets of one Content-Type."""

    octets: int = 1_048_576
    lines: int = 60_000
    parts: int = 30
    content_type: int = 1_000


class Beyond(Exception):
    """The mail goes beyond a limit."""

    def __init__(self, trouble: Trouble) -> None:
        super().__init__(trouble)
        self.trouble = trouble


def parsed(data: bytes, limits: Limits) -> Headers:
    """The mail, with messages inside it left closed. Raises Beyond."""
    if len(data) > limits.octets:
        raise Beyond("too-large")
    plain = data.replace(b"\0", b"").replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    if plain.count(b"\n") > limits.lines:
        raise Beyond("too-many-lines")
    types = [len(match[0]) for match in _CONTENT_TYPE.finditer(plain)]
    if len(types) > limits.parts:
        raise Beyond("too-many-parts")
    if max(types, default=0) > limits.content_type:
        raise Beyond("long-header")
    return message_from_bytes(_INNER_MESSAGE.sub(rb"\1" + _CLOSED, plain), policy=compat32)


def leaves(mail: Headers) -> Iterator[Headers]:
    """The parts that hold no parts, in order."""
    waiting = [mail]
    while waiting:
        part = waiting.pop()
        inner = part.get_payload()
        if part.get_content_maintype() == "message":
            continue  # in a digest parts are messages without saying so (RFC 2046 section 5.1.5)
        if part.is_multipart() and isinstance(inner, list):
            waiting += [one for one in reversed(inner) if isinstance(one, Message)]
        else:
            yield part


def kind_of(part: Headers) -> str:
    """The media type in lower case, as it was before inner messages were closed."""
    return part.get_content_type().replace(_CLOSED.decode(), "message/")


def content(part: Headers) -> bytes:
    """What a part holds, without its transfer encoding, in UTF-8 where it names another character set."""
    found = part.get_payload(decode=True)
    data = found if isinstance(found, bytes) else b""
    charset = _CHARSETS.get(str(part.get_param("charset", "")).strip().lower())
    return data.decode(charset, "replace").encode("utf-8", "replace") if charset else data


def header(mail: Headers, name: str) -> str:
    """The first header of that name, folded lines joined, at most 1000 characters; "" without one."""
    raw = next((value for key, value in mail.raw_items() if key.lower() == name.lower()), "")
    return " ".join(str(raw)[:1000].encode("utf-8", "surrogateescape").decode("utf-8", "replace").split())


def words(mail: Headers, name: str) -> str:
    """The same without its encoded words (RFC 2047); as it stands where these cannot be read."""
    text = header(mail, name)
    try:
        return str(make_header(decode_header(text)))
    except (LookupError, ValueError, HeaderParseError):
        return text
