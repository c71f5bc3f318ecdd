"""Whether people can register at an event, in words, and the form with what was typed."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Literal

from msgspec import Struct

from scheduler.errors import Fault
from scheduler.model.event import Event, Occurrence
from scheduler.model.reading import Institutions, Reading
from scheduler.model.registration import Mode
from scheduler.model.seats import SeatCount, closes_at
from scheduler.model.wall import instant
from scheduler.web.pages.clocks import common_zones
from scheduler.web.pages.site import Voice, ZoneOption
from scheduler.web.pages.words import Mark, date_words, seat_words, wall_words

State = Literal[
    "open", "waiting", "full", "none", "elsewhere", "invited", "early", "late", "over", "cancelled", "draft"
]
FIELDS = ("name", "email", "language", "timezone", "institution", "role", "mode", "seats", "occurrences")
TRAP = "homepage"
"""A field that no person sees: what fills it in is a machine."""
MOST_SEATS = 10


class Choice(Struct, frozen=True):
    """A value in a list to choose from."""

    value: str
    label: str
    chosen: bool
    note: str = ""


class FormFault(Struct, frozen=True):
    """One thing to put right: the field, and what to do."""

    field: str
    label: str
    text: str


class RegisterView(Struct, frozen=True, kw_only=True):
    """The registration box of an event's page."""

    state: State
    sentence: str
    note: Reading
    seats: tuple[Mark, ...]
    url: str
    button: str
    values: Mapping[str, str]
    faults: tuple[FormFault, ...]
    languages: tuple[Choice, ...]
    zones: tuple[ZoneOption, ...]
    institutions: tuple[Choice, ...]
    roles: tuple[Choice, ...]
    modes: tuple[Choice, ...]
    dates: tuple[Choice, ...]

    @property
    def open(self) -> bool:
        """True when there is a form to fill in."""
        return self.state in {"open", "waiting"}

    def fault(self, field: str) -> str:
        """What is wrong with a field; empty when nothing is."""
        return " ".join(fault.text for fault in self.faults if fault.field == field)


def gate(
    event: Event, dates: Sequence[Occurrence], counts: Mapping[Mode, SeatCount], voice: Voice, now: datetime
) -> State:
    """Whether a stranger can register now, and if not, why."""
    mode, terms, zone = voice.config.registration_modes.get(event.registration.mode), event.registration, event.timezone
    offered = [count for count in counts.values() if count.limit != 0]
    free = any(count.limit is None or (count.left and not count.waiting) for count in offered)
    begun = max(date.start_at for date in [date for date in dates if date.alive] or dates) <= now
    answers: list[tuple[State, bool]] = [
        ("draft", event.status == "draft"),
        ("cancelled", event.status == "cancelled"),
        ("over", begun),
        ("none", mode is not None and not mode.takes_registrations),
        ("elsewhere", bool(terms.url)),
        ("invited", mode is None or not mode.public_form),
        ("early", terms.opens is not None and now < instant(terms.opens, zone)),
        ("late", terms.closes is not None and now >= closes_at(terms.closes, zone)),
        ("open", free),
        ("waiting", event.seats.waiting_list and bool(offered)),
    ]
    return next((state for state, holds in answers if holds), "full")


def register_view(
    event: Event,
    dates: Sequence[Occurrence],
    counts: Mapping[Mode, SeatCount],
    institutions: Institutions,
    voice: Voice,
    *,
    now: datetime,
    values: Mapping[str, list[str]] | None = None,
    faults: Sequence[Fault] = (),
) -> RegisterView:
    """The box. `values` is what was typed, `faults` what was wrong with it."""
    state, typed = gate(event, dates, counts, voice, now), values or {}
    first = {name: typed.get(name, [""])[0] for name in FIELDS}
    terms, config = event.registration, voice.config
    first["language"] = first["language"] or voice.language
    chosen_dates = config.registration_modes.get(terms.mode)
    return RegisterView(
        state=state,
        sentence=_sentence(state, event, counts, institutions, voice),
        note=voice.read(terms.note),
        seats=seat_words(event, counts, voice) if state in {"open", "waiting", "full", "early", "invited"} else (),
        url=terms.url if terms.url.startswith(("https://", "http://")) else "",
        button=voice.t("pages.register.join_line" if state == "waiting" else "pages.register.button"),
        values=first,
        faults=tuple(sorted((form_fault(fault, voice) for fault in faults), key=lambda one: FIELDS.index(one.field))),
        languages=_languages(first["language"], voice),
        zones=common_zones(config, institutions, voice, first["timezone"]),
        institutions=_institutions(first["institution"], institutions, voice),
        roles=tuple(Choice(key, voice.name("audiences", key), key == first["role"]) for key in _roles(event, voice)),
        modes=_modes(first["mode"], counts, event, voice),
        dates=_dates(event, ahead_of(dates, now), institutions, voice, typed.get("occurrences", []))
        if chosen_dates and chosen_dates.dates == "chosen" and event.recurrence
        else (),
    )


def form_fault(fault: Fault, voice: Voice) -> FormFault:
    """A fault as a person reads it: in their language for the fields that are often wrong, else as the door says it."""
    field = fault.pointer.split("/")[1] if fault.pointer.startswith("/") else ""
    field = field if field in FIELDS else "name"
    own = voice.t(f"pages.fault.{field}")
    ours = voice.language != "en" or fault.code == "required"
    return FormFault(field, voice.t(f"pages.register.{field}"), own if ours else fault.detail)


def _sentence(
    state: State, event: Event, counts: Mapping[Mode, SeatCount], institutions: Institutions, voice: Voice
) -> str:
    t, terms = voice.t, event.registration
    if state == "waiting":
        waiting = min(count.waiting for count in counts.values() if count.limit != 0)
        return t.plural("pages.register.waiting", waiting, place=waiting + 1)
    if state == "invited":
        return t("pages.register.invited", mode=voice.name("registration_modes", terms.mode))
    if state == "over":
        return t("pages.register.over", when=date_words(event, voice))
    walls = {"early": terms.opens, "late": terms.closes, "open": terms.closes}
    wall = walls.get(state)
    if wall:
        key = "until" if state == "open" else state
        return t(f"pages.register.{key}", when=wall_words(wall, event, institutions, voice))
    return t(f"pages.register.{state}")


def _languages(chosen: str, voice: Voice) -> tuple[Choice, ...]:
    offered = voice.config.languages.offered
    return tuple(Choice(tag, voice.language_name(tag).capitalize(), tag == chosen) for tag in offered)


def _institutions(chosen: str, institutions: Institutions, voice: Voice) -> tuple[Choice, ...]:
    found = [Choice(key, str(voice.read(row.name)), key == chosen) for key, row in institutions.items()]
    return tuple(sorted(found, key=lambda choice: choice.label.casefold()))


def _roles(event: Event, voice: Voice) -> list[str]:
    """Whom the event is for comes first."""
    return list(dict.fromkeys([*event.audiences, *voice.config.audiences]))


def _modes(chosen: str, counts: Mapping[Mode, SeatCount], event: Event, voice: Voice) -> tuple[Choice, ...]:
    offered = {mode: count for mode, count in counts.items() if count.limit != 0}
    if len(offered) < 2:
        return ()
    words = {mode: seat_words(event, {mode: count}, voice) for mode, count in offered.items()}
    first = chosen if chosen in offered else next(iter(offered))
    return tuple(
        Choice(mode, voice.t(f"pages.format.{mode}"), mode == first, words[mode][0].text if words[mode] else "")
        for mode in offered
    )


def ahead_of(dates: Sequence[Occurrence], now: datetime) -> list[Occurrence]:
    """The dates that one can still choose."""
    return [date for date in dates if date.alive and date.start_at > now]


def _dates(
    event: Event, dates: Sequence[Occurrence], institutions: Institutions, voice: Voice, chosen: Sequence[str]
) -> tuple[Choice, ...]:
    return tuple(
        Choice(date.id, wall_words(date.start, event, institutions, voice), date.id in chosen) for date in dates
    )
