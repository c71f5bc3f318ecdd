"""Mails to a crowd: worded and encoded once for each kind of reader, then filled in for each.

A letter is worded through a watch that writes down what was read of it. Whoever is the same in all that was read gets
the same words; only addresses, links, Message-ID and date stand in for their own. Each new form is compared with the
mail made the long way before it is used, octet by octet; whatever does not fit is made the long way.
"""

import hashlib
import re
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from email.utils import format_datetime
from functools import lru_cache, partial
from operator import attrgetter
from secrets import token_hex
from types import FunctionType
from typing import Any, cast

import structlog
from msgspec.structs import replace

from scheduler.mail.compose import MESSAGE_ID, Mail, envelope
from scheduler.mail.forms import Form, Parts, Piece, quoted
from scheduler.mail.letter import Letter, Links
from scheduler.mail.transport import Envelope, normal, plain

log = structlog.get_logger()

MOST_FORMS = 512
PLAIN_URLS = re.compile(r"(?:https?://[A-Za-z0-9._~:/@%+#-]{1,400}\n)*")
_SHARED_LINKS = frozenset({"event"})
"""Links that are the same for everybody; what a link is made of besides is one recipient's own."""
_OWN_LINKS = tuple(name for name in Links.__struct_fields__ if name not in _SHARED_LINKS)
_STAND_IN_DATE = datetime(2000, 1, 1, tzinfo=UTC)

Read = tuple[str, str]
"""What was read: of `letter` or `registration`, and the field's name."""


def _getter(names: Iterable[str]) -> Callable[[object], tuple[Any, ...]]:
    """Gives all of these attributes in one go (`attrgetter` gives a tuple for two names and more)."""
    first, *more = names
    get = attrgetter(first, *more)
    return get if more else lambda whole: (get(whole),)


_own_links = _getter(_OWN_LINKS)
_shared_links = _getter(_SHARED_LINKS)


class Unfit(Exception):
    """There is no form for this letter; the long way says what is wrong with it, if anything is."""


class Press:
    """Makes envelopes of letters by `write`; keeps forms for the kinds of readers it has met."""

    def __init__(self, write: Callable[[Letter], Mail]) -> None:
        self._write = write
        self._kinds: dict[tuple[str, str], dict[tuple[Read, ...], _Kind]] = {}
        self._count = 0
        self._numbers = _Numbers()

    def envelope(self, letter: Letter, return_path: str = "") -> Envelope:
        """The finished mail. Raises what wording and composing it raise."""
        try:
            values = _values(letter)
            data, stuffed = self._filled(letter, values)
        except Unfit:
            return envelope(replace(self._write(letter), return_path=return_path))
        return Envelope(
            sender=normal(return_path or letter.sender.address),
            recipient=letter.recipient,
            message_id=letter.message_id,
            data=data,
            stuffed=stuffed,
        )

    def _filled(self, letter: Letter, values: dict[str, str]) -> tuple[bytes, bytes]:
        for kind in self._kinds.get((letter.cause, letter.language), {}).values():
            key = kind.key(letter, self._numbers)
            if key in kind.forms:
                form = kind.forms[key]
                if form is None:
                    raise Unfit
                return form.filled(values)
        return self._first(letter, values), b""

    def _first(self, letter: Letter, values: dict[str, str]) -> bytes:
        """The first of a kind: its form is made, and judged by the mail made the long way."""
        made = envelope(self._write(letter)).data
        reads: dict[Read, object] = {}
        form: Form | None
        try:
            form = _form(self._write, letter, reads)
            if form.filled(values)[0] != made:
                raise Unfit
        except Exception as error:  # whatever the wording cannot do with a watch: the long way can
            form = None
            log.warning("mail.no_form", cause=letter.cause, language=letter.language, reason=type(error).__name__)
        if self._count >= MOST_FORMS:
            self._kinds.clear()
            self._count = 0
        kinds = self._kinds.setdefault((letter.cause, letter.language), {})
        kind = kinds.setdefault(tuple(reads), _Kind(reads))
        kind.forms[kind.key(letter, self._numbers)] = form
        self._count += 1
        return made


class _Kind:
    """The forms for readers of whom the same was read, by what it was."""

    def __init__(self, reads: dict[Read, object]) -> None:
        self.forms: dict[tuple[object, ...], Form | None] = {}
        self._fields = _getter([f"registration.{name}" if of == "registration" else name for of, name in reads])

    def key(self, letter: Letter, numbers: "_Numbers") -> tuple[object, ...]:
        """Equal for letters with the same words."""
        return (*map(numbers.known, self._fields(letter)), *_shape(letter.links))


class _Numbers:
    """Numbers for values that nothing can be looked up by (dictionaries, and what holds some)."""

    def __init__(self) -> None:
        self._kept: list[tuple[int, object]] = []
        self._number = 0

    def known(self, value: object) -> object:
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
    own = {name: url for name, url in zip(_OWN_LINKS, _own_links(letter.links), strict=True) if url}
    urls = "".join(f"{url}\n" for url in own.values())
    fits = (
        letter.registration is not None
        and letter.calendar is None
        and not letter.links.sign_in
        and letter.date.tzinfo is UTC
        and len(letter.message_id) <= 200
        and MESSAGE_ID.fullmatch(letter.message_id)
        and plain(letter.recipient)
        and urls.count("\n") == len(own)
        and PLAIN_URLS.fullmatch(urls)
    )
    if not fits:
        raise Unfit
    ids = {"message_id": letter.message_id, "boundary": _seed(letter.message_id)}
    return {**own, **ids, "recipient": letter.recipient, "date": _date(letter.date)}


@lru_cache(maxsize=64)
def _date(date: datetime) -> str:
    """As a header has it; mails of one reminder share it."""
    return format_datetime(date)


def _shape(links: Links) -> Iterator[object]:
    """What of the links decides about the words: which there are, and those that all share."""
    yield from _shared_links(links)
    yield from map(bool, _own_links(links))


def _seed(message_id: str) -> str:
    return hashlib.sha256(message_id.encode()).hexdigest()[:32]


def _form(write: Callable[[Letter], Mail], letter: Letter, reads: dict[Read, object]) -> Form:
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
    return Form(_pieces(mail, names, secret))


def _pieces(mail: Mail, names: dict[str, str], secret: str) -> Iterator[Piece]:
    whole = envelope(mail).data
    for body in (mail.text, mail.html):
        lines = [line.decode() for line in body.encode().splitlines()]
        encoded = b"".join(quoted(line) for line in lines)
        before, found, whole = whole.partition(encoded)
        if not found or secret in mail.subject:
            raise Unfit
        yield from _named(before, names)
        for line in lines:
            yield _line(line, names) if secret in line else quoted(line)
    yield from _named(whole, names)


def _named(octets: bytes, names: dict[str, str]) -> Iterator[Piece]:
    """Headers and boundaries: stand-ins among octets that stay."""
    for part in _split(octets.decode("ascii"), names):
        yield names[part] if part in names else part.encode("ascii")


def _line(line: str, names: dict[str, str]) -> Parts:
    return tuple((names[part],) if part in names else part for part in _split(line, names) if part)


def _split(text: str, names: dict[str, str]) -> list[str]:
    return re.split(f"({'|'.join(map(re.escape, names))})", text)
