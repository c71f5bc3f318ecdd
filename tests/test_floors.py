"""Imports run downhill, in both houses, also those inside functions; nobody walks in a circle."""

from pathlib import Path

import pytest

from tests import floors


def test_imports_run_downhill_only() -> None:
    assert floors.uphill(floors.ROOT) == []


def test_no_files_import_each_other_in_a_circle() -> None:
    assert floors.circle(floors.ROOT) == []


def test_only_the_command_line_imports_inside_functions() -> None:
    assert floors.lazy(floors.ROOT) == []


def test_every_floor_of_the_plan_has_one_place() -> None:
    rooms = floors.FLOORS.split()
    assert sorted(set(rooms)) == sorted(rooms)


# The checks themselves: each planted fault must be found, each allowed import must pass.


def plant(root: Path, module: str, text: str) -> None:
    """Write the file of `module` under `root`, and the folders above it."""
    path = root / (module.replace(".", "/") + ".py")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    for parent in path.relative_to(root).parents[:-1]:
        (root / parent / "__init__.py").touch()


@pytest.mark.parametrize(
    ("module", "text"),
    [
        ("feeds.write", "import scheduler.model.event\n"),
        ("feeds.entry", "from feeds.source import Source\n"),
        ("feeds.caldav.reports", "from feeds import publish\n"),
        ("feeds.write", "from .invite import request\n"),
        ("feeds.caldav.xml", "from .. import publish\n"),
        ("scheduler.config.settings", "from scheduler.model import event\n"),
        ("scheduler.model.event", "def late():\n    from scheduler.store import events\n"),
        ("scheduler.model.event", "def late():\n    if True:\n        import scheduler.app as app\n"),
        ("scheduler.store.events", "from scheduler.mail import smtp\n"),
        ("scheduler.services.reminders", "from scheduler.services.events import publish\n"),
        ("scheduler.services.people", "from scheduler.services.reminders import plan\n"),
        ("scheduler.services.resending", "from scheduler.services.people import find\n"),
        ("scheduler.jobs", "import importlib\nimportlib.import_module('scheduler.web.pages')\n"),
        ("scheduler.web.api", "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import scheduler.app\n"),
    ],
)
def test_an_uphill_import_is_found(tmp_path: Path, module: str, text: str) -> None:
    for other in ("feeds.publish", "feeds.invite", "feeds.source", "scheduler.model.event", "scheduler.app"):
        plant(tmp_path, other, "")
    plant(tmp_path, module, text)
    assert [fault for fault in floors.uphill(tmp_path) if fault.startswith(f"{module}:")] != []


@pytest.mark.parametrize(
    ("module", "text"),
    [
        ("feeds.invite", "from feeds import read, write\nfrom .entry import Entry\n"),
        ("feeds.caldav.reports", "from feeds.caldav import xml\nfrom . import paths\n"),
        ("scheduler.calendars", "from feeds.source import Source\nfrom scheduler.services import events\n"),
        ("scheduler.services.imports", "from scheduler.services.events import publish\n"),
        ("scheduler.services.people", "from scheduler.services.changes import record\n"),
        ("scheduler.cli.serve", "def run():\n    from scheduler.app import create_app\n"),
    ],
)
def test_a_downhill_import_passes(tmp_path: Path, module: str, text: str) -> None:
    for other in ("feeds.read", "feeds.write", "feeds.entry", "feeds.caldav.xml", "scheduler.services.events"):
        plant(tmp_path, other, "")
    plant(tmp_path, module, text)
    assert floors.uphill(tmp_path) == []


def test_a_file_without_a_floor_is_found(tmp_path: Path) -> None:
    plant(tmp_path, "scheduler.helpers", "")
    plant(tmp_path, "scheduler.services.utilities", "")
    assert [fault.split()[0] for fault in floors.uphill(tmp_path)] == [
        "scheduler.helpers",
        "scheduler.services.utilities",
    ]


def test_a_folder_above_the_floors_imports_nothing(tmp_path: Path) -> None:
    plant(tmp_path, "scheduler.services.events", "")
    (tmp_path / "scheduler/services/__init__.py").write_text("from scheduler.services import events\n")
    assert floors.uphill(tmp_path) != []


def test_a_circle_inside_one_room_is_found(tmp_path: Path) -> None:
    plant(tmp_path, "scheduler.store.events", "from scheduler.store import tables\n")
    plant(tmp_path, "scheduler.store.tables", "def late():\n    from .series import expand\n")
    plant(tmp_path, "scheduler.store.series", "import scheduler.store.events\n")
    assert floors.uphill(tmp_path) == []
    assert set(floors.circle(tmp_path)) == {f"scheduler.store.{name}" for name in ("events", "tables", "series")}


@pytest.mark.parametrize(
    "text",
    [
        "def late():\n    import json\n",
        "class Room:\n    async def late(self):\n        from scheduler import clock\n",
        "import importlib\nroom = importlib.import_module(__name__ + '.events')\n",
    ],
)
def test_an_import_inside_a_function_is_found_except_in_the_command_line(tmp_path: Path, text: str) -> None:
    plant(tmp_path, "scheduler.cli.serve", text)
    assert floors.lazy(tmp_path) == []
    plant(tmp_path, "scheduler.store.events", text)
    assert len(floors.lazy(tmp_path)) == 1
