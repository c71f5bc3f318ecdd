"""The filter of a list: read from a query, shown as a form and as links that take one part of it away."""

from collections.abc import Mapping
from datetime import date

from msgspec import Struct

from scheduler.dates import date_text
from scheduler.model.filter import FACETS, Filter
from scheduler.model.reading import Institutions
from scheduler.web.pages.site import Voice

TABLES = {
    "programme": "programmes",
    "kind": "kinds",
    "level": "levels",
    "area": "key_areas",
    "audience": "audiences",
    "theme": "themes",
}
QUICK = ("kind", "format")
_QUICK_LINKS = 5

Counts = Mapping[str, Mapping[str, int]]
"""Facet -> value -> how many events."""


class Option(Struct, frozen=True):
    """A value to choose and how many events it would give."""

    value: str
    label: str
    count: int
    chosen: bool


class Field(Struct, frozen=True):
    """One part of the filter with the values that would give something."""

    name: str
    label: str
    options: tuple[Option, ...]

    @property
    def active(self) -> bool:
        """True when a value is chosen."""
        return any(option.chosen for option in self.options)


class Chip(Struct, frozen=True):
    """A link beside the list: what it stands for, where it leads, how many events that gives."""

    label: str
    url: str
    count: int = 0
    shape: str = ""


class FilterView(Struct, frozen=True, kw_only=True):
    """The filter as a page shows it. `chosen` are links that take one part away."""

    fields: tuple[Field, ...]
    chosen: tuple[Chip, ...]
    quick: tuple[Chip, ...]
    first: str
    last: str
    text: str


def value_name(facet: str, value: str, voice: Voice, institutions: Institutions) -> str:
    """What people call a value of a facet."""
    if facet in TABLES:
        return voice.name(TABLES[facet], value)
    if facet == "country":
        return voice.country(value)
    if facet == "language":
        return voice.language_name(value)
    if facet == "format":
        return voice.t(f"pages.format.{value}")
    return str(voice.read(institutions[value].name)) if value in institutions else value


def filter_view(chosen: Filter, counts: Counts, voice: Voice, institutions: Institutions, base: str) -> FilterView:
    """The filter as a page shows it; `base` is the address of the list without its query."""
    return FilterView(
        fields=tuple(_field(facet, chosen, counts.get(facet, {}), voice, institutions) for facet in FACETS),
        chosen=chips(chosen, voice, institutions, base),
        quick=tuple(_quick(chosen, counts, voice, institutions, base)),
        first=chosen.first.isoformat() if chosen.first else "",
        last=chosen.last.isoformat() if chosen.last else "",
        text=chosen.text,
    )


def chips(chosen: Filter, voice: Voice, institutions: Institutions, base: str) -> tuple[Chip, ...]:
    """What is chosen, each as a link to the same list without it."""
    parts = [
        (facet, ", ".join(value_name(facet, value, voice, institutions) for value in values))
        for facet, values in chosen.facets
    ]
    parts += [("from", _day(chosen.first, voice))] if chosen.first else []
    parts += [("to", _day(chosen.last, voice))] if chosen.last else []
    parts += [("q", f"“{chosen.text}”")] if chosen.text else []
    return tuple(
        Chip(
            voice.t("pages.frame.labelled", name=voice.t(f"pages.filter.{name}"), value=label),
            address(base, chosen.without(name)),
        )
        for name, label in parts
    )


def address(base: str, chosen: Filter) -> str:
    """The address of a list."""
    query = chosen.query()
    return f"{base}?{query}" if query else base


def sentence(chosen: Filter, voice: Voice, institutions: Institutions) -> str:
    """The filter in words: `kind: Workshop; country: Kenya, Uganda`; all events when there is none."""
    found = chips(chosen, voice, institutions, "")
    return "; ".join(chip.label for chip in found) if found else voice.t("pages.filter.everything")


def _day(day: date, voice: Voice) -> str:
    return date_text(day, voice.t)


def _field(facet: str, chosen: Filter, counts: Mapping[str, int], voice: Voice, institutions: Institutions) -> Field:
    values = chosen.values(facet)
    keys = [*counts, *(value for value in values if value not in counts)]
    if facet in TABLES:
        order = list(voice.config.table(TABLES[facet]))
        keys.sort(key=lambda key: order.index(key) if key in order else len(order))
    options = [
        Option(key, value_name(facet, key, voice, institutions), counts.get(key, 0), key in values) for key in keys
    ]
    if facet not in TABLES:
        options.sort(key=lambda option: option.label.casefold())
    return Field(facet, voice.t(f"pages.filter.{facet}"), tuple(options))


def _quick(chosen: Filter, counts: Counts, voice: Voice, institutions: Institutions, base: str) -> list[Chip]:
    """The most frequent kinds and the ways to attend, unless one of them is chosen already."""
    found = []
    for facet in QUICK:
        if chosen.values(facet):
            continue
        frequent = sorted(counts.get(facet, {}).items(), key=lambda pair: -pair[1])[:_QUICK_LINKS]
        if len(frequent) < 2:
            continue
        found += [
            Chip(
                value_name(facet, value, voice, institutions),
                address(base, chosen.narrowed(facet, value)),
                number,
                voice.shape(value) if facet == "kind" else "",
            )
            for value, number in frequent
        ]
    return found
