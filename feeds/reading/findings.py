"""What reading a calendar is allowed to cost, and what it has to say about it."""

from msgspec import Struct

from feeds.expansion import Budget, Meter


class Limits(Struct, frozen=True, kw_only=True):
    """What one calendar may hold; more is an error or a refusal that says so, never a slow reader.

    `octets` and `lines` of the file (lines as they stand, before unfolding); `entries`: VEVENTs, and VCALENDARs;
    `depth` of BEGIN inside BEGIN; `line_octets` of one line after unfolding, `parameters` of one line; `dates`: RDATEs
    and EXDATEs of one series, `overrides` of one series; `zones`: time zones in one calendar; `warnings` kept of one
    entry or of the file; `steps` for following rules of all series together, and again for all time zones
    (feeds.expansion.Budget).
    """

    octets: int = 5_000_000
    lines: int = 250_000
    entries: int = 20_000
    depth: int = 10
    line_octets: int = 500_000
    parameters: int = 100
    dates: int = 5_000
    overrides: int = 2_000
    zones: int = 200
    warnings: int = 100
    steps: int = 200_000


class Costs:
    """What a file may still cost, in steps: following rules, comparing time zones, looking for similar names."""

    def __init__(self, limits: Limits) -> None:
        self.rules = Meter(Budget(steps=limits.steps))
        self.zones = Meter(Budget(steps=limits.steps))
        self.names = Meter(Budget(steps=40))


class Caution(Struct, frozen=True):
    """A repair or a reading that its author may not have meant: the `line` (from 1), a stable `code`, plain words."""

    line: int
    code: str
    text: str


class Refusal(Struct, frozen=True):
    """A component that was not read: the `line` that is to blame (from 1), its UID if known, why, in plain words."""

    line: int
    uid: str
    code: str
    reason: str


class Unreadable(Exception):
    """One component cannot be read; becomes a Refusal. `uid` is filled in by whoever knows it."""

    def __init__(self, line: int, code: str, reason: str) -> None:
        super().__init__(reason)
        self.line = line
        self.code = code
        self.reason = reason

    def refusal(self, uid: str) -> Refusal:
        """What the caller of `read` sees of it."""
        return Refusal(self.line, uid, self.code, self.reason)


class Notes:
    """The cautions of one component while it is read; beyond `most` they are counted only."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._found: list[Caution] = []
        self._left_out = 0

    def add(self, line: int, code: str, text: str) -> None:
        """Note a repair; the same one twice is one."""
        caution = Caution(line, code, text)
        if caution in self._found[-3:]:
            return
        if len(self._found) < self._most:
            self._found.append(caution)
        else:
            self._left_out += 1

    def all(self) -> tuple[Caution, ...]:
        """Every caution, in order of line."""
        found = sorted(self._found, key=lambda caution: caution.line)
        if self._left_out:
            more = f"{self._left_out:,} more warnings were left out"
            found.append(Caution(found[-1].line if found else 0, "more-warnings", more))
        return tuple(found)


def shown(text: str, most: int = 60) -> str:
    """A piece of what came in, short and printable, in quotes, for a message."""
    short = text if len(text) <= most else text[: most - 1] + "…"
    return "'" + "".join(character if character.isprintable() else "?" for character in short) + "'"
