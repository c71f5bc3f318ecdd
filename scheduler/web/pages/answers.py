"""Answers to browsers: pages and redirects, each with the headers that keep a browser from doing anything else."""

from collections.abc import Mapping

from litestar import Response
from litestar.enums import MediaType

POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self'; "
    "frame-ancestors 'none'; base-uri 'none'"
)
"""No script at all, no frame, nothing from elsewhere (Content Security Policy Level 3)."""

FRAMED = POLICY + "; frame-src 'self'"
"""The same for a page that shows a mail in a frame."""
SANDBOX = (
    "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'self'"
)
"""A mail's HTML in that frame, without any right: no script, no form, nothing from elsewhere."""

SECURITY = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=(), browsing-topics=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
PUBLIC = {**SECURITY, "Cache-Control": "no-cache"}
"""Headers of a page that everybody gets alike: a cache asks before it shows it again."""
PRIVATE = {
    **SECURITY,
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex, nofollow",
}
"""Headers of a page that belongs to one person: kept nowhere, its address told to nobody."""


def page(
    html: str, *, status: int = 200, private: bool = False, more: Mapping[str, str] | None = None
) -> Response[str]:
    """An HTML page."""
    headers = {**(PRIVATE if private else PUBLIC), **(more or {})}
    return Response(html, status_code=status, media_type=MediaType.HTML, headers=headers)


def redirect(
    path: str, *, status: int = 303, private: bool = False, more: Mapping[str, str] | None = None
) -> Response[str]:
    """Sends the browser on; 303 after a form, so that reloading does not send it twice."""
    headers = {**(PRIVATE if private else PUBLIC), "Location": path, **(more or {})}
    return Response("", status_code=status, media_type=MediaType.TEXT, headers=headers)
