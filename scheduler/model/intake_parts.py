"""The parts of an event that are objects themselves: place, online, speakers, seats, terms, credits, outcome."""

import re
from typing import Any, get_args

from scheduler.config.rules import RULE_EXAMPLE, RULE_HELP, is_rule
from scheduler.model.event import (
    Development,
    Ects,
    Evaluation,
    ExternalId,
    Funding,
    Interpretation,
    LinkVisibility,
    Online,
    Outcome,
    Place,
    RegistrationTerms,
    Seats,
    Speaker,
    Travel,
)
from scheduler.model.intake_known import Known, country, optional, term
from scheduler.model.intake_people import email, url
from scheduler.model.intake_reader import (
    Node,
    Reader,
    choice,
    flag,
    many,
    mapping,
    number,
    structure,
    whole,
)
from scheduler.model.intake_text import PARAGRAPH, language, line, needed, paragraphs
from scheduler.model.intake_times import wall_time, zone

MOST_SEATS = 100_000
MOST_REMINDERS = 5
GENDERS = ("f", "m", "x-or-not-stated")
_KEY = re.compile(r"[a-z0-9]+(?:[._-][a-z0-9]+)*")
_TARGET = re.compile(r"([1-9]|1[0-7])(\.([1-9][0-9]?|[a-d]))?")
_EVENT_ID = re.compile(r"[0-9a-hjkmnp-tv-z]{26}")
_RECORD = re.compile(r"[^\s/?#%\\]+")


def place(known: Known) -> Reader[Place]:
    """Where people meet."""
    return structure(
        Place,
        {
            "room": line(),
            "address": paragraphs(500, example="Abdisstraat 1, 9000 Gent"),
            "city": known.texts(100, example="Ghent", lines=False),
            "country": optional(country(known)),
            "access": known.texts(PARAGRAPH, example="Step-free entrance at the back."),
        },
    )


def online() -> Reader[Online]:
    """How to take part from afar."""
    return structure(
        Online,
        {
            "platform": line(example="BigBlueButton"),
            "url": optional(url),
            "visibility": choice(get_args(LinkVisibility)),
            "dial_in": paragraphs(500, example="+32 2 123 45 67, code 1234"),
            "low_bandwidth": paragraphs(500, example="Audio only; slides by mail the day before."),
        },
    )


def speaker(known: Known) -> Reader[Speaker]:
    """Who speaks."""
    return structure(
        Speaker,
        {
            "role": known.texts(300, example="Early-grade literacy coordinator", lines=False, needs_one=True),
            "name": line(),
            "affiliation": line(),
            "country": optional(country(known)),
            "mode": choice(("on-site", "online")),
            "timezone": optional(zone),
            "email": optional(email),
            "language": optional(language(known.languages)),
        },
        {"role": {known.default_language: "Early-grade literacy coordinator"}},
    )


def interpretation(known: Known) -> Reader[Interpretation]:
    """From one language into another one."""
    tag = language(known.languages)
    kinds = term(known.interpretation_types, "a kind of interpretation")
    read = structure(_interpretation, {"from": tag, "to": tag, "kind": kinds}, {"from": "en", "to": "nl"})

    def reader(node: Node) -> Interpretation:
        found = read(node)
        if found.source == found.target:
            raise node.child("to", None).refuse("Both languages are the same.", code="contradiction")
        return found

    return reader


def _interpretation(**values: Any) -> Interpretation:
    return Interpretation(source=values.pop("from"), target=values.pop("to"), **values)


def seats() -> Reader[Seats]:
    """How many can take part; absent is without limit."""
    return structure(Seats, {"on_site": whole(0, MOST_SEATS), "online": whole(0, MOST_SEATS), "waiting_list": flag})


def terms(known: Known, tz: str | None) -> Reader[RegistrationTerms]:
    """How and when people register."""
    return structure(
        RegistrationTerms,
        {
            "mode": term(known.registration_modes, "a way of registering"),
            "opens": wall_time(tz),
            "closes": wall_time(tz),
            "note": known.texts(PARAGRAPH, example="The link follows by mail."),
            "url": optional(url),
            "fee": whole(0, 1_000_000),
        },
    )


def development() -> Reader[Development]:
    """Hours and half-days of continuing professional development."""
    return structure(
        Development,
        {"hours": number(0, 1_000, 1.5), "half_days": whole(0, 400), "certificate": flag},
    )


def ects() -> Reader[Ects]:
    """Study credits."""
    readers: dict[str, Reader[Any]] = {
        "credits": number(0.5, 60, 3.0),
        "hours_per_credit": line(20, example="25-30"),
        "in_course": flag,
    }
    return structure(Ects, readers, {"credits": 3})


def travel() -> Reader[Travel]:
    """The practical side of a visit."""
    texts = ("arrival", "departure", "visa", "insurance", "accommodation")
    readers: dict[str, Reader[Any]] = {name: line(500, example="To arrange.") for name in texts}
    readers |= {"health_advice": paragraphs(example="See a travel clinic six weeks before.")}
    return structure(Travel, readers | {"travellers": whole(0, 10_000), "per_diem": flag})


def funding() -> Reader[Funding]:
    """Who pays."""
    source = "SchoolLinks action plan"
    readers: dict[str, Reader[Any]] = {
        "source": needed(line(example=source), source),
        "ceiling": whole(0, 100_000_000),
    }
    return structure(Funding, readers, {"source": source})


def evaluation() -> Reader[Evaluation]:
    """How participants judged it."""
    rate = number(0, 100, 41.0)
    return structure(
        Evaluation, {"form": line(300, example="Exit ticket"), "url": optional(url), "response_rate": rate}
    )


def outcome(known: Known) -> Reader[Outcome]:
    """What came of it, as counts."""
    count = whole(0, 1_000_000)
    return structure(
        Outcome,
        {
            "registered": count,
            "attended_on_site": count,
            "attended_online": count,
            "attended_by_role": mapping(term(known.audiences, "an audience"), count, example={"student-teacher": 12}),
            "attended_by_gender": mapping(choice(GENDERS), count, example={"f": 12, "m": 9}),
            "institutions_reached": count,
            "countries_reached": many(country(known), example=["BE", "RW"], longest=300),
        },
    )


def external_id() -> Reader[ExternalId]:
    """The organiser's own key: a source such as `sis`, and a record that can stand in an address."""
    source = pattern(_KEY, 60, "Lower-case letters and digits, with “-”, “.” or “_” between them.", "sis")
    record = pattern(_RECORD, 200, "Up to 200 characters without blanks and without / ? # % \\.", "2027-0316")
    return structure(ExternalId, {"source": source, "id": record}, {"source": "sis", "id": "2027-0316"})


def pattern(shape: re.Pattern[str], longest: int, detail: str, example: str) -> Reader[str]:
    """A reader of one word of a fixed shape."""
    text = line(longest, example=example)

    def reader(node: Node) -> str:
        found = text(node)
        if not shape.fullmatch(found):
            raise node.refuse(detail, example, "pattern")
        return found

    return reader


def event_id(example: str) -> Reader[str]:
    """The id of another event (26 characters); that it exists is for the service to say."""
    return pattern(_EVENT_ID, 26, "The id of an event has 26 characters.", example)


def sdg_target(node: Node) -> str:
    """A Sustainable Development Goal (`4`) or a target of it (`4.7`, `4.c`)."""
    return pattern(_TARGET, 5, "A goal from 1 to 17, or a target of it such as “4.7” or “4.c”.", "4.c")(node)


def reminders() -> Reader[tuple[str, ...]]:
    """Rules such as `P7D` or `P1D@17:00`, at most five; an empty list sends none."""
    return many(reminder, example=["P7D", RULE_EXAMPLE], longest=MOST_REMINDERS)


def reminder(node: Node) -> str:
    """A rule (see `scheduler.config.rules`): how long before the start or after the end, at most a year."""
    if not isinstance(node.value, str):
        raise node.wrong_type("a rule such as “P1D”", RULE_EXAMPLE)
    if not is_rule(node.value):
        raise node.refuse(RULE_HELP, RULE_EXAMPLE, "duration")
    return node.value


def markers(known: Known) -> Reader[dict[str, int]]:
    """Donor markers and their scores."""
    read = mapping(term(known.markers, "a marker"), whole(0, 9), example={"gender": 1})

    def reader(node: Node) -> dict[str, int]:
        found = read(node)
        for key, score in found.items():
            highest = known.markers[key].highest
            if score > highest:
                node.child(key, score).note(f"This marker is scored from 0 to {highest}.", highest, "out-of-range")
        return found

    return reader
