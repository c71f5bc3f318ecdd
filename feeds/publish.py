"""Calendars over HTTP: assembly from ready VEVENTs, conditional requests, compression (RFC 9110).

`FeedApp` stands in front of another ASGI application and answers the feeds itself, because asking is what
calendar programs do all day and nearly always nothing has changed.
"""

import gzip
import logging
import re
from collections.abc import Awaitable, Callable, Iterable, MutableMapping, Sequence
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from hashlib import blake2b
from http import HTTPStatus
from typing import Any

import msgspec
from msgspec import Struct

from feeds.errors import FeedError, Unavailable
from feeds.source import Form, Headers, Library, Ready
from feeds.write import Head, Spans, calendar, vtimezones

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]
RequestHeaders = Iterable[tuple[bytes, bytes]]

CALENDAR_TYPE = "text/calendar; charset=utf-8"

_METHODS = "GET, HEAD"
_SAFETY: Headers = (
    (b"x-content-type-options", b"nosniff"),
    (b"content-security-policy", b"sandbox; default-src 'none'"),
    (b"referrer-policy", b"no-referrer"),
    (b"x-robots-tag", b"noindex"),
)
_PATH = re.compile(r"/feeds/.+|/events/[^/]+\.ics")
_TAG = re.compile(r'"[^"]*"')
_ENCODING = re.compile(r"([\w*-]+)\s*(?:;\s*q\s*=\s*([\d.]+))?", re.ASCII)
_UNSAFE_NAME = re.compile(r"[^A-Za-z0-9._-]+")

_log = logging.getLogger(__name__)


class Publication(Struct, frozen=True, kw_only=True):
    """A calendar to publish: what it says of itself, its ready VEVENTs in order, and the zones that they use.

    `last_modified` is the UTC instant at which the selection last changed, dropped events included.
    """

    head: Head
    vevents: Sequence[bytes]
    spans: Spans
    last_modified: datetime
    valid_until: datetime | None = None
    filename: str = "events.ics"
    public: bool = True
    max_age: int = 300


class Answer(Struct, frozen=True):
    """An HTTP response: status, raw header pairs, body (empty for HEAD)."""

    status: int
    headers: Headers
    body: bytes


def body(publication: Publication) -> bytes:
    """The calendar's bytes; the same publication gives the same bytes. Raises UnknownZone."""
    return calendar(publication.head, vtimezones(publication.spans), publication.vevents)


def etag(content: bytes) -> str:
    """A strong ETag of the content alone: never of a clock or a counter."""
    return f'"{blake2b(content, digest_size=15).hexdigest()}"'


def ready(publication: Publication) -> Ready:
    """A publication as it is sent, compressed once. Raises UnknownZone."""
    return make_ready(
        body(publication),
        media_type=CALENDAR_TYPE,
        filename=publication.filename,
        last_modified=publication.last_modified,
        valid_until=publication.valid_until,
        public=publication.public,
        max_age=publication.max_age,
    )


def make_ready(
    content: bytes,
    *,
    media_type: str,
    filename: str,
    last_modified: datetime,
    valid_until: datetime | None = None,
    public: bool = True,
    max_age: int = 300,
) -> Ready:
    """Any content as it is sent. `max_age` is in seconds; only `public` content may be kept by shared caches."""
    modified = last_modified.astimezone(UTC).replace(microsecond=0)
    shared: Headers = (
        (b"cache-control", f"{'public' if public else 'private'}, max-age={max_age}".encode()),
        (b"last-modified", format_datetime(modified, usegmt=True).encode()),
        (b"vary", b"accept-encoding"),
        *_SAFETY,
        *(((b"access-control-allow-origin", b"*"),) if public else ()),
    )
    name = _UNSAFE_NAME.sub("-", filename).strip("-.") or "events.ics"
    own: Headers = (
        (b"content-type", media_type.encode("latin-1")),
        (b"content-disposition", f'inline; filename="{name}"'.encode()),
    )
    tag = etag(content)
    # Without a time stamp in it, so that the same content packs to the same octets.
    small = gzip.compress(content, compresslevel=6, mtime=0)
    packed = _form(small, f'{tag[:-1]}-gzip"', shared, (*own, (b"content-encoding", b"gzip")))
    return Ready(
        plain=_form(content, tag, shared, own),
        packed=packed if len(small) < len(content) else None,
        last_modified=modified,
        valid_until=valid_until,
    )


def respond(method: str, headers: RequestHeaders, resource: Ready) -> Answer:
    """The answer to a request for `resource`: 200, 304 or 405 (RFC 9110 sections 13.1 and 15.4.5).

    `headers` are the raw lower-case pairs of ASGI. An If-None-Match in either encoding's tag counts, because the
    two are made together; If-Modified-Since counts only without it.
    """
    if method not in ("GET", "HEAD"):
        return _not_allowed(method)
    wanted = _wanted(headers)
    form = resource.packed if resource.packed and _takes_gzip(wanted.get(b"accept-encoding", "")) else resource.plain
    held = _held(wanted, resource, form)
    if held:
        return Answer(304, ((b"etag", held.etag.encode()), *held.unchanged), b"")
    return Answer(200, form.headers, form.body if method == "GET" else b"")


def problem(error: FeedError, method: str = "GET") -> Answer:
    """An error as application/problem+json (RFC 9457) with `status`, `code`, `title` and `detail`."""
    content = msgspec.json.encode(
        {
            "type": "about:blank",
            "status": error.status,
            "code": error.code,
            "title": HTTPStatus(error.status).phrase,
            "detail": error.detail,
        }
    )
    headers: list[tuple[bytes, bytes]] = [
        (b"content-type", b"application/problem+json"),
        (b"content-length", str(len(content)).encode()),
        (b"cache-control", b"no-store"),
        *_SAFETY,
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
    """ASGI: answers /feeds/... and /events/{id}.ics from a library; all else goes on to `next_app`."""

    def __init__(self, library: Library, next_app: Application) -> None:
        self.library = library
        self.next_app = next_app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request, or the lifespan or web socket of the application behind."""
        path = _path(scope)
        if path is None:
            await self.next_app(scope, receive, send)
            return
        answer = await self._answer(scope, path)
        await send({"type": "http.response.start", "status": answer.status, "headers": list(answer.headers)})
        await send({"type": "http.response.body", "body": answer.body})

    async def _answer(self, scope: Scope, path: str) -> Answer:
        method: str = scope["method"]
        if method not in ("GET", "HEAD"):
            return _not_allowed(method)
        client = _wanted(scope["headers"]).get(b"user-agent", "")
        query = scope["query_string"].decode("latin-1")
        try:
            return respond(method, scope["headers"], await self.library.publication(path, query, client=client))
        except FeedError as error:
            return problem(error, method)
        except Exception:
            # Never an empty or broken calendar: programs would delete every event they have.
            _log.exception("a feed could not be made")
            return problem(Unavailable("The calendar cannot be made just now. Keep what you have."), method)


def _path(scope: Scope) -> str | None:
    """The path of a request that is ours, without the prefix at which a proxy mounts us."""
    if scope["type"] != "http":
        return None
    path: str = scope["path"]
    root: str = scope.get("root_path", "").rstrip("/")
    if root and path.startswith(f"{root}/"):
        path = path[len(root) :]
    return path if _PATH.fullmatch(path) else None


def _form(content: bytes, tag: str, shared: Headers, own: Headers) -> Form:
    length = (b"content-length", str(len(content)).encode())
    return Form(content, tag, (*own, length, (b"etag", tag.encode()), *shared), shared)


def _not_allowed(method: str) -> Answer:
    return problem(MethodRefused(f"A feed can be read with {_METHODS}; this was {method[:20]}."))


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
    return form if since and resource.last_modified <= since else None


def _date(text: str) -> datetime | None:
    try:
        at = parsedate_to_datetime(text)
    except (ValueError, IndexError, TypeError):
        return None
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at
