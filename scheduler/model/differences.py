"""What differs between what is stored and what somebody wanted to store: for who comes too late with a change. Pure."""

from collections.abc import Mapping
from typing import Any

from msgspec import Struct


class Difference(Struct, frozen=True):
    """One place where two versions differ; None where a version has nothing there.

    `pointer` is a JSON Pointer (RFC 6901) into the input.
    """

    pointer: str
    current: Any
    yours: Any


def differences(current: Mapping[str, Any], yours: Mapping[str, Any], pointer: str = "") -> tuple[Difference, ...]:
    """The places where two inputs differ, in order of the names; objects are compared field by field, lists whole."""
    found: list[Difference] = []
    for name in sorted({*current, *yours}):
        ours, theirs = current.get(name), yours.get(name)
        place = f"{pointer}/{name.replace('~', '~0').replace('/', '~1')}"
        if isinstance(ours, Mapping) and isinstance(theirs, Mapping):
            found += differences(ours, theirs, place)
        elif ours != theirs:
            found.append(Difference(place, ours, theirs))
    return tuple(found)
