"""Errors over HTTP: RFC 9457 problem documents for programs, a plain page for people.

One table maps each error's stable code to its status. A traceback never leaves the process; it goes to the log under
the `trace_id` that the answer names.
"""

import secrets
from http import HTTPStatus
from typing import Any

import msgspec
import structlog
from litestar import Request, Response
from litestar.exceptions import HTTPException

from feeds.errors import FeedError, InvalidQuery
from scheduler.errors import Fault, ServiceError, Stale

log = structlog.get_logger()

STATUS = {
    "not-found": 404,
    "gone": 410,
    "unauthenticated": 401,
    "forbidden": 403,
    "conflict": 409,
    "stale": 412,
    "precondition-required": 428,
    "invalid": 422,
    "full": 409,
    "closed": 409,
    "too-many-requests": 429,
    "unavailable": 503,
    "malformed": 400,
    "unsupported-media-type": 415,
    "idempotency-mismatch": 422,
}
"""Stable error code -> HTTP status."""

MEDIA_TYPE = "application/problem+json"


def document(status: int, code: str, detail: str, **more: Any) -> dict[str, Any]:
    """A problem document (RFC 9457 section 3). `type` is a page of this service that explains the code."""
    title = HTTPStatus(status).phrase
    return {"type": f"/api#{code}", "title": title, "status": status, "code": code, "detail": detail, **more}


def from_service(request: Request[Any, Any, Any], error: ServiceError) -> Response[Any]:
    """A ServiceError as an answer."""
    status = STATUS.get(error.code, 500)
    more: dict[str, Any] = {}
    headers: dict[str, str] = {}
    faults: tuple[Fault, ...] = getattr(error, "faults", ())
    if faults:
        more["errors"] = [msgspec.to_builtins(fault) for fault in faults]
    if isinstance(error, Stale):
        more |= _stale(error)
        headers["ETag"] = f'"{error.current}"'
    start_over: str = getattr(error, "start_over", "")
    if start_over:
        more["start_over"] = start_over
    retry_after = getattr(error, "retry_after", None)
    if retry_after is not None:
        headers["Retry-After"] = str(retry_after)
    if status == HTTPStatus.UNAUTHORIZED:
        headers["WWW-Authenticate"] = 'Bearer realm="enspired"'
    return answer(request, document(status, error.code, error.detail, **more), headers)


def from_feeds(request: Request[Any, Any, Any], error: FeedError) -> Response[Any]:
    """A FeedError as an answer."""
    more = {"errors": msgspec.to_builtins(error.faults)} if isinstance(error, InvalidQuery) else {}
    return answer(request, document(error.status, error.code, error.detail, **more), {})


def from_framework(request: Request[Any, Any, Any], error: HTTPException) -> Response[Any]:
    """What the framework itself refuses: an unknown path, a wrong method, a body that is no JSON."""
    status = error.status_code
    more: dict[str, Any] = {}
    if error.extra:
        more["errors"] = _faults(error.extra)
    detail = _DETAILS.get(status) or (error.detail if status < 500 else "Something went wrong here.")
    headers = {name: value for name, value in (error.headers or {}).items() if name.lower() == "allow"}
    return answer(request, document(status, _CODES.get(status, "error"), detail, **more), headers)


def from_fault(request: Request[Any, Any, Any], error: Exception) -> Response[Any]:
    """Anything else is our own fault: logged with its trace, answered without it."""
    trace_id = secrets.token_hex(8)
    log.error("unhandled", trace_id=trace_id, method=request.method, exc_info=error)
    detail = "Something went wrong here. It is in our log under the trace_id."
    return answer(request, document(500, "internal", detail, trace_id=trace_id), {})


def answer(request: Request[Any, Any, Any], body: dict[str, Any], headers: dict[str, str]) -> Response[Any]:
    """The problem as JSON, or as a page where a page was asked for (see `scheduler.web.pages.problem`)."""
    page = request.app.state.get("problem_page")
    wants_page = not request.url.path.startswith(("/api/", "/feeds/")) and "text/html" in request.headers.get(
        "accept", ""
    )
    if page is not None and wants_page:
        response: Response[Any] = page(request, body, headers)
        return response
    headers = {**headers, "Cache-Control": "no-store"}
    return Response(content=body, status_code=body["status"], media_type=MEDIA_TYPE, headers=headers)


_CODES = {400: "malformed", 404: "not-found", 405: "method-not-allowed", 413: "too-large"}
_DETAILS = {
    404: "There is nothing at this address.",
    405: "This address does not take that method; the header “Allow” names those it takes.",
    413: "The body is larger than this service reads.",
}
"""What the framework itself refuses, by status."""


def _stale(error: Stale) -> dict[str, Any]:
    more: dict[str, Any] = {"current_revision": error.current}
    if isinstance(error.representation, dict):
        more["current"] = error.representation
    more["differences"] = [msgspec.to_builtins(difference) for difference in error.differences]
    return more


def _faults(extra: Any) -> list[dict[str, Any]]:
    items = extra if isinstance(extra, list) else []
    return [
        {"pointer": f"/{item.get('key', '')}", "detail": str(item.get("message", "")), "code": "invalid"}
        for item in items
        if isinstance(item, dict)
    ]
