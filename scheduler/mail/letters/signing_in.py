"""The link with which an organiser signs in."""

from scheduler.mail.blocks import Content, paragraph
from scheduler.mail.letter import Letter
from scheduler.mail.letters.parts import button_blocks, footer
from scheduler.model.reading import Reading
from scheduler.texts import Translator


def sign_in(letter: Letter, t: Translator) -> Content:
    """Sign in: one link, once, for a while."""
    minutes = int(letter.facts.get("minutes") or 30)
    valid = t.plural("mail.sign_in.valid", minutes)
    return Content(
        subject=t("mail.sign_in.subject", operator=letter.operator),
        preheader=valid,
        heading=Reading(t("mail.sign_in.heading", operator=letter.operator)),
        blocks=(
            *button_blocks(t("mail.sign_in.button"), letter.links.sign_in),
            paragraph(valid),
            paragraph(t("mail.sign_in.ignore")),
        ),
        footer=footer(letter, t, "mail.footer.why_sign_in"),
    )
