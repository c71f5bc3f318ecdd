"""/console/events/{id}: one event from behind: who comes, what was mailed, what is due; publish it, cancel it."""

import structlog
from litestar import Controller, Response
from litestar.di import NamedDependency
from litestar.params import FromPath
from msgspec import Struct
from sqlalchemy import Connection

from scheduler.errors import Fault, Forbidden, Invalid
from scheduler.model.access import Actor, hosts, manages, may_see_attendee, may_write
from scheduler.model.event import Event
from scheduler.model.message import Message
from scheduler.model.party import parties_of
from scheduler.model.registration import Registration
from scheduler.model.reminder import Reminder
from scheduler.services import events as service
from scheduler.services.calling_off import who_hears
from scheduler.services.events import Held
from scheduler.store import agenda, messages, registrations, reminders
from scheduler.web.access import same_origin, signed_in
from scheduler.web.pages import answers
from scheduler.web.pages.console import console_page, person_of, voice_of
from scheduler.web.pages.site import Voice
from scheduler.web.pages.view_console import attendees_of, fill_of, line_of, mail_line, reminder_line
from scheduler.web.pages.visit import Visit, form, page
from scheduler.web.pages.words import Taken

log = structlog.get_logger()

_LONGEST_REASON = 500


class Behind(Struct, frozen=True, kw_only=True):
    """An event with everything that stands behind it."""

    held: Held
    taken: Taken
    rows: list[Registration]
    line: list[str]
    mails: list[Message]
    reminders: list[Reminder]


class ConsoleEvent(Controller):
    """One event in the console."""

    path = "/console/events/{event_id:str}"

    @page("", guards=[signed_in])
    async def one(self, visit: NamedDependency[Visit], event_id: FromPath[str]) -> Response[str]:
        """Facts, registrations, sent mails, reminders."""
        person = await person_of(visit)
        voice = voice_of(visit, person)
        found = await visit.context.db.read(lambda conn: _read(conn, visit, event_id))
        event, actor, places = found.held.event, visit.actor, found.held.institutions
        if found.rows:
            log.info("attendees.read", actor=actor.name, event_id=event.id, count=len(found.rows))
        return console_page(
            visit, voice, person, "console_event.html", title=str(voice.read(event.title)), event=event,
            line=line_of(event, found.held.dates, found.taken, places, voice, now=visit.now),
            fill=fill_of(event, found.taken, voice),
            attendees=attendees_of(found.rows, found.line, event, actor=actor, institutions=places, voice=voice),
            mails=[
                mail_line(mail, _recipient(mail, found, actor, voice), voice, zone=event.timezone)
                for mail in found.mails
            ],
            reminders=[reminder_line(one, voice) for one in sorted(found.reminders, key=lambda one: one.due_at)],
            ledger=manages(actor, event), counts_only=not (manages(actor, event) or hosts(actor, event)),
            writes=may_write(actor, event), public=f"/{voice.language}/events/{event.id}",
        )  # fmt: skip

    @form("/publish", guards=[signed_in, same_origin])
    async def publish(self, visit: NamedDependency[Visit], event_id: FromPath[str]) -> Response[str]:
        """Makes a draft tentative or confirmed."""
        typed = await visit.form()
        status, revision = typed.get("status", [""])[0], _revision(typed)
        door = visit.context.door(visit.actor)
        await visit.context.db.write(lambda conn: service.publish(conn, event_id, status, door, expected=revision))
        visit.context.wake()
        return answers.redirect(f"/console/events/{event_id}", private=True)

    @page("/cancel", guards=[signed_in])
    async def ask_cancel(self, visit: NamedDependency[Visit], event_id: FromPath[str]) -> Response[str]:
        """Asks for the reason, and says how many people will get a mail."""
        return await _cancel_page(visit, event_id)

    @form("/cancel", guards=[signed_in, same_origin])
    async def cancel(self, visit: NamedDependency[Visit], event_id: FromPath[str]) -> Response[str]:
        """Cancels a published event and tells everybody who is registered."""
        typed = await visit.form()
        reason, revision = typed.get("reason", [""])[0].strip(), _revision(typed)
        if len(reason) > _LONGEST_REASON or not reason.replace("\n", "").replace("\r", "").isprintable():
            return await _cancel_page(visit, event_id, reason=reason)
        door = visit.context.door(visit.actor)
        await visit.context.db.write(
            lambda conn: service.cancel(conn, event_id, reason.replace("\r\n", "\n"), door, expected=revision)
        )
        visit.context.wake()
        return answers.redirect(f"/console/events/{event_id}", private=True)


async def _cancel_page(visit: Visit, event_id: str, *, reason: str | None = None) -> Response[str]:
    person = await person_of(visit)
    voice = voice_of(visit, person)
    event, told = await visit.context.db.read(lambda conn: _with_how_many_hear(conn, visit, event_id))
    if not may_write(visit.actor, event):
        raise Forbidden("Your role does not let you change this event.")
    return console_page(
        visit, voice, person, "console_cancel.html", title=voice.t("pages.console.cancel_title"), event=event,
        name=voice.read(event.title), told=told, reason=reason or "", fault=reason is not None,
        longest=_LONGEST_REASON, status=422 if reason is not None else 200,
    )  # fmt: skip


def _with_how_many_hear(conn: Connection, visit: Visit, event_id: str) -> tuple[Event, int]:
    event = service.get(conn, event_id, visit.actor).event
    return event, len(who_hears(conn, event, visit.context.config))


def _read(conn: Connection, visit: Visit, event_id: str) -> Behind:
    held = service.get(conn, event_id, visit.actor)
    event, actor = held.event, visit.actor
    ledger = manages(actor, event)
    people = registrations.of_event(conn, event_id) if ledger or hosts(actor, event) else []
    return Behind(
        held=held,
        taken=agenda.seats_of(conn, [event_id], visit.now).get(event_id, ({}, {})),
        rows=people,
        line=[row.id for row in registrations.waiting_line(conn, event_id)],
        mails=messages.of_event(conn, event_id, limit=200) if ledger else [],
        reminders=[one for one in reminders.of_event(conn, event_id) if one.state == "planned"] if ledger else [],
    )


def _recipient(mail: Message, found: Behind, actor: Actor, voice: Voice) -> str:
    event: Event = found.held.event
    if mail.recipient:
        kind, known = mail.recipient.partition(":")[0], parties_of(event, (), "")
        name = next((party.name for party in known if party.key == mail.recipient), "")
        words = voice.t(f"pages.console.somebody_{kind}")
        return f"{name} ({words})" if name else words
    row = next((row for row in found.rows if row.id == mail.registration_id), None)
    return row.name if row and may_see_attendee(actor, event, row) else voice.t("pages.console.somebody")


def _revision(typed: dict[str, list[str]]) -> int:
    """The revision that the form was made from: somebody else's change must not be lost. Raises Invalid."""
    text = typed.get("revision", [""])[0]
    if not text.isascii() or not text.isdigit() or len(text) > 9:
        raise Invalid((Fault(pointer="/revision", detail="This form is not complete; please open the event again."),))
    return int(text)
