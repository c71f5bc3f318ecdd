"""The words that a programme chooses itself: programmes, kinds, levels, themes, countries, as tables of config.toml.

Every table is a list of entries with a `key` (stable, used in JSON and addresses) and `names` per language
(BCP 47 tag -> text). The keys of one table are unique.
"""

from typing import Annotated, Any, Literal

from msgspec import Meta, Struct

Visibility = Literal["public", "institutions", "members", "private"]
Shape = Literal["square", "diamond", "circle"]

Key = Annotated[
    str,
    Meta(
        pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$",
        max_length=60,
        description="lower-case letters and digits with hyphens between them",
    ),
]
CountryCode = Annotated[str, Meta(pattern=r"^[A-Z]{2}$", description="a country code of two capitals (ISO 3166-1)")]
CommunityCode = Annotated[
    str,
    Meta(pattern=r"^[A-Z]{2}-[A-Z0-9]{1,8}$", description="a country code, a hyphen and capitals"),
]
Colour = Annotated[str, Meta(pattern=r"^#[0-9A-Fa-f]{6}$", description="a colour as #RRGGBB")]
Label = Annotated[str, Meta(min_length=1, max_length=200, description="text of 1 to 200 characters")]
Names = dict[str, Label]


class Term(Struct, frozen=True, kw_only=True):
    """An entry that is only a word: a level, key area, audience, theme, region, institution or interpretation type."""

    key: Key
    names: Names


class Programme(Term, frozen=True, kw_only=True):
    """A programme. `visibility` and `reminders` are what its events get unless they say otherwise.

    `colour` is #RRGGBB, readable on white; `reminders` are ISO 8601 durations, None leaves it to the default.
    """

    visibility: Visibility = "public"
    reminders: tuple[str, ...] | None = None
    colour: Colour = "#0A5873"


class Kind(Term, frozen=True, kw_only=True):
    """A kind of event. `shape` is its symbol on pages, beside the word; colour never stands alone.

    `transparent` does not make people busy in their calendar (TRANSP, RFC 5545 section 3.8.2.7);
    `item_only` exists only as part of another event; `reminders` as in `Programme`, an empty list sends none.
    """

    shape: Shape = "square"
    transparent: bool = False
    item_only: bool = False
    reminders: tuple[str, ...] | None = None


class Country(Struct, frozen=True, kw_only=True):
    """A country (ISO 3166-1 alpha-2) with its region and IANA zones, the usual one first.

    `names` only where the name in Unicode CLDR is not the one people use.
    """

    key: CountryCode
    region: Key
    zones: Annotated[tuple[str, ...], Meta(min_length=1, description="a list of IANA time zones")]
    status: Literal["home", "current", "former"] = "current"
    names: Names = {}


class Community(Struct, frozen=True, kw_only=True):
    """A part of a country with a school calendar of its own."""

    key: CommunityCode
    names: Names
    country: CountryCode


class Marker(Term, frozen=True, kw_only=True):
    """A donor's policy marker (OECD DAC), scored from 0 to `highest`; a plain tag has `highest` 1."""

    highest: Annotated[int, Meta(ge=1, le=9)] = 2


class RegistrationMode(Term, frozen=True, kw_only=True):
    """How people come to an event.

    `public_form`: anybody may register on the event's page. `dates`: a registration covers all dates of the
    event, or those that the person chooses. `takes_registrations` is false where nobody registers at all.
    """

    public_form: bool = False
    dates: Literal["all", "chosen"] = "all"
    takes_registrations: bool = True


Entry = Term | Country | Community

TABLES: dict[str, type[Any]] = {
    "programmes": Programme,
    "kinds": Kind,
    "levels": Term,
    "key_areas": Term,
    "audiences": Term,
    "themes": Term,
    "regions": Term,
    "countries": Country,
    "communities": Community,
    "markers": Marker,
    "institution_types": Term,
    "interpretation_types": Term,
    "registration_modes": RegistrationMode,
}
