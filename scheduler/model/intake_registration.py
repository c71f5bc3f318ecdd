"""The door for registrations: what an attendee, or an organiser for them, sends."""

from collections.abc import Mapping
from typing import Any, get_args

from msgspec import Struct

from scheduler.model.event import Event
from scheduler.model.intake_known import Known, optional, term
from scheduler.model.intake_people import NAME_EXAMPLE, email, person_name
from scheduler.model.intake_reader import (
    Faults,
    Faulty,
    Node,
    Reader,
    choice,
    many,
    opened,
    read,
    require,
    shown,
    whole,
)
from scheduler.model.intake_text import language
from scheduler.model.intake_times import zone
from scheduler.model.occurrences import occurrences_of
from scheduler.model.registration import Mode, ReminderChoice

MOST_SEATS = 100
_EXAMPLES = {"name": NAME_EXAMPLE, "email": "ana.perez@example.org"}
_NAMES = (
    "name", "email", "language", "timezone", "institution", "role", "mode", "seats", "occurrences", "reminders",
)  # fmt: skip


class RegistrationInput(Struct, frozen=True, kw_only=True):
    """A registration as it was asked for; the fields are those of `Registration`.

    `language` is one that mails are written in, `timezone` an IANA zone or empty, `institution` and `role` keys or
    empty, `occurrences` ids of dates (empty for all).
    """

    name: str
    email: str
    language: str
    timezone: str = ""
    institution: str = ""
    role: str = ""
    mode: Mode = "on-site"
    seats: int = 1
    occurrences: tuple[str, ...] = ()
    reminders: ReminderChoice = "all"


def new_registration(data: object, known: Known, event: Event, *, page_language: str = "") -> RegistrationInput:
    """What somebody asks for at an event; `page_language` is that of the page it came from, where the input names none.

    Whether registration is open and a seat is left is not judged here. Raises scheduler.errors.Invalid with every
    fault; none of them repeats a name or an address.
    """
    faults = Faults()
    node = Node(data, faults)
    values: dict[str, Any] = {}
    try:
        nodes = opened(node, _NAMES, _EXAMPLES)
        require(node, nodes, _EXAMPLES)
        values = read(nodes, _readers(known, event))
        _check_covers_all(nodes, known, event)
    except Faulty:
        pass
    faults.check()
    defaults = {"language": _offered(page_language, known) or known.default_language, "mode": _modes(event)[0]}
    return RegistrationInput(**{**defaults, **values})


def _readers(known: Known, event: Event) -> Mapping[str, Reader[Any]]:
    return {
        "name": person_name,
        "email": email,
        "language": _language(known),
        "timezone": optional(zone),
        "institution": optional(term(known.institutions, "an institution")),
        "role": optional(term(known.audiences, "a role")),
        "mode": _mode(event),
        "seats": whole(1, MOST_SEATS),
        "occurrences": many(_date(event), example=[f"{event.id}.0"], longest=400),
        "reminders": reminders,
    }


def reminders(node: Node) -> str:
    """Which reminders somebody wants; true and false are taken for all and none."""
    if isinstance(node.value, bool):
        return "all" if node.value else "none"
    return choice(get_args(ReminderChoice))(node)


def _language(known: Known) -> Reader[str]:
    """A language that mails are written in; `nl-BE` asks for `nl`."""
    tag = language(known.languages)

    def reader(node: Node) -> str:
        found = _offered(tag(node), known)
        if not found:
            words = ", ".join(f"“{offered}”" for offered in known.offered)
            detail = f"Mails are not written in this language; choose one of {words}."
            raise node.refuse(detail, known.default_language, "unknown-value")
        return found

    return reader


def _offered(tag: str, known: Known) -> str:
    return next((one for one in (tag, tag.partition("-")[0]) if one in known.offered), "")


def _modes(event: Event) -> tuple[Mode, ...]:
    """The ways to take part, the usual one first; a hybrid event without seats on site is online for newcomers."""
    if event.format == "hybrid":
        return ("online", "on-site") if event.seats.on_site == 0 else ("on-site", "online")
    return ("online",) if event.format == "online" else ("on-site",)


def _mode(event: Event) -> Reader[str]:
    known = choice(("on-site", "online"))

    def reader(node: Node) -> str:
        found = known(node)
        if found not in _modes(event):
            raise node.refuse(f"This event takes place “{event.format}” only.", _modes(event)[0], "contradiction")
        return found

    return reader


def _date(event: Event) -> Reader[str]:
    dates = {one.id: one for one in occurrences_of(event)}

    def reader(node: Node) -> str:
        example = next((key for key, one in dates.items() if one.alive), None)
        if not isinstance(node.value, str):
            raise node.wrong_type("the id of a date", example)
        found = dates.get(node.value)
        if found is None:
            raise node.refuse(f"“{shown(node.value)}” is not a date of this event.", example, "unknown-value")
        if not found.alive:
            raise node.refuse("This date was cancelled.", example, "cancelled")
        return found.id

    return reader


def _check_covers_all(nodes: Mapping[str, Node], known: Known, event: Event) -> None:
    """A choice of dates, where the way of registering leaves none, has to be all of them."""
    mode = known.registration_modes.get(event.registration.mode)
    if "occurrences" not in nodes or mode is None or mode.dates == "chosen" or nodes["occurrences"].value == []:
        return
    if event.recurrence is not None:
        detail = "A registration covers all dates of this event: leave this out."
        nodes["occurrences"].note(detail, [], "contradiction")
