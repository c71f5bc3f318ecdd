"""From a letter to a mail: choose the wording of its cause, render it twice, put the headers on."""

from collections.abc import Callable, Mapping

from scheduler.mail.blocks import Content
from scheduler.mail.compose import Mail
from scheduler.mail.letter import Letter
from scheduler.mail.letters.digesting import confirm_digest, digest
from scheduler.mail.letters.ending import cancellation, withdrawal
from scheduler.mail.letters.following import follow_up
from scheduler.mail.letters.programme import day_programme
from scheduler.mail.letters.registering import confirm_address, confirmation, place_free, waiting
from scheduler.mail.letters.reminding import reminder
from scheduler.mail.letters.signing_in import sign_in
from scheduler.mail.letters.updating import update
from scheduler.mail.rendering import as_html, as_text, environment
from scheduler.model.message import Cause
from scheduler.texts import NO_BREAK_SPACE, Catalogues, Translator

STOPPABLE = frozenset({"reminder", "follow-up", "digest"})
"""Causes of mails that one can stop with one click (RFC 8058)."""
Wording = Callable[[Letter, Translator], Content]


def wordings() -> Mapping[Cause, Wording]:
    """Which function words which cause."""
    return {
        "confirm-address": confirm_address,
        "confirmation": confirmation,
        "waiting": waiting,
        "place-free": place_free,
        "reminder": reminder,
        "follow-up": follow_up,
        "update": update,
        "day-programme": day_programme,
        "cancellation": cancellation,
        "withdrawal": withdrawal,
        "sign-in": sign_in,
        "confirm-digest": confirm_digest,
        "digest": digest,
    }


class Writer:
    """Words and renders mails; made once by the application.

    The body depends on the recipient only through language, zone, name, mode and links. A reminder to thousands can
    therefore be rendered once for each combination with stand-ins for the links, and filled in for each recipient.
    """

    def __init__(self, catalogues: Catalogues) -> None:
        self._catalogues = catalogues
        self._templates = environment()
        self._wordings = wordings()

    def translator(self, language: str) -> Translator:
        """The texts in which a mail in this language (BCP 47) is written."""
        return self._catalogues.translator(language)

    def write(self, letter: Letter) -> Mail:
        """The mail of a letter. Raises IncompleteLetter."""
        t = self._catalogues.translator(letter.language)
        content = self._wordings[letter.cause](letter, t)
        return Mail(
            cause=letter.cause,
            sender=letter.sender,
            recipient=letter.recipient,
            reply_to=letter.reply_to,
            subject=content.subject.replace(NO_BREAK_SPACE, " "),
            text=as_text(content, t),
            html=as_html(content, t, self._templates),
            language=t.language,
            message_id=letter.message_id,
            date=letter.date,
            unsubscribe=letter.links.unsubscribe if letter.cause in STOPPABLE else "",
            calendar=letter.calendar,
        )
