"""/api/v1/events: read, register, change, publish, cancel."""

from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from litestar import Controller, Response, delete, patch, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath
from sqlalchemy import Connection

from scheduler.model.access import Actor
from scheduler.services import events as service
from scheduler.services.events import Held
from scheduler.services.references import as_seen
from scheduler.store import changes, institutions, selection
from scheduler.store import events as store
from scheduler.web import access
from scheduler.web.api.answers import listed, saved, shown
from scheduler.web.api.reading import (
    AnyRequest,
    cursor_text,
    expected_revision,
    filter_of,
    json_body,
    page_size,
    read_cursor,
    without_derived,
)
from scheduler.web.api.representation import event_out
from scheduler.web.api.routing import reading
from scheduler.web.api.writing import Done, perform
from scheduler.web.context import Context


class Events(Controller):
    """Events over HTTP."""

    path = "/api/v1/events"
    tags = ("events",)

    @reading(guards=[access.public], summary="List events", operation_id="listEvents")
    async def all(
        self, request: AnyRequest, context: NamedDependency[Context], actor: NamedDependency[Actor]
    ) -> Response[Any]:
        """Events that you may read, by start. The filter grammar is that of the agenda and the feeds."""
        query = request.query_params
        limit, after = page_size(query), read_cursor(query.get("cursor", ""))

        def read(conn: Connection) -> tuple[list[tuple[datetime, Held]], int]:
            chosen = filter_of(conn, context, request, ("limit", "cursor"))
            condition = selection.matching(chosen) & selection.readable(actor)
            rows = store.select_page(conn, condition, limit=limit + 1, after=after)
            shown = as_seen(conn, [event for _, event in rows], actor)
            known = institutions.all_institutions(conn)
            dates = store.dates_of_all(conn, [event.id for _, event in rows])
            held = [
                (start, Held(event=event, dates=tuple(dates[event.id]), institutions=known))
                for (start, _), event in zip(rows, shown, strict=True)
            ]
            return held, changes.current(conn)

        rows, since = await context.db.read(read)
        body: dict[str, Any] = {"items": [event_out(held, actor, context.links) for _, held in rows[:limit]]}
        headers = {}
        if len(rows) > limit:
            start, last = rows[limit - 1]
            pairs = sorted((name, value) for name, value in query.multi_items() if name != "cursor")
            pairs.append(("cursor", cursor_text(start, last.event.id)))
            body["next"] = f"{context.links.base}/api/v1/events?{urlencode(pairs)}"
            headers["Link"] = f'<{body["next"]}>; rel="next"'
        return listed(request, {**body, "since": since}, headers)

    @post(guards=[access.needs_writer], summary="Register an event", operation_id="createEvent", status_code=201)
    async def create(
        self, request: AnyRequest, context: NamedDependency[Context], actor: NamedDependency[Actor]
    ) -> Response[Any]:
        """Registers an event: a draft, unless its status says tentative or confirmed."""
        data = await json_body(request)
        door = context.door(actor)
        return await perform(
            request, context, actor, lambda conn: saved(service.create(conn, data, door), actor, context)
        )

    @reading("/{event_id:str}", guards=[access.public], summary="Read an event", operation_id="getEvent")
    async def one(
        self,
        event_id: FromPath[str],
        request: AnyRequest,
        context: NamedDependency[Context],
        actor: NamedDependency[Actor],
    ) -> Response[Any]:
        """One event with its dates. Sends an ETag and answers If-None-Match."""
        held = await context.db.read(lambda conn: service.get(conn, event_id, actor))
        return shown(held, request, actor, context)

    @put("/{event_id:str}", guards=[access.needs_writer], summary="Replace an event", operation_id="replaceEvent")
    async def replace(
        self,
        event_id: FromPath[str],
        request: AnyRequest,
        context: NamedDependency[Context],
        actor: NamedDependency[Actor],
    ) -> Response[Any]:
        """Replaces the whole content. Needs If-Match with the ETag you read."""
        return await _change(request, context, actor, event_id, partly=False)

    @patch("/{event_id:str}", guards=[access.needs_writer], summary="Change an event", operation_id="changeEvent")
    async def change(
        self,
        event_id: FromPath[str],
        request: AnyRequest,
        context: NamedDependency[Context],
        actor: NamedDependency[Actor],
    ) -> Response[Any]:
        """Changes single fields: a JSON merge patch (RFC 7396). Needs If-Match with the ETag you read."""
        return await _change(request, context, actor, event_id, partly=True)

    @delete(
        "/{event_id:str}",
        guards=[access.needs_writer],
        summary="Delete a draft",
        operation_id="deleteEvent",
        status_code=200,
    )
    async def remove(
        self,
        event_id: FromPath[str],
        request: AnyRequest,
        context: NamedDependency[Context],
        actor: NamedDependency[Actor],
    ) -> Response[Any]:
        """Deletes a draft; what was published is cancelled instead. Needs If-Match with the ETag you read."""
        door = context.door(actor)

        def work(conn: Connection) -> Done:
            service.writable(conn, event_id, actor)
            service.delete(conn, event_id, door, expected=expected_revision(request, required=True))
            return Done(status=204)

        return await perform(request, context, actor, work)


async def _change(request: AnyRequest, context: Context, actor: Actor, event_id: str, *, partly: bool) -> Response[Any]:
    data = await json_body(request)
    if not partly:
        data = without_derived(data)
    door = context.door(actor)

    def work(conn: Connection) -> Done:
        service.writable(conn, event_id, actor)
        expected = expected_revision(request, required=True)
        return saved(service.change(conn, event_id, data, door, expected=expected, partly=partly), actor, context)

    return await perform(request, context, actor, work)
