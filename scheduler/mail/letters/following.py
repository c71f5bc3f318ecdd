"""The mail after an event: thanks, the materials, and the questions that the organisers ask."""

from urllib.parse import unquote, urlsplit

from scheduler.mail.blocks import Block, Content, fact, paragraph, safe_url
from scheduler.mail.letter import Letter
from scheduler.mail.letters.parts import About, about, button_blocks, footer, link_blocks, why_registered
from scheduler.texts import Translator


def follow_up(letter: Letter, t: Translator) -> Content:
    """Thank you; here is what was used; what did you think of it?"""
    a = about(letter, t)
    lead = t("mail.follow_up.lead", when=a.brief)
    return Content(
        subject=t("mail.follow_up.subject", title=a.title),
        preheader=lead,
        heading=a.title,
        blocks=(
            paragraph(lead, "lead"),
            *_survey(a),
            *_materials(a),
            *link_blocks((t("mail.common.event_page"), letter.links.event)),
        ),
        footer=footer(letter, t, why_registered(letter)),
    )


def _survey(a: About) -> list[Block]:
    url = a.event.evaluation.url if a.event.evaluation else ""
    button = button_blocks(a.t("mail.follow_up.survey"), url)
    return [paragraph(a.t("mail.follow_up.survey_lead")), *button] if button else []


def _materials(a: About) -> list[Block]:
    """What has an address as a link, the rest in words."""
    links = [one for one in a.event.materials if safe_url(one)]
    words = [one for one in a.event.materials if not safe_url(one)]
    blocks: list[Block] = [fact(a.t("mail.follow_up.materials"), *words)] if words else []
    blocks += link_blocks(*((_label(url, a), url) for url in links))
    return [*blocks, paragraph(a.t("mail.follow_up.missed"))] if blocks else []


def _label(url: str, a: About) -> str:
    """`Materials: toolkit.pdf`, or the name of the site."""
    parts = urlsplit(url)
    name = unquote(parts.path.rstrip("/").rpartition("/")[2])
    shown = name if name.isprintable() and 0 < len(name) <= 80 else parts.hostname or ""
    return f"{a.t('mail.follow_up.materials')}, {shown}"
