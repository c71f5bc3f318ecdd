"""The reminder of who speaks or hosts: what they need on the day, and how many come."""

from scheduler.mail.blocks import Block, Content, Link, fact, paragraph, safe_url
from scheduler.mail.letter import IncompleteLetter, Letter
from scheduler.mail.letters.parties import as_party, console, contact, why
from scheduler.mail.letters.parts import (
    About,
    about,
    footer,
    link_blocks,
    on_site,
    other_ways_in,
    place_blocks,
    when_blocks,
)
from scheduler.mail.letters.starting import starts, subject_when, way_in
from scheduler.texts import Translator


def speaking(letter: Letter, t: Translator) -> Content:
    """You speak, or your event: it begins today, tomorrow, in n days. Raises IncompleteLetter."""
    a, party = about(letter, t), letter.party
    if party is None:
        raise IncompleteLetter("A mail to who speaks or hosts needs to know whom it is for.")
    lead = as_party(a, starts(a))
    return Content(
        subject=t(f"mail.speaker.subject_{party.kind}", when=subject_when(a), title=a.title),
        preheader=f"{lead} {_coming(a)}",
        heading=a.title,
        top=tuple(way_in(a)),
        blocks=(
            paragraph(lead, "lead"),
            *when_blocks(a),
            *place_blocks(a),
            *other_ways_in(a),
            *_room(a),
            fact(t("mail.speaker.coming"), _coming(a), _waiting(a)),
            *contact(a),
            *link_blocks(console(a), (t("mail.common.event_page"), letter.links.event)),
        ),
        footer=footer(letter, t, why(letter)),
    )


def _coming(a: About) -> str:
    count = int(a.letter.facts.get("registered") or 0)
    return a.t.plural("mail.speaker.registered", count) if count else a.t("mail.speaker.nobody")


def _waiting(a: About) -> str:
    count = int(a.letter.facts.get("waiting") or 0)
    return a.t.plural("mail.reminder.waiting", count) if count else ""


def _room(a: About) -> list[Block]:
    """Who is in the room of a hybrid event has to open the one online as well."""
    url = a.event.online.url
    wanted = a.event.format == "hybrid" and on_site(a) and safe_url(url)
    return [Link(a.t("mail.speaker.room"), url)] if wanted else []
