"""docs/events.md, made from the words that the API's description uses; `python -m tests.api.pages` writes it."""

import json
from typing import Any

from scheduler.web.api.schemas import FieldGroup, event_fields
from tests.floors import ROOT

PAGE = ROOT / "docs/events.md"
_HEAD = """# Events, field by field

What an event holds, in the order of people's questions. `GET /api/v1/vocabulary` lists the keys that a field takes.
Required are `title`, `programme`, `kind`, `start`, an `end` or `duration` unless it is a single day, and a `timezone`
unless the `host` has one; everything else may be left out.

This page is made from `scheduler/web/api/event_fields.toml`; a test sends every example to the service's own door.
"""


def events_page() -> str:
    """The whole page."""
    return _HEAD + "".join(_section(group) for group in event_fields())


def _section(group: FieldGroup) -> str:
    lines = [f"\n## {group.name}\n\n| field | meaning | example |\n|---|---|---|\n"]
    lines += [f"| `{name}` | {words.meaning} | `{_example(words.example)}` |\n" for name, words in group.fields.items()]
    return "".join(lines)


def _example(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False).replace("|", "\\|")


if __name__ == "__main__":
    PAGE.write_text(events_page(), encoding="utf-8")
