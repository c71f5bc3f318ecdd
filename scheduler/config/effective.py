"""The configuration as it holds: sections, vocabularies, and questions asked of them."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

import msgspec
from babel import Locale, UnknownLocaleError
from msgspec import Struct

from scheduler.config.settings import (
    SECRETS,
    SECTIONS,
    Database,
    Feeds,
    Languages,
    Mail,
    Operator,
    Privacy,
    Reminders,
    Replies,
    Security,
    Server,
)
from scheduler.config.vocabulary import (
    TABLES,
    Community,
    Country,
    Kind,
    Marker,
    Programme,
    RegistrationMode,
    Term,
)
from scheduler.errors import NotFound

Entry = TypeVar("Entry")

MASK = "••••"
# Two-letter codes in CLDR that are not countries of ISO 3166-1.
NOT_COUNTRIES = frozenset({"EU", "EZ", "QO", "UN", "XA", "XB", "ZZ"})


class Config(Struct, frozen=True, kw_only=True):
    """Everything that is configured, checked. Vocabularies are mappings from key to entry, in their order.

    `sources` says where each value comes from (`server.port`, `kinds.webinar` -> "default", "file",
    "environment", "option"; a setting read from a `*_file` counts as its source); `file` is the named file.
    """

    server: Server
    database: Database
    mail: Mail
    replies: Replies
    feeds: Feeds
    reminders: Reminders
    privacy: Privacy
    security: Security
    languages: Languages
    operator: Operator
    programmes: Mapping[str, Programme]
    kinds: Mapping[str, Kind]
    levels: Mapping[str, Term]
    key_areas: Mapping[str, Term]
    audiences: Mapping[str, Term]
    themes: Mapping[str, Term]
    regions: Mapping[str, Term]
    countries: Mapping[str, Country]
    communities: Mapping[str, Community]
    markers: Mapping[str, Marker]
    institution_types: Mapping[str, Term]
    interpretation_types: Mapping[str, Term]
    registration_modes: Mapping[str, RegistrationMode]
    sources: Mapping[str, str]
    file: Path | None = None

    def table(self, table: str) -> Mapping[str, Any]:
        """A vocabulary by its name in config.toml (`kinds`, `key_areas` ...); KeyError when there is none."""
        if table not in TABLES:
            raise KeyError(table)
        entries: Mapping[str, Any] = getattr(self, table)
        return entries

    def programme(self, key: str) -> Programme:
        """The programme with this key; NotFound when config.toml has none."""
        return _one(self.programmes, "programme", key)

    def kind(self, key: str) -> Kind:
        """The kind of event with this key; NotFound when config.toml has none."""
        return _one(self.kinds, "kind", key)

    def country(self, code: str) -> Country:
        """The country with this ISO code; NotFound when config.toml has none (see `is_country`)."""
        return _one(self.countries, "country", code)

    def registration_mode(self, key: str) -> RegistrationMode:
        """The way of registering with this key; NotFound when config.toml has none."""
        return _one(self.registration_modes, "registration mode", key)

    def name(self, table: str, key: str, language: str) -> str:
        """What people call an entry of a vocabulary, in `language` (BCP 47, `nl-BE` reads `nl`).

        Falls back to the default language, English and at last the key, also for a key that is not (or no
        longer) configured. Countries without a name of their own take it from Unicode CLDR.
        """
        entry = self.table(table).get(key)
        names: Mapping[str, str] = entry.names if entry is not None else {}
        for tag in self.fallbacks(language):
            found = names.get(tag) or (_cldr_country(key, tag) if table == "countries" else "")
            if found:
                return found
        return key

    def fallbacks(self, language: str) -> Iterator[str]:
        """The languages to look for a text in, best first: as asked, without its region, the default, English."""
        return iter(dict.fromkeys((language, language.partition("-")[0], self.languages.default, "en")))

    def country_name(self, code: str, language: str) -> str:
        """The name of any country (ISO 3166-1 alpha-2), configured or not; the code when there is none."""
        return self.name("countries", code, language)

    def is_country(self, code: str) -> bool:
        """True for every country of ISO 3166-1 alpha-2, not only for the configured ones."""
        known = bool(re.fullmatch("[A-Z]{2}", code)) and code not in NOT_COUNTRIES
        return code in self.countries or (known and bool(_cldr_country(code, "en")))

    def reminders_for(self, programme: str, kind: str) -> tuple[str, ...]:
        """The reminders of an event that names none: its kind's, else its programme's, else the default.

        ISO 8601 durations before the start; empty when the kind or the programme wants none.
        """
        for entry in (self.kinds.get(kind), self.programmes.get(programme)):
            if entry is not None and entry.reminders is not None:
                return entry.reminders
        return self.reminders.default

    def shown(self) -> dict[str, Any]:
        """The effective values as plain data for a person to read, with every secret masked."""
        shown: dict[str, Any] = {section: msgspec.to_builtins(getattr(self, section)) for section in SECTIONS}
        for setting in SECRETS:
            section, _, key = setting.partition(".")
            shown[section][key] = _masked(setting, shown[section][key])
        for table in TABLES:
            shown[table] = msgspec.to_builtins(list(self.table(table).values()))
        return shown


def _one(table: Mapping[str, Entry], what: str, key: str) -> Entry:
    if key not in table:
        raise NotFound(f"There is no {what} “{key}”; config.toml has {', '.join(table)}.")
    return table[key]


def _masked(setting: str, value: str) -> str:
    """A database address keeps everything but its password; other secrets only show that they are set."""
    if setting != "database.url":
        return MASK if value else ""
    password = urlsplit(value).password
    shown = value.replace(f":{password}@", f":{MASK}@") if password else value
    return re.sub(r"(?<=[?&]password=)[^&]+", MASK, shown)


def _cldr_country(code: str, language: str) -> str:
    try:
        name = Locale.parse(language, sep="-").territories.get(code, "")
    except (UnknownLocaleError, ValueError):
        return ""
    return str(name)
