"""How a selection is written: language, cancelled events, alarms, all-day bars, busy times only, horizon.

`?lang=nl&cancelled=hide&alarm=PT15M&allday=bars&busy=1&horizon=120`, beside the filter and in any order.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from typing import Literal

from msgspec import Struct

from scheduler.config import Config
from scheduler.config.rules import parse_offset
from scheduler.errors import Fault, Invalid
from scheduler.model.filter import Filter, read_filter

OPTIONS = ("lang", "cancelled", "alarm", "allday", "busy", "horizon")
_LONGEST_ALARM = timedelta(days=28)


class FeedOptions(Struct, frozen=True, kw_only=True):
    """One subscriber's wishes. `alarm` rings that long before the start, `horizon` is in days from today."""

    language: str
    cancelled: Literal["show", "hide"] = "show"
    alarm: timedelta | None = None
    bars: bool = False
    busy: bool = False
    horizon: int | None = None


class FeedQuery(Struct, frozen=True, kw_only=True):
    """A filter and how to write what it selects."""

    chosen: Filter
    options: FeedOptions


def read_query(
    pairs: Sequence[tuple[str, str]], known: Mapping[str, frozenset[str]], config: Config, *, filters: bool = True
) -> FeedQuery:
    """Reads a decoded query string; without `filters` only options are allowed. Raises Invalid with every fault."""
    faults: list[Fault] = []
    chosen, options = Filter(), FeedOptions(language=config.languages.default)
    try:
        chosen = read_filter(pairs, known if filters else {}, OPTIONS)
    except Invalid as error:
        faults += error.faults
    try:
        options = read_options(pairs, config)
    except Invalid as error:
        faults += error.faults
    if faults:
        raise Invalid(tuple(faults))
    return FeedQuery(chosen=chosen, options=options)


def read_options(pairs: Iterable[tuple[str, str]], config: Config) -> FeedOptions:
    """Reads the options in a decoded query string, whatever else stands there. Raises Invalid with every fault."""
    faults: list[Fault] = []
    given: dict[str, str] = {}
    for name, value in pairs:
        if name in OPTIONS:
            if name in given:
                faults.append(Fault(pointer=f"/{name}", detail=f"The parameter “{name}” stands there twice."))
            given[name] = value.strip()
    offered = config.languages.offered
    options = FeedOptions(
        language=_word(given, "lang", offered, config.languages.default, faults),
        cancelled="hide" if _word(given, "cancelled", ("show", "hide"), "show", faults) == "hide" else "show",
        alarm=_alarm(given, faults),
        bars=_word(given, "allday", ("bars",), "", faults) == "bars",
        busy=_word(given, "busy", ("1", "0"), "0", faults) == "1",
        horizon=_days(given, config.feeds.future_days, faults),
    )
    if faults:
        raise Invalid(tuple(faults))
    return options


def _word(given: Mapping[str, str], name: str, words: Sequence[str], default: str, faults: list[Fault]) -> str:
    value = given.get(name, default)
    if value != default and value not in words:
        detail = f"“{name}” is {' or '.join(words)}."
        faults.append(Fault(pointer=f"/{name}", detail=detail, example=words[0]))
        return default
    return value


def _alarm(given: Mapping[str, str], faults: list[Fault]) -> timedelta | None:
    if "alarm" not in given:
        return None
    try:
        offset = parse_offset(given["alarm"])
    except ValueError:
        offset = None
    before = timedelta(days=offset.days) + offset.exact if offset else timedelta.max
    if before > _LONGEST_ALARM:
        detail = "“alarm” is how long before the start to ring, at most four weeks."
        faults.append(Fault(pointer="/alarm", detail=detail, example="PT15M"))
        return None
    return before


def _days(given: Mapping[str, str], most: int, faults: list[Fault]) -> int | None:
    text = given.get("horizon")
    if text is None:
        return None
    if not text.isascii() or not text.isdigit() or not 1 <= int(text[:6]) <= most:
        faults.append(Fault(pointer="/horizon", detail=f"“horizon” is a number of days, 1 to {most}.", example=120))
        return None
    return int(text)
