"""/api/v1/changes: what changed since a counter."""

from typing import Any

import msgspec
from litestar.di import NamedDependency
from sqlalchemy import Connection

from scheduler.errors import Gone
from scheduler.model.access import Actor
from scheduler.services import changes as service
from scheduler.web import access
from scheduler.web.api.reading import AnyRequest, counter, filter_of, page_size
from scheduler.web.api.routing import reading
from scheduler.web.context import Context


class StartOver(Gone):
    """The counter is too old; `start_over` is the address of the list to read instead."""

    def __init__(self, detail: str, start_over: str) -> None:
        super().__init__(detail)
        self.start_over = start_over


@reading(
    "/api/v1/changes", guards=[access.public], tags=["changes"], summary="Changes since", operation_id="listChanges"
)
async def changes(
    request: AnyRequest, context: NamedDependency[Context], actor: NamedDependency[Actor]
) -> dict[str, Any]:
    """What changed after `since`, in order, with the same filters as the list of events.

    An event that left the filter, or that you may not read any more, is reported as `removed`. Go on with `next_since`.
    A counter that is too old answers 410: read the list again and go on from its `since`.
    """
    query = request.query_params
    limit, since = page_size(query), counter(query.get("since", ""))

    def read(conn: Connection) -> service.Page:
        chosen = filter_of(conn, context, request, ("since", "limit"))
        return service.since(conn, since, chosen, actor, limit)

    try:
        page: dict[str, Any] = msgspec.to_builtins(await context.db.read(read))
    except Gone as gone:
        raise StartOver(gone.detail, f"{context.links.base}/api/v1/events") from None
    return page
