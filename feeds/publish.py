"""Feeds over HTTP: conditional requests, negotiation, errors (RFC 9110).

`FeedApp` stands in front of another ASGI application and answers the feeds itself, because asking is what
calendar programs do all day and nearly always nothing has changed.
"""

import logging
import re
from collections.abc import Awaitable, Callable, MutableMapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any

import msgspec
from msgspec import Struct

from feeds.bodies import STRICT, safety
from feeds.errors import FeedError, InvalidQuery, Unavailable
from feeds.source import Form, Headers, Library, Ready, RequestHeaders

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]

_METHODS = "GET, HEAD"
_READING = frozenset({"GET", "HEAD"})
_BEGINNINGS = frozenset({"/feeds/", "/events"})
_PATH = re.compile(r"/feeds/.+|/events/[^/]+\.ics", re.DOTALL)
_TAG = re.compile(r'"[^"]*"')
_ENCODING = re.compile(r"([\w*-]+)\s*(?:;\s*q\s*=\s*([\d.]+))?", re.ASCII)

_log = logging.getLogger(__name__)


class Answer(Struct, frozen=True):
    """An HTTP response: status, raw header pairs, body (empty for HEAD)."""

    status: int
    headers: Headers
    body: bytes


def respond(method: str, headers: RequestHeaders, resource: Ready) -> Answer:
    """The answer to a request for `resource`: 200, 304 or 405 (RFC 9110 sections 13.1 and 15.4.5).

    `headers` are the raw lower-case pairs of ASGI. An If-None-Match in either encoding's tag counts, because the
    two are made together; If-Modified-Since counts only without it, and where a date tells versions apart.
    """
    if method not in _READING:
        return _not_allowed(method)
    wanted = _wanted(headers)
    form = resource.packed if resource.packed and _takes_gzip(wanted.get(b"accept-encoding", "")) else resource.plain
    held = _held(wanted, resource, form)
    if held:
        return Answer(304, held.unchanged, b"")
    return Answer(200, form.headers, form.body if method == "GET" else b"")


def respond_at_once(method: str, headers: RequestHeaders, resource: Ready) -> tuple[int, Headers, bytes] | None:
    """The same for what calendar programs really send, compared octet by octet; None where it takes reading.

    Status, headers and body; nothing is made here, because this is done for nearly every request.
    """
    if method not in _READING:
        return None
    packed = resource.packed
    accepted = b""
    for name, value in headers:
        if name == b"if-none-match":
            if packed is not None and value == packed.tag:
                return 304, packed.unchanged, b""
            return (304, resource.plain.unchanged, b"") if value == resource.plain.tag else None
        if name == b"accept-encoding":
            accepted = value
        elif name == b"if-modified-since":
            return None
    if packed is None or method != "GET" or b"gzip" not in accepted or b"q" in accepted:
        return None
    return 200, packed.headers, packed.pieces[0][0]


def problem(error: FeedError, method: str = "GET", help_page: str = "") -> Answer:
    """An error as application/problem+json (RFC 9457): `type`, `title`, `status`, `code`, `detail`, perhaps `errors`.

    `errors` are all faults of a query at once, as feeds.errors.QueryFault. `help_page` is the address of a page that
    explains each code under `#code`; without one the type is about:blank.
    """
    content = msgspec.json.encode(
        {
            "type": f"{help_page}#{error.code}" if help_page else "about:blank",
            "title": HTTPStatus(error.status).phrase,
            "status": error.status,
            "code": error.code,
            "detail": error.detail,
            **({"errors": error.faults} if isinstance(error, InvalidQuery) else {}),
        }
    )
    headers: list[tuple[bytes, bytes]] = [
        (b"content-type", b"application/problem+json"),
        (b"content-length", str(len(content)).encode()),
        (b"cache-control", b"no-store"),
        *safety(STRICT),
    ]
    if isinstance(error, Unavailable):
        headers.append((b"retry-after", str(error.retry_after).encode()))
    if isinstance(error, MethodRefused):
        headers.append((b"allow", _METHODS.encode()))
    return Answer(error.status, tuple(headers), b"" if method == "HEAD" else content)


class MethodRefused(FeedError):
    """A feed can only be read."""

    status = 405
    code = "method-not-allowed"


class FeedApp:
    """ASGI: answers /feeds/... and /events/{id}.ics from a library; all else goes on to `next_app`.

    `help_page` is the address of a page that explains the codes of errors, see `problem`.
    """

    def __init__(self, library: Library, next_app: Application, *, help_page: str = "") -> None:
        self.library = library
        self.next_app = next_app
        self._help_page = help_page

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request, or the lifespan or web socket of the application behind."""
        found = None
        if scope["type"] == "http" and scope["path"][:7] in _BEGINNINGS:
            found = self.at_once(scope["method"], scope["path"], scope["query_string"], scope["headers"])
        if found is not None:
            await send({"type": "http.response.start", "status": found[0], "headers": found[1]})
            await send({"type": "http.response.body", "body": found[2]})
            return
        path = _path(scope)
        if path is None:
            await self.next_app(scope, receive, send)
            return
        answer = await self._answer(scope, path)
        await send({"type": "http.response.start", "status": answer.status, "headers": list(answer.headers)})
        await send({"type": "http.response.body", "body": answer.body})

    def at_once(
        self, method: str, path: str, query: bytes, headers: RequestHeaders
    ) -> tuple[int, Headers, bytes] | None:
        """Status, headers and body of what lies ready in memory; None for everything that takes more.

        A server may ask this before it makes a request of what it read.
        """
        resource = self.library.kept(path, query, headers)
        return respond_at_once(method, headers, resource) if resource is not None else None

    async def _answer(self, scope: Scope, path: str) -> Answer:
        method: str = scope["method"]
        if method not in _READING:
            return _not_allowed(method, self._help_page)
        client = _wanted(scope["headers"]).get(b"user-agent", "")
        query = scope["query_string"].decode("latin-1")
        try:
            return respond(method, scope["headers"], await self.library.publication(path, query, client=client))
        except FeedError as error:
            return problem(error, method, self._help_page)
        except Exception:
            # Never an empty or broken calendar: programs would delete every event they have.
            _log.exception("a feed could not be made")
            ill = Unavailable("The calendar cannot be made just now. Keep what you have.")
            return problem(ill, method, self._help_page)


def _path(scope: Scope) -> str | None:
    """The path of a request that is ours, without the prefix at which a proxy mounts us."""
    if scope["type"] != "http":
        return None
    path: str = scope["path"]
    root: str = scope.get("root_path", "")
    if root:
        root = root.rstrip("/")
        path = path.removeprefix(root) if path.startswith(f"{root}/") else path
    return path if _PATH.fullmatch(path) else None


def _not_allowed(method: str, help_page: str = "") -> Answer:
    refused = MethodRefused(f"A feed can be read with {_METHODS}; this was {method[:20]}.")
    return problem(refused, method, help_page)


def _wanted(headers: RequestHeaders) -> dict[bytes, str]:
    """The request's headers, those given several times joined by commas (RFC 9110 section 5.3)."""
    found: dict[bytes, str] = {}
    for name, value in headers:
        known = found.get(name)
        found[name] = f"{known}, {value.decode('latin-1')}" if known is not None else value.decode("latin-1")
    return found


def _takes_gzip(accepted: str) -> bool:
    weights = {match[1].lower(): _weight(match[2]) for match in _ENCODING.finditer(accepted)}
    return weights.get("gzip", weights.get("x-gzip", weights.get("*", 0.0))) > 0


def _weight(text: str | None) -> float:
    try:
        return float(text) if text else 1.0
    except ValueError:
        return 0.0


def _held(wanted: dict[bytes, str], resource: Ready, form: Form) -> Form | None:
    """The form that the client says it has, when it is still right; None when a body has to be sent."""
    condition = wanted.get(b"if-none-match")
    if condition is not None:
        if condition.strip() == "*":
            return form
        # Weak comparison: a proxy that compresses on the way turns our tag into W/"..." (section 13.1.2).
        tags = set(_TAG.findall(condition))
        forms = [form, resource.plain, *([resource.packed] if resource.packed else [])]
        return next((candidate for candidate in forms if candidate.etag in tags), None)
    since = _date(wanted.get(b"if-modified-since", ""))
    return form if since and resource.dated and resource.last_modified <= since else None


def _date(text: str) -> datetime | None:
    try:
        at = parsedate_to_datetime(text)
    except (ValueError, IndexError, TypeError):
        return None
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at
