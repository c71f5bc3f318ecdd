"""The reference of the API, made from its own description, without any script."""

from litestar import Response
from litestar.di import NamedDependency

from scheduler.web.access import public
from scheduler.web.pages.view_reference import groups_of
from scheduler.web.pages.visit import Visit, page, show
from scheduler.web.problems import STATUS

SCHEMA = "/api/v1/openapi.json"


@page("/api", guards=[public])
async def reference_page(visit: NamedDependency[Visit]) -> Response[str]:
    """Every operation with its parameters, its body and an example, and what each error code means."""
    voice = visit.voice("en") if "en" in visit.context.config.languages.offered else visit.preferred()
    schema = visit.request.app.openapi_schema.to_schema()
    return show(
        visit, voice, "reference.html", title=voice.t("pages.api.title"), groups=groups_of(schema),
        codes=sorted(STATUS.items()), schema=SCHEMA, base=visit.context.links.base,
    )  # fmt: skip
