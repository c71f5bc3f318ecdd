"""The reference of the API, made from its own description, without any script."""

from litestar import Response
from litestar.di import NamedDependency

from scheduler.web.access import public
from scheduler.web.api.reference import document
from scheduler.web.pages.site import Voice
from scheduler.web.pages.view_reference import groups_of
from scheduler.web.pages.visit import Visit, page, show
from scheduler.web.problems import STATUS

SCHEMA = "/api/v1/openapi.json"
FURTHER = {
    "method-not-allowed": 405,
    "too-large": 413,
    "invalid-query": 400,
    "error": 400,
    "internal": 500,
}
"""Codes of what the framework and the feeds refuse, beside those of the service."""


@page("/api", guards=[public])
async def reference_page(visit: NamedDependency[Visit]) -> Response[str]:
    """Every operation with its parameters, its body and an example, and what each error code means."""
    voice = visit.voice("en") if "en" in visit.context.config.languages.offered else visit.preferred()
    return show(
        visit, voice, "reference.html", title=voice.t("pages.api.title"),
        groups=groups_of(document(visit.request.app)), codes=_codes(voice), schema=SCHEMA,
        base=visit.context.links.base,
    )  # fmt: skip


def _codes(voice: Voice) -> list[tuple[str, int, str]]:
    """Every stable error code with its status and what it means."""
    return [
        (code, status, voice.t(f"pages.code.{code.replace('-', '_')}"))
        for code, status in sorted({**FURTHER, **STATUS}.items())
    ]
