"""The style sheet and the icon, under names that change with their content."""

from litestar import Response
from litestar.di import NamedDependency
from litestar.params import FromPath

from scheduler.errors import NotFound
from scheduler.web.access import public
from scheduler.web.pages.answers import SECURITY
from scheduler.web.pages.visit import Visit, page

_FOR_EVER = "public, max-age=31536000, immutable"


@page("/static/{name:str}", guards=[public])
async def asset(visit: NamedDependency[Visit], name: FromPath[str]) -> Response[bytes]:
    """A file of ours. Raises NotFound."""
    found = visit.site.assets.get(name)
    if found is None:
        raise NotFound("There is no such file.")
    headers = {**SECURITY, "Cache-Control": _FOR_EVER, "ETag": f'"{name}"'}
    return Response(found.content, media_type=found.media_type, headers=headers)
