"""Who gets a reminder that fell due: registrations, speakers and the host, each by what they chose."""

from datetime import datetime, timedelta

from msgspec import Struct
from sqlalchemy import Connection

from scheduler.config import Config
from scheduler.model.event import Event, Occurrence
from scheduler.model.message import Cause, Message
from scheduler.model.party import Party, parties_of
from scheduler.model.quiet import considerate, quiet_hours
from scheduler.model.registration import Registration
from scheduler.model.reminder import Reminder, follows_up, is_at_the_door, lead_of
from scheduler.model.seats import modes_of
from scheduler.services import cases, joining, outbox
from scheduler.store import batches, choices, registrations


class Release(Struct, frozen=True, kw_only=True):
    """A reminder on its way to its recipients: about which date, of use until when, and what follows it.

    `later` are the other reminders before the same date that fall due after it.
    """

    reminder: Reminder
    event: Event
    date: Occurrence
    until: datetime
    later: tuple[Reminder, ...]
    config: Config
    now: datetime

    @property
    def cause(self) -> Cause:
        """What its mails are about."""
        return "follow-up" if follows_up(self.reminder.rule) else "reminder"


def write_to_people(conn: Connection, release: Release, people: list[Registration]) -> int:
    """Writes the messages of a slice of registrations; gives how many."""
    wanted = [person for person in people if _concerns(release, person)]
    silent = choices.without_reminders(conn, [person.email for person in wanted])
    wanted = [person for person in wanted if person.email.lower() not in silent]
    beside = _neighbours(conn, release, [person.email for person in wanted])
    waiting = _waiting(conn, release) if wanted else {}
    drafts = (
        _draft(
            release,
            earlier=cases.before_the_move(conn, release.reminder, registration_id=person.id),
            beside=beside.get(person.id, []),
            zone=zone_of(person, release.event),
            person=person,
            facts={"waiting": str(waiting[person.mode])} if waiting.get(person.mode) else {},
        )
        for person in wanted
    )
    return batches.add_messages(conn, [draft for draft in drafts if draft])


def write_to_parties(conn: Connection, release: Release) -> int:
    """Writes the messages to the speakers and the host; gives how many. Nobody of them is told what comes after."""
    if release.cause == "follow-up":
        return 0
    found = [party for party in parties(release.event, release.config) if _concerns_party(release, party)]
    silent = choices.without_reminders(conn, [party.email for party in found])
    beside = _neighbours(conn, release, [party.email for party in found])
    waiting = sum(_waiting(conn, release).values()) if found else 0
    drafts = (
        _draft(
            release,
            earlier=cases.before_the_move(conn, release.reminder, recipient=party.key),
            beside=beside.get(party.key, []),
            zone=party.timezone,
            party=party,
            facts={"waiting": str(waiting)} if waiting else {},
        )
        for party in found
        if party.email.lower() not in silent
    )
    return batches.add_messages(conn, [draft for draft in drafts if draft])


def parties(event: Event, config: Config) -> tuple[Party, ...]:
    """The speakers and the host of an event, in the languages that mails are written in."""
    return parties_of(event, config.languages.offered, config.languages.default)


def zone_of(person: Registration, event: Event) -> str:
    """Where somebody is, as far as they said it: else where the event is."""
    return person.timezone or event.timezone


def _concerns(release: Release, person: Registration) -> bool:
    """True unless the person came after the due instant, is elsewhere, chose other dates or fewer mails, or travels."""
    reminder, event = release.reminder, release.event
    if person.confirmed_at is None or person.confirmed_at > reminder.due_at or not person.attends(release.date.id):
        return False
    if reminder.zone and reminder.zone != zone_of(person, event):
        return False
    if person.reminders == "fewer":
        zones = {None, zone_of(person, event)}
        later = [one for one in release.later if one.zone in zones and _fits(event, one.rule, person.mode)]
        if later or release.cause == "follow-up":
            return False
    return person.reminders != "none" and _fits(event, reminder.rule, person.mode)


def _concerns_party(release: Release, party: Party) -> bool:
    return release.reminder.zone in {None, party.timezone} and _fits(release.event, release.reminder.rule, party.mode)


def _fits(event: Event, rule: str, mode: str) -> bool:
    """False for a default rule shortly before the start, for who comes in person: they are on their way."""
    return event.reminders is not None or mode == "online" or not is_at_the_door(rule)


def _draft(
    release: Release,
    *,
    earlier: tuple[Message, ...],
    beside: list[Message],
    zone: str,
    facts: dict[str, str],
    person: Registration | None = None,
    party: Party | None = None,
) -> Message | None:
    """One recipient's message, unless they had it before the event was moved.

    While that earlier one is on its way nobody can know: this one waits until its lease is over, and is judged again
    when it is claimed. Quiet hours move it too.
    """
    reminder, now, config = release.reminder, release.now, release.config
    if cases.had(earlier, reminder):
        return None
    moment = considerate(
        now,
        zone,
        quiet_hours(config.reminders.quiet_from, config.reminders.quiet_until),
        begins=None if release.cause == "follow-up" else release.until,
        lead=lead_of(reminder.rule),
    )
    leases = [row.lease_until for row in earlier if row.state == "sending" and row.lease_until]
    latest = release.until - timedelta(seconds=config.reminders.lease_seconds)
    others = joining.waits_for(beside, now, config=config, latest=latest)
    if (beside or moment > now) and release.cause == "reminder" and joining.windows(config):
        facts = {**facts, joining.BESIDE: joining.windows(config)}
    return outbox.draft(
        release.cause,
        config=config,
        now=now,
        address=person.email if person else party.email if party else "",
        language=person.language if person else party.language if party else "",
        event=release.event,
        date=release.date,
        registration=person,
        reminder=reminder,
        recipient=party.key if party else "",
        facts=facts,
        expires_at=release.until,
        not_before=max([moment, *leases, *others]),
    )


def _neighbours(conn: Connection, release: Release, addresses: list[str]) -> dict[str, list[Message]]:
    if release.cause == "follow-up" or not joining.windows(release.config):
        return {}
    minutes = max(release.config.reminders.joins_minutes, release.config.reminders.registered_minutes)
    since = release.reminder.due_at - timedelta(minutes=minutes)
    return joining.neighbours_of(conn, release.reminder, addresses, since)


def _waiting(conn: Connection, release: Release) -> dict[str, int]:
    """How many wait for a place, by how they want to take part; nobody where places have no limit."""
    if release.cause == "follow-up":
        return {}
    return {mode: registrations.line_length(conn, release.event.id, mode) for mode in modes_of(release.event)}
