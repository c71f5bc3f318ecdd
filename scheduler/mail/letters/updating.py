"""The mail about a change: what was, what is now, only for what people plan by."""

from msgspec.structs import replace

from scheduler.mail.blocks import Block, Content, Fact, fact, paragraph
from scheduler.mail.letter import Letter
from scheduler.mail.letters.parts import (
    About,
    about,
    footer,
    invitation_blocks,
    joining_blocks,
    link_blocks,
    on_site,
    other_ways_in,
    place_blocks,
    when_blocks,
    why_registered,
)
from scheduler.model.notices import JOINING, PLACE, TIME, TITLE, differences, noted, old_times
from scheduler.model.occurrences import instants
from scheduler.model.reading import when
from scheduler.texts import Translator


def update(letter: Letter, t: Translator) -> Content:
    """The event has changed: old -> new. Raises IncompleteLetter, also when nothing differs any more."""
    a = about(letter, t)
    changed = changed_aspects(letter)
    moved = TIME in changed
    blocks: list[Block] = [paragraph(t("mail.update.lead_moved" if moved else "mail.update.lead"), "lead")]
    blocks += _old_when(a) if moved else []
    blocks += when_blocks(a, "mail.update.now" if moved else "mail.common.when")
    blocks += [paragraph(t("mail.update.place"))] if PLACE in changed else []
    blocks += place_blocks(a)
    blocks += [paragraph(t("mail.update.joining"))] if JOINING in changed and not on_site(a) else []
    blocks += [*joining_blocks(a), *other_ways_in(a)]
    blocks += [paragraph(t("mail.update.title"))] if TITLE in changed else []
    blocks += [paragraph(t("mail.update.stays")), *invitation_blocks(a)]
    blocks += link_blocks(
        (t("mail.update.free"), letter.links.manage), (t("mail.common.event_page"), letter.links.event)
    )
    return Content(
        subject=t("mail.update.subject_moved" if moved else "mail.update.subject", title=a.title, when=a.brief),
        preheader=t("mail.update.lead_moved" if moved else "mail.update.lead"),
        heading=a.title,
        blocks=tuple(blocks),
        footer=footer(letter, t, why_registered(letter)),
    )


def changed_aspects(letter: Letter) -> tuple[str, ...]:
    """What differs from how it was when the person last heard; empty without an event or a registration."""
    if letter.event is None or letter.registration is None:
        return ()
    dates = letter.dates or ((letter.occurrence,) if letter.occurrence else ())
    return differences(letter.facts, noted(letter.event, dates, letter.registration))


def _old_when(a: About) -> list[Fact]:
    """The old time of the date that this mail is about, on the clock it was on."""
    zone, dates = old_times(a.letter.facts)
    for date_id, start, end, _ in dates:
        if date_id == a.occurrence.id and (start, end) != (a.occurrence.start, a.occurrence.end):
            start_at, end_at = instants(start, end, zone)
            old = replace(a.occurrence, start=start, end=end, start_at=start_at, end_at=end_at)
            event = replace(a.event, timezone=zone)
            span = when(event, old, a.letter.institutions, a.t, a.letter.timezone)
            return [fact(a.t("mail.update.was"), *span.lines)]
    return []
