"""The reminder: how to get in first, then when; one way to free the place."""

from scheduler.dates import Here, moment_elsewhere
from scheduler.mail.blocks import Block, Content, paragraph
from scheduler.mail.letter import Letter
from scheduler.mail.letters.parts import (
    About,
    about,
    footer,
    joining_blocks,
    link_blocks,
    on_site,
    other_ways_in,
    place_blocks,
    when_blocks,
    where_lines,
    why_registered,
)
from scheduler.model.reading import days_until, event_here
from scheduler.model.wall import is_date
from scheduler.texts import Translator


def reminder(letter: Letter, t: Translator) -> Content:
    """It begins today, tomorrow, in n days."""
    a = about(letter, t)
    days = max(0, days_until(a.event, a.occurrence, letter.now))
    lead = _lead(t, days)
    return Content(
        subject=t("mail.reminder.subject", when=_subject_when(a, days), title=a.title),
        preheader=f"{lead} {'; '.join(line.text for line in where_lines(a))}",
        heading=a.title,
        top=tuple(_way_in(a)),
        blocks=(
            paragraph(lead, "lead"),
            *when_blocks(a),
            *place_blocks(a),
            *other_ways_in(a),
            *_free_the_place(a),
            *link_blocks((t("mail.common.event_page"), letter.links.event)),
        ),
        footer=footer(letter, t, why_registered(letter)),
    )


def _way_in(a: About) -> list[Block]:
    """The joining link, or the address: nothing stands above it."""
    if joining := joining_blocks(a):
        return joining
    return [paragraph(", ".join(line.text for line in where_lines(a)))] if on_site(a) else []


def _free_the_place(a: About) -> list[Block]:
    links = link_blocks((a.t("mail.reminder.free"), a.letter.links.manage))
    waiting = int(a.letter.facts.get("waiting") or 0)
    if links and waiting > 0:
        return [paragraph(a.t.plural("mail.reminder.waiting", waiting)), *links]
    return links


def _lead(t: Translator, days: int) -> str:
    if days > 1:
        return t.plural("mail.reminder.lead_days", days)
    return t("mail.reminder.lead_tomorrow" if days else "mail.reminder.lead_today")


def _subject_when(a: About, days: int) -> str:
    """`Tomorrow 14:30 Ghent (08:30 Bogotá)`; further ahead `Tue 16 Mar, 14:30 Ghent (08:30 Bogotá)`."""
    if is_date(a.occurrence.start):
        return a.brief if days > 1 else a.t("mail.reminder.tomorrow" if days else "mail.reminder.today")
    here = event_here(a.event, a.letter.institutions, a.t)
    reader = Here(a.letter.timezone or here.zone)
    elsewhere = moment_elsewhere(a.occurrence.start_at, here, reader, a.t)
    text = a.brief
    if days <= 1:
        clock = text.rpartition(", ")[2]
        text = f"{a.t('mail.reminder.tomorrow' if days else 'mail.reminder.today')} {clock}"
    return f"{text} ({elsewhere})" if elsewhere else text
