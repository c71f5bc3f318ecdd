"""How decoded JSON is read with all its faults at once: nodes that know where they stand, and the list of faults.

msgspec stops at the first fault of a body. Here a reader takes a `Node` and either gives a value or notes what is
wrong and raises `Faulty`; whoever reads a group of fields catches that and goes on with the next one.
"""

import math
from collections.abc import Callable, Collection, Iterable, Mapping
from difflib import get_close_matches
from typing import Any, TypeVar

from scheduler.errors import Fault, Invalid

MOST_FAULTS = 50
LONGEST_LIST = 100
LONGEST_GUESS = 60
MOST_KEPT = 1_000

T = TypeVar("T")
Value = TypeVar("Value")


class Faulty(Exception):
    """This value cannot be used; what is wrong with it has been noted."""


class Faults:
    """Everything wrong with one input, collected."""

    def __init__(self) -> None:
        self._noted: list[Fault] = []
        self._uncounted = 0

    def note(self, fault: Fault) -> None:
        """Keep a fault; of a flood of them only the number."""
        if len(self._noted) < MOST_KEPT:
            self._noted.append(fault)
        else:
            self._uncounted += 1

    @property
    def many(self) -> bool:
        """True once more is wrong than will be reported: no need to think of suggestions any more."""
        return len(self._noted) >= MOST_FAULTS

    def check(self) -> None:
        """Raises Invalid when anything was noted: the faults by pointer, at most 50 and a closing one that counts."""
        if not self._noted:
            return
        ordered = sorted(self._noted, key=lambda fault: (_natural(fault.pointer), fault.detail))
        left = len(ordered) - MOST_FAULTS + self._uncounted
        if left > 0:
            words = "one more fault" if left == 1 else f"{left} more faults"
            closing = Fault("", f"The input has {words}; only the first {MOST_FAULTS} are shown.", None, "more-faults")
            ordered = [*ordered[:MOST_FAULTS], closing]
        raise Invalid(tuple(ordered))


class Node:
    """One value of the input: the decoded JSON, its JSON Pointer (RFC 6901), and where its faults go."""

    __slots__ = ("faults", "pointer", "value")

    def __init__(self, value: object, faults: Faults, pointer: str = "") -> None:
        self.value = value
        self.faults = faults
        self.pointer = pointer

    def child(self, name: str | int, value: object) -> "Node":
        """The node of a field or of a list item below this one."""
        step = shown(str(name)).replace("~", "~0").replace("/", "~1")
        return Node(value, self.faults, f"{self.pointer}/{step}")

    def note(self, detail: str, example: object = None, code: str = "invalid") -> None:
        """Note what is wrong here and go on."""
        self.faults.note(Fault(self.pointer, detail, example, code))

    def refuse(self, detail: str, example: object = None, code: str = "invalid") -> Faulty:
        """Note what is wrong here; raise what this returns."""
        self.note(detail, example, code)
        return Faulty()

    def wrong_type(self, wanted: str, example: object) -> Faulty:
        """Note that this is another type of JSON value than the one wanted."""
        return self.refuse(f"Expected {wanted}, got {_kind(self.value)}.", example, "wrong-type")


Reader = Callable[[Node], T]


def opened(node: Node, names: Collection[str], example: object = None) -> dict[str, Node]:
    """The fields of an object that are given (null is as good as absent); every unknown one is noted.

    Raises Faulty when the node is no object.
    """
    if not isinstance(node.value, Mapping):
        raise node.wrong_type("an object", {} if example is None else example)
    nodes: dict[str, Node] = {}
    for name, value in node.value.items():
        if isinstance(name, str) and name in names:
            if value is not None:
                nodes[name] = node.child(name, value)
        elif not node.faults.many:
            _note_unknown(node.child(str(name)[:LONGEST_GUESS], value), str(name), names)
        else:
            node.child(str(name)[:LONGEST_GUESS], value).note("There is no such field.", code="unknown-field")
    return nodes


def read(nodes: Mapping[str, Node], readers: Mapping[str, Reader[Any]]) -> dict[str, Any]:
    """The value of every given field that has a reader here and can be used."""
    values = {}
    for name, reader in readers.items():
        if name in nodes:
            try:
                values[name] = reader(nodes[name])
            except Faulty:
                continue
    return values


def require(node: Node, nodes: Mapping[str, Node], examples: Mapping[str, object]) -> None:
    """Note each field of `examples` that is not given, with its example."""
    for name, example in examples.items():
        if name not in nodes:
            node.child(name, None).note("This field is required.", example, "required")


def structure(
    kind: Callable[..., T], readers: Mapping[str, Reader[Any]], required: Mapping[str, object] | None = None
) -> Reader[T]:
    """A reader of an object whose fields have these readers; `required` names those without a default."""
    wanted = required or {}

    def reader(node: Node) -> T:
        nodes = opened(node, readers, wanted)
        require(node, nodes, wanted)
        values = read(nodes, readers)
        if any(name not in values for name in wanted):
            raise Faulty
        return kind(**values)

    return reader


def many(
    reader: Reader[T], *, example: object, longest: int = LONGEST_LIST, unique: bool = True
) -> Reader[tuple[T, ...]]:
    """A reader of a list; with `unique`, a value given twice is noted at its second place."""

    def read_all(node: Node) -> tuple[T, ...]:
        if not isinstance(node.value, list | tuple):
            raise node.wrong_type("a list", example)
        if len(node.value) > longest:
            raise node.refuse(f"At most {longest} items; there are {len(node.value)}.", example, "too-many")
        found: list[T] = []
        for index, value in enumerate(node.value):
            item = node.child(index, value)
            try:
                one = reader(item)
            except Faulty:
                continue
            if unique and one in found:
                item.note("This is in the list twice.", code="repeated")
            else:
                found.append(one)
        return tuple(found)

    return read_all


def mapping(
    key: Reader[str], value: Reader[Value], *, example: object, longest: int = LONGEST_LIST
) -> Reader[dict[str, Value]]:
    """A reader of an object whose names are data themselves (a language tag, a marker)."""

    def read_all(node: Node) -> dict[str, Value]:
        if not isinstance(node.value, Mapping):
            raise node.wrong_type("an object", example)
        if len(node.value) > longest:
            raise node.refuse(f"At most {longest} fields; there are {len(node.value)}.", example, "too-many")
        found: dict[str, Value] = {}
        for name, inner in node.value.items():
            try:
                known = key(Node(name, node.faults, node.child(str(name)[:LONGEST_GUESS], inner).pointer))
                if inner is not None:
                    found[known] = value(node.child(str(name), inner))
            except Faulty:
                continue
        return found

    return read_all


def flag(node: Node) -> bool:
    """True or false."""
    if not isinstance(node.value, bool):
        raise node.wrong_type("true or false", example=True)
    return node.value


def whole(lowest: int, highest: int) -> Reader[int]:
    """A reader of a whole number between two bounds, both included."""

    def reader(node: Node) -> int:
        value = node.value
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        if isinstance(value, bool) or not isinstance(value, int):
            raise node.wrong_type("a whole number", lowest)
        if not lowest <= value <= highest:
            raise node.refuse(f"A whole number from {lowest} to {highest}.", lowest, "out-of-range")
        return value

    return reader


def number(lowest: float, highest: float, example: float) -> Reader[float]:
    """A reader of a number between two bounds, both included."""

    def reader(node: Node) -> float:
        value = node.value
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise node.wrong_type("a number", example)
        if (isinstance(value, float) and not math.isfinite(value)) or not lowest <= value <= highest:
            raise node.refuse(f"A number from {lowest:g} to {highest:g}.", example, "out-of-range")
        return float(value)

    return reader


def choice(options: Iterable[str], example: str | None = None) -> Reader[str]:
    """A reader of one of a few fixed words."""
    known = tuple(options)

    def reader(node: Node) -> str:
        if not isinstance(node.value, str):
            raise node.wrong_type("text", example or known[0])
        if node.value in known:
            return node.value
        meant = near(node.value, known)
        hint = f" Did you mean “{meant}”?" if meant else ""
        words = ", ".join(f"“{option}”" for option in known)
        raise node.refuse(f"One of {words}.{hint}", meant or example or known[0], "unknown-value")

    return reader


def near(word: str, known: Iterable[str]) -> str | None:
    """The known word that this one was probably meant to be, if any."""
    if len(word) > LONGEST_GUESS:
        return None
    plain = {_plain(name): name for name in known}
    close = get_close_matches(_plain(word), plain, n=1, cutoff=0.6)
    return plain[close[0]] if close else None


def shown(text: str) -> str:
    """A short piece of the input for a message: at most 60 characters, nothing that a terminal would obey."""
    cut = text if len(text) <= LONGEST_GUESS else f"{text[:LONGEST_GUESS]}…"
    return "".join(one if one.isprintable() else f"\\u{ord(one):04x}" for one in cut)


def _note_unknown(node: Node, name: str, names: Collection[str]) -> None:
    meant = near(name, names)
    detail = f"There is no field “{shown(name)}” here."
    hint = f" Did you mean “{meant}”?" if meant else ""
    node.note(detail + hint, meant, "unknown-field")


def _plain(word: str) -> str:
    return word.casefold().strip().replace("_", "-").replace(" ", "-")


def _kind(value: object) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true or false"
    for kinds, words in (((int, float), "a number"), (str, "text"), ((list, tuple), "a list"), (Mapping, "an object")):
        if isinstance(value, kinds):
            return words
    return "something else"


def _natural(pointer: str) -> tuple[tuple[int, int, str], ...]:
    """Sorts /speakers/2 before /speakers/10."""
    return tuple(
        (0, int(step), "") if step.isdecimal() and len(step) < 10 else (1, 0, step) for step in pointer.split("/")[1:]
    )
