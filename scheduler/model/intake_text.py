"""Text that people write, as it comes in: which characters it may hold, how long it may be, in which language.

Markup and braces are ordinary text here and stay as they are: escaping is the work of whoever writes a page, a mail
or a calendar. What is refused is what no writer can make harmless or visible: control characters, broken Unicode,
and marks that let a line read in another order than it is stored.
"""

import re
import unicodedata
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from babel import Locale

from scheduler.model.event import Texts
from scheduler.model.intake_reader import LONGEST_LIST, Faulty, Node, Reader, shown

TITLE = 200
SUMMARY = 2_000
DESCRIPTION = 20_000
LINE = 200
PARAGRAPH = 2_000

# C0 (but for tab and line feed), DEL, C1, line and paragraph separators, bidi embeddings and overrides,
# lone surrogates, noncharacters.
_FORBIDDEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\ud800-\udfff\ufdd0-\ufdef"
    + "".join(chr(plane << 16 | 0xFFFE) + chr(plane << 16 | 0xFFFF) for plane in range(17))
    + "]"
)
_BREAKS = re.compile("[\t\n]")
_ISOLATES = re.compile("[\u2066-\u2069\n]")
_BLANK = " \t\n\r\u00a0\u1680\u202f\u205f\u3000" + "".join(map(chr, range(0x2000, 0x200B)))
# Language, script and region of BCP 47 (RFC 5646 section 2.1); variants and extensions say nothing we could use.
_TAG = re.compile(r"([a-z]{2,3})(?:-([a-z]{4}))?(?:-([a-z]{2}|[0-9]{3}))?", re.IGNORECASE | re.ASCII)
_NOT_A_LANGUAGE = frozenset({"und", "mul", "zxx", "root"})


@lru_cache(maxsize=1)
def known_languages() -> frozenset[str]:
    """Primary language subtags that Unicode CLDR has a name for, such as `nl`, `km` or `rw`."""
    names: Mapping[str, str] = Locale("en").languages
    return frozenset(tag for tag in names if "_" not in tag) - _NOT_A_LANGUAGE


def line(longest: int = LINE, *, example: str = "Room B.201") -> Reader[str]:
    """A reader of one line of text; blank is the same as absent."""
    return _text(longest, example, lines=False)


def paragraphs(longest: int = PARAGRAPH, *, example: str = "Bring your own laptop.") -> Reader[str]:
    """A reader of text that may have line breaks; blank is the same as absent."""
    return _text(longest, example, lines=True)


def needed(reader: Reader[str], example: str) -> Reader[str]:
    """The same reader, for a text that must not be blank."""

    def read(node: Node) -> str:
        found = reader(node)
        if not any(_visible(one) for one in found):
            raise node.refuse("This text has no visible character.", example, "required")
        return found

    return read


def texts(
    longest: int, languages: frozenset[str], default: str, *, example: str, lines: bool = True, needs_one: bool = False
) -> Reader[Texts]:
    """A reader of a text per language: `{"en": "..."}`, or a plain string for the `default` language.

    Blank texts are left out; with `needs_one` at least one has to remain.
    """
    one = _text(longest, example, lines=lines)
    tag = language(languages)

    def read(node: Node) -> Texts:
        if isinstance(node.value, str):
            found = {default: one(node)}
        elif isinstance(node.value, Mapping):
            found = _per_language(node, node.value, tag, one)
        else:
            raise node.wrong_type("text, or an object with a text per language", {default: example})
        kept = {key: text for key, text in found.items() if any(_visible(character) for character in text)}
        if needs_one and not kept:
            raise node.refuse("There is no text in any language.", {default: example}, "required")
        return kept

    return read


def language(languages: frozenset[str]) -> Reader[str]:
    """A reader of a language tag (BCP 47), which comes back in its usual case: `nl`, `nl-BE`, `zh-Hant-TW`."""

    def read(node: Node) -> str:
        if not isinstance(node.value, str):
            raise node.wrong_type("a language tag", "nl")
        match = _TAG.fullmatch(node.value)
        if not match:
            detail = f"“{shown(node.value)}” is not a language tag: a language, then perhaps a script or a region."
            raise node.refuse(detail, "nl-BE", "language-tag")
        primary = match[1].lower()
        if primary not in languages:
            raise node.refuse(f"No language is known by the tag “{shown(primary)}”.", "nl", "language-tag")
        script, region = match[2], match[3]
        return "-".join(filter(None, (primary, script and script.title(), region and region.upper())))

    return read


def _per_language(node: Node, value: Mapping[Any, object], tag: Reader[str], one: Reader[str]) -> Texts:
    if len(value) > LONGEST_LIST:
        raise node.refuse(f"At most {LONGEST_LIST} languages.", code="too-many")
    found: Texts = {}
    seen: set[str] = set()
    faulty = False
    for name, text in value.items():
        child = node.child(str(name), text)
        try:
            key = tag(Node(name, node.faults, child.pointer))
            if key in seen:
                raise child.refuse(f"The language “{key}” is given twice.", code="repeated")
            seen.add(key)
            found[key] = "" if text is None else one(child)
        except Faulty:
            faulty = True
    if faulty:
        raise Faulty
    return found


def _text(longest: int, example: str, *, lines: bool) -> Reader[str]:
    def read(node: Node) -> str:
        if not isinstance(node.value, str):
            raise node.wrong_type("text", example)
        raw = node.value.replace("\r\n", "\n")
        if len(raw) > 4 * longest + 100:  # nothing that long can become short enough: do not even normalise it
            raise _too_long(node, len(raw), longest, example)
        check_characters(node, raw, lines=lines, example=example)
        text = unicodedata.normalize("NFC", raw).strip(_BLANK)
        if len(text) > longest:
            raise _too_long(node, len(text), longest, example)
        return text

    return read


def check_characters(node: Node, text: str, *, lines: bool, example: object) -> None:
    """Notes the first character that no text may hold, and raises Faulty."""
    inner = text if lines else text.strip(_BLANK)
    found = _FORBIDDEN.search(text) or (None if lines else _BREAKS.search(inner))
    if not found:
        _check_isolates(node, text, example)
        return
    at = found.start() + 1 + (text.index(inner) if found.string is inner else 0)
    what = "a line break or tab, and this is one line" if found[0] in "\t\n" else "not allowed in text"
    raise node.refuse(f"Character {at} (U+{ord(found[0]):04X}) is {what}.", example, "character")


def _check_isolates(node: Node, text: str, example: object) -> None:
    """Bidi isolates (U+2066 to U+2068) end within their line, by U+2069."""
    depth = 0
    for match in _ISOLATES.finditer(text + "\n"):
        if match[0] == "\n" and not depth:
            continue
        depth += -1 if match[0] == "\u2069" else 1
        if depth < 0 or match[0] == "\n":
            detail = f"The writing-direction marks before character {match.start() + 1} are not balanced."
            raise node.refuse(detail, example, "character")


def _too_long(node: Node, length: int, longest: int, example: str) -> Faulty:
    return node.refuse(f"At most {longest:,} characters; this has {length:,}.", example, "too-long")


def _visible(character: str) -> bool:
    return unicodedata.category(character)[0] not in "CZM"
