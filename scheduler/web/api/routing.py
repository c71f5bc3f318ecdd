"""What every route of the API shares: reading routes answer HEAD too, and every answer has its safety headers."""

from collections.abc import Callable
from typing import Any

from litestar import HttpMethod, route
from litestar.datastructures import MutableScopeHeaders
from litestar.enums import ScopeType
from litestar.handlers import HTTPRouteHandler
from litestar.routes import HTTPRoute
from litestar.types import Message, Scope

PREFIX = "/api/"
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}
"""On every answer of the API that does not say something else itself."""


def reading(path: str | None = None, **options: Any) -> Callable[[Callable[..., Any]], HTTPRouteHandler]:
    """The decorator of a route that changes nothing: GET, and HEAD, which is the same without its body (RFC 9110)."""
    return route(path, http_method=[HttpMethod.GET, HttpMethod.HEAD], **options)


async def protect(message: Message, scope: Scope) -> None:
    """Litestar's hook before an answer leaves: adds what `HEADERS` says, and that answers differ by key."""
    if message["type"] != "http.response.start" or not scope["path"].startswith(PREFIX):
        return
    headers = MutableScopeHeaders.from_message(message)
    for name, value in HEADERS.items():
        if name not in headers:
            headers[name] = value
    headers.extend_header_value("vary", "Authorization")
    if scope["type"] == ScopeType.HTTP and message["status"] == 204 and "allow" in headers:
        headers["Allow"] = ", ".join(sorted(_methods(scope)))


def _methods(scope: Scope) -> set[str]:
    """Every method of the route; the framework's own answer forgets those of handlers that it was given later."""
    template = scope["path_template"]
    routes = [route for route in scope["litestar_app"].routes if isinstance(route, HTTPRoute)]
    return {method for route in routes if route.path_format == template for method in route.methods}
