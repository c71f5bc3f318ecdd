"""What every page is made with: templates, texts, and the few files that a browser fetches beside it."""

import hashlib
from collections.abc import Mapping
from importlib.resources import files
from types import MappingProxyType

from jinja2 import Environment, PackageLoader, StrictUndefined
from msgspec import Struct

from scheduler.config import Config
from scheduler.dates import city_name
from scheduler.model.reading import Reading, read
from scheduler.texts import Catalogues, Translator

MEDIA_TYPES = {".css": "text/css", ".svg": "image/svg+xml"}
SHAPES = MappingProxyType({"square": "■", "diamond": "◆", "circle": "●"})


class Asset(Struct, frozen=True):
    """A file under /static/. Its name holds a hash of its content, so that browsers may keep it for ever."""

    name: str
    media_type: str
    content: bytes


class Site(Struct, frozen=True):
    """Templates, texts and assets, read once. `assets` are by hashed name, `names` lead from the plain name to it.

    `zones` remembers the places of the world per language: naming three hundred takes a while.
    """

    config: Config
    catalogues: Catalogues
    templates: Environment
    assets: Mapping[str, Asset]
    names: Mapping[str, str]
    zones: dict[str, tuple["ZoneOption", ...]]

    def voice(self, language: str) -> "Voice":
        """The voice of an offered language."""
        return Voice(self.catalogues.translator(language), self.config)

    def url(self, name: str) -> str:
        """The address of an asset (`site.css`)."""
        return f"/static/{self.names[name]}"

    def all_zones(self, voice: "Voice") -> tuple["ZoneOption", ...]:
        """Every place whose clock has its own history, by name."""
        if voice.language not in self.zones:
            options = [ZoneOption(zone, voice.city(zone)) for zone in _zone_names()]
            self.zones[voice.language] = tuple(sorted(options, key=lambda option: option.label.casefold()))
        return self.zones[voice.language]


class ZoneOption(Struct, frozen=True):
    """A place to choose in a form: its IANA zone and its name."""

    zone: str
    label: str


class Voice(Struct, frozen=True):
    """A reader's language: texts, and what the programme's own words are called in it."""

    t: Translator
    config: Config

    @property
    def language(self) -> str:
        """The BCP 47 tag of the page."""
        return self.t.language

    def name(self, table: str, key: str) -> str:
        """What people call an entry of a vocabulary (`kinds`, `levels`)."""
        return self.config.name(table, key, self.language)

    def country(self, code: str) -> str:
        """The name of a country (ISO 3166-1 alpha-2)."""
        return self.config.country_name(code, self.language)

    def language_name(self, tag: str) -> str:
        """The name of a language in the reader's own: `nl` is Dutch."""
        names: Mapping[str, str] = self.t.locale.languages
        return names.get(tag.replace("-", "_"), names.get(tag.partition("-")[0], tag))

    def languages(self, tags: tuple[str, ...]) -> str:
        """Several of them, with commas."""
        return ", ".join(self.language_name(tag) for tag in tags)

    def city(self, zone: str) -> str:
        """The city of an IANA zone."""
        return city_name(zone, self.t)

    def read(self, texts: Mapping[str, str]) -> Reading:
        """A text as this reader gets it; its language stands beside it where it is another one."""
        return read(dict(texts), self.language)

    def shape(self, kind: str) -> str:
        """The shape that stands for a kind of event: `square`, `diamond` or `circle`."""
        entry = self.config.kinds.get(kind)
        return entry.shape if entry else "square"


def make_site(config: Config, catalogues: Catalogues) -> Site:
    """Reads templates and assets from the package."""
    assets = [_asset(name) for name in ("site.css", "favicon.svg")]
    environment = Environment(
        loader=PackageLoader("scheduler.web", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals["shapes"] = SHAPES
    return Site(
        config=config,
        catalogues=catalogues,
        templates=environment,
        assets={asset.name: asset for _, asset in assets},
        names={name: asset.name for name, asset in assets},
        zones={},
    )


def _asset(name: str) -> tuple[str, Asset]:
    content = files("scheduler.web").joinpath("static", name).read_bytes()
    stem, dot, ending = name.rpartition(".")
    hashed = f"{stem}.{hashlib.sha256(content).hexdigest()[:12]}{dot}{ending}"
    return name, Asset(hashed, MEDIA_TYPES[dot + ending], content)


def _zone_names() -> list[str]:
    lines = files("tzdata").joinpath("zoneinfo", "zone1970.tab").read_text(encoding="utf-8").splitlines()
    return [line.split("\t")[2] for line in lines if line and not line.startswith("#")]
