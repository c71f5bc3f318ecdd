"""What a mail says differently to who speaks or hosts: in the subject, in the first sentence, at the end."""

from scheduler.mail.blocks import Block, fact, paragraph
from scheduler.mail.letter import Letter
from scheduler.mail.letters.parts import About, link_blocks, why_registered


def titled(a: About) -> str:
    """The title, with the reader's part in it: `Climate data in the classroom (you speak)`."""
    party = a.letter.party
    return a.t(f"mail.speaker.titled_{party.kind}", title=a.title) if party else str(a.title)


def as_party(a: About, sentence: str) -> str:
    """The sentence, after the one that says who the reader is here; as it is for everybody else."""
    party = a.letter.party
    return f"{a.t(f'mail.speaker.lead_{party.kind}')} {sentence}" if party else sentence


def off(a: About) -> str:
    """That the event will not take place; in words of their own for who was to speak, or organises it."""
    party = a.letter.party
    return a.t(f"mail.speaker.off_{party.kind}" if party else "mail.cancellation.lead")


def closing(a: About) -> list[Block]:
    """What a change or the end of an event means for who speaks or hosts, and whom to ask."""
    party = a.letter.party
    if party is None:
        return []
    news = "cancelled" if a.event.status == "cancelled" else "changed"
    return [paragraph(a.t(f"mail.speaker.{news}_{party.kind}")), *contact(a), *link_blocks(console(a))]


def contact(a: About) -> list[Block]:
    """The organisers' address, for who speaks."""
    wanted = a.letter.party is not None and a.letter.party.kind == "speaker" and a.event.contact
    return [fact(a.t("mail.speaker.contact"), a.event.contact)] if wanted else []


def console(a: About) -> tuple[str, str]:
    """The organisers' page as a label and an address; no address for anybody but the host."""
    host = a.letter.party is not None and a.letter.party.kind == "host"
    return a.t("mail.speaker.console"), a.letter.links.console if host else ""


def why(letter: Letter) -> str:
    """The key of the sentence that says why the reader gets this mail."""
    return f"mail.footer.why_{letter.party.kind}" if letter.party else why_registered(letter)
