"""House rules that no linter knows: who may use which library, how long a file is, what has words."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests import shape
from tests.floors import ROOT
from tests.test_floors import plant

CHECKS: list[Callable[[Path], list[str]]] = [
    shape.strangers,
    shape.statements,
    shape.clocks,
    shape.too_long,
    shape.undocumented,
]


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_the_house_keeps_its_rules(check: Callable[[Path], list[str]]) -> None:
    assert check(ROOT) == []


LONG_FUNCTION = '"""Words."""\n\n\ndef plan() -> None:\n    """Words."""\n' + "    print()\n" * 40
LONG_FILE = '"""Words."""\n' + "x = 1\n" * 300


@pytest.mark.parametrize(
    ("check", "module", "text"),
    [
        (shape.strangers, "scheduler.services.events", "from sqlalchemy import select\n"),
        (shape.strangers, "scheduler.services.events", "from sqlalchemy import Connection, text\n"),
        (shape.strangers, "scheduler.web.api", "def late():\n    import sqlalchemy.exc\n"),
        (shape.strangers, "scheduler.cli.doctor", "import sqlite3\n"),
        (shape.strangers, "feeds.source", "from sqlalchemy import Connection\n"),
        (shape.strangers, "feeds.publish", "from litestar import Request\n"),
        (shape.strangers, "scheduler.services.events", "from http import HTTPStatus\n"),
        (shape.strangers, "scheduler.services.notices", "from email.message import EmailMessage\n"),
        (shape.strangers, "scheduler.model.event", "from litestar.datastructures import State\n"),
        (shape.strangers, "scheduler.services.reminders", "from apscheduler import events\n"),
        (shape.statements, "scheduler.services.events", "def run(c, s):\n    return c.execute(s)\n"),
        (shape.clocks, "scheduler.model.event", "from datetime import datetime as d\nx = d.now()\n"),
        (shape.clocks, "scheduler.model.event", "def age(start):\n    return type(start).today() - start\n"),
        (shape.clocks, "scheduler.services.events", "import time\nx = time.time_ns()\n"),
        (shape.too_long, "scheduler.model.event", LONG_FUNCTION),
        (shape.too_long, "feeds.write", LONG_FILE),
        (shape.undocumented, "scheduler.model.event", "x = 1\n"),
        (shape.undocumented, "scheduler.model.event", '"""Words."""\ndef plan(): ...\n'),
        (shape.undocumented, "scheduler.model.event", '"""Words."""\nclass Event: ...\n'),
        (
            shape.undocumented,
            "feeds.source",
            '"""Words."""\nclass Source(Protocol):\n    """Words."""\n    def find(self): ...\n',
        ),
    ],
)
def test_a_planted_fault_is_found(tmp_path: Path, check: Callable[[Path], list[str]], module: str, text: str) -> None:
    plant(tmp_path, module, text)
    assert [fault for fault in check(tmp_path) if fault.startswith(module)] != []


@pytest.mark.parametrize(
    ("check", "module", "text"),
    [
        (shape.strangers, "scheduler.store.events", "from sqlalchemy import select\n"),
        (shape.strangers, "scheduler.services.events", "from sqlalchemy import Connection\n"),
        (shape.strangers, "scheduler.mail.smtp", "import aiosmtplib\nfrom email.message import EmailMessage\n"),
        (shape.statements, "scheduler.store.events", "def run(c, s):\n    return c.execute(s)\n"),
        (shape.clocks, "scheduler.clock", "from datetime import datetime\nx = datetime.now()\n"),
        (shape.too_long, "scheduler.model.event", LONG_FUNCTION.removesuffix("    print()\n")),
        (
            shape.undocumented,
            "scheduler.calendars",
            '"""Words."""\nclass Ours(Source):\n    """Words."""\n    def find(self): ...\n    def _own(self): ...\n',
        ),
    ],
)
def test_what_is_allowed_passes(tmp_path: Path, check: Callable[[Path], list[str]], module: str, text: str) -> None:
    plant(tmp_path, module, text)
    assert check(tmp_path) == []
