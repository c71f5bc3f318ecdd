"""The words people read: message catalogues per language, shared by pages and mails.

A catalogue is a folder `scheduler/locales/{language}/` of TOML files. `[reminder] subject = "..."` in `mail.toml` has
the key `mail.reminder.subject`. A table of CLDR plural categories (`one`, `other`, ...) is one text with plural forms.
`{name}` stands for a value given by name: replaced once, never evaluated, so that no value can reach into anything.
"""

import re
import tomllib
from collections.abc import Iterator, Mapping
from functools import lru_cache, partial
from importlib.resources import files
from importlib.resources.abc import Traversable

from babel import Locale, UnknownLocaleError
from markupsafe import Markup, escape
from msgspec import Struct

FALLBACK = "en"
# Flemish and Belgian usage where a tag names no territory; British English for day-month order and the 24-hour clock.
LOCALES = {"en": "en_GB", "nl": "nl_BE", "fr": "fr_BE", "es": "es"}
CATEGORIES = frozenset({"zero", "one", "two", "few", "many", "other"})
PLACEHOLDER = re.compile(r"\{([a-z][a-z0-9_]*)\}")
NO_BREAK_SPACE = "\u00a0"

Forms = dict[str, str]
Catalogue = Mapping[str, str | Forms]


class MissingText(KeyError):
    """A text or a value for its placeholder does not exist: a fault of ours, found by tests."""

    code = "missing-text"


class Translator(Struct, frozen=True):
    """The texts of one language. `language` is the catalogue's (BCP 47), `locale` decides dates and plural forms."""

    language: str
    locale: Locale
    catalogue: Catalogue
    fallback: Catalogue

    def __call__(self, key: str, **values: object) -> str:
        """The text of `key` with its placeholders replaced. Raises MissingText."""
        return _filled(key, self._text(key), values)

    def plural(self, key: str, n: int, **values: object) -> str:
        """The text of `key` in the plural form for `n`, which also fills `{n}`. Raises MissingText."""
        return _filled(key, self._form(key, n), {"n": n, **values})

    def html(self, key: str, **values: object) -> Markup:
        """The same for a page: the text and every value escaped, except values that are Markup already."""
        escaped = {name: escape(value) for name, value in values.items()}
        return Markup(_filled(key, str(escape(self._text(key))), escaped))  # noqa: S704  # every part is escaped

    def has(self, key: str) -> bool:
        """True when the language itself, not only the fallback, has this text."""
        return key in self.catalogue

    @property
    def direction(self) -> str:
        """`ltr` or `rtl`: the `dir` attribute of a page."""
        return "rtl" if self.locale.character_order == "right-to-left" else "ltr"

    def _text(self, key: str) -> str:
        text = self._entry(key)[0]
        if not isinstance(text, str):
            raise MissingText(f"{key} has plural forms: use plural()")
        return text

    def _form(self, key: str, n: int) -> str:
        forms, locale = self._entry(key)
        if isinstance(forms, str):
            raise MissingText(f"{key} has no plural forms")
        return forms.get(locale.plural_form(n)) or forms["other"]

    def _entry(self, key: str) -> tuple[str | Forms, Locale]:
        """The entry and the locale of the language it is in (an English text has English plural forms)."""
        if key in self.catalogue:
            return self.catalogue[key], self.locale
        if key in self.fallback:
            return self.fallback[key], Locale.parse(LOCALES[FALLBACK])
        raise MissingText(key)


class Catalogues(Struct, frozen=True):
    """All catalogues, by language."""

    by_language: Mapping[str, Catalogue]

    def translator(self, language: str) -> Translator:
        """The texts for a BCP 47 tag: its own language, else English. A territory (`en-US`) decides dates only."""
        base = language.replace("_", "-").split("-")[0].lower()
        known = base if base in self.by_language else FALLBACK
        locale = _locale(language if known == base else known, known)
        return Translator(known, locale, self.by_language[known], self.by_language[FALLBACK])

    @property
    def languages(self) -> tuple[str, ...]:
        """The languages that have a catalogue, English first."""
        return tuple(sorted(self.by_language, key=lambda tag: (tag != FALLBACK, tag)))


def load_catalogues() -> Catalogues:
    """Read the packaged catalogues (a few milliseconds; once, at start). Raises ValueError for a malformed one."""
    folders = [folder for folder in (files("scheduler") / "locales").iterdir() if folder.is_dir()]
    return Catalogues({folder.name: _catalogue(folder) for folder in folders})


def placeholders(text: str | Forms) -> frozenset[str]:
    """The names of the values a text asks for; of all its forms together, without `n`."""
    forms = [text] if isinstance(text, str) else list(text.values())
    return frozenset(name for form in forms for name in PLACEHOLDER.findall(form)) - {"n"}


def _filled(key: str, text: str, values: Mapping[str, object]) -> str:
    return PLACEHOLDER.sub(partial(_value, key, values), text)


def _value(key: str, values: Mapping[str, object], match: re.Match[str]) -> str:
    name = match[1]
    if name not in values:
        raise MissingText(f"{key}: nothing was given for {{{name}}}")
    return str(values[name])


@lru_cache(maxsize=256)
def _locale(language: str, known: str) -> Locale:
    default = LOCALES.get(known, known)
    tag = language.replace("-", "_")
    try:
        return Locale.parse(tag if "_" in tag else default)
    except (ValueError, UnknownLocaleError):
        return Locale.parse(default)


def _catalogue(folder: Traversable) -> Catalogue:
    found: dict[str, str | Forms] = {}
    for file in sorted(folder.iterdir(), key=lambda item: item.name):
        if file.name.endswith(".toml"):
            tables = tomllib.loads(file.read_text(encoding="utf-8"))
            found.update(_flat(file.name.removesuffix(".toml"), tables, folder.name))
    return found


def _flat(prefix: str, table: Mapping[str, object], language: str) -> Iterator[tuple[str, str | Forms]]:
    for name, value in table.items():
        key = f"{prefix}.{name}"
        if isinstance(value, str):
            yield key, _spaced(value, language)
        elif isinstance(value, dict) and value and value.keys() <= CATEGORIES:
            yield key, _forms(key, value, language)
        elif isinstance(value, dict):
            yield from _flat(key, value, language)
        else:
            raise ValueError(f"locales/{language}: {key} is neither a text nor a table")


def _forms(key: str, table: Mapping[str, object], language: str) -> Forms:
    if "other" not in table:
        raise ValueError(f"locales/{language}: {key} lacks the form `other`")
    return {category: _spaced(str(text), language) for category, text in table.items()}


def _spaced(text: str, language: str) -> str:
    """French typography: no line break before a double mark or inside guillemets (a no-break space, U+00A0)."""
    if language != "fr":
        return text
    return re.sub(r" (?=[:;!?»])|(?<=«) ", NO_BREAK_SPACE, text)
