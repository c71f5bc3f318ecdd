"""Puts together what a mail is written from, and has it written."""

from datetime import datetime

from msgspec.structs import replace

from scheduler.config import Config
from scheduler.mail.compose import Mailbox
from scheduler.mail.letter import Letter
from scheduler.mail.letter import Links as LetterLinks
from scheduler.mail.press import Press
from scheduler.mail.transport import Envelope
from scheduler.mail.writer import Writer
from scheduler.model.digest import Digest
from scheduler.model.event import Occurrence
from scheduler.model.institution import Institution
from scheduler.model.links import Links
from scheduler.model.message import Cause, Message
from scheduler.model.notices import to_text
from scheduler.services.cases import Case
from scheduler.services.invitations import Invitations
from scheduler.services.owed import owed, present_of
from scheduler.services.told import BEFORE, SINCE


class Correspondence:
    """Words messages for their recipients, by one configuration."""

    def __init__(self, config: Config, links: Links, writer: Writer) -> None:
        self._config = config
        self._links = links
        self._writer = writer
        self._press = Press(writer.write)
        self._invitations = Invitations(config, links)

    def envelope(self, case: Case, institutions: dict[str, Institution], *, now: datetime) -> Envelope:
        """The finished message. Raises a ServiceError when it cannot be put into a mail."""
        letter = self.letter(case, institutions, now=now.replace(second=0, microsecond=0))  # words know no seconds
        return self._press.envelope(letter, self._links.bounce_address(case.message.id))

    def letter(self, case: Case, institutions: dict[str, Institution], *, now: datetime) -> Letter:
        """What the mail is written from."""
        config, message, registration = self._config, case.message, case.registration
        covered = _covered(case)
        return Letter(
            cause=_cause(message, covered),
            recipient=message.address,
            language=message.language,
            timezone=_timezone(case),
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
            party=case.party,
            listed=case.listed,
            pages={
                one.event.id: self._links.event(one.event.id, message.language) for one in case.listed if case.digest
            },
            links=self._addresses(case),
            facts=self._facts(case),
            calendar=self._invitations.part(case, institutions, self._writer.translator(message.language)),
            rsvp=self._invitations.answered(registration),
        )

    def _addresses(self, case: Case) -> LetterLinks:
        event, registration, message = case.event, case.registration, case.message
        token = message.facts.get("token", "")
        manage = self._links.attendee(registration.id) if registration else ""
        choices = f"{manage}/no-reminders" if manage else ""
        if event and message.recipient:
            choices = self._links.choices(event.id, message.recipient)
        links = LetterLinks(
            event=self._links.event(event.id, message.language) if event else "",
            calendar=f"{manage}/calendar.ics" if manage else "",
            manage=manage,
            confirm=manage,
            stop_reminders=f"{manage}/unsubscribe" if manage else "",
            stop_all=choices,
            withdraw=f"{manage}/withdraw" if manage else "",
            unsubscribe=f"{manage}/unsubscribe" if manage else choices,
            console=f"{self._links.console()}/events/{event.id}" if event else "",
            sign_in=self._links.sign_in(token) if token else "",
        )
        return replace(links, **self._digest_links(case.digest)) if case.digest else links

    def _digest_links(self, digest: Digest) -> dict[str, str]:
        own, listed = self._links.digest(digest.id), self._links.agenda(digest.language, digest.chosen.query())
        return {"digest": own, "confirm": own, "unsubscribe": f"{own}/end", "agenda": listed}

    def _facts(self, case: Case) -> dict[str, str]:
        facts = {name: value for name, value in case.message.facts.items() if name != "token"}
        if present_of(case):
            facts[BEFORE] = to_text(owed(case))
        if case.before:
            facts[BEFORE if case.message.cause == "update" else SINCE] = to_text(case.before)
        if case.party:
            facts["registered"] = str(case.registered)
        if case.line:
            facts["position"] = str(case.line)
        if case.message.cause == "sign-in":
            facts["minutes"] = str(self._config.security.sign_in_minutes)
        return facts


def _timezone(case: Case) -> str:
    reader = case.registration or case.party or case.digest
    return reader.timezone if reader else ""


def _covered(case: Case) -> tuple[Occurrence, ...]:
    row = case.registration
    theirs = tuple(date for date in case.dates if row is None or row.attends(date.id))
    alive = tuple(date for date in theirs if date.alive)
    if case.message.cause in {"cancellation", "update"}:
        alive = theirs
    # Their only date was taken out of the rule: what is left to speak of is one that does not take place.
    return alive or theirs or tuple(replace(date, status="cancelled") for date in case.dates[:1])


def _cause(message: Message, covered: tuple[Occurrence, ...]) -> Cause:
    """What the mail says: nobody gets a place, or a place in the line, for dates that do not take place any more."""
    over = bool(covered) and not any(date.alive for date in covered)
    return "cancellation" if over and message.cause in {"confirmation", "place-free", "waiting"} else message.cause


def _next(dates: tuple[Occurrence, ...], now: datetime) -> Occurrence | None:
    alive = [date for date in dates if date.alive] or list(dates)
    ahead = [date for date in alive if date.end_at > now] or alive
    return min(ahead, key=lambda date: date.start_at, default=None)
