"""Puts together what a mail is written from, and has it written."""

from datetime import datetime

from scheduler.config import Config
from scheduler.mail.compose import Mailbox, envelope
from scheduler.mail.letter import Letter
from scheduler.mail.letter import Links as LetterLinks
from scheduler.mail.transport import Envelope
from scheduler.mail.writer import Writer
from scheduler.model.event import Event, Occurrence
from scheduler.model.institution import Institution
from scheduler.model.links import Links
from scheduler.model.registration import Registration
from scheduler.services.cases import Case


class Correspondence:
    """Words messages for their recipients, by one configuration."""

    def __init__(self, config: Config, links: Links, writer: Writer) -> None:
        self._config = config
        self._links = links
        self._writer = writer

    def envelope(self, case: Case, institutions: dict[str, Institution], *, now: datetime) -> Envelope:
        """The finished message. Raises a ServiceError when it cannot be put into a mail."""
        return envelope(self._writer.write(self.letter(case, institutions, now=now)))

    def letter(self, case: Case, institutions: dict[str, Institution], *, now: datetime) -> Letter:
        """What the mail is written from."""
        config, message, registration = self._config, case.message, case.registration
        covered = _covered(case)
        return Letter(
            cause=message.cause,
            recipient=message.address,
            language=message.language,
            timezone=registration.timezone if registration else "",
            sender=Mailbox(config.mail.from_address, config.mail.from_name),
            reply_to=config.mail.reply_to,
            message_id=message.message_id,
            date=message.created_at,
            now=now,
            operator=config.operator.name,
            help_address=config.operator.contact,
            event=case.event,
            occurrence=case.date or _next(covered, now),
            dates=covered if len(covered) > 1 else (),
            institutions=institutions,
            registration=registration,
            links=self._addresses(case.event, registration, message.language, message.facts.get("token", "")),
            facts=self._facts(case),
        )

    def _addresses(
        self, event: Event | None, registration: Registration | None, language: str, token: str
    ) -> LetterLinks:
        manage = self._links.attendee(registration.id) if registration else ""
        return LetterLinks(
            event=self._links.event(event.id, language) if event else "",
            calendar=f"{manage}/calendar.ics" if manage else "",
            manage=manage,
            confirm=manage,
            stop_reminders=manage,
            unsubscribe=f"{manage}/unsubscribe" if manage else "",
            sign_in=self._links.sign_in(token) if token else "",
        )

    def _facts(self, case: Case) -> dict[str, str]:
        facts = {name: value for name, value in case.message.facts.items() if name != "token"}
        if case.line:
            facts["position"] = str(case.line)
        if case.message.cause == "sign-in":
            facts["minutes"] = str(self._config.security.sign_in_minutes)
        return facts


def _covered(case: Case) -> tuple[Occurrence, ...]:
    return tuple(
        date
        for date in case.dates
        if (date.alive or case.message.cause == "cancellation")
        and (case.registration is None or case.registration.attends(date.id))
    )


def _next(dates: tuple[Occurrence, ...], now: datetime) -> Occurrence | None:
    ahead = [date for date in dates if date.end_at > now] or list(dates)
    return min(ahead, key=lambda date: date.start_at, default=None)
