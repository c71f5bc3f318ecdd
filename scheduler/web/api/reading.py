"""Reads requests: bodies, versions, limits, cursors, filters."""

import base64
import binascii
import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, NoReturn

import msgspec
from litestar import Request
from sqlalchemy import Connection

from scheduler.errors import Fault, Invalid, PreconditionRequired, ServiceError
from scheduler.model.filter import Filter, facets_known, read_filter
from scheduler.model.intake_known import known_of
from scheduler.store import institutions
from scheduler.web.context import Context

MOST = 200
USUAL = 50
DERIVED = ("start_at", "dates", "links")
"""What an event as it is read has beside its own fields: made from them, ignored when it is sent back."""

_EXAMPLE = {"title": {"en": "Multilingual classrooms"}}
_JSON_TYPE = re.compile(r"application/(json|[a-z0-9.+-]+\+json)\s*(;.*)?", re.IGNORECASE | re.DOTALL)
_EVENT_ID = re.compile(r"[0-9a-z]{26}")
_CURSOR_YEARS = range(1900, 2201)
_LONGEST_NUMBER = 12

AnyRequest = Request[Any, Any, Any]


class Malformed(ServiceError):
    """A body that is no JSON. `faults` says so in the form that faults of a body have."""

    code = "malformed"

    def __init__(self, detail: str) -> None:
        super().__init__(detail)
        self.faults = (Fault(pointer="", detail=detail, example=_EXAMPLE, code=self.code),)


class UnsupportedMediaType(ServiceError):
    """A body of another type than JSON."""

    code = "unsupported-media-type"


async def json_body(request: AnyRequest) -> object:
    """The decoded JSON body; None for an empty one. Raises Malformed, UnsupportedMediaType.

    A name that stands twice in one object is refused: readers of JSON disagree about which one counts (RFC 8259
    section 4).
    """
    body = await request.body()
    if not body.strip():
        return None
    sent = request.headers.get("content-type", "")
    if sent and not _JSON_TYPE.fullmatch(sent.strip()):
        raise UnsupportedMediaType("Send JSON, as “Content-Type: application/json”.")
    try:
        found: object = msgspec.json.decode(body)
        json.loads(body, object_pairs_hook=_unrepeated, parse_constant=_no_constant, parse_int=str)
    except RecursionError:
        raise Malformed("The JSON is nested too deeply.") from None
    except (msgspec.DecodeError, ValueError) as error:
        raise Malformed(f"The body is not JSON: {str(error)[:200]}. Send one object, in UTF-8.") from None
    return found


def without_derived(data: object) -> object:
    """A body as it was read, without what an event's answer has beside its fields."""
    if not isinstance(data, dict):
        return data
    return {name: value for name, value in data.items() if name not in DERIVED}


def expected_revision(request: AnyRequest, *, required: bool) -> int | None:
    """The revision in If-Match; None for `*` or, where it is not required, without one.

    Raises PreconditionRequired, Invalid.
    """
    value = request.headers.get("if-match", "").strip()
    if not value:
        if required:
            raise PreconditionRequired("Send the ETag you read as “If-Match”, so that nobody's change is lost.")
        return None
    if value == "*":
        return None
    bare = value.removeprefix("W/").strip('"').partition("-")[0]
    if not _is_number(bare):
        detail = "“If-Match” takes one ETag as it was sent."
        raise Invalid((Fault(pointer="/If-Match", detail=detail, example='"3"'),))
    return int(bare)


def dry_run(request: AnyRequest) -> bool:
    """True for `?dry_run=1`: everything happens, nothing is kept.

    Raises Invalid for another parameter or value, so that no slip turns a rehearsal into the real thing.
    """
    query = request.query_params
    faults = [
        Fault(pointer=f"/{name[:60]}", detail=f"A write takes no parameter “{name[:60]}”.", example="?dry_run=1")
        for name in query
        if name != "dry_run"
    ]
    value = query.get("dry_run", "0").lower()
    if value not in {"1", "true", "yes", "0", "false", "no"}:
        faults.append(Fault(pointer="/dry_run", detail="This is 1 (rehearse) or 0 (do it).", example="?dry_run=1"))
    if faults:
        raise Invalid(tuple(faults))
    return value in {"1", "true", "yes"}


def page_size(pairs: Mapping[str, str]) -> int:
    """The `limit` of a list, 1 to 200. Raises Invalid."""
    text = pairs.get("limit", str(USUAL))
    if not _is_number(text) or not 1 <= int(text) <= MOST:
        raise Invalid((Fault(pointer="/limit", detail=f"The limit is a number from 1 to {MOST}.", example=USUAL),))
    return int(text)


def counter(text: str) -> int:
    """The `since` of the list of changes. Raises Invalid."""
    if not _is_number(text):
        detail = "“since” is the counter you got last: “since” of a list, or “next_since” of this one; 0 for all."
        raise Invalid((Fault(pointer="/since", detail=detail, example=0),))
    return int(text)


def filter_of(conn: Connection, context: Context, request: AnyRequest, options: tuple[str, ...]) -> Filter:
    """The filter in the query. Raises Invalid with every fault."""
    known = known_of(context.config, institutions.all_institutions(conn))
    return read_filter(request.query_params.multi_items(), facets_known(known), options)


def cursor_text(start_at: datetime, key: str) -> str:
    """Where a page of a list ended, opaque."""
    return base64.urlsafe_b64encode(f"{start_at.isoformat()} {key}".encode()).decode().rstrip("=")


def read_cursor(text: str) -> tuple[datetime, str] | None:
    """Where to go on. Raises Invalid for a text that is no cursor of ours."""
    if not text:
        return None
    try:
        plain = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True).decode()
        instant, _, key = plain.partition(" ")
        start_at = datetime.fromisoformat(instant)
    except (binascii.Error, ValueError):
        start_at, key = None, ""
    ours = start_at is not None and start_at.tzinfo is not None and start_at.year in _CURSOR_YEARS
    if start_at is None or not ours or not _EVENT_ID.fullmatch(key):
        detail = "Take the cursor from the “next” of the page before."
        raise Invalid((Fault(pointer="/cursor", detail=detail, example="?limit=50"),))
    return start_at.astimezone(UTC), key


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= _LONGEST_NUMBER


def _unrepeated(pairs: list[tuple[str, Any]]) -> None:
    seen: set[str] = set()
    for name, _ in pairs:
        if name in seen:
            raise ValueError(f"“{name[:60]}” stands twice in one object")
        seen.add(name)


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a number in JSON")
