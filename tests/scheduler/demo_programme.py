"""The packaged demo programme as its tests see it: by name, and through the door.

`demo_oracle.json` holds UTC instants, clock times elsewhere and dates of series that were computed elsewhere, with
other code; they are expectations and are never written from what our own code gives.
"""

import json
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

from scheduler import config
from scheduler.demo import load_institutions, resolved
from scheduler.model.event import Event
from scheduler.model.intake import new_event
from scheduler.model.intake_institution import new_institution
from scheduler.model.intake_known import Known, known_of

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
ORACLE = json.loads(Path(__file__).with_name("demo_oracle.json").read_bytes())

Document = dict[str, Any]


@cache
def known() -> Known:
    """The world of the demo: the shipped configuration and the packaged institutions."""
    settings = config.load(environ={})
    nobody = known_of(settings, {})
    institutions = [new_institution(document, nobody, now=NOW) for document in load_institutions()]
    return known_of(settings, {institution.key: institution for institution in institutions})


def named(events: list[Document]) -> dict[str, Document]:
    return {event["external_id"]["id"]: event for event in events}


def put_in(events: list[Document]) -> dict[str, Event]:
    """All events through the intake door, by their demo names."""
    ids = {name: f"{number:026}" for number, name in enumerate(named(events))}
    return {
        name: new_event(
            event, known(), id=ids[name], uid=f"{ids[name]}@example.org", now=NOW, created_by="demo", importing=True
        )
        for name, event in named(resolved(events, ids)).items()
    }
