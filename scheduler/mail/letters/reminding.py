"""The reminder: how to get in first, then when; one way to free the place."""

from scheduler.mail.blocks import Block, Content, paragraph
from scheduler.mail.letter import Letter
from scheduler.mail.letters.parts import (
    About,
    about,
    footer,
    link_blocks,
    other_ways_in,
    place_blocks,
    when_blocks,
    where_lines,
    why_registered,
)
from scheduler.mail.letters.programme import programme_blocks
from scheduler.mail.letters.speaking import speaking
from scheduler.mail.letters.starting import starts, subject_when, way_in
from scheduler.mail.letters.updating import changed_since_blocks
from scheduler.texts import Translator


def reminder(letter: Letter, t: Translator) -> Content:
    """It begins today, tomorrow, in n days; for speakers and hosts in words of their own."""
    if letter.party is not None:
        return speaking(letter, t)
    a = about(letter, t)
    lead = starts(a)
    return Content(
        subject=t("mail.reminder.subject", when=subject_when(a), title=a.title),
        preheader=f"{lead} {', '.join(line.text for line in where_lines(a))}",
        heading=a.title,
        top=tuple(way_in(a)),
        blocks=(
            paragraph(lead, "lead"),
            *when_blocks(a),
            *changed_since_blocks(a),
            *place_blocks(a),
            *other_ways_in(a),
            *programme_blocks(a),
            *_free_the_place(a),
            *link_blocks((t("mail.common.event_page"), letter.links.event)),
        ),
        footer=footer(letter, t, why_registered(letter)),
    )


def _free_the_place(a: About) -> list[Block]:
    links = link_blocks((a.t("mail.reminder.free"), a.letter.links.manage))
    waiting = int(a.letter.facts.get("waiting") or 0)
    if links and waiting > 0:
        return [paragraph(a.t.plural("mail.reminder.waiting", waiting)), *links]
    return links
