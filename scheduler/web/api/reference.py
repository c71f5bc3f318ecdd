"""The description of the API (OpenAPI 3.1), made from routes, structs, the table of operations and the examples.

`document` is what /api/v1/openapi.json serves and what the reference page /api shows.
"""

import inspect
import re
from collections.abc import Iterator
from functools import cache
from http import HTTPStatus
from typing import Any

from litestar import Litestar
from litestar.handlers import HTTPRouteHandler
from litestar.routes import HTTPRoute

from scheduler.web import access
from scheduler.web.api import examples, parameters
from scheduler.web.api.operations import OPERATIONS, Operation
from scheduler.web.api.schemas import components, reference
from scheduler.web.problems import MEDIA_TYPE

PREFIX = "/api/v1"
VERSION = "1"
TAGS = {
    "start": "Where to begin.",
    "events": "Register, change, publish and cancel events; read those you may read.",
    "registrations": "Who takes part.",
    "institutions": "Hosts, senders and partners.",
    "subscriptions": "Calendar feeds with a secret address of their own.",
    "changes": "What changed since you last looked.",
    "keys": "API keys, for administrators.",
}
_DESCRIPTION = """Register education events, publish them as calendar feeds, take registrations, remind people.

Times are wall times beside an IANA zone (`2027-03-16T14:30`, `Europe/Brussels`); instants end in `Z` and their names in
`_at`. Texts that people write exist per language. Every error is a problem document (RFC 9457) with a stable `code`;
faults of a body come all at once. Reading what is public needs no key; for everything else send
`Authorization: Bearer enspired_key_...`."""
_PARAMETER = re.compile(r"\{(\w+):\w+\}")


def document(app: Litestar) -> dict[str, Any]:
    """The whole description of the API that this application serves."""
    paths: dict[str, dict[str, Any]] = {}
    for path, method, handler in operations_of(app):
        paths.setdefault(path, {})[method] = _operation(path, method, handler)
    tags = {tag for item in paths.values() for operation in item.values() for tag in operation["tags"]}
    return {
        "openapi": "3.1.0",
        "info": {"title": "eNSPIRED scheduler", "version": VERSION, "description": _DESCRIPTION},
        "servers": [{"url": "/"}],
        "tags": [{"name": name, "description": TAGS.get(name, "")} for name in sorted(tags, key=_place)],
        "paths": {path: paths[path] for path in sorted(paths)},
        "components": _components(),
    }


def operations_of(app: Litestar) -> Iterator[tuple[str, str, HTTPRouteHandler]]:
    """Every route of the API as path (`/api/v1/events/{event_id}`), method in lower case, and its handler."""
    for route in app.routes:
        if not isinstance(route, HTTPRoute) or not route.path.startswith(PREFIX):
            continue
        for handler in route.route_handlers:
            for method in sorted(handler.http_methods - {"HEAD", "OPTIONS"}):
                yield _PARAMETER.sub(r"{\1}", route.path), method.lower(), handler


def _operation(path: str, method: str, handler: HTTPRouteHandler) -> dict[str, Any]:
    name = str(handler.operation_id)
    known = OPERATIONS.get(name, Operation(answers={200: {}}))
    shown: dict[str, Any] = {
        "operationId": name,
        "summary": handler.summary or "",
        "description": inspect.cleandoc(handler.fn.__doc__ or ""),
        "tags": sorted(handler.resolve_tags() if hasattr(handler, "resolve_tags") else handler.tags or ()),
        "parameters": [
            *(parameters.in_path(one) for one in re.findall(r"\{(\w+)\}", path)),
            *(parameters.named(one) for one in known.parameters),
        ],
        "responses": _responses(name, known, handler),
        "security": [{"key": []}] if _needs_key(handler) else [{}, {"key": []}],
    }
    if known.body is not None:
        media = "application/merge-patch+json" if method == "patch" else "application/json"
        content: dict[str, Any] = {"schema": known.body}
        if sent := examples.bodies(name):
            content["examples"] = sent
        both = {"application/json": content} | {media: content}
        shown["requestBody"] = {"required": known.body_required, "content": both}
    return shown


def _responses(name: str, known: Operation, handler: HTTPRouteHandler) -> dict[str, Any]:
    responses: dict[str, Any] = {}
    for status, schema in known.answers.items():
        headers = {one: parameters.HEADERS[one] for one in known.headers if one != "Location" or status == 201}
        response: dict[str, Any] = {"description": HTTPStatus(status).phrase, "headers": headers}
        if schema is not None:
            content: dict[str, Any] = {"schema": schema}
            if answers := examples.answers(name, status):
                content["examples"] = answers
            response["content"] = {"application/json": content}
        responses[str(status)] = response
    if "If-None-Match" in known.parameters:
        responses["304"] = {"description": HTTPStatus(304).phrase, "headers": {"ETag": parameters.HEADERS["ETag"]}}
    for status in sorted({401, 503, *known.problems}):
        problem: dict[str, Any] = {"schema": reference("Problem")}
        if answers := examples.answers(name, status):
            problem["examples"] = answers
        responses[str(status)] = {"description": HTTPStatus(status).phrase, "content": {MEDIA_TYPE: problem}}
    return dict(sorted(responses.items()))


def _needs_key(handler: HTTPRouteHandler) -> bool:
    return access.public not in (getattr(guard, "func", guard) for guard in handler.resolve_guards())


@cache
def _components() -> dict[str, Any]:
    return {
        "schemas": {**components(), "Problem": parameters.PROBLEM},
        "securitySchemes": {
            "key": {
                "type": "http",
                "scheme": "bearer",
                "description": "An API key: `enspired keys create`, or `POST /api/v1/keys` as an administrator.",
            }
        },
    }


def _place(tag: str) -> tuple[int, str]:
    order = list(TAGS)
    return (order.index(tag) if tag in order else len(order), tag)
