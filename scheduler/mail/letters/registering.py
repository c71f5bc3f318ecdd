"""Mails around a registration: confirm your address, your place is confirmed, waiting list, a place became free."""

from scheduler.mail.blocks import Content, Paragraph, paragraph
from scheduler.mail.letter import Letter
from scheduler.mail.letters.parts import (
    About,
    about,
    button_blocks,
    footer,
    invitation_blocks,
    joining_blocks,
    link_blocks,
    on_site,
    other_ways_in,
    person_blocks,
    place_blocks,
    when_blocks,
    why_registered,
)
from scheduler.mail.letters.programme import programme_blocks
from scheduler.model.reading import read
from scheduler.texts import Translator

DAY = 86_400


def confirm_address(letter: Letter, t: Translator) -> Content:
    """The first mail to an address that nobody confirmed. It holds none of the sender's text, not even the name."""
    a = about(letter, t)
    seconds = _seconds_left(letter, "expires_at") or 2 * DAY
    minutes = _seconds_left(letter, "hold_until") // 60
    hold = t.plural("mail.confirm_address.hold", minutes) if minutes > 0 else ""
    valid = t.plural("mail.confirm_address.valid", max(1, round(seconds / DAY)))
    return Content(
        subject=t("mail.confirm_address.subject", title=a.title),
        preheader=f"{t('mail.confirm_address.preheader')} {valid}",
        heading=a.title,
        blocks=(
            paragraph(t("mail.confirm_address.lead"), "lead"),
            *button_blocks(t("mail.confirm_address.button"), letter.links.confirm),
            paragraph(" ".join(part for part in (hold, valid) if part)),
            *when_blocks(a),
            *place_blocks(a),
            paragraph(t("mail.confirm_address.ignore")),
        ),
        footer=footer(letter, t, "mail.footer.why_typed"),
    )


def confirmation(letter: Letter, t: Translator) -> Content:
    """The place is theirs: when, where, how to join, how to change it."""
    a = about(letter, t)
    return _place(a, subject="mail.confirmation.subject", lead=_lead(a), after=())


def place_free(letter: Letter, t: Translator) -> Content:
    """From the waiting list to a place."""
    a = about(letter, t)
    after = (paragraph(t("mail.place_free.give_back")),)
    return _place(a, subject="mail.place_free.subject", lead=t("mail.place_free.lead"), after=after)


def waiting(letter: Letter, t: Translator) -> Content:
    """The event is full: the position in the line, and what happens next."""
    a = about(letter, t)
    position = letter.facts.get("position", "")
    numbered = "numbered" if position else "plain"
    lead = t(f"mail.waiting.lead_{numbered}", position=position)
    return Content(
        subject=t(f"mail.waiting.subject_{numbered}", position=position, title=a.title, when=a.brief),
        preheader=lead,
        heading=a.title,
        blocks=(
            paragraph(lead, "lead"),
            paragraph(" ".join([t("mail.waiting.next"), *([t("mail.waiting.stay")] if on_site(a) else [])])),
            *when_blocks(a),
            *place_blocks(a),
            *link_blocks((t("mail.waiting.manage"), letter.links.manage), _event_page(a)),
        ),
        footer=footer(letter, t, why_registered(letter)),
    )


def _place(a: About, *, subject: str, lead: str, after: tuple[Paragraph, ...]) -> Content:
    t, links = a.t, a.letter.links
    summary = read(a.event.summary, t.language)
    return Content(
        subject=t(subject, when=a.brief, title=a.title),
        preheader=f"{lead} {a.brief}",
        heading=a.title,
        blocks=(
            paragraph(lead, "lead"),
            *([Paragraph(summary)] if summary.text else []),
            *when_blocks(a),
            *place_blocks(a),
            *joining_blocks(a),
            *other_ways_in(a),
            *programme_blocks(a),
            *person_blocks(a),
            *after,
            *invitation_blocks(a),
            *link_blocks(
                (t("mail.common.calendar"), links.calendar),
                (t("mail.common.manage"), links.manage),
                _event_page(a),
            ),
        ),
        footer=footer(a.letter, t, why_registered(a.letter)),
    )


def _lead(a: About) -> str:
    seats = a.letter.registration.seats if a.letter.registration else 1
    return a.t.plural("mail.confirmation.lead", seats)


def _event_page(a: About) -> tuple[str, str]:
    return a.t("mail.common.event_page"), a.letter.links.event


def _seconds_left(letter: Letter, name: str) -> int:
    moment = getattr(letter.registration, name, None)
    return int((moment - letter.now).total_seconds()) if moment else 0
