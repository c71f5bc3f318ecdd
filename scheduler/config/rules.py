"""The grammar of reminder rules: how long before the start, or after the end, a mail goes out."""

import re
from datetime import time, timedelta

from msgspec import Struct

RULE_HELP = (
    "Not a rule for a reminder: a duration of at most 366 days before the start (“P7D”, “PT90M”), with “+” in front "
    "after the end (“+PT2H”), and with days a clock time where the recipient is (“P1D@17:00”)."
)
RULE_EXAMPLE = "P1D@17:00"
_LONGEST = timedelta(days=366)
_DURATION = re.compile(
    r"P(?:(?P<weeks>[0-9]{1,3})W)?(?:(?P<days>[0-9]{1,4})D)?"
    r"(?:T(?:(?P<hours>[0-9]{1,5})H)?(?:(?P<minutes>[0-9]{1,5})M)?)?"
)
_CLOCK = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]")


class Offset(Struct, frozen=True):
    """How long: `days` on a wall clock, then an exact `time`.

    `P7D` is seven calendar days (the clock time stays), `PT168H` is 168 hours (the clock time may move at a change
    of summer time).
    """

    days: int
    exact: timedelta


class Rule(Struct, frozen=True, kw_only=True):
    """A reminder rule: an offset before the start, or `after` the end.

    With a `clock` it falls on that time of the day where the recipient is, `offset.days` days away from the day on
    which the event starts (or ends) there.
    """

    offset: Offset
    after: bool = False
    clock: time | None = None


def parse_offset(text: str) -> Offset:
    """Reads an ISO 8601 duration such as `P7D`, `P1W`, `P1DT2H` or `PT90M`.

    Raises ValueError for anything else, for zero, and for more than a year.
    """
    offset = _offset(text)
    if not _span(offset):
        raise ValueError(text)
    return offset


def parse_rule(text: str) -> Rule:
    """Reads `P7D`, `PT90M` (before the start), `P1D@17:00` (at the recipient's place), `+PT2H` (after the end).

    A clock time follows whole days only; `P0D@08:00` is the day itself. Raises ValueError for anything else.
    """
    after = text.startswith("+")
    duration, at, clock = text[after:].partition("@")
    try:
        if not at:
            return Rule(offset=parse_offset(duration), after=after)
        offset = _offset(duration)
    except ValueError:
        raise ValueError(text) from None
    if "T" in duration or not _CLOCK.fullmatch(clock):
        raise ValueError(text)
    return Rule(offset=offset, after=after, clock=time.fromisoformat(clock))


def is_rule(text: str) -> bool:
    """True for what `parse_rule` reads."""
    try:
        parse_rule(text)
    except ValueError:
        return False
    return True


def _offset(text: str) -> Offset:
    match = _DURATION.fullmatch(text)
    numbers = {name: int(value) for name, value in match.groupdict().items() if value} if match else {}
    if not numbers or text.endswith("T"):
        raise ValueError(text)
    offset = Offset(
        days=7 * numbers.get("weeks", 0) + numbers.get("days", 0),
        exact=timedelta(hours=numbers.get("hours", 0), minutes=numbers.get("minutes", 0)),
    )
    if _span(offset) > _LONGEST:
        raise ValueError(text)
    return offset


def _span(offset: Offset) -> timedelta:
    return timedelta(days=offset.days) + offset.exact
