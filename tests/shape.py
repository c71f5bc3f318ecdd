"""The house rules that a linter does not know, each as a function of a root folder. Used by tests/test_shape.py."""

import ast
from collections.abc import Iterator
from pathlib import Path

from tests.floors import imports, modules

LONGEST_FILE = 300
LONGEST_FUNCTION = 40
MIGRATIONS = "scheduler.store.migrations."  # a list of statements, written once and never edited again

# Who may import what: each name is allowed in these rooms alone.
KEEPERS = {
    "sqlalchemy": ("scheduler.store",),
    "alembic": ("scheduler.store",),
    "aiosqlite": ("scheduler.store",),
    "asyncpg": ("scheduler.store",),
    "sqlite3": ("scheduler.store",),
    "apscheduler": ("scheduler.jobs",),
    "litestar": ("scheduler.web", "scheduler.app"),
    "click": ("scheduler.cli",),
    "rich": ("scheduler.cli",),
    "uvicorn": ("scheduler.cli",),
    "aiosmtplib": ("scheduler.mail",),
    "smtplib": ("scheduler.mail",),
}
# No HTTP or MIME word on these floors.
QUIET = ("scheduler.model", "scheduler.store", "scheduler.services")
PROTOCOLS = ("http", "email", "litestar", "aiosmtplib", "smtplib")
# A transaction's body names the type of what it is given; the statements themselves live in the store.
TYPE_ONLY = {"Connection"}
STATEMENTS = {"execute", "exec_driver_sql", "scalar", "scalars", "executemany", "begin_nested"}
CLOCKS = {"now", "utcnow", "today", "time_ns", "gmtime", "localtime", "uuid1"}
Function = ast.FunctionDef | ast.AsyncFunctionDef


def strangers(root: Path) -> list[str]:
    """Imports of a library by a room that is not its keeper: SQL outside the store, HTTP in a service, ..."""
    typed = {(module, line) for module, tree in trees(root) for line in _typing_only(tree)}
    faults = []
    for one in imports(root):
        library = one.name.split(".")[0]
        keepers = KEEPERS.get(library)
        if (one.module, one.line) in typed and one.module.startswith("scheduler."):
            continue
        if keepers and not _in(one.module, keepers):
            faults.append(f"{one.module}:{one.line} imports {one.name}, which belongs to {' or '.join(keepers)}")
        elif library in PROTOCOLS and _in(one.module, QUIET):
            faults.append(f"{one.module}:{one.line} imports {one.name}: no HTTP or MIME word on this floor")
    return faults


def statements(root: Path) -> list[str]:
    """Calls that run SQL outside the store, whatever their module imports."""
    return [
        f"{module}:{call.lineno} calls .{name}(): SQL only in scheduler/store"
        for module, call, name in _method_calls(root)
        if name in STATEMENTS and not _in(module, ("scheduler.store",))
    ]


def clocks(root: Path) -> list[str]:
    """Reads of a clock outside scheduler/clock.py that ruff's list cannot see, through an alias or an instance."""
    return [
        f"{module}:{call.lineno} calls .{name}(): time is an argument called now"
        for module, call, name in _method_calls(root)
        if name in CLOCKS and module != "scheduler.clock" and "func." not in ast.unparse(call.func)
    ]


def too_long(root: Path) -> list[str]:
    """Files and functions beyond their measure; a function's docstring and decorators do not count."""
    faults = []
    for module, path in modules(root).items():
        if module.startswith(MIGRATIONS):
            continue
        text = path.read_text()
        if (lines := text.count("\n")) > LONGEST_FILE:
            faults.append(f"{module} has {lines} lines, more than {LONGEST_FILE}")
        faults += [
            f"{module}:{node.lineno} {node.name} has {length} lines, more than {LONGEST_FUNCTION}"
            for node in ast.walk(ast.parse(text))
            if isinstance(node, Function) and (length := _length(node)) > LONGEST_FUNCTION
        ]
    return faults


def undocumented(root: Path) -> list[str]:
    """Public modules, classes, functions and methods without a docstring.

    An empty file needs none. A method of a class that extends another inherits the words of the method that
    it overrides (as `inspect.getdoc` says), and so does a visitor or a hook.
    """
    faults = []
    for module, tree in trees(root):
        if not tree.body or _private(module) or module.startswith(MIGRATIONS):
            continue
        if ast.get_docstring(tree) is None:
            faults.append(f"{module} has no docstring")
        faults += [f"{module}:{node.lineno} {node.name} has no docstring" for node in _silent(tree)]
    return faults


def trees(root: Path) -> Iterator[tuple[str, ast.Module]]:
    """Every file of both houses, parsed, by its dotted name."""
    for module, path in modules(root).items():
        yield module, ast.parse(path.read_text(), str(path))


def _silent(tree: ast.Module) -> Iterator[Function | ast.ClassDef]:
    for node in tree.body:
        if not isinstance(node, Function | ast.ClassDef) or node.name.startswith("_"):
            continue
        if ast.get_docstring(node) is None:
            yield node
        if isinstance(node, ast.ClassDef) and all(_plain(base) for base in node.bases):
            for method in node.body:
                wanted = isinstance(method, Function) and not method.name.startswith("_")
                if wanted and ast.get_docstring(method) is None:  # type: ignore[arg-type]  # a Function, as asked
                    yield method  # type: ignore[misc]


def _plain(base: ast.expr) -> bool:
    """Whether a base class has no methods that one of ours could override."""
    name = ast.unparse(base).split("[")[0].rpartition(".")[2]
    return name in {"Struct", "Protocol", "Generic", "Enum", "StrEnum", "NamedTuple", "Exception", "ValueError"}


def _length(node: Function) -> int:
    first = node.body[0]
    documented = ast.get_docstring(node, clean=False) is not None
    words = (first.end_lineno or first.lineno) - first.lineno + 1 if documented else 0
    return (node.end_lineno or node.lineno) - node.lineno + 1 - words


def _method_calls(root: Path) -> Iterator[tuple[str, ast.Call, str]]:
    for module, tree in trees(root):
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                yield module, node, node.func.attr


def _typing_only(tree: ast.Module) -> Iterator[int]:
    """Lines that import nothing but a type's name from SQLAlchemy."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            names = {alias.name for alias in node.names}
            if node.module == "sqlalchemy" and names <= TYPE_ONLY:
                yield node.lineno


def _private(module: str) -> bool:
    return any(part.startswith("_") for part in module.split("."))


def _in(module: str, rooms: tuple[str, ...]) -> bool:
    return any(f"{module}.".startswith(f"{room}.") for room in rooms)
