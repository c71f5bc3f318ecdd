"""/api/v1/keys: API keys, for administrators."""

from typing import Any

import msgspec
from litestar import Controller, Response, delete, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from sqlalchemy import Connection

from scheduler.model.access import Actor
from scheduler.model.intake_key import new_key
from scheduler.model.intake_known import known_of
from scheduler.model.person import ApiKey
from scheduler.services import people as service
from scheduler.store import institutions
from scheduler.store import people as store
from scheduler.web import access
from scheduler.web.api.reading import AnyRequest, json_body
from scheduler.web.api.routing import reading
from scheduler.web.api.writing import Done, perform, refuse_idempotency_key
from scheduler.web.context import Context


class Keys(Controller):
    """API keys over HTTP."""

    path = "/api/v1/keys"
    tags = ("keys",)

    @reading(guards=[access.needs_admin], summary="List keys", operation_id="listKeys")
    async def all(self, context: NamedDependency[Context]) -> dict[str, Any]:
        """Every key by its prefix, with its role and when it was last used. Never the key itself."""
        return {"items": [key_out(key) for key in await context.db.read(store.all_keys)]}

    @post(guards=[access.needs_admin], summary="Make a key", operation_id="createKey", status_code=201)
    async def create(
        self, request: AnyRequest, context: NamedDependency[Context], actor: NamedDependency[Actor]
    ) -> Response[Any]:
        """Makes a key. The answer shows it, this once; it takes no Idempotency-Key, since it is not kept."""
        data = await json_body(request)
        now = context.clock()
        refuse_idempotency_key(request)

        def work(conn: Connection) -> Done:
            known = institutions.all_institutions(conn)
            wish = new_key(data, known_of(context.config, known))
            service.check_grant(wish.role, wish.programmes, wish.institutions, context.config, frozenset(known))
            secret, key = service.create_key(
                conn,
                wish.role,
                now=now,
                label=wish.label,
                programmes=wish.programmes,
                institutions=wish.institutions,
                writes=wish.writes,
            )
            return Done(status=201, body={**key_out(key), "key": secret})

        return await perform(request, context, actor, work)

    @delete(
        "/{prefix:str}", guards=[access.needs_admin], summary="Revoke a key", operation_id="revokeKey", status_code=200
    )
    async def revoke(
        self,
        prefix: FromPath[str],
        request: AnyRequest,
        context: NamedDependency[Context],
        actor: NamedDependency[Actor],
    ) -> Response[Any]:
        """Revokes a key at once."""
        now = context.clock()
        return await perform(
            request,
            context,
            actor,
            lambda conn: Done(status=200, body=key_out(service.revoke_key(conn, prefix, now=now))),
        )


def key_out(key: ApiKey) -> dict[str, Any]:
    """A key as JSON, without its secret."""
    shown: dict[str, Any] = msgspec.to_builtins(key)
    return {name: value for name, value in shown.items() if value is not None}
