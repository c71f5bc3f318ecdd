"""Reads calendars with ical.js on Node.js, through tests/interop/read.mjs."""

import json
import os
import shutil
import subprocess
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from msgspec import Struct

_INTEROP = Path(__file__).parent.parent / "interop"


class IcalJs(Struct, frozen=True):
    """The reader: `node` is the program, `modules` the node_modules folder that holds ical.js."""

    node: str
    modules: Path

    def occurrences(self, calendars: Sequence[bytes], after: datetime, before: datetime) -> list[list[dict[str, Any]]]:
        """What ical.js sees in each calendar between two instants; times are Unix seconds, or ISO dates."""
        texts = [calendar.decode() for calendar in calendars]
        span = {"after": int(after.timestamp()), "before": int(before.timestamp())}
        found: list[list[dict[str, Any]]] = self._ask("occurrences", {"calendars": texts, **span})
        return found

    def offsets(self, calendar: bytes, walls: Sequence[datetime]) -> list[int]:
        """The offset in seconds that the calendar's first VTIMEZONE gives each wall time."""
        texts = [wall.replace(tzinfo=None).isoformat() for wall in walls]
        found: list[list[int]] = self._ask("offsets", {"zones": [{"calendar": calendar.decode(), "walls": texts}]})
        return found[0]

    def _ask(self, command: str, question: object) -> Any:
        done = subprocess.run(
            [self.node, str(_INTEROP / "read.mjs"), str(self.modules), command],
            input=json.dumps(question).encode(),
            capture_output=True,
            timeout=120,
        )
        assert done.returncode == 0, done.stderr.decode()[-2000:]
        return json.loads(done.stdout)


def find_ical_js() -> IcalJs | None:
    """The reader, when Node.js and ical.js are here; ENSPIRED_NODE_MODULES names another folder."""
    node = shutil.which("node")
    modules = Path(os.environ.get("ENSPIRED_NODE_MODULES") or _INTEROP / "node_modules")
    return IcalJs(node, modules) if node and (modules / "ical.js").is_dir() else None
