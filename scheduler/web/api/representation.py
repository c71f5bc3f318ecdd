"""What a reader gets to see of an event, a registration, a message: always as they may see it."""

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import msgspec

from scheduler.model.access import Actor, manages, may_see_attendee, may_see_joining_link
from scheduler.model.changes import JOINING, without_mail
from scheduler.model.event import Event, Occurrence
from scheduler.model.institution import Institution
from scheduler.model.links import Links
from scheduler.model.message import Message
from scheduler.model.registration import Registration
from scheduler.model.reminder import Reminder
from scheduler.services.events import Held

_ADDRESS = re.compile(r"[^\s<>]+@[^\s<>]+")
"""Mail servers repeat the recipient's address when they refuse it."""
EMPTY: Mapping[str, str] = MappingProxyType({})
INTERNAL = ("public_revision", "timing_revision")
MANAGERS_ONLY = (
    "external_id",
    "notes",
    "travel",
    "funding",
    "created_by",
    "reminders",
    "evaluation",
    "outcome",
    "contact",
)


def event_out(held: Held, actor: Actor, links: Links) -> dict[str, Any]:
    """An event as JSON for one reader. The joining link only for who may see it, inner matters only for organisers."""
    event = held.event
    shown: dict[str, Any] = msgspec.to_builtins(event)
    for name in INTERNAL if manages(actor, event) else (*INTERNAL, *MANAGERS_ONLY):
        shown.pop(name, None)
    if not manages(actor, event):
        shown["speakers"] = [without_mail(speaker) for speaker in shown["speakers"]]
    if not may_see_joining_link(actor, event):
        for name in JOINING:
            shown["online"].pop(name, None)
    shown["start_at"] = instant_text(held.dates[0])
    shown["dates"] = [date_out(date) for date in held.dates]
    shown["links"] = {
        "self": f"{links.base}/api/v1/events/{event.id}",
        "page": links.event(event.id),
        "calendar": links.event_ics(event.id),
    }
    return {name: value for name, value in shown.items() if value is not None}


def date_out(date: Occurrence) -> dict[str, Any]:
    """One date of an event."""
    shown: dict[str, Any] = msgspec.to_builtins(date)
    shown.pop("event_id")
    return {name: value for name, value in shown.items() if value not in (None, "")}


def instant_text(date: Occurrence) -> str:
    """The start of a date as a UTC instant."""
    text: str = msgspec.to_builtins(date.start_at)
    return text


def etag_of(event: Event, actor: Actor) -> str:
    """The ETag that If-Match takes: the revision, and what kind of reader it was shown to.

    Each kind of reader sees another selection of the same event, so a tag of one must not answer another one's
    If-None-Match; for whoever may write it is the bare revision.
    """
    if manages(actor, event):
        return f'"{event.revision}"'
    return f'"{event.revision}-{"joining" if may_see_joining_link(actor, event) else "public"}"'


def institution_out(row: Institution) -> dict[str, Any]:
    """An institution as JSON."""
    shown: dict[str, Any] = msgspec.to_builtins(row)
    return {name: value for name, value in shown.items() if value is not None}


def current_out(thing: Any, actor: Actor, links: Links) -> dict[str, Any] | None:
    """What a late writer is shown of the present version: an event, an institution, or nothing."""
    if isinstance(thing, Held):
        return event_out(thing, actor, links)
    return institution_out(thing) if isinstance(thing, Institution) else None


def registration_out(row: Registration, event: Event, actor: Actor, line: int = 0) -> dict[str, Any]:
    """A registration; name and address only for who may see the attendee."""
    shown: dict[str, Any] = msgspec.to_builtins(row)
    shown.pop("uid")
    if not may_see_attendee(actor, event, row):
        for name in ("name", "email", "language", "timezone"):
            shown.pop(name)
        for answer in shown["answers"].values():
            answer.pop("comment")
    if not row.answers:
        shown.pop("answers")
    if line:
        shown["position"] = line
    return {name: value for name, value in shown.items() if value is not None}


def message_out(message: Message, names: Mapping[str, str] = EMPTY) -> dict[str, Any]:
    """A line of the ledger: what went to whom, when, what waits, what failed and why. No address.

    `names` are those that the reader may see: by id of the registration, by key of a speaker or host.
    """
    shown: dict[str, Any] = msgspec.to_builtins(message)
    for hidden in ("address", "facts", "lease_owner", "lease_until"):
        shown.pop(hidden)
    shown["attempts"] = message.tries
    shown["to"] = message.recipient.partition(":")[0] or "attendee"
    shown["name"] = names.get(message.registration_id or message.recipient, "")
    for words in ("last_error", "bounce"):
        shown[words] = _ADDRESS.sub("(address)", shown[words])
    return {name: value for name, value in shown.items() if value not in (None, "")}


def reminder_out(reminder: Reminder) -> dict[str, Any]:
    """A reminder of an event: for which date, by which rule, when it falls due, and whether it was let go."""
    shown: dict[str, Any] = msgspec.to_builtins(reminder)
    for hidden in ("event_id", "cursor"):
        shown.pop(hidden)
    return {name: value for name, value in shown.items() if value is not None}
