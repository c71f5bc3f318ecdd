"""The filter grammar: the same query selects in the agenda, in feeds and in the API.

`?programme=enspired&kind=workshop,webinar&country=KE&from=2027-03-01&to=2027-06-30&q=gender`: values of one
parameter are alternatives (comma or repetition), different parameters narrow. An unknown one is refused with a hint.
"""

import difflib
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, time, timedelta
from urllib.parse import quote

from msgspec import Struct

from scheduler.errors import Fault, Invalid
from scheduler.model.intake_known import Known

FACETS = (
    "programme",
    "kind",
    "country",
    "institution",
    "level",
    "area",
    "audience",
    "theme",
    "language",
    "format",
)
"""Parameters whose values are keys; each is a facet of an event in the index."""

_LONGEST_TEXT = 200
_MOST_VALUES = 50
_YEARS = range(1900, 2201)


def midnight(day: date) -> datetime:
    """The UTC instant at which a day begins on UTC's calendar."""
    return datetime.combine(day, time(0), UTC)


class Filter(Struct, frozen=True, kw_only=True):
    """What to select. `first` and `last` are days (inclusive) on UTC's calendar, `text` is searched in titles."""

    facets: tuple[tuple[str, tuple[str, ...]], ...] = ()
    first: date | None = None
    last: date | None = None
    text: str = ""

    @property
    def begin(self) -> datetime | None:
        """The UTC instant at which `first` begins."""
        return midnight(self.first) if self.first else None

    @property
    def end(self) -> datetime | None:
        """The UTC instant at which `last` is over."""
        return midnight(self.last + timedelta(days=1)) if self.last else None

    def values(self, facet: str) -> tuple[str, ...]:
        """The values asked for under one parameter."""
        return dict(self.facets).get(facet, ())

    def query(self) -> str:
        """The canonical query string, without `?`; the same filter always gives the same text."""
        pairs = [(facet, ",".join(values)) for facet, values in self.facets]
        pairs += [("from", self.first.isoformat())] if self.first else []
        pairs += [("to", self.last.isoformat())] if self.last else []
        pairs += [("q", self.text)] if self.text else []
        return "&".join(f"{name}={quote(value, safe=',')}" for name, value in pairs)

    def without(self, facet: str) -> "Filter":
        """The same filter with one parameter taken away (`from`, `to` and `q` too)."""
        return Filter(
            facets=tuple(pair for pair in self.facets if pair[0] != facet),
            first=None if facet == "from" else self.first,
            last=None if facet == "to" else self.last,
            text="" if facet == "q" else self.text,
        )

    def narrowed(self, facet: str, value: str) -> "Filter":
        """The same filter with exactly one value under a parameter."""
        kept = [pair for pair in self.facets if pair[0] != facet]
        return Filter(
            facets=tuple(sorted([*kept, (facet, (value,))], key=_place)),
            first=self.first,
            last=self.last,
            text=self.text,
        )


def read_filter(
    pairs: Iterable[tuple[str, str]], known: Mapping[str, frozenset[str]], options: Iterable[str] = ()
) -> Filter:
    """Reads a decoded query string.

    `known` gives the keys that exist under each facet, `options` further parameters that the caller reads itself.
    Raises Invalid with every fault at once.
    """
    allowed = (*FACETS, "from", "to", "q", *options)
    chosen: dict[str, list[str]] = {}
    single: dict[str, str] = {}
    faults: list[Fault] = []
    for name, value in pairs:
        if name in options:
            continue
        if name in FACETS:
            values = [part.strip() for part in value.split(",") if part.strip()]
            faults += _unknown_values(name, values, known.get(name, frozenset()))
            chosen.setdefault(name, []).extend(values)
        elif name in allowed:
            faults += [_repeated(name)] if name in single else []
            single[name] = value.strip()
        else:
            faults.append(_unknown_parameter(name, allowed))
    faults += [_too_many(name) for name, values in chosen.items() if len(values) > _MOST_VALUES]
    first, last = _day("from", single, faults), _day("to", single, faults)
    if first and last and last < first:
        faults.append(Fault(pointer="/to", detail=f"The last day lies before the first ({first}).", example=f"{first}"))
    if len(single.get("q", "")) > _LONGEST_TEXT or not single.get("q", "").isprintable():
        detail = f"Search for at most {_LONGEST_TEXT} characters, without control characters."
        faults.append(Fault(pointer="/q", detail=detail, example="gender"))
    if faults:
        raise Invalid(tuple(faults))
    facets = tuple(
        sorted(((name, tuple(sorted(set(values)))) for name, values in chosen.items() if values), key=_place)
    )
    return Filter(facets=facets, first=first, last=last, text=single.get("q", ""))


def facets_known(known: Known) -> dict[str, frozenset[str]]:
    """The keys that exist under each facet, by configuration and institutions."""
    return {
        "programme": frozenset(known.programmes),
        "kind": frozenset(known.kinds),
        "country": frozenset(known.territories),
        "institution": frozenset(known.institutions),
        "level": frozenset(known.levels),
        "area": frozenset(known.key_areas),
        "audience": frozenset(known.audiences),
        "theme": frozenset(known.themes),
        "language": known.languages,
        "format": frozenset({"on-site", "online", "hybrid"}),
    }


def selects(
    chosen: Filter, facets: Mapping[str, Iterable[str]], start_at: datetime, end_at: datetime, search: str
) -> bool:
    """True when a filter selects what has these facets, lies between these UTC instants and reads like `search`."""
    if any(set(values).isdisjoint(facets.get(facet, ())) for facet, values in chosen.facets):
        return False
    if chosen.begin and end_at < chosen.begin:
        return False
    if chosen.end and start_at >= chosen.end:
        return False
    return all(word.lower() in search.lower() for word in chosen.text.split())


def _place(pair: tuple[str, tuple[str, ...]]) -> int:
    return FACETS.index(pair[0])


def _day(name: str, single: Mapping[str, str], faults: list[Fault]) -> date | None:
    if not single.get(name):
        return None
    try:
        day = date.fromisoformat(single[name])
    except ValueError:
        faults.append(Fault(pointer=f"/{name}", detail=f"“{single[name][:40]}” is not a day.", example="2027-03-01"))
        return None
    if day.year in _YEARS:
        return day
    detail = f"The year has to be from {_YEARS[0]} to {_YEARS[-1]}."
    faults.append(Fault(pointer=f"/{name}", detail=detail, example="2027-03-01"))
    return None


def _repeated(name: str) -> Fault:
    return Fault(pointer=f"/{name}", detail=f"The parameter “{name}” stands there twice.", example=f"?{name}=...")


def _too_many(name: str) -> Fault:
    return Fault(pointer=f"/{name}", detail=f"At most {_MOST_VALUES} values under “{name}”.")


def _unknown_parameter(name: str, allowed: Iterable[str]) -> Fault:
    close = difflib.get_close_matches(name, list(allowed), n=1)
    hint = f" Did you mean “{close[0]}”?" if close else f" There are: {', '.join(allowed)}."
    return Fault(
        pointer=f"/{name[:60]}",
        detail=f"There is no parameter “{name[:60]}”.{hint}",
        example=close[0] if close else None,
    )


def _unknown_values(name: str, values: Iterable[str], known: frozenset[str]) -> list[Fault]:
    return [_unknown_value(name, value, known) for value in values if value not in known]


def _unknown_value(name: str, value: str, known: frozenset[str]) -> Fault:
    close = difflib.get_close_matches(value, sorted(known), n=3, cutoff=0.5)
    hint = f" Did you mean {' or '.join(close)}?" if close else ""
    example = close[0] if close else min(known, default=None)
    return Fault(pointer=f"/{name}", detail=f"“{value[:60]}” is not known as a {name}.{hint}", example=example)
