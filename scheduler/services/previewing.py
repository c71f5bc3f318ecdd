"""A mail as an invented attendee would get it."""

from datetime import datetime, timedelta
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


class Sample(Struct, frozen=True, kw_only=True):
    """Which mail to show: about which event, why, in which language (BCP 47) and for which zone (IANA or empty)."""

    event_id: str
    cause: Cause
    language: str
    timezone: str = ""


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
    case = Case(
        message=_message(sample, config, now),
        event=event,
        invited=True,
        dates=dates,
        date=ahead[0] if sample.cause == "reminder" else None,
        registration=_registration(sample, event, now),
        line=3 if sample.cause == "waiting" else 0,
        before=_a_day_earlier(event, dates, _registration(sample, event, now)) if sample.cause == "update" else {},
    )
    writer = Writer(catalogues)
    links = Links(config.server.public_url, "preview", replies=config.replies.pattern)
    correspondence = Correspondence(config, links, writer)
    mail = writer.write(correspondence.letter(case, institutions.all_institutions(conn), now=now))
    return Preview(subject=mail.subject, text=mail.text, html=mail.html, raw=compose(mail))


def _a_day_earlier(event: Event, dates: tuple[Occurrence, ...], registration: Registration) -> Noted:
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
    return changed(noted(event, earlier, registration), noted(event, dates, registration), registration.language)


def _check(sample: Sample, config: Config) -> None:
    faults = []
    if sample.language not in config.languages.offered:
        offered = ", ".join(config.languages.offered)
        faults.append(Fault("/lang", f"Mails are written in {offered}.", config.languages.default))
    if sample.timezone and sample.timezone not in available_timezones():
        faults.append(Fault("/zone", f"“{sample.timezone}” is not an IANA time zone.", "Africa/Nairobi"))
    if faults:
        raise Invalid(tuple(faults), "There is no such preview.")


def _message(sample: Sample, config: Config, now: datetime) -> Message:
    return Message(
        id="preview",
        cause=sample.cause,
        event_id=sample.event_id,
        address="attendee@example.org",
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
