"""Guards. Every route declares one of them; a test walks the routes and fails on one that does not.

They decide about the route as a whole; what an actor may do with one event is `scheduler.model.access`.
"""

from urllib.parse import urlsplit

from litestar.connection import ASGIConnection
from litestar.datastructures import State
from litestar.handlers import BaseRouteHandler

from scheduler.errors import Forbidden, Unauthenticated
from scheduler.model.access import Actor

Connection = ASGIConnection[BaseRouteHandler, Actor, None, State]


def public(_connection: Connection, _handler: BaseRouteHandler) -> None:
    """Anybody; what they see is decided event by event."""


def attendee_link(_connection: Connection, _handler: BaseRouteHandler) -> None:
    """Whoever holds a signed link; the handler checks its signature."""


def needs_key(connection: Connection, _handler: BaseRouteHandler) -> None:
    """Somebody known, in any role. Raises Unauthenticated."""
    if connection.user.role == "nobody":
        raise Unauthenticated("This needs a key: “Authorization: Bearer enspired_key_...”.")


def needs_writer(connection: Connection, handler: BaseRouteHandler) -> None:
    """An organiser or administrator whose key may write. Raises Unauthenticated, Forbidden."""
    needs_key(connection, handler)
    if not connection.user.writes or connection.user.role not in {"organiser", "admin"}:
        raise Forbidden("Your role does not let you change anything here.")


def needs_admin(connection: Connection, handler: BaseRouteHandler) -> None:
    """An administrator. Raises Unauthenticated, Forbidden."""
    needs_key(connection, handler)
    if connection.user.role != "admin":
        raise Forbidden("Only administrators may do this.")


def signed_in(connection: Connection, _handler: BaseRouteHandler) -> None:
    """A person with a running session. Raises Unauthenticated."""
    if connection.user.role == "nobody":
        raise Unauthenticated("Please sign in.")


def same_origin(connection: Connection, _handler: BaseRouteHandler) -> None:
    """For forms that act with a session: refuses what another site makes a browser send (CSRF). Raises Forbidden."""
    if connection.scope["method"] in {"GET", "HEAD"}:  # type: ignore[typeddict-item] # HTTP connections only
        return
    fetch_site = connection.headers.get("sec-fetch-site")
    if fetch_site is not None:
        if fetch_site in {"same-origin", "none"}:
            return
        raise Forbidden("This form came from another site.")
    origin = connection.headers.get("origin")
    if origin is None or urlsplit(origin).netloc != connection.headers.get("host"):
        raise Forbidden("This form came from another site.")


GUARDS = frozenset({public, attendee_link, needs_key, needs_writer, needs_admin, signed_in})
"""One of these stands on every route."""
