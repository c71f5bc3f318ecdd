"""What programs asked, as fixtures: tests/feeds/captures/NAME.json.

Secrets are gone before they are written; an ETag, which is another one at each run, becomes `{etag 1}`, `{etag 2}`
in the order in which they appeared, also where a program sends it back.
"""

import json
from typing import Any

from tests.floors import ROOT
from tests.interop.clients.proxy import CONDITIONS

FOLDER = ROOT / "tests/feeds/captures"


def write(name: str, record: dict[str, Any]) -> None:
    """Stores a record of `tests.interop.clients.run.play`."""
    FOLDER.mkdir(exist_ok=True)
    requests = [_neutral(line, _named(record["requests"])) for line in record["requests"]]
    text = json.dumps({**record, "requests": requests}, indent=1)
    (FOLDER / f"{name}.json").write_text(text + "\n")


def read(name: str) -> dict[str, Any]:
    """The stored record: `client` (its version) and `requests`."""
    found: dict[str, Any] = json.loads((FOLDER / f"{name}.json").read_text())
    return found


def _named(requests: list[dict[str, Any]]) -> dict[str, str]:
    names: dict[str, str] = {}
    for line in requests:
        if line["etag"]:
            names.setdefault(line["etag"], f"{{etag {len(names) + 1}}}")
    return names


def _neutral(line: dict[str, Any], names: dict[str, str]) -> dict[str, Any]:
    conditions = {name: line["headers"][name] for name in CONDITIONS if name in line["headers"]}
    known = {name: names.get(value, value) for name, value in conditions.items()}
    return {**line, "headers": {**line["headers"], **known}, "etag": names.get(line["etag"], "")}
