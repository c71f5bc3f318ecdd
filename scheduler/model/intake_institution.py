"""The door for institutions."""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec

from scheduler.model.institution import Institution
from scheduler.model.intake_known import Known, country, optional, term
from scheduler.model.intake_parts import pattern
from scheduler.model.intake_people import url
from scheduler.model.intake_reader import Faults, Faulty, Node, Reader, many, opened, read, require
from scheduler.model.intake_text import language, paragraphs
from scheduler.model.intake_times import zone

_KEY = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_SERVICE = ("created_at", "revision")
_EXAMPLES = {"key": "vives", "name": {"en": "VIVES University of Applied Sciences"}, "country": "BE"}


def new_institution(data: object, known: Known, *, now: datetime) -> Institution:
    """A new institution from decoded JSON. Without a `timezone` it has its country's, where that has only one.

    That its key is free is for the service to say. Raises scheduler.errors.Invalid with every fault.
    """
    return _admit(data, known, {"created_at": now}, None)


def replaced_institution(institution: Institution, data: object, known: Known) -> Institution:
    """The institution with a whole new content (PUT); key and history stay. Raises Invalid."""
    kept = {name: getattr(institution, name) for name in _SERVICE}
    return _admit(data, known, kept, institution)


def institution_as_input(institution: Institution) -> dict[str, Any]:
    """The input that gives this institution again."""
    fields = msgspec.to_builtins(institution)
    return {name: value for name, value in fields.items() if value is not None and name not in _SERVICE}


def _admit(data: object, known: Known, given: dict[str, Any], before: Institution | None) -> Institution:
    faults = Faults()
    node = Node(data, faults)
    values: dict[str, Any] = {}
    try:
        nodes = opened(node, Institution.__struct_fields__, _EXAMPLES)
        require(node, nodes, {name: example for name, example in _EXAMPLES.items() if before is None or name != "key"})
        values = _values(node, nodes, known, before)
    except Faulty:
        pass
    faults.check()
    return Institution(**{**given, **values})


def _values(node: Node, nodes: Mapping[str, Node], known: Known, before: Institution | None) -> dict[str, Any]:
    present = msgspec.to_builtins(before) if before else {}
    for name in _SERVICE:
        if name in nodes and nodes[name].value != present.get(name):
            nodes[name].note("The service sets this field: leave it out.", code="read-only")
    values = ({"key": before.key} if before else {}) | read(nodes, _readers(known))
    if before and values["key"] != before.key:
        nodes["key"].note("The key of an institution is permanent: it stands in addresses.", before.key, "read-only")
    _check_community(node, values, known)
    if "timezone" not in nodes:
        _add_zone(node, values, known)
    return values


def _readers(known: Known) -> dict[str, Reader[Any]]:
    detail = "Lower-case letters and digits, with hyphens between them."
    return {
        "key": pattern(_KEY, 60, detail, "vives"),
        "name": known.texts(200, example="VIVES University of Applied Sciences", lines=False, needs_one=True),
        "kind": term(known.institution_types, "a kind of institution"),
        "country": country(known),
        "community": term(known.communities, "a community"),
        "city": known.texts(100, example="Bruges", lines=False),
        "address": paragraphs(500, example="Xaverianenstraat 10, 8200 Brugge"),
        "timezone": zone,
        "languages": many(language(known.languages), example=["nl"]),
        "website": optional(url),
    }


def _check_community(node: Node, values: Mapping[str, Any], known: Known) -> None:
    community = known.communities.get(values.get("community", ""))
    if community and "country" in values and community.country != values["country"]:
        detail = f"This community belongs to “{community.country}”."
        node.child("community", None).note(detail, code="contradiction")


def _add_zone(node: Node, values: dict[str, Any], known: Known) -> None:
    code = values.get("country")
    configured = known.countries.get(code or "")
    zones = configured.zones if configured else ()
    if len(zones) == 1:
        values["timezone"] = zones[0]
    elif code:
        detail = "A time zone is required here: the country has several, or none is configured for it."
        node.child("timezone", None).note(detail, zones[0] if zones else known.example_zone, "required")
