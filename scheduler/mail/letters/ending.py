"""Mails about what ends: the event is cancelled, or one's own place is."""

from scheduler.mail.blocks import Content, fact, paragraph
from scheduler.mail.letter import Letter
from scheduler.mail.letters.parties import closing, off, titled, why
from scheduler.mail.letters.parts import (
    about,
    button_blocks,
    calendar_end,
    footer,
    link_blocks,
    reason_blocks,
    when_blocks,
    where_lines,
    why_registered,
)
from scheduler.texts import Translator


def cancellation(letter: Letter, t: Translator) -> Content:
    """The event, or this date of it, will not take place."""
    a = about(letter, t)
    whole = a.event.status == "cancelled" or a.occurrence.alive
    stays = not whole and any(one.alive for one in letter.dates)
    lead = off(a) if whole else t("mail.cancellation.lead_date")
    nothing_to_do = t("mail.cancellation.others_stay" if stays else "mail.cancellation.nothing_to_do")
    where = where_lines(a)
    reason = letter.facts.get("reason") or (a.event.cancellation_reason if whole else a.occurrence.reason)
    return Content(
        subject=t("mail.cancellation.subject", title=titled(a), when=a.brief),
        preheader=lead,
        heading=a.title,
        blocks=(
            paragraph(lead, "lead"),
            *reason_blocks(a, reason),
            *(closing(a) if letter.party else [paragraph(nothing_to_do)]),
            paragraph(calendar_end(a, "mail.cancellation.calendar")),
            *when_blocks(a, "mail.cancellation.was_planned", together=whole),
            *([fact(t("mail.common.where"), *where)] if where else []),
            *link_blocks((t("mail.common.event_page"), letter.links.event)),
        ),
        footer=footer(letter, t, why(letter)),
    )


def withdrawal(letter: Letter, t: Translator) -> Content:
    """One's own place is cancelled, by oneself or by the organiser."""
    a = about(letter, t)
    by_organiser = letter.registration is not None and letter.registration.cancelled_by == "organiser"
    lead = t("mail.withdrawal.lead_organiser" if by_organiser else "mail.withdrawal.lead")
    again = [] if by_organiser else button_blocks(t("mail.withdrawal.button"), letter.links.event)
    return Content(
        subject=t("mail.withdrawal.subject", title=a.title, when=a.brief),
        preheader=lead,
        heading=a.title,
        blocks=(
            paragraph(lead, "lead"),
            *reason_blocks(a, letter.facts.get("reason", "")),
            paragraph(f"{t('mail.withdrawal.no_more')} {calendar_end(a, 'mail.withdrawal.calendar')}"),
            *when_blocks(a, together=True),
            *([paragraph(t("mail.withdrawal.mistake")), *again] if again else []),
        ),
        footer=footer(letter, t, why_registered(letter)),
    )
