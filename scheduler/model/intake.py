"""The door: a mapping (API, form, import, demo data, a calendar program) becomes an `Event`, or all its faults at once.

Input has the names of `Event`'s fields, without those that the service sets. Two conveniences: a plain string is a
text in the default language, and `duration` may stand for `end`. What is left out has its default: the host's time
zone, the programme's visibility, the kind's transparency.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, TypeVar

import msgspec

from scheduler.model.changes import stamped
from scheduler.model.event import Event
from scheduler.model.intake_checks import check_values, check_window
from scheduler.model.intake_fields import IMPORTED, SERVICE, event_names, event_readers, status
from scheduler.model.intake_known import Known
from scheduler.model.intake_reader import Faults, Faulty, Node, Reader, opened, read, require, structure
from scheduler.model.intake_series import REASON
from scheduler.model.intake_text import line
from scheduler.model.intake_times import Span, span, zone
from scheduler.model.occurrences import last_start

T = TypeVar("T")
DEEPEST_PATCH = 8


def new_event(
    data: object,
    known: Known,
    *,
    id: str,  # noqa: A002  # the field's name
    uid: str,
    now: datetime,
    created_by: str,
    importing: bool = False,
) -> Event:
    """A new event from decoded JSON; `now` is an aware UTC instant.

    With `importing` (demo data, files) `status` may be `cancelled`, and `moved_from`, `cancellation_reason` and
    `cancelled_at` may be given. Raises scheduler.errors.Invalid with every fault.
    """
    given = {"id": id, "uid": uid, "created_at": now, "modified_at": now, "created_by": created_by}
    return _admit(data, known, given, now, before=None, importing=importing)


def replaced(event: Event, data: object, known: Known, *, now: datetime, importing: bool = False) -> Event:
    """The event with a whole new content (PUT): id, uid, counters and history stay, `status` unless it is given.

    Fields that the service sets may be sent back as they were read. The counters are moved on by
    `scheduler.model.changes.advanced`. Raises Invalid.
    """
    kept = {name: getattr(event, name) for name in (*SERVICE, *IMPORTED)}
    return _admit(data, known, kept, now, before=event, importing=importing)


def patched(event: Event, patch: object, known: Known, *, now: datetime) -> Event:
    """The event with a JSON merge patch (RFC 7396) applied to `as_input(event)`. Raises Invalid.

    A patch with a `duration` but no `end` replaces the end.
    """
    if not isinstance(patch, Mapping):
        return replaced(event, patch, known, now=now)
    base = as_input(event)
    if patch.get("duration") is not None and "end" not in patch:
        del base["end"]
    return replaced(event, _merged(base, patch, DEEPEST_PATCH), known, now=now)


def cancellation(data: object) -> str:
    """The reason in the body of a cancellation, `{"reason": "..."}`; empty for no body and for no reason.

    It goes into mails and feeds, so it passes the same door as every text. Raises Invalid.
    """
    faults = Faults()
    example = {"reason": "The visa was not issued in time"}
    reader: Reader[dict[str, str]] = structure(dict, {"reason": line(REASON, example=example["reason"])})
    found = _attempt(lambda: reader(Node({} if data is None else data, faults)))
    faults.check()
    return (found or {}).get("reason", "")


def as_input(event: Event, *, importing: bool = False) -> dict[str, Any]:
    """The input that gives this event again: `replaced(event, as_input(event), ...) == event`.

    With `importing` also what only an import may give: how it was moved and why it was cancelled.
    """
    hidden = SERVICE if importing else (*SERVICE, *IMPORTED)
    fields = msgspec.to_builtins(event)
    return {name: _without_nulls(value) for name, value in fields.items() if value is not None and name not in hidden}


def without_service_fields(data: object) -> object:
    """An input without what only the service sets: what is left can be compared with a later version."""
    if not isinstance(data, Mapping):
        return data
    return {name: value for name, value in data.items() if name not in (*SERVICE, *IMPORTED)}


def _admit(
    data: object, known: Known, given: dict[str, Any], now: datetime, *, before: Event | None, importing: bool
) -> Event:
    faults = Faults()
    node = Node(data, faults)
    values = _attempt(lambda: _values(node, known, now, before, importing))
    if values is None:
        faults.check()
        raise AssertionError("unreachable: a value is missing but no fault was noted")
    check_values(node, {**values, "id": given["id"]}, known)
    faults.check()
    return stamped(Event(**{**given, **values}), now)


def _values(node: Node, known: Known, now: datetime, before: Event | None, importing: bool) -> dict[str, Any]:
    """Every field that is given and right, and the defaults that depend on others."""
    nodes = opened(node, event_names(), _EXAMPLE)
    _check_service_fields(nodes, before, importing)
    require(node, nodes, {name: _EXAMPLE[name] for name in ("title", "programme", "kind")})
    tz = _zone(node, nodes, known)
    first = _attempt(lambda: span(node, nodes, tz))
    readers = event_readers(known, tz, first, now, importing=importing) | {
        "status": status(before, importing=importing)
    }
    values = read(nodes, readers)
    if first and tz:
        values |= {"start": first.start, "end": first.end, "timezone": tz}
        _check_window(node, nodes, values, first, tz)
    return _defaults(nodes, known, before) | values


def _defaults(nodes: Mapping[str, Node], known: Known, before: Event | None) -> dict[str, Any]:
    """Of what was left out; a value that was given and is wrong must not look right to a later check."""
    programme = known.programmes.get(_word(nodes.get("programme")))
    kind = known.kinds.get(_word(nodes.get("kind")))
    defaults = {
        "status": before.status if before else "draft",
        "visibility": programme.visibility if programme else "public",
        "transparent": kind.transparent if kind else False,
        "format": "on-site",
    }
    return {name: value for name, value in defaults.items() if name not in nodes}


def _check_window(node: Node, nodes: Mapping[str, Node], values: dict[str, Any], first: Span, tz: str) -> None:
    if "registration" in values:
        readable = "recurrence" in values or "recurrence" not in nodes
        last = last_start(first.start, first.end, tz, values.get("recurrence")) if readable else None
        check_window(node, values["registration"], last, tz)


def _check_service_fields(nodes: Mapping[str, Node], before: Event | None, importing: bool) -> None:
    """What the service sets may only be repeated as it is."""
    present: dict[str, Any] = msgspec.to_builtins(before) if before else {}
    for name in SERVICE if importing else (*SERVICE, *IMPORTED):
        if name in nodes and (before is None or nodes[name].value != present[name]):
            nodes[name].note("The service sets this field: leave it out.", code="read-only")


def _zone(node: Node, nodes: Mapping[str, Node], known: Known) -> str | None:
    """The zone that is given, else the host's; None when it is at fault, or when the host is."""
    if "timezone" in nodes:
        return _attempt(lambda: zone(nodes["timezone"]))
    if "host" in nodes:
        host = known.institutions.get(_word(nodes["host"]))
        return host.timezone if host else None
    detail = "A time zone is required: the event names no host to take it from."
    node.child("timezone", None).note(detail, known.example_zone, "required")
    return None


def _attempt(reader: Callable[[], T]) -> T | None:
    try:
        return reader()
    except Faulty:
        return None


def _word(node: Node | None) -> str:
    return node.value if node and isinstance(node.value, str) else ""


def _merged(target: object, patch: object, depth: int) -> object:
    """RFC 7396 section 2; null for a field that is not there stays, so that a slip in its name is noticed."""
    if not isinstance(patch, Mapping) or depth == 0:
        return patch
    merged = dict(target) if isinstance(target, Mapping) else {}
    for name, value in patch.items():
        if value is None and name in merged:
            del merged[name]
        else:
            merged[name] = _merged(merged.get(name), value, depth - 1)
    return merged


def _without_nulls(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _without_nulls(inner) for name, inner in value.items() if inner is not None}
    return [_without_nulls(inner) for inner in value] if isinstance(value, list) else value


_EXAMPLE = {
    "title": {"en": "Multilingual classrooms"},
    "programme": "enspired",
    "kind": "workshop",
    "start": "2027-03-16T14:30",
    "end": "2027-03-16T16:00",
    "timezone": "Europe/Brussels",
}
