"""/api/v1/subscriptions: named feeds with their own secret address."""

from typing import Any

import msgspec
from litestar import Controller, Response, delete, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from sqlalchemy import Connection

from scheduler.model.access import Actor
from scheduler.model.intake_known import known_of
from scheduler.model.intake_subscription import new_subscription
from scheduler.model.subscription import Subscription
from scheduler.services import subscriptions as service
from scheduler.store import institutions
from scheduler.web import access
from scheduler.web.api.reading import AnyRequest, json_body
from scheduler.web.api.routing import reading
from scheduler.web.api.writing import Done, perform, refuse_idempotency_key
from scheduler.web.context import Context


class Subscriptions(Controller):
    """Subscriptions over HTTP."""

    path = "/api/v1/subscriptions"
    tags = ("subscriptions",)

    @reading(guards=[access.needs_key], summary="List subscriptions", operation_id="listSubscriptions")
    async def all(self, context: NamedDependency[Context], actor: NamedDependency[Actor]) -> dict[str, Any]:
        """The subscriptions you manage, with the program that fetched each last, and when."""
        rows = await context.db.read(lambda conn: service.visible(conn, actor))
        return {"items": [subscription_out(row) for row in rows]}

    @post(guards=[access.needs_key], summary="Make a subscription", operation_id="createSubscription", status_code=201)
    async def create(
        self, request: AnyRequest, context: NamedDependency[Context], actor: NamedDependency[Actor]
    ) -> Response[Any]:
        """Makes a subscription. The answer shows its address, this once."""
        data = await json_body(request)
        refuse_idempotency_key(request)
        now = context.clock()

        def work(conn: Connection) -> Done:
            known = known_of(context.config, institutions.all_institutions(conn))
            wish = new_subscription(data, known, context.config)
            secret, row = service.create(
                conn,
                wish.name,
                wish.query,
                institution=wish.institution,
                programmes=wish.programmes,
                actor=actor,
                now=now,
            )
            return Done(status=201, body=_with_address(row, secret, context))

        return await perform(request, context, actor, work)

    @post(
        "/{subscription_id:str}/rotate",
        guards=[access.needs_key],
        summary="Give a new address",
        operation_id="rotateSubscription",
        status_code=200,
    )
    async def rotate(
        self,
        subscription_id: FromPath[str],
        request: AnyRequest,
        context: NamedDependency[Context],
        actor: NamedDependency[Actor],
    ) -> Response[Any]:
        """A new secret address; the old one answers 410 from now on."""
        refuse_idempotency_key(request)
        now = context.clock()

        def work(conn: Connection) -> Done:
            secret, row = service.rotate(conn, subscription_id, actor=actor, now=now)
            return Done(status=200, body=_with_address(row, secret, context))

        return await perform(request, context, actor, work)

    @delete(
        "/{subscription_id:str}",
        guards=[access.needs_key],
        summary="Revoke a subscription",
        operation_id="revokeSubscription",
        status_code=200,
    )
    async def revoke(
        self,
        subscription_id: FromPath[str],
        request: AnyRequest,
        context: NamedDependency[Context],
        actor: NamedDependency[Actor],
    ) -> Response[Any]:
        """Ends it: its address answers 410 for ever."""
        now = context.clock()

        def work(conn: Connection) -> Done:
            return Done(status=200, body=subscription_out(service.revoke(conn, subscription_id, actor=actor, now=now)))

        return await perform(request, context, actor, work)


def subscription_out(row: Subscription) -> dict[str, Any]:
    """A subscription as JSON, without its secret."""
    shown: dict[str, Any] = msgspec.to_builtins(row)
    shown.pop("email")
    return {name: value for name, value in shown.items() if value is not None}


def _with_address(row: Subscription, secret: str, context: Context) -> dict[str, Any]:
    return {**subscription_out(row), "address": context.links.subscription(secret)}
