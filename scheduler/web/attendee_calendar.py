"""/r/{token}/calendar.ics: an attendee's own calendar file."""

from typing import Any

from litestar import Request, Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath

from feeds.publish import respond
from scheduler.calendars.personal import own_calendar
from scheduler.errors import NotFound
from scheduler.web import access
from scheduler.web.context import Context


@get("/r/{token:str}/calendar.ics", guards=[access.attendee_link], include_in_schema=False)
async def attendee_calendar(
    token: FromPath[str], request: Request[Any, Any, Any], context: NamedDependency[Context]
) -> Response[bytes]:
    """The event with the dates that this person registered for. Raises NotFound for a token that does not hold."""
    registration_id = context.links.registration_of(token)
    if registration_id is None:
        raise NotFound("There is no such registration.")
    ready = await context.db.read(lambda conn: own_calendar(conn, registration_id, context.config, context.catalogues))
    answer = respond("GET", request.scope["headers"], ready)
    headers = {name.decode(): value.decode() for name, value in answer.headers if name != b"content-type"}
    return Response(content=answer.body, status_code=answer.status, headers=headers, media_type="text/calendar")
