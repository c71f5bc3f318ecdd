"""What the door needs to know of the world: the configured words, the institutions, the languages and countries.

One `Known` is built from the configuration and the institutions and handed to every reader; nothing is looked up
anywhere else, so a test makes its own in a line.
"""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from babel import Locale
from msgspec import Struct

from scheduler.config import Community, Config, Country, Kind, Marker, Programme, RegistrationMode, Term
from scheduler.config.effective import NOT_COUNTRIES
from scheduler.model.event import Texts
from scheduler.model.institution import Institution
from scheduler.model.intake_reader import LONGEST_GUESS, Node, Reader, near, shown
from scheduler.model.intake_text import known_languages, texts


class Known(Struct, frozen=True, kw_only=True):
    """Everything that input may refer to, by key.

    `offered` are the languages mails are written in, `default_language` what a plain string is in. `territories`
    are the ISO 3166-1 alpha-2 codes with their English names; `countries` only the configured ones.
    """

    offered: tuple[str, ...]
    default_language: str
    example_zone: str
    languages: frozenset[str]
    territories: Mapping[str, str]
    programmes: Mapping[str, Programme]
    kinds: Mapping[str, Kind]
    levels: Mapping[str, Term]
    key_areas: Mapping[str, Term]
    audiences: Mapping[str, Term]
    themes: Mapping[str, Term]
    countries: Mapping[str, Country]
    communities: Mapping[str, Community]
    markers: Mapping[str, Marker]
    institution_types: Mapping[str, Term]
    interpretation_types: Mapping[str, Term]
    registration_modes: Mapping[str, RegistrationMode]
    institutions: Mapping[str, Institution]

    def texts(self, longest: int, *, example: str, lines: bool = True, needs_one: bool = False) -> Reader[Texts]:
        """A reader of a text per language."""
        return texts(longest, self.languages, self.default_language, example=example, lines=lines, needs_one=needs_one)


def known_of(config: Config, institutions: Mapping[str, Institution]) -> Known:
    """What this configuration and these institutions (by key) make known."""
    return Known(
        offered=config.languages.offered,
        default_language=config.languages.default,
        example_zone=config.operator.timezone,
        languages=known_languages(),
        territories={code: code for code in config.countries} | dict(_iso_countries()),
        institutions=institutions,
        **{table: getattr(config, table) for table in _TABLES},
    )


@lru_cache(maxsize=1)
def _iso_countries() -> Mapping[str, str]:
    names: Mapping[str, str] = Locale("en").territories
    return {code: names[code] for code in names if len(code) == 2 and code not in NOT_COUNTRIES}


_TABLES = (
    "programmes", "kinds", "levels", "key_areas", "audiences", "themes", "countries", "communities", "markers",
    "institution_types", "interpretation_types", "registration_modes",
)  # fmt: skip


def term(table: Mapping[str, Any], what: str) -> Reader[str]:
    """A reader of a key of a vocabulary; `what` completes "is not ..." ("a kind of event")."""
    return _one_of(table, lambda key: _names(table[key]), what)


def country(known: Known, *, configured: bool = False) -> Reader[str]:
    """A reader of any country's code (ISO 3166-1 alpha-2), or only of those that the service is configured for."""
    names = known.territories
    table: Mapping[str, Any] = known.countries if configured else names
    what = "a country of this service" if configured else "a country code (ISO 3166-1, two capitals)"
    return _one_of(table, lambda key: [names[key]], what)


def optional(reader: Reader[str]) -> Reader[str]:
    """The same reader, for a field that may also be an empty string: forms send these for what is left blank."""

    def read(node: Node) -> str:
        return "" if node.value == "" else reader(node)

    return read


def _one_of(table: Mapping[str, Any], names: Any, what: str) -> Reader[str]:
    def read(node: Node) -> str:
        if not isinstance(node.value, str):
            raise node.wrong_type("text", next(iter(table), None))
        if node.value in table:
            return node.value
        if not table:
            raise node.refuse(f"“{shown(node.value)}” is not {what}: there are none yet.", code="unknown-value")
        meant = None if node.faults.many else _meant(node.value, table, names)
        hint = f" Did you mean “{meant}”?" if meant else ""
        example = meant or next(iter(table))
        raise node.refuse(f"“{shown(node.value)}” is not {what}.{hint}", example, "unknown-value")

    return read


def _meant(value: str, table: Mapping[str, Any], names: Any) -> str | None:
    """The key whose key or name, in any language, comes closest to what was written."""
    if len(value) > LONGEST_GUESS:
        return None
    labels = {name: key for key in table for name in (*names(key), key)}
    label = near(value, labels)
    return labels[label] if label else None


def _names(entry: Any) -> list[str]:
    named: Mapping[str, str] = getattr(entry, "names", None) or getattr(entry, "name", {})
    return list(named.values())
