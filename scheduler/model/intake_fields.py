"""Which reader each field of an event has. Only names and readers: what goes together is in `intake_checks`."""

from datetime import UTC, datetime
from typing import Any, get_args

from scheduler.model import intake_parts as parts
from scheduler.model.event import Direction, Event, Format, Moved, Status, Visibility
from scheduler.model.intake_known import Known, country, term
from scheduler.model.intake_known import optional as blank_or
from scheduler.model.intake_people import email, material
from scheduler.model.intake_reader import Node, Reader, choice, flag, many, opened, read
from scheduler.model.intake_series import REASON, series
from scheduler.model.intake_text import DESCRIPTION, PARAGRAPH, SUMMARY, TITLE, language, line, paragraphs
from scheduler.model.intake_times import Span, span

SERVICE = (
    "id", "uid", "published_at", "created_at", "modified_at", "created_by",
    "revision", "public_revision", "timing_revision", "sequence",
)  # fmt: skip
"""Fields that only the service sets."""

IMPORTED = ("moved_from", "cancellation_reason", "cancelled_at")
"""Fields that only the service sets, unless a whole history is imported."""

ID_EXAMPLE = "01hzy3v8q4c7k2m9n5p6r8s1t0"
_STATUSES: tuple[Status, ...] = get_args(Status)

Readers = dict[str, Reader[Any]]


def event_names() -> frozenset[str]:
    """Every field name that the door understands."""
    return frozenset((*Event.__struct_fields__, "duration"))


def event_readers(known: Known, tz: str | None, first: Span | None, now: datetime, *, importing: bool) -> Readers:
    """The readers of all fields but the times and the status; `tz` and `first` are None when they are at fault."""
    past: Readers = {
        "moved_from": _moved_from(tz, now),
        "cancellation_reason": line(REASON),
        "cancelled_at": _instant,
    }
    history = past if importing else {}
    return (
        _texts(known)
        | _words(known)
        | _objects(known, tz)
        | {
            "recurrence": series(first, tz),
            "transparent": flag,
            "held": flag,
            "part_of": parts.event_id(ID_EXAMPLE),
            "related": many(parts.event_id(ID_EXAMPLE), example=[ID_EXAMPLE]),
            "contact": blank_or(email),
            "materials": many(material, example=["slides (pdf)"]),
            "reminders": parts.reminders(),
        }
        | history
    )


def status(before: Event | None, *, importing: bool) -> Reader[str]:
    """A reader of the status: what an event may become depends on what it was."""
    if importing:
        return choice(_STATUSES)
    if before is None:
        return _status(("draft", "tentative", "confirmed"), "A new event cannot be cancelled yet.")
    if before.status == "cancelled":
        return _status(("cancelled",), "A cancelled event stays cancelled: register a new one.")
    if before.published:
        detail = (
            "A published event does not become a draft again, and it is cancelled with a reason, not by its status."
        )
        return _status(("tentative", "confirmed"), detail)
    return _status(("draft", "tentative", "confirmed"), "A draft is not cancelled: delete it.")


def _status(allowed: tuple[Status, ...], otherwise: str) -> Reader[str]:
    known = choice(allowed, allowed[-1])

    def reader(node: Node) -> str:
        if node.value in _STATUSES and node.value not in allowed:
            raise node.refuse(otherwise, allowed[-1], "status")
        return known(node)

    return reader


def _texts(known: Known) -> Readers:
    title = "Multilingual classrooms"
    return {
        "title": known.texts(TITLE, example=title, lines=False, needs_one=True),
        "summary": known.texts(SUMMARY, example="How home languages help in the first years of school."),
        "description": known.texts(DESCRIPTION, example="Three cases from Rwanda and Flanders."),
        "language_note": known.texts(PARAGRAPH, example="Everybody speaks their own language."),
        "notes": paragraphs(DESCRIPTION, example="Ask the host about the beamer."),
    }


def _words(known: Known) -> Readers:
    """Keys of vocabularies and of institutions, and fixed words."""
    institution = term(known.institutions, "an institution")
    return {
        "programme": term(known.programmes, "a programme"),
        "kind": term(known.kinds, "a kind of event"),
        "visibility": choice(get_args(Visibility)),
        "direction": choice(get_args(Direction)),
        "format": choice(get_args(Format)),
        "host": institution,
        "sender": institution,
        "co_hosts": many(institution, example=[]),
        "partners": many(institution, example=[]),
        "countries": many(country(known, configured=True), example=["RW"]),
        "languages": many(language(known.languages), example=["en"]),
        "audiences": many(term(known.audiences, "an audience"), example=["student-teacher"]),
        "levels": many(term(known.levels, "an education level"), example=["primary"]),
        "key_areas": many(term(known.key_areas, "a key area"), example=["initial-teacher-education"]),
        "themes": many(term(known.themes, "a theme"), example=["gender"]),
        "sdg_targets": many(parts.sdg_target, example=["4.c"]),
        "markers": parts.markers(known),
    }


def _objects(known: Known, tz: str | None) -> Readers:
    return {
        "external_id": parts.external_id(),
        "place": parts.place(known),
        "online": parts.online(),
        "speakers": many(parts.speaker(known), example=[], unique=False),
        "interpretation": many(parts.interpretation(known), example=[{"from": "en", "to": "nl"}]),
        "seats": parts.seats(),
        "registration": parts.terms(known, tz),
        "development": parts.development(),
        "ects": parts.ects(),
        "travel": parts.travel(),
        "funding": parts.funding(),
        "evaluation": parts.evaluation(),
        "outcome": parts.outcome(known),
    }


def _moved_from(tz: str | None, now: datetime) -> Reader[Moved]:
    def reader(node: Node) -> Moved:
        nodes = opened(node, ("start", "end", "duration", "at", "reason"))
        values = read(nodes, {"at": _instant, "reason": line(REASON)})
        stood = span(node, nodes, tz)
        return Moved(start=stood.start, end=stood.end, at=values.get("at", now), reason=values.get("reason", ""))

    return reader


def _instant(node: Node) -> datetime:
    example = "2026-11-16T09:00:00Z"
    if not isinstance(node.value, str):
        raise node.wrong_type("an instant in UTC", example)
    try:
        found = datetime.fromisoformat(node.value)
    except ValueError:
        raise node.refuse("Not an instant in UTC.", example, "time") from None
    if found.tzinfo is None or not 1990 <= found.year <= 2100:
        raise node.refuse("An instant has an offset, “Z” for UTC, and a year from 1990 to 2100.", example, "time")
    return found.astimezone(UTC)
