"""Reads requests: bodies, versions, limits, cursors, filters."""

import base64
import binascii
from collections.abc import Mapping
from datetime import datetime
from typing import Any

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

AnyRequest = Request[Any, Any, Any]


class Malformed(ServiceError):
    """A body that is no JSON."""

    code = "malformed"


async def json_body(request: AnyRequest) -> object:
    """The decoded JSON body; None for an empty one. Raises Malformed."""
    body = await request.body()
    if not body.strip():
        return None
    try:
        return msgspec.json.decode(body)
    except RecursionError:
        raise Malformed("The JSON is nested too deeply.") from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Malformed(f"The body is not JSON: {error}. Send one object, in UTF-8.") from None


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
    bare = value.removeprefix("W/").strip('"')
    if not bare.isascii() or not bare.isdigit():
        detail = "“If-Match” takes one ETag as it was sent."
        raise Invalid((Fault(pointer="/If-Match", detail=detail, example='"3"'),))
    return int(bare)


def dry_run(request: AnyRequest) -> bool:
    """True for `?dry_run=1`: everything happens, nothing is kept."""
    return request.query_params.get("dry_run", "").lower() in {"1", "true", "yes"}


def page_size(pairs: Mapping[str, str]) -> int:
    """The `limit` of a list, 1 to 200. Raises Invalid."""
    text = pairs.get("limit", str(USUAL))
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= MOST:
        raise Invalid((Fault(pointer="/limit", detail=f"The limit is a number from 1 to {MOST}.", example=USUAL),))
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
        plain = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode()
        instant, _, key = plain.partition(" ")
        start_at = datetime.fromisoformat(instant)
    except (binascii.Error, UnicodeDecodeError, ValueError):
        start_at, key = None, ""
    if start_at is None or start_at.tzinfo is None or not key:
        raise Invalid((Fault(pointer="/cursor", detail="Take the cursor from the “next” of the page before."),))
    return start_at, key
