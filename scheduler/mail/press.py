"""Mails to a crowd: worded and encoded once for each kind of reader, then filled in for each.

A letter is worded through a watch that writes down what was read of it. Whoever is the same in all that was read gets
the same words; only addresses, links, Message-ID and date stand in for their own. Each new form is compared with the
mail made the long way before it is used, octet by octet; whatever does not fit is made the long way.
"""

import hashlib
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from email.quoprimime import body_encode
from email.utils import format_datetime
from functools import partial
from secrets import token_hex
from types import FunctionType
from typing import Any, cast

import structlog
from msgspec.structs import replace

from scheduler.mail.compose import MESSAGE_ID, POLICY, Mail, envelope
from scheduler.mail.letter import Letter, Links
from scheduler.mail.transport import PLAIN_ADDRESS, Envelope, normal

log = structlog.get_logger()

MOST_FORMS = 512
PLAIN_URL = re.compile(r"https?://[A-Za-z0-9._~:/@%+#=-]{1,400}")
_SHARED_LINKS = frozenset({"event"})
"""Links that are the same for everybody; what a link is made of besides is one recipient's own."""
_STAND_IN_DATE = datetime(2000, 1, 1, tzinfo=UTC)

Read = tuple[str, str]
"""What was read: of `letter` or `registration`, and the field's name."""
Piece = bytes | str | tuple[str | tuple[str], ...]
"""Octets as they are; the name of a value; or a line of text with names (in tuples) in it, to be encoded."""


class Unfit(Exception):
    """There is no form for this letter; the long way says what is wrong with it, if anything is."""


class Press:
    """Makes envelopes of letters by `write`; keeps forms for the kinds of readers it has met."""

    def __init__(self, write: Callable[[Letter], Mail]) -> None:
        self._write = write
        self._forms: dict[str, dict[tuple[Read, ...], dict[tuple[object, ...], list[Piece] | None]]] = {}
        self._count = 0
        self._kept: list[tuple[int, object]] = []
        self._number = 0

    def envelope(self, letter: Letter, return_path: str = "") -> Envelope:
        """The finished mail. Raises what wording and composing it raise."""
        try:
            values = _values(letter)
            data = self._filled(letter, values)
        except Unfit:
            return envelope(replace(self._write(letter), return_path=return_path))
        return Envelope(
            sender=normal(return_path or letter.sender.address),
            recipient=letter.recipient,
            message_id=letter.message_id,
            data=data,
        )

    def _filled(self, letter: Letter, values: dict[str, str]) -> bytes:
        for names, forms in self._forms.get(letter.cause, {}).items():
            key = self._key(letter, names)
            if key in forms:
                form = forms[key]
                if form is None:
                    raise Unfit
                return _fill(form, values)
        return self._first(letter, values)

    def _first(self, letter: Letter, values: dict[str, str]) -> bytes:
        """The first of a kind: its form is made, and judged by the mail made the long way."""
        made = envelope(self._write(letter)).data
        reads: dict[Read, object] = {}
        form: list[Piece] | None
        try:
            form = _form(self._write, letter, reads)
            if _fill(form, values) != made:
                raise Unfit
        except Exception as error:  # whatever the wording cannot do with a watch: the long way can
            form = None
            log.warning("mail.no_form", cause=letter.cause, language=letter.language, reason=type(error).__name__)
        if self._count >= MOST_FORMS:
            self._forms.clear()
            self._count = 0
        names = tuple(reads)
        self._forms.setdefault(letter.cause, {}).setdefault(names, {})[self._key(letter, names)] = form
        self._count += 1
        return made

    def _key(self, letter: Letter, names: tuple[Read, ...]) -> tuple[object, ...]:
        parts = {"letter": letter, "registration": letter.registration}
        own = tuple(self._known(getattr(parts[of], name, None)) for of, name in names)
        return (*own, *_shape(letter.links))

    def _known(self, value: object) -> object:
        """Something that is equal for equal values and can be looked up by."""
        try:
            hash(value)
        except TypeError:
            return self._numbered(value)
        return value

    def _numbered(self, value: object) -> tuple[str, int]:
        """The number of a value; the same for an equal one as long as that is kept. The latest stand first."""
        for place, (number, kept) in enumerate(self._kept):
            if kept is value:
                return "kept", number
            if type(kept) is type(value) and kept == value:
                del self._kept[place]
                self._kept.insert(0, (number, value))
                return "kept", number
        self._number += 1
        self._kept.insert(0, (self._number, value))
        del self._kept[MOST_FORMS:]
        return "kept", self._number


class _Watch:
    """Stands for a struct; writes down what is read of it, and gives `instead` where that has a value."""

    def __init__(self, whole: object, of: str, reads: dict[Read, object], instead: dict[str, object]) -> None:
        self._whole = whole
        self._of = of
        self._reads = reads
        self._instead = instead

    def __getattr__(self, name: str) -> Any:
        if name in self._instead:
            return self._instead[name]
        static = getattr(type(self._whole), name, None)
        if isinstance(static, property) and static.fget:
            return static.fget(self)
        if isinstance(static, FunctionType):
            return partial(static, self)
        value = getattr(self._whole, name)
        self._reads[self._of, name] = value
        return value


def _values(letter: Letter) -> dict[str, str]:
    """What is this recipient's own, by name. Raises Unfit where it could not just be put in its place."""
    links = {name: getattr(letter.links, name) for name in Links.__struct_fields__}
    own = {name: url for name, url in links.items() if url and name not in _SHARED_LINKS}
    fits = (
        letter.registration is not None
        and letter.calendar is None
        and not letter.links.sign_in
        and letter.date.tzinfo is UTC
        and len(letter.message_id) <= 200
        and MESSAGE_ID.fullmatch(letter.message_id)
        and PLAIN_ADDRESS.fullmatch(letter.recipient)
        and all(isinstance(url, str) and PLAIN_URL.fullmatch(url) for url in own.values())
    )
    if not fits:
        raise Unfit
    ids = {"message_id": letter.message_id, "boundary": _seed(letter.message_id)}
    return {**own, **ids, "recipient": letter.recipient, "date": format_datetime(letter.date)}


def _shape(links: Links) -> Iterator[object]:
    """What of the links decides about the words: which there are, and those that all share."""
    for name in Links.__struct_fields__:
        url = getattr(links, name)
        yield url if name in _SHARED_LINKS else bool(url)


def _seed(message_id: str) -> str:
    return hashlib.sha256(message_id.encode()).hexdigest()[:32]


def _form(write: Callable[[Letter], Mail], letter: Letter, reads: dict[Read, object]) -> list[Piece]:
    """Words and composes a letter with stand-ins, and takes the result apart. Raises Unfit."""
    secret = token_hex(12)  # nobody's text can hold it
    links = letter.links
    stand_ins = {
        name: f"https://{secret}.invalid/{name}"
        for name in Links.__struct_fields__
        if name not in _SHARED_LINKS and getattr(links, name)
    }
    instead: dict[str, object] = {
        "recipient": f"{secret}@x.invalid",
        "message_id": f"<{secret}@x.invalid>",
        "date": _STAND_IN_DATE,
        "links": replace(links, **stand_ins),
        "registration": _Watch(letter.registration, "registration", reads, {}),
    }
    mail = write(cast("Letter", _Watch(letter, "letter", reads, instead)))
    names = {**{text: name for name, text in stand_ins.items()}, str(instead["message_id"]): "message_id"}
    names |= {str(instead["recipient"]): "recipient", format_datetime(_STAND_IN_DATE): "date"}
    names[_seed(mail.message_id)] = "boundary"
    return list(_merged(_pieces(mail, names, secret)))


def _pieces(mail: Mail, names: dict[str, str], secret: str) -> Iterator[Piece]:
    whole = envelope(mail).data
    for body in (mail.text, mail.html):
        lines = [line.decode() for line in body.encode().splitlines()]
        encoded = b"".join(_encoded(line) for line in lines)
        before, found, whole = whole.partition(encoded)
        if not found or secret in mail.subject:
            raise Unfit
        yield from _named(before, names)
        for line in lines:
            yield _line(line, names) if secret in line else _encoded(line)
    yield from _named(whole, names)


def _named(octets: bytes, names: dict[str, str]) -> Iterator[Piece]:
    """Headers and boundaries: stand-ins among octets that stay."""
    for part in _split(octets.decode("ascii"), names):
        yield names[part] if part in names else part.encode("ascii")


def _line(line: str, names: dict[str, str]) -> Piece:
    return tuple((names[part],) if part in names else part for part in _split(line, names) if part)


def _split(text: str, names: dict[str, str]) -> list[str]:
    return re.split(f"({'|'.join(map(re.escape, names))})", text)


def _merged(pieces: Iterator[Piece]) -> Iterator[Piece]:
    gathered = bytearray()
    for piece in pieces:
        if isinstance(piece, bytes):
            gathered += piece
            continue
        yield bytes(gathered)
        gathered.clear()
        yield piece
    yield bytes(gathered)


def _fill(form: list[Piece], values: dict[str, str]) -> bytes:
    return b"".join(_octets(piece, values) for piece in form)


def _octets(piece: Piece, values: dict[str, str]) -> bytes:
    if isinstance(piece, bytes):
        return piece
    if isinstance(piece, str):
        return values[piece].encode("ascii")
    return _encoded("".join(values[part[0]] if isinstance(part, tuple) else part for part in piece))


def _encoded(line: str) -> bytes:
    """One line in quoted-printable, as the library writes it, with its end."""
    text = body_encode(line.encode().decode("latin-1"), POLICY.max_line_length or 0)
    return text.replace("\n", "\r\n").encode("ascii") + b"\r\n"
