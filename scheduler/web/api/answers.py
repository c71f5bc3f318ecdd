"""Answers that several routes give: with an ETag, with 304 when the caller has it, with a Location when it is new."""

from collections.abc import Mapping
from hashlib import blake2b
from typing import Any

import msgspec
from litestar import Response

from scheduler.errors import Fault, Invalid
from scheduler.model.access import Actor
from scheduler.services.events import Held
from scheduler.web.api.reading import AnyRequest
from scheduler.web.api.representation import etag_of, event_out
from scheduler.web.api.writing import Done
from scheduler.web.context import Context

_LONGEST_TEXT = 500
_JSON = "application/json"


def saved(held: Held, actor: Actor, context: Context) -> Done:
    """A written event: 201 with its Location when it is new, else 200; with its ETag."""
    headers = {"ETag": etag_of(held.event, actor)}
    if held.created:
        headers["Location"] = f"{context.links.base}/api/v1/events/{held.event.id}"
    return Done(status=201 if held.created else 200, body=event_out(held, actor, context.links), headers=headers)


def shown(held: Held, request: AnyRequest, actor: Actor, context: Context) -> Response[Any]:
    """A read event with its ETag, or 304 when If-None-Match names it."""
    body = msgspec.json.encode(event_out(held, actor, context.links))
    return conditional(request, body, etag_of(held.event, actor))


def listed(request: AnyRequest, content: Any, headers: Mapping[str, str] | None = None) -> Response[Any]:
    """A list or a document with an ETag made from its content, or 304 when If-None-Match names it."""
    body = msgspec.json.encode(content)
    return conditional(request, body, f'"{blake2b(body, digest_size=15).hexdigest()}"', headers)


def conditional(request: AnyRequest, body: bytes, etag: str, headers: Mapping[str, str] | None = None) -> Response[Any]:
    """The encoded body with its ETag, or 304 without it (RFC 9110 section 13.1.2)."""
    sent = {"ETag": etag, "Cache-Control": "private, no-cache", **(headers or {})}
    asked = {tag.strip().removeprefix("W/") for tag in request.headers.get("if-none-match", "").split(",")}
    if etag in asked or "*" in asked:
        return Response(content=b"", status_code=304, headers=sent)
    return Response(content=body, media_type=_JSON, headers=sent)


def one_text(data: object, name: str, default: str) -> str:
    """The only field of a small body; an empty body gives the default. Raises Invalid."""
    if data is None:
        return default
    if not isinstance(data, dict) or set(data) - {name}:
        detail = f"This takes an object with “{name}” and nothing else."
        raise Invalid((Fault(pointer="", detail=detail, example={name: default or "..."}),))
    value = data.get(name, default)
    if not isinstance(value, str) or len(value) > _LONGEST_TEXT or not value.replace("\n", "").isprintable():
        detail = f"“{name}” is a text of at most {_LONGEST_TEXT} characters, without control characters."
        raise Invalid((Fault(pointer=f"/{name}", detail=detail, example=default or "The speaker's visa is late."),))
    return value
