"""Mails about a list that somebody follows by mail: the question whether they want it, and the weekly digest."""

from scheduler.mail.blocks import Block, Content, Fact, paragraph
from scheduler.mail.letter import IncompleteLetter, Letter
from scheduler.mail.letters.parts import About, brief_on_both_clocks, button_blocks, footer, link_blocks, where_lines
from scheduler.model.digest import NEWS, Listed
from scheduler.model.reading import Reading, read
from scheduler.texts import Translator

MOST_LISTED = 40


def confirm_digest(letter: Letter, t: Translator) -> Content:
    """Do you want it? In our words alone: nobody knows yet who typed the address."""
    lead = t("mail.confirm_digest.lead", operator=letter.operator)
    return Content(
        subject=t("mail.confirm_digest.subject", operator=letter.operator),
        preheader=lead,
        heading=Reading(t("mail.confirm_digest.heading")),
        blocks=(
            paragraph(lead, "lead"),
            *button_blocks(t("mail.confirm_digest.button"), letter.links.digest),
            paragraph(t("mail.confirm_digest.ignore")),
        ),
        footer=footer(letter, t, "mail.footer.why_typed_digest"),
    )


def digest(letter: Letter, t: Translator) -> Content:
    """What is new in the list, what moved, what was cancelled. Raises IncompleteLetter when there is nothing."""
    if not letter.listed:
        raise IncompleteLetter("A digest needs something that is new.")
    new = sum(one.kind == "new" for one in letter.listed)
    lead = t.plural("mail.digest.lead", new) if new else t("mail.digest.lead_changes")
    rest = len(letter.listed) - MOST_LISTED
    more = [paragraph(t.plural("mail.digest.more", rest))] if rest > 0 else []
    return Content(
        subject=_subject(letter, t, new),
        preheader=lead,
        heading=Reading(t("mail.digest.heading", operator=letter.operator)),
        blocks=(
            paragraph(lead, "lead"),
            *_news(letter, t),
            *more,
            *link_blocks((t("mail.digest.all"), letter.links.agenda)),
        ),
        footer=(
            *footer(letter, t, "mail.footer.why_digest"),
            *link_blocks((t("mail.digest.end"), letter.links.digest)),
        ),
    )


def _subject(letter: Letter, t: Translator, new: int) -> str:
    first = read(letter.listed[0].event.title, t.language)
    if new:
        return t.plural("mail.digest.subject", new, operator=letter.operator, title=first)
    return t("mail.digest.subject_changes", operator=letter.operator, title=first)


def _news(letter: Letter, t: Translator) -> list[Block]:
    blocks: list[Block] = []
    shown = letter.listed[:MOST_LISTED]
    for kind in NEWS:
        found = [one for one in shown if one.kind == kind]
        if found and (kind != "new" or len(found) < len(letter.listed)):
            blocks.append(paragraph(t(f"mail.digest.{kind}"), "lead"))
        for one in found:
            blocks += _one(letter, t, one)
    return blocks


def _one(letter: Letter, t: Translator, one: Listed) -> list[Block]:
    a = About(letter, t, one.event, one.date)
    more = t.plural("mail.common.more_dates", one.more) if one.more else ""
    label = " · ".join(part for part in (brief_on_both_clocks(a, one.date), more) if part)
    where = " · ".join(line.text for line in where_lines(a))
    lines = (a.title, *([Reading(where)] if where and one.kind != "cancelled" else []))
    return [Fact(label, lines), *link_blocks((t("mail.common.event_page"), letter.pages.get(one.event.id, "")))]
