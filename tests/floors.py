"""The floors of the house, and a reader of every import that finds who climbs. Used by tests/test_floors.py.

A room is a file or a folder, named by its dotted path; a file belongs to the longest room that begins its
path. A file imports from a lower floor, or beside it in its own room, never from another room of its floor.
"""

import ast
from collections.abc import Iterator, Mapping
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

from msgspec import Struct

ROOT = Path(__file__).parent.parent
HOUSES = ("feeds", "scheduler")

# Lowest first. CONTRIBUTING.md says in words what each floor does.
FLOORS = """
feeds.entry feeds.errors
feeds.source feeds.contradictions
feeds.timezones feeds.rules feeds.lines feeds.offsets feeds.crc
feeds.expansion feeds.plain feeds.kept
feeds.recurrence
feeds.reading feeds.alike
feeds.write feeds.read feeds.checking
feeds.invite feeds.reply feeds.chunks feeds.check
feeds.bodies
feeds.publish feeds.formats feeds.caldav
scheduler.errors scheduler.clock scheduler.texts
scheduler.config scheduler.dates
scheduler.model
scheduler.store scheduler.mail
scheduler.services.programmes
scheduler.services.past scheduler.services.joining scheduler.services.choices scheduler.services.listed
scheduler.services.told
scheduler.services.references
scheduler.services.changes scheduler.services.outbox scheduler.services.cases scheduler.services.start
scheduler.services.last_look scheduler.services.noting scheduler.services.tally scheduler.services.owed \
scheduler.services.places
scheduler.services.objections scheduler.services.news scheduler.services.recipients scheduler.services.touching \
scheduler.services.invitations
scheduler.services.resending scheduler.services.correspondence scheduler.services.people \
scheduler.services.coalescing scheduler.services.addressees scheduler.services.institutions
scheduler.services.claiming
scheduler.services.reminders scheduler.services.seating scheduler.services.sending scheduler.services.party_notices \
scheduler.services.notices \
scheduler.services.programme_notices
scheduler.services.subscriptions scheduler.services.digests scheduler.services.planning
scheduler.services.previewing scheduler.services.registrations scheduler.services.timezones \
scheduler.services.retention
scheduler.services.calling_off
scheduler.services.events scheduler.services.replies scheduler.services.bounces scheduler.services.housekeeping \
scheduler.services.restoring scheduler.services.health
scheduler.services.imports
scheduler.calendars scheduler.demo
scheduler.demo_fill scheduler.web scheduler.inbox scheduler.jobs scheduler.control scheduler.heartbeat
scheduler.app
scheduler.cli scheduler.__main__
"""


class Import(Struct, frozen=True):
    """`module` imports `name` (both dotted) at `line`; `lazy` when that happens inside a function."""

    module: str
    name: str
    line: int
    lazy: bool


def modules(root: Path) -> dict[str, Path]:
    """Every file of both houses under `root`, by its dotted name; a folder's `__init__` has the folder's."""
    found = {}
    for house in HOUSES:
        for path in sorted((root / house).rglob("*.py")):
            parts = path.relative_to(root).with_suffix("").parts
            found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


def imports(root: Path) -> list[Import]:
    """Every import in both houses, of ours and of others, wherever it stands."""
    files = modules(root)
    return [
        Import(module, name, node.lineno, inside)
        for module, path in files.items()
        for node, inside in _statements(ast.parse(path.read_text(), str(path)))
        for name in _names(node, module if path.name == "__init__.py" else module.rpartition(".")[0], files)
    ]


def _statements(tree: ast.AST, *, inside: bool = False) -> Iterator[tuple[ast.stmt | ast.expr, bool]]:
    """Every statement and expression, with whether it stands inside a function."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.stmt | ast.expr):
            yield node, inside
        function = isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
        yield from _statements(node, inside=inside or function)


def _names(node: ast.AST, package: str, files: Mapping[str, Path]) -> Iterator[str]:
    """The modules that a statement imports; `from x import y` is x.y where that is a file, else x."""
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom):
        base = node.module or ""
        if node.level:
            parents = package.split(".")
            base = ".".join([*parents[: len(parents) - node.level + 1], *filter(None, [base])])
        inner = (f"{base}.{alias.name}" for alias in node.names)
        yield from dict.fromkeys(name if name in files else base for name in inner)
    elif isinstance(node, ast.Call) and ast.unparse(node.func).endswith(("import_module", "__import__")):
        name = node.args[0] if node.args else None
        yield name.value if isinstance(name, ast.Constant) and isinstance(name.value, str) else "*"


def room_of(module: str, floors: str = FLOORS) -> str | None:
    """The room that `module` belongs to; None when the plan has none for it."""
    rooms = [room for room in floors.split() if f"{module}.".startswith(f"{room}.")]
    return max(rooms, key=len, default=None)


def uphill(root: Path, floors: str = FLOORS) -> list[str]:
    """Every import of ours that does not go downhill, and every file that the plan has no room for."""
    heights = {room: height for height, line in enumerate(floors.strip().splitlines()) for room in line.split()}
    folders = {module for module, path in modules(root).items() if path.name == "__init__.py"}
    faults = [
        f"{module} has no floor: give it one in FLOORS"
        for module in modules(root)
        if room_of(module, floors) is None and module not in folders
    ]
    for one in imports(root):
        if one.name.split(".")[0] not in HOUSES:
            continue
        here, there = room_of(one.module, floors), room_of(one.name, floors)
        if here is None or there is None:
            if here is None and one.module in folders:
                faults.append(f"{one.module}:{one.line} is a floor's folder and imports {one.name}")
        elif here != there and heights[there] >= heights[here]:
            faults.append(f"{one.module}:{one.line} -> {one.name} is not downhill")
    return faults


def circle(root: Path) -> list[str]:
    """One circle of imports between files, in order; empty when there is none."""
    graph: dict[str, set[str]] = {module: set() for module in modules(root)}
    for one in imports(root):
        if one.name in graph and one.name != one.module:
            graph[one.module].add(one.name)
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        return list(reversed(error.args[1]))
    return []


def lazy(root: Path) -> list[str]:
    """Imports inside functions, and imports by a computed name, outside the command line's lazy loading."""
    return [
        f"{one.module}:{one.line} imports {one.name} inside a function"
        for one in imports(root)
        if (one.lazy or one.name == "*") and not one.module.startswith("scheduler.cli")
    ]
