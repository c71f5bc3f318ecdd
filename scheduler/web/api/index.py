"""/api/v1: where to begin, which words there are, and the description of everything (OpenAPI)."""

from typing import Any, get_args

import msgspec
from litestar import Controller, Response
from litestar.di import NamedDependency

from scheduler.config import Config
from scheduler.config.vocabulary import TABLES
from scheduler.model.access import Actor
from scheduler.model.event import Direction, Format, LinkVisibility, Status, Visibility
from scheduler.model.person import GivenRole
from scheduler.model.registration import Mode, RegistrationState
from scheduler.web import access
from scheduler.web.api.answers import listed
from scheduler.web.api.reading import AnyRequest
from scheduler.web.api.reference import document
from scheduler.web.api.routing import reading
from scheduler.web.context import Context

CHOICES: dict[str, Any] = {
    "status": Status,
    "visibility": Visibility,
    "format": Format,
    "direction": Direction,
    "link_visibility": LinkVisibility,
    "registration_state": RegistrationState,
    "mode": Mode,
    "role": GivenRole,
}
"""Fixed words, by what they are the words of."""


class Index(Controller):
    """What a program reads first."""

    path = "/api/v1"
    tags = ("start",)

    @reading(guards=[access.public], summary="Where to begin", operation_id="getIndex")
    async def index(
        self, request: AnyRequest, context: NamedDependency[Context], actor: NamedDependency[Actor]
    ) -> Response[Any]:
        """The addresses of everything, and who you are here: the quickest way to see whether a key works."""
        base = context.links.base
        lists = ("events", "changes", "institutions", "subscriptions", "keys", "vocabulary", "openapi.json")
        you = {"role": actor.role, "programmes": actor.programmes, "institutions": actor.institutions}
        links = {name.partition(".")[0]: f"{base}/api/v1/{name}" for name in lists}
        links |= {"feed": context.links.feed(), "reference": f"{base}/api"}
        return listed(request, {"you": {**you, "writes": actor.writes}, "links": links})

    @reading("/vocabulary", guards=[access.public], summary="The words to use", operation_id="getVocabulary")
    async def vocabulary(self, request: AnyRequest, context: NamedDependency[Context]) -> Response[Any]:
        """Programmes, kinds, levels, themes and all the other keys, each with its names per language."""
        return listed(request, vocabulary(context.config))

    @reading("/openapi.json", guards=[access.public], summary="This description", operation_id="getOpenAPI")
    async def openapi(self, request: AnyRequest) -> Response[Any]:
        """Every route with its parameters, bodies, answers and examples, as OpenAPI 3.1."""
        return listed(request, document(request.app))


def vocabulary(config: Config) -> dict[str, Any]:
    """The configured words and the fixed ones, as JSON."""
    tables = {
        table: [
            {name: value for name, value in msgspec.to_builtins(entry).items() if value is not None}
            for entry in getattr(config, table).values()
        ]
        for table in TABLES
    }
    choices = {name: list(get_args(kind)) for name, kind in CHOICES.items()}
    return {"languages": list(config.languages.offered), "tables": tables, "choices": choices}
