"""Lines to components (RFC 5545 section 3.4), also where an END is missing or the file is cut off."""

from collections.abc import Iterable, Iterator

from feeds.errors import InvalidCalendar, TooLarge
from feeds.reading.findings import Limits, Notes
from feeds.reading.tokens import Line

# What stands side by side in a calendar and never inside each other.
SIDE_BY_SIDE = frozenset({"VEVENT", "VTODO", "VJOURNAL", "VFREEBUSY", "VTIMEZONE", "VAVAILABILITY"})


class Component:
    """One BEGIN..END: its `kind` in capitals, the `line` of its BEGIN, its properties and inner components in order.

    `cut` is true when the file ended inside it. `notes` of an inner component are those of the one around it.
    """

    __slots__ = ("children", "cut", "kind", "line", "notes", "properties")

    def __init__(self, kind: str, line: int, notes: Notes) -> None:
        self.kind = kind
        self.line = line
        self.properties: list[Line] = []
        self.children: list[Component] = []
        self.notes = notes
        self.cut = False

    def first(self, name: str) -> Line | None:
        """The first property of that name that says something."""
        for line in self.properties:
            if line.name == name and line.value.strip():
                return line
        return None

    def text(self) -> Iterator[str]:
        """Every line as it stood, unfolded, with those of inner components and BEGIN and END."""
        yield f"BEGIN:{self.kind}"
        yield from (line.text for line in self.properties)
        for child in self.children:
            yield from child.text()
        yield f"END:{self.kind}"


def calendars(lines: Iterable[Line], notes: Notes, limits: Limits) -> list[Component]:
    """The VCALENDARs of a file; what is wrong with the file as a whole goes to `notes`.

    Raises InvalidCalendar when there is none, TooLarge beyond the limits.
    """
    tree = _Tree(notes, limits)
    for line in lines:
        tree.take(line)
    return tree.finish()


class _Tree:
    """The components while they are read."""

    def __init__(self, notes: Notes, limits: Limits) -> None:
        self._notes = notes
        self._limits = limits
        self._roots: list[Component] = []
        self._open: list[Component] = []
        self._entries = 0
        self._outside = 0
        self._first_words = ""

    def take(self, line: Line) -> None:
        """The next line."""
        if line.name == "BEGIN":
            self._begin(line)
        elif line.name == "END":
            self._end(line)
        elif not self._open:
            self._outside += 1
            self._first_words = self._first_words or line.text
        elif line.fault:
            what = f"{line.name or 'this'} was left out: {line.fault}"
            self._open[-1].notes.add(line.number, "unreadable-line", what)
        else:
            for code, words in line.repairs:
                self._open[-1].notes.add(line.number, code, words)
            self._open[-1].properties.append(line)

    def finish(self) -> list[Component]:
        """The end of the file."""
        if not self._roots:
            raise InvalidCalendar(_resemblance(self._first_words))
        if self._outside:
            self._notes.add(1, "outside", f"{self._outside:,} lines outside BEGIN:VCALENDAR and its END were ignored")
        if self._open:
            for component in self._open:
                component.cut = True
            self._notes.add(self._open[-1].line, "cut-off", "END:VCALENDAR is missing: the file may be cut off")
        return self._roots

    def _begin(self, line: Line) -> None:
        kind = line.value.strip().upper()
        if kind == "VCALENDAR":
            self._close(0, line)
            if len(self._roots) >= self._limits.entries:
                raise TooLarge(f"the file has more than {self._limits.entries:,} calendars", line.number)
            self._push(kind, line, self._notes)
            return
        if not self._open:
            if kind not in SIDE_BY_SIDE:
                self._outside += 1
                return
            self._notes.add(line.number, "no-calendar", "BEGIN:VCALENDAR is missing before this line")
            self._push("VCALENDAR", line, self._notes)
        if kind in SIDE_BY_SIDE and len(self._open) > 1:
            self._close(1, line)
        if not kind.replace("-", "").isalnum() or not kind.isascii():
            self._open[-1].notes.add(line.number, "unreadable-line", "this BEGIN names no component")
            return
        if kind == "VEVENT":
            self._entries += 1
            if self._entries > self._limits.entries:
                raise TooLarge(f"the calendar has more than {self._limits.entries:,} events", line.number)
        self._push(kind, line, Notes(self._limits.warnings) if len(self._open) == 1 else self._open[-1].notes)

    def _push(self, kind: str, line: Line, notes: Notes) -> None:
        component = Component(kind, line.number, notes)
        (self._open[-1].children if self._open else self._roots).append(component)
        self._open.append(component)
        if len(self._open) > self._limits.depth:
            raise TooLarge(f"components stand more than {self._limits.depth} deep inside each other", line.number)

    def _end(self, line: Line) -> None:
        kind = line.value.strip().upper()
        for depth in range(len(self._open) - 1, -1, -1):
            if self._open[depth].kind == kind:
                self._close(depth + 1, line)
                self._open.pop()
                return
        if self._open:
            self._open[-1].notes.add(line.number, "unexpected-end", "this END has no BEGIN: it was ignored")
        else:
            self._outside += 1

    def _close(self, depth: int, line: Line) -> None:
        """Close what is still open from `depth` on, because of what `line` says."""
        while len(self._open) > depth:
            left = self._open.pop()
            left.notes.add(left.line, "missing-end", f"END:{left.kind} is missing before line {line.number:,}")


def _resemblance(words: str) -> str:
    """Why a file without VCALENDAR is none, by what it begins with."""
    start = words.lstrip("\ufeff \t")[:200].lower()
    if start.startswith(("<!doctype html", "<html", "<head", "<body")):
        return "this is a web page, not a calendar: the address may need a sign-in"
    if start.startswith("<"):
        return "this is XML, not iCalendar"
    if start.startswith(("{", "[")):
        return "this is JSON, not iCalendar"
    if start.startswith(("pk\x03\x04", "\x1f")):
        return "this is a compressed file: unpack it first"
    return "this is no iCalendar: BEGIN:VCALENDAR is missing" if start else "the file is empty"
