"""Who asks: an API key under /api/, a session cookie under /console, nobody elsewhere."""

from datetime import datetime
from http.cookies import CookieError, SimpleCookie

import structlog
from litestar.datastructures import Headers
from litestar.enums import ScopeType
from litestar.middleware import ASGIMiddleware
from litestar.types import ASGIApp, Receive, Scope, Send

from scheduler.clock import Clock
from scheduler.errors import NotFound, Unauthenticated, Unavailable
from scheduler.model.access import NOBODY, Actor
from scheduler.model.person import ApiKey
from scheduler.services import people
from scheduler.store.database import Database

log = structlog.get_logger()

COOKIE = "enspired_session"
"""Sent only below /console, over HTTPS where the public address has it, never to scripts."""


class Authentication(ASGIMiddleware):
    """Puts an `Actor` into `scope["user"]`. Raises Unauthenticated for a key that is unknown or revoked."""

    scopes = (ScopeType.HTTP,)

    def __init__(self, db: Database, clock: Clock) -> None:
        self._db = db
        self._clock = clock

    async def handle(self, scope: Scope, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        """Finds out who asks, then goes on."""
        path = scope["path"]
        if not path.isprintable():
            raise NotFound("There is nothing at this address.")
        actor = NOBODY
        if path.startswith("/api/") or path == "/metrics":
            actor = await self._from_key(scope)
        elif path == "/console" or path.startswith("/console/"):
            actor = await self._from_session(scope)
        scope["user"] = actor
        await next_app(scope, receive, send)

    async def _from_key(self, scope: Scope) -> Actor:
        header = Headers.from_scope(scope).get("authorization")
        if header is None:
            return NOBODY
        scheme, _, secret = header.partition(" ")
        if scheme.lower() != "bearer" or not secret.strip():
            raise Unauthenticated("Send the key as “Authorization: Bearer enspired_key_...”.")
        key = await self._db.read(lambda conn: people.holder_of(conn, secret.strip()))
        if key is None:
            raise Unauthenticated("This key is unknown or was revoked.")
        now = self._clock()
        if people.worth_noting(key, now):
            await self._note_use(key, now)
        return key.actor()

    async def _note_use(self, key: ApiKey, now: datetime) -> None:
        """Who only reads shall not have to wait because nothing can be written just now."""
        try:
            await self._db.write(lambda conn: people.note_use(conn, key, now))
        except Unavailable:
            log.warning("key.use_not_noted", prefix=key.prefix)

    async def _from_session(self, scope: Scope) -> Actor:
        token = session_token(scope)
        if not token:
            return NOBODY
        now = self._clock()
        person = await self._db.read(lambda conn: people.in_session(conn, token, now))
        return person.actor() if person else NOBODY


def session_token(scope: Scope) -> str:
    """The session cookie's value; empty when there is none."""
    try:
        cookies = SimpleCookie(Headers.from_scope(scope).get("cookie", ""))
    except CookieError:
        return ""
    return cookies[COOKIE].value if COOKIE in cookies else ""
