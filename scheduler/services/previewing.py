"""A mail as an invented attendee would get it, a speaker, or the host."""

from datetime import datetime, timedelta
from typing import Literal
from zoneinfo import available_timezones

from msgspec import Struct
from msgspec.structs import replace
from sqlalchemy import Connection

from scheduler.config import Config
from scheduler.errors import Fault, Invalid, NotFound
from scheduler.mail.compose import compose
from scheduler.mail.writer import Writer
from scheduler.model.event import Event, Occurrence
from scheduler.model.links import Links
from scheduler.model.message import Cause, Message
from scheduler.model.notices import Noted, changed, noted
from scheduler.model.party import Party, parties_of
from scheduler.model.registration import Registration, RegistrationState
from scheduler.model.seats import modes_of
from scheduler.model.wall import parse, text
from scheduler.services.cases import Case
from scheduler.services.correspondence import Correspondence
from scheduler.store import events, institutions
from scheduler.texts import Catalogues

STATES: dict[Cause, RegistrationState] = {
    "confirm-address": "pending",
    "waiting": "waiting",
    "withdrawal": "cancelled",
}
FACTS: dict[Cause, dict[str, str]] = {
    "cancellation": {"reason": "The speaker is ill."},
}


Reader = Literal["attendee", "speaker", "host"]
TO_PARTIES: tuple[Cause, ...] = ("reminder", "update", "cancellation")
"""What speakers and hosts get; everything else is about a registration."""


class Sample(Struct, frozen=True, kw_only=True):
    """Which mail to show: about which event, why, to whom, in which language (BCP 47), for which zone (IANA or "")."""

    event_id: str
    cause: Cause
    language: str
    timezone: str = ""
    reader: Reader = "attendee"


class Preview(Struct, frozen=True, kw_only=True):
    """The mail: subject, both parts, and the whole message as it would travel."""

    subject: str
    text: str
    html: str
    raw: bytes


def preview(conn: Connection, sample: Sample, *, config: Config, catalogues: Catalogues, now: datetime) -> Preview:
    """Words the mail; its links lead nowhere. Raises NotFound, Invalid."""
    event = events.get(conn, sample.event_id)
    if event is None:
        raise NotFound(f"There is no event “{sample.event_id}”. `enspired events list` shows ids.")
    _check(sample, config)
    dates = tuple(events.dates_of(conn, event.id))
    ahead = [date for date in dates if date.alive and date.end_at > now] or list(dates)
    party = _party(sample, event, config) if sample.reader != "attendee" else None
    registration = None if party else _registration(sample, event, now)
    reader = party or registration
    case = Case(
        message=_message(sample, config, now, party),
        event=event,
        invited=True,
        dates=dates,
        date=ahead[0] if sample.cause == "reminder" else None,
        registration=registration,
        party=party,
        registered=12 if party else 0,
        line=3 if sample.cause == "waiting" else 0,
        before=_a_day_earlier(event, dates, reader) if sample.cause == "update" and reader else {},
    )
    writer = Writer(catalogues)
    links = Links(config.server.public_url, "preview", replies=config.replies.pattern)
    correspondence = Correspondence(config, links, writer)
    mail = writer.write(correspondence.letter(case, institutions.all_institutions(conn), now=now))
    return Preview(subject=mail.subject, text=mail.text, html=mail.html, raw=compose(mail))


def _a_day_earlier(event: Event, dates: tuple[Occurrence, ...], reader: Party | Registration) -> Noted:
    """What differs for somebody who knows every date one day earlier than it is."""
    day = timedelta(days=1)
    earlier = (
        replace(
            date,
            start=text(parse(date.start, event.timezone) - day, event.timezone),
            end=text(parse(date.end, event.timezone) - day, event.timezone),
        )
        for date in dates
    )
    return changed(noted(event, earlier, reader), noted(event, dates, reader), reader.language)


def _check(sample: Sample, config: Config) -> None:
    faults = []
    if sample.language not in config.languages.offered:
        offered = ", ".join(config.languages.offered)
        faults.append(Fault("/lang", f"Mails are written in {offered}.", config.languages.default))
    if sample.timezone and sample.timezone not in available_timezones():
        faults.append(Fault("/zone", f"“{sample.timezone}” is not an IANA time zone.", "Africa/Nairobi"))
    if sample.reader != "attendee" and sample.cause not in TO_PARTIES:
        faults.append(Fault("/cause", f"A {sample.reader} gets no such mail.", TO_PARTIES[0]))
    if faults:
        raise Invalid(tuple(faults), "There is no such preview.")


def _party(sample: Sample, event: Event, config: Config) -> Party:
    """The first speaker or the host of the event, else an invented one, reading this language."""
    known = (one for one in parties_of(event, config.languages.offered, sample.language) if one.kind == sample.reader)
    invented = Party(
        key=f"{sample.reader}:preview",
        kind="host" if sample.reader == "host" else "speaker",
        email="reader@example.org",
        name="Wanjiku Kamau",
        language=sample.language,
        timezone=event.timezone,
        mode=modes_of(event)[0],
    )
    party = next(known, invented)
    return replace(party, language=sample.language, timezone=sample.timezone or party.timezone)


def _message(sample: Sample, config: Config, now: datetime, party: Party | None) -> Message:
    return Message(
        id="preview",
        cause=sample.cause,
        event_id=sample.event_id,
        recipient=party.key if party else "",
        address=f"{sample.reader}@example.org",
        language=sample.language,
        message_id=f"<preview@{config.mail.domain}>",
        facts=FACTS.get(sample.cause, {}),
        due_at=now,
        not_before=now,
        next_attempt_at=now,
        created_at=now,
    )


def _registration(sample: Sample, event: Event, now: datetime) -> Registration:
    return Registration(
        id="preview",
        event_id=event.id,
        uid=event.uid,
        name="Amina Otieno",
        email="attendee@example.org",
        language=sample.language,
        timezone=sample.timezone,
        mode=modes_of(event)[0],
        state=STATES.get(sample.cause, "confirmed"),
        created_at=now,
    )
