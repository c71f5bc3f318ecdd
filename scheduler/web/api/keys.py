"""/api/v1/keys: API keys, for administrators."""

from typing import Any, get_args

import msgspec
from litestar import Controller, Response, delete, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from sqlalchemy import Connection

from scheduler.errors import Fault, Invalid
from scheduler.model.access import Actor
from scheduler.model.person import ApiKey, GivenRole
from scheduler.services import people as service
from scheduler.store import institutions
from scheduler.store import people as store
from scheduler.web import access
from scheduler.web.api.reading import AnyRequest, json_body
from scheduler.web.api.writing import Done, perform
from scheduler.web.context import Context

_ROLES = get_args(GivenRole)


class KeyInput(msgspec.Struct, frozen=True, kw_only=True):
    """What a new key may do. `programmes` for an organiser, `institutions` for a host."""

    role: GivenRole
    label: str = ""
    programmes: tuple[str, ...] = ()
    institutions: tuple[str, ...] = ()
    writes: bool = True


class Keys(Controller):
    """API keys over HTTP."""

    path = "/api/v1/keys"
    tags = ("keys",)

    @get(guards=[access.needs_admin], summary="List keys", operation_id="listKeys")
    async def all(self, context: NamedDependency[Context]) -> dict[str, Any]:
        """Every key by its prefix, with its role and when it was last used. Never the key itself."""
        return {"items": [key_out(key) for key in await context.db.read(store.all_keys)]}

    @post(guards=[access.needs_admin], summary="Make a key", operation_id="createKey", status_code=201)
    async def create(
        self, request: AnyRequest, context: NamedDependency[Context], actor: NamedDependency[Actor]
    ) -> Response[Any]:
        """Makes a key. The answer shows it, this once; it takes no Idempotency-Key, since it is not kept."""
        wish = read_key(await json_body(request))
        now = context.clock()
        if "idempotency-key" in request.headers:
            detail = "A new key is shown once and never kept, so this takes no Idempotency-Key."
            raise Invalid((Fault(pointer="/Idempotency-Key", detail=detail),))

        def work(conn: Connection) -> Done:
            known = frozenset(institutions.all_institutions(conn))
            service.check_grant(wish.role, wish.programmes, wish.institutions, context.config, known)
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


def read_key(data: object) -> KeyInput:
    """Checks what a new key shall be. Raises Invalid with every fault."""
    fields = data if isinstance(data, dict) else {}
    faults = [
        Fault(pointer=f"/{name}", detail=f"There is no field “{str(name)[:60]}”.", example="label")
        for name in fields
        if name not in KeyInput.__struct_fields__
    ]
    if fields.get("role") not in _ROLES:
        faults.append(Fault(pointer="/role", detail=f"A role is one of {', '.join(_ROLES)}.", example="organiser"))
    for name, example in (("programmes", ["enspired"]), ("institutions", ["vives"])):
        if not isinstance(keys := fields.get(name, []), list) or not all(isinstance(key, str) for key in keys):
            faults.append(Fault(pointer=f"/{name}", detail="This is a list of keys.", example=example))
    if not isinstance(label := fields.get("label", ""), str) or len(label) > 100 or not label.isprintable():
        faults.append(Fault(pointer="/label", detail="At most 100 printable characters.", example="our website"))
    if not isinstance(fields.get("writes", True), bool):
        faults.append(Fault(pointer="/writes", detail="This is true or false.", example=False))
    if faults:
        raise Invalid(tuple(faults))
    return msgspec.convert(fields, KeyInput)


def key_out(key: ApiKey) -> dict[str, Any]:
    """A key as JSON, without its secret."""
    shown: dict[str, Any] = msgspec.to_builtins(key)
    return {name: value for name, value in shown.items() if value is not None}
