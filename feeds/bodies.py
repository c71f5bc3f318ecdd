"""What is sent: calendars and other contents with their headers and ETags, compressed once (RFC 9110).

A feed that grows old in memory is made of chunks (`calendar_ready`), everything else in one piece (`make_ready`).
"""

import gzip
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from email.utils import format_datetime
from hashlib import blake2b

from msgspec import Struct

from feeds.chunks import Chunks, deflated, digest, gzip_member
from feeds.source import Form, Headers, Ready
from feeds.write import Head, Spans, calendar, merge_spans, vtimezones

CALENDAR_TYPE = "text/calendar; charset=utf-8"
STRICT = "sandbox; default-src 'none'"
"""The Content-Security-Policy of what is data: nothing in it may run or load, wherever it is opened."""
EMBEDDED = "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; frame-ancestors *"
"""The same for a list that other sites show in a frame: its links may open, in a window of their own."""

Pieces = tuple[tuple[bytes, ...], ...]

_UNSAFE_NAME = re.compile(r"[^A-Za-z0-9._-]+")
_END = b"END:VCALENDAR\r\n"


class Sending(Struct, frozen=True, kw_only=True):
    """How a content travels.

    `last_modified` is the UTC instant at which the selection last changed, dropped events included; `dated` as in
    feeds.source.Ready. `max_age` is in seconds; only `public` content may be kept by shared caches and read by pages
    of other sites.
    """

    filename: str
    last_modified: datetime
    dated: bool = True
    media_type: str = CALENDAR_TYPE
    valid_until: datetime | None = None
    public: bool = True
    max_age: int = 300
    policy: str = STRICT


class Publication(Struct, frozen=True, kw_only=True):
    """A calendar to publish: what it says of itself, its ready VEVENTs in order, and the zones that they use."""

    head: Head
    vevents: Sequence[bytes]
    spans: Spans
    sending: Sending


def body(publication: Publication) -> bytes:
    """The calendar's bytes; the same publication gives the same bytes. Raises UnknownZone."""
    return calendar(publication.head, vtimezones(publication.spans), publication.vevents)


def etag(content: bytes) -> str:
    """A strong ETag of the content alone: never of a clock or a counter."""
    return f'"{blake2b(content, digest_size=15).hexdigest()}"'


def ready(publication: Publication) -> Ready:
    """A publication as it is sent, compressed once. Raises UnknownZone."""
    return make_ready(body(publication), publication.sending)


def make_ready(content: bytes, sending: Sending) -> Ready:
    """Any content as it is sent."""
    # Without a time stamp in it, so that the same content packs to the same octets.
    small = gzip.compress(content, compresslevel=6, mtime=0)
    return _forms(((content,),), len(content), small if len(small) < len(content) else None, etag(content), sending)


def calendar_ready(head: Head, chunks: Chunks, sending: Sending) -> Ready:
    """A calendar of chunks as it is sent: chunks that did not change are not read again. Raises UnknownZone."""
    if not chunks:
        return make_ready(calendar(head, (), ()), sending)
    zones = vtimezones(merge_spans(chunk.spans for chunk in chunks))
    opening = calendar(head, zones, (b"",)).removesuffix(_END)
    packed = [deflated(opening), *(chunk.packed for chunk in chunks), deflated(_END, last=True)]
    plain = ((opening,), *(chunk.data for chunk in chunks), (_END,))
    length = sum(piece.length for piece in packed)
    return _forms(plain, length, gzip_member(packed), f'"{digest(packed)}"', sending)


def _forms(plain: Pieces, length: int, small: bytes | None, tag: str, sending: Sending) -> Ready:
    modified = sending.last_modified.astimezone(UTC).replace(microsecond=0)
    date = (b"last-modified", format_datetime(modified, usegmt=True).encode())
    public = sending.public
    cached: Headers = (
        (b"cache-control", f"{'public' if public else 'private'}, max-age={sending.max_age}".encode()),
        (b"vary", b"accept-encoding"),
    )
    name = _UNSAFE_NAME.sub("-", sending.filename).strip("-.") or "events.ics"
    own: Headers = (
        (b"content-type", sending.media_type.encode("latin-1")),
        (b"content-disposition", f'inline; filename="{name}"'.encode()),
    )
    shared: Headers = (
        *cached,
        date,
        *safety(sending.policy),
        # No search engine may show what a secret address opens.
        (b"access-control-allow-origin", b"*") if public else (b"x-robots-tag", b"noindex"),
    )
    packed = None
    if small is not None:
        packed = _form(
            ((small,),), len(small), f'{tag[:-1]}-gzip"', cached, (*own, (b"content-encoding", b"gzip"), *shared)
        )
    return Ready(
        plain=_form(plain, length, tag, cached, (*own, *shared)),
        packed=packed,
        last_modified=modified,
        dated=sending.dated,
        valid_until=sending.valid_until,
    )


def safety(policy: str) -> Headers:
    """What keeps a content from doing anything but be read."""
    return (
        (b"x-content-type-options", b"nosniff"),
        (b"content-security-policy", policy.encode()),
        (b"referrer-policy", b"no-referrer"),
    )


def _form(pieces: Pieces, length: int, tag: str, cached: Headers, headers: Headers) -> Form:
    # RFC 9110 section 15.4.5: a 304 carries what caches need and nothing that describes a body.
    etag_line = (b"etag", tag.encode())
    return Form(
        pieces=pieces,
        etag=tag,
        headers=(*headers, (b"content-length", str(length).encode()), etag_line),
        unchanged=(etag_line, *cached),
        tag=tag.encode(),
    )
