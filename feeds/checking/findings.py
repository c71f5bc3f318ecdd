"""What a check says."""

from collections.abc import Iterable
from typing import Literal

from msgspec import Struct
from msgspec.structs import replace

Level = Literal["fault", "warning", "note"]

READING = 0
"""The rule number of what is no rule of a feed, but keeps a reader from taking it as it is."""


class Finding(Struct, frozen=True):
    """A rule (1-20, 0 for reading in general) that a feed breaks: how badly, on which `line` (0: none), in words.

    A "fault" makes some program show events wrongly or not at all; a "warning" costs comfort or bandwidth somewhere;
    a "note" is worth knowing.
    """

    rule: int
    level: Level
    line: int
    text: str


def gathered(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """By rule and line; what is said of many lines is said once, of the first, with how many more there are."""
    first: dict[tuple[int, Level, str], Finding] = {}
    times: dict[tuple[int, Level, str], int] = {}
    for one in findings:
        key = (one.rule, one.level, one.text)
        known = first.setdefault(key, one)
        if one.line < known.line:
            first[key] = one
        times[key] = times.get(key, 0) + 1
    found = [
        one if times[key] == 1 else replace(one, text=f"{one.text} (and {times[key] - 1:,} more)")
        for key, one in first.items()
    ]
    return tuple(sorted(found, key=lambda one: (one.rule, one.line, one.text)))
