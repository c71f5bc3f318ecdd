"""/api/v1/events/{id}/registrations: organisers register people, and see who comes."""

from typing import Any

import structlog
from litestar import Controller, Response, delete, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from sqlalchemy import Connection

from scheduler.errors import Forbidden, NotFound
from scheduler.model.access import Actor, hosts, manages
from scheduler.model.event import Event
from scheduler.model.intake_known import known_of
from scheduler.model.intake_registration import new_registration
from scheduler.services import events, registrations
from scheduler.services.registrations import Seated
from scheduler.store import institutions
from scheduler.store import registrations as store
from scheduler.web import access
from scheduler.web.api.reading import AnyRequest, json_body
from scheduler.web.api.representation import registration_out
from scheduler.web.api.routing import reading
from scheduler.web.api.writing import Done, perform
from scheduler.web.context import Context

log = structlog.get_logger()


class Registrations(Controller):
    """Registrations of one event."""

    path = "/api/v1/events/{event_id:str}/registrations"
    tags = ("registrations",)

    @reading(guards=[access.needs_key], summary="List registrations", operation_id="listRegistrations")
    async def all(
        self, event_id: FromPath[str], context: NamedDependency[Context], actor: NamedDependency[Actor]
    ) -> dict[str, Any]:
        """Who registered. Names and addresses for organisers, and for a host those of its own institution."""

        def read(conn: Connection) -> dict[str, Any]:
            event = events.get(conn, event_id, actor).event
            _check_may_read(actor, event)
            line = {row.id: spot for spot, row in enumerate(store.waiting_line(conn, event_id), 1)}
            rows = store.of_event(conn, event_id)
            return {"items": [registration_out(row, event, actor, line.get(row.id, 0)) for row in rows]}

        found = await context.db.read(read)
        log.info("attendees.read", actor=actor.name, event_id=event_id, count=len(found["items"]))
        return found

    @post(guards=[access.needs_writer], summary="Register somebody", operation_id="register", status_code=201)
    async def create(
        self,
        event_id: FromPath[str],
        request: AnyRequest,
        context: NamedDependency[Context],
        actor: NamedDependency[Actor],
    ) -> Response[Any]:
        """Registers somebody you vouch for: confirmed at once, or waiting when the event is full.

        Who is registered already stays so: then the answer is 200 with the registration that is there.
        """
        data = await json_body(request)
        now = context.clock()

        def work(conn: Connection) -> Done:
            event = events.writable(conn, event_id, actor)
            wish = new_registration(data, known_of(context.config, institutions.all_institutions(conn)), event)
            seated = registrations.register(conn, event_id, wish, config=context.config, now=now)
            return _done(201 if seated.created else 200, seated, actor, context)

        return await perform(request, context, actor, work)

    @reading(
        "/{registration_id:str}",
        guards=[access.needs_key],
        summary="Read a registration",
        operation_id="getRegistration",
    )
    async def one(
        self,
        event_id: FromPath[str],
        registration_id: FromPath[str],
        context: NamedDependency[Context],
        actor: NamedDependency[Actor],
    ) -> dict[str, Any]:
        """One registration, as far as you may see the attendee."""

        def read(conn: Connection) -> dict[str, Any]:
            event = events.get(conn, event_id, actor).event
            _check_may_read(actor, event)
            seated = _of_event(conn, event_id, registration_id)
            return registration_out(seated.registration, event, actor, seated.line)

        found = await context.db.read(read)
        log.info("attendees.read", actor=actor.name, event_id=event_id, count=1)
        return found

    @delete(
        "/{registration_id:str}",
        guards=[access.needs_writer],
        summary="Withdraw a registration",
        operation_id="withdrawRegistration",
        status_code=200,
    )
    async def withdraw(
        self,
        event_id: FromPath[str],
        registration_id: FromPath[str],
        request: AnyRequest,
        context: NamedDependency[Context],
        actor: NamedDependency[Actor],
    ) -> Response[Any]:
        """Gives the seat back and tells the person; the next in line moves up."""
        now = context.clock()

        def work(conn: Connection) -> Done:
            events.writable(conn, event_id, actor)
            _of_event(conn, event_id, registration_id)
            seated = registrations.withdraw(conn, registration_id, config=context.config, now=now, by_organiser=True)
            return _done(200, seated, actor, context)

        return await perform(request, context, actor, work)


def _check_may_read(actor: Actor, event: Event) -> None:
    if not manages(actor, event) and not hosts(actor, event):
        raise Forbidden("Registrations are for the event's organisers and hosts.")


def _of_event(conn: Connection, event_id: str, registration_id: str) -> Seated:
    seated = registrations.look_up(conn, registration_id)
    if seated.event.id != event_id:
        raise NotFound("There is no such registration.")
    return seated


def _done(status: int, seated: Seated, actor: Actor, context: Context) -> Done:
    row = seated.registration
    location = f"{context.links.base}/api/v1/events/{row.event_id}/registrations/{row.id}"
    body = registration_out(row, seated.event, actor, seated.line)
    return Done(status=status, body=body, headers={"Location": location} if status == 201 else {})
