"""What the calendar's half of the house asks of the other half: the one seam between them."""

from collections.abc import Iterable
from datetime import datetime
from typing import Protocol

from msgspec import Struct

Headers = tuple[tuple[bytes, bytes], ...]
RequestHeaders = Iterable[tuple[bytes, bytes]]


class Form(Struct, frozen=True, weakref=True):
    """One encoding of a resource: its body in pieces, its own strong ETag, and the headers of a 200 and of a 304.

    The pieces, in groups, of many feeds are the same objects, so that a hundred selections of the same events cost
    little more than one.
    """

    pieces: tuple[tuple[bytes, ...], ...]
    etag: str
    headers: Headers
    unchanged: Headers
    tag: bytes = b""

    @property
    def body(self) -> bytes:
        """The body as it is sent; joined when asked for."""
        return b"".join(piece for group in self.pieces for piece in group)


class Ready(Struct, frozen=True, kw_only=True):
    """A resource that only has to be negotiated and sent: made once, when the content changes.

    `packed` is the gzip form, None where it would not be smaller. `valid_until` is the UTC instant at which the
    content changes by itself (a tombstone expires, the horizon moves on); whoever keeps it makes it anew then. `dated`
    is False where another content may bear the same `last_modified`, which has whole seconds: then it is no condition.
    """

    plain: Form
    packed: Form | None
    last_modified: datetime
    dated: bool = True
    valid_until: datetime | None = None


class Library(Protocol):
    """Where feeds come from."""

    def kept(self, path: str, query: bytes, headers: RequestHeaders) -> Ready | None:
        """The resource if it lies ready in memory and nothing changed since; None when `publication` has to look.

        `path` is decoded, `query` the raw query string, `headers` the request's raw lower-case pairs. Nobody is
        asked and nothing is waited for: this is what nearly every request of a calendar program comes to.
        """
        ...

    async def publication(self, path: str, query: str, *, client: str) -> Ready:
        """The resource at `path` (decoded, such as /feeds/events.ics) with the raw `query` string.

        `client` is the request's User-Agent header, "" without one. The same Ready is returned as long as nothing
        changed. Raises feeds.errors: NotThere, Gone (a revoked subscription), InvalidQuery, Unavailable.
        """
        ...
