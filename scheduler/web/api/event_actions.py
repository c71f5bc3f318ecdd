"""/api/v1/events/...: publish, cancel, count seats, sent mails, and the organiser's own keys."""

from typing import Any

import structlog
from litestar import Controller, Response, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath
from sqlalchemy import Connection

from scheduler.errors import Forbidden
from scheduler.model.access import Actor, manages
from scheduler.model.intake import cancellation
from scheduler.services import events as service
from scheduler.services import registrations, resending
from scheduler.services.addressees import names_in
from scheduler.store import messages
from scheduler.store import reminders as reminder_store
from scheduler.web import access
from scheduler.web.api.answers import one_text, saved, shown
from scheduler.web.api.reading import AnyRequest, expected_revision, json_body, without_derived
from scheduler.web.api.representation import message_out, reminder_out
from scheduler.web.api.routing import reading
from scheduler.web.api.writing import Done, perform
from scheduler.web.context import Context

log = structlog.get_logger()


class EventActions(Controller):
    """What is done with an event beside changing its content."""

    path = "/api/v1/events"
    tags = ("events",)

    @post(
        "/{event_id:str}/publish",
        guards=[access.needs_writer],
        summary="Publish a draft",
        operation_id="publishEvent",
        status_code=200,
    )
    async def publish(
        self,
        event_id: FromPath[str],
        request: AnyRequest,
        context: NamedDependency[Context],
        actor: NamedDependency[Actor],
    ) -> Response[Any]:
        """Publishes a draft as tentative or confirmed (the default)."""
        status = one_text(await json_body(request), "status", "confirmed")
        door, expected = context.door(actor), expected_revision(request, required=False)
        return await perform(
            request,
            context,
            actor,
            lambda conn: saved(service.publish(conn, event_id, status, door, expected=expected), actor, context),
        )

    @post(
        "/{event_id:str}/cancel",
        guards=[access.needs_writer],
        summary="Cancel an event",
        operation_id="cancelEvent",
        status_code=200,
    )
    async def cancel(
        self,
        event_id: FromPath[str],
        request: AnyRequest,
        context: NamedDependency[Context],
        actor: NamedDependency[Actor],
    ) -> Response[Any]:
        """Cancels a published event: no reminder goes out any more, and everybody registered is told why."""
        reason = cancellation(await json_body(request))
        door, expected = context.door(actor), expected_revision(request, required=False)
        return await perform(
            request,
            context,
            actor,
            lambda conn: saved(service.cancel(conn, event_id, reason, door, expected=expected), actor, context),
        )

    @reading("/{event_id:str}/seats", guards=[access.public], summary="Count seats", operation_id="countSeats")
    async def seats(
        self, event_id: FromPath[str], context: NamedDependency[Context], actor: NamedDependency[Actor]
    ) -> dict[str, Any]:
        """Seats of each way to attend: the limit, how many are taken, left and waited for."""
        now = context.clock()

        def read(conn: Connection) -> dict[str, Any]:
            event = service.get(conn, event_id, actor).event
            counted = registrations.seats(conn, event, now)
            return {
                mode: registrations.seats_shown(count, context.config, actor.role != "nobody")
                for mode, count in counted.items()
            }

        return await context.db.read(read)

    @reading("/{event_id:str}/messages", guards=[access.needs_key], summary="Sent mails", operation_id="listMessages")
    async def ledger(
        self, event_id: FromPath[str], context: NamedDependency[Context], actor: NamedDependency[Actor]
    ) -> dict[str, Any]:
        """What went to whom when, what waits, what failed and why; organisers only, without addresses."""

        def read(conn: Connection) -> dict[str, Any]:
            event = service.get(conn, event_id, actor).event
            if not manages(actor, event):
                raise Forbidden("The sent mails of an event are for its organisers.")
            names = names_in(conn, event, context.config)
            return {"items": [message_out(row, names) for row in messages.of_event(conn, event_id)]}

        found = await context.db.read(read)
        if found["items"]:
            log.info("attendees.read", actor=actor.name, event_id=event_id, count=len(found["items"]))
        return found

    @reading("/{event_id:str}/reminders", guards=[access.needs_key], summary="Reminders", operation_id="listReminders")
    async def reminders(
        self, event_id: FromPath[str], context: NamedDependency[Context], actor: NamedDependency[Actor]
    ) -> dict[str, Any]:
        """When which reminder falls due, for which date, and which were let go or replaced; organisers only."""

        def read(conn: Connection) -> dict[str, Any]:
            event = service.get(conn, event_id, actor).event
            if not manages(actor, event):
                raise Forbidden("The reminders of an event are for its organisers.")
            rows = sorted(reminder_store.of_event(conn, event_id), key=lambda row: (row.due_at, row.id))
            return {"items": [reminder_out(row) for row in rows]}

        return await context.db.read(read)

    @post(
        "/{event_id:str}/messages/{message_id:str}/resend",
        guards=[access.needs_writer],
        summary="Send a mail again",
        operation_id="resendMessage",
        status_code=201,
    )
    async def resend(
        self,
        event_id: FromPath[str],
        message_id: FromPath[str],
        request: AnyRequest,
        context: NamedDependency[Context],
        actor: NamedDependency[Actor],
    ) -> Response[Any]:
        """Writes a mail that was sent or given up once more; refused when what it says is not true any more.

        At most three times within 24 hours to the same person for the same cause; 429 says when it is possible again.
        """
        now = context.clock()

        def work(conn: Connection) -> Done:
            event = service.writable(conn, event_id, actor)
            row = resending.resend(conn, event, message_id, config=context.config, now=now)
            ledger = {"Location": f"{context.links.base}/api/v1/events/{event_id}/messages"}
            names = names_in(conn, event, context.config)
            return Done(status=201, body=message_out(row, names), headers=ledger)

        return await perform(request, context, actor, work)

    @reading(
        "/by-external-id/{source:str}/{external:str}",
        guards=[access.public],
        summary="Read an event by your own key",
        operation_id="getEventByExternalId",
    )
    async def one_external(
        self,
        source: FromPath[str],
        external: FromPath[str],
        request: AnyRequest,
        context: NamedDependency[Context],
        actor: NamedDependency[Actor],
    ) -> Response[Any]:
        """The event that was registered under your own key."""
        held = await context.db.read(lambda conn: service.get_external(conn, source, external, actor))
        return shown(held, request, actor, context)

    @put(
        "/by-external-id/{source:str}/{external:str}",
        guards=[access.needs_writer],
        summary="Create or replace an event by your own key",
        operation_id="putEventByExternalId",
    )
    async def put_external(
        self,
        source: FromPath[str],
        external: FromPath[str],
        request: AnyRequest,
        context: NamedDependency[Context],
        actor: NamedDependency[Actor],
    ) -> Response[Any]:
        """Creates the event, or replaces its content; sending the same again changes nothing."""
        data = without_derived(await json_body(request))
        door = context.door(actor)
        return await perform(
            request,
            context,
            actor,
            lambda conn: saved(service.put_external(conn, source, external, data, door), actor, context),
        )
