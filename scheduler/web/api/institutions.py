"""/api/v1/institutions: hosts, senders and partners."""

from typing import Any

import msgspec
from litestar import Controller, Response, delete, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath
from sqlalchemy import Connection

from scheduler.model.access import Actor
from scheduler.model.intake_institution import new_institution, replaced_institution
from scheduler.model.intake_known import known_of
from scheduler.services import institutions as service
from scheduler.store import institutions as store
from scheduler.web import access
from scheduler.web.api.answers import conditional, listed
from scheduler.web.api.reading import AnyRequest, expected_revision, json_body
from scheduler.web.api.representation import institution_out
from scheduler.web.api.routing import reading
from scheduler.web.api.writing import Done, perform
from scheduler.web.context import Context


class Institutions(Controller):
    """Institutions over HTTP."""

    path = "/api/v1/institutions"
    tags = ("institutions",)

    @reading(guards=[access.public], summary="List institutions", operation_id="listInstitutions")
    async def all(self, request: AnyRequest, context: NamedDependency[Context]) -> Response[Any]:
        """Every institution, by key."""
        found = await context.db.read(store.all_institutions)
        return listed(request, {"items": [institution_out(row) for row in found.values()]})

    @post(guards=[access.needs_writer], summary="Add an institution", operation_id="addInstitution", status_code=201)
    async def create(
        self, request: AnyRequest, context: NamedDependency[Context], actor: NamedDependency[Actor]
    ) -> Response[Any]:
        """Adds an institution under a key of your choice."""
        data = await json_body(request)
        now = context.clock()

        def work(conn: Connection) -> Done:
            known = known_of(context.config, store.all_institutions(conn))
            row = service.add(conn, new_institution(data, known, now=now), actor=actor)
            headers = {"ETag": f'"{row.revision}"', "Location": f"{context.links.base}{self.path}/{row.key}"}
            return Done(status=201, body=institution_out(row), headers=headers)

        return await perform(request, context, actor, work)

    @reading("/{key:str}", guards=[access.public], summary="Read an institution", operation_id="getInstitution")
    async def one(self, key: FromPath[str], request: AnyRequest, context: NamedDependency[Context]) -> Response[Any]:
        """One institution. Sends an ETag and answers If-None-Match."""
        row = await context.db.read(lambda conn: service.get(conn, key))
        return conditional(request, msgspec.json.encode(institution_out(row)), f'"{row.revision}"')

    @put("/{key:str}", guards=[access.needs_writer], summary="Change an institution", operation_id="putInstitution")
    async def replace(
        self,
        key: FromPath[str],
        request: AnyRequest,
        context: NamedDependency[Context],
        actor: NamedDependency[Actor],
    ) -> Response[Any]:
        """Replaces it; its events show the change at once. Needs If-Match with the ETag you read."""
        data = await json_body(request)
        now = context.clock()

        def work(conn: Connection) -> Done:
            before = service.get(conn, key)
            expected = expected_revision(request, required=True)
            row = replaced_institution(before, data, known_of(context.config, store.all_institutions(conn)))
            row = service.change(conn, key, row, expected=expected, actor=actor, now=now)
            return Done(status=200, body=institution_out(row), headers={"ETag": f'"{row.revision}"'})

        return await perform(request, context, actor, work)

    @delete(
        "/{key:str}",
        guards=[access.needs_writer],
        summary="Remove an institution",
        operation_id="removeInstitution",
        status_code=200,
    )
    async def remove(
        self,
        key: FromPath[str],
        request: AnyRequest,
        context: NamedDependency[Context],
        actor: NamedDependency[Actor],
    ) -> Response[Any]:
        """Removes an institution that no event names."""

        def work(conn: Connection) -> Done:
            service.remove(conn, key, actor=actor)
            return Done(status=204)

        return await perform(request, context, actor, work)
