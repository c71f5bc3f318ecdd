"""A long body in chunks that are compressed once and again only where they changed (RFC 1951, RFC 1952).

Each chunk ends in a full flush, which forgets everything before it, so that ready chunks can be put in a row: one
gzip member that any reader unpacks. Where a chunk ends depends on the items in it alone, never on what happened
before: the same items always give the same octets.
"""

import zlib
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from hashlib import blake2b
from struct import pack

from msgspec import Struct

from feeds import crc
from feeds.write import Spans, merge_spans

MEAN_ITEMS = 96
"""How many items a chunk holds on average."""

_HEADER = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"
_RAW = -15
_DIGEST = 15
_LEVEL = 6
_FEW = 64
"""More changes than this are cheaper done in one go."""

Key = tuple[datetime, str]
"""What items are in order of: an instant, and an id that is theirs alone."""


class Item(Struct, frozen=True, weakref=True):
    """One event as it stands in a body: the zones that it uses, and whether a chunk ends behind it."""

    key: Key
    data: bytes
    spans: Spans
    closes: bool


class Packed(Struct, frozen=True):
    """A piece of a body, deflated: the CRC-32, length and digest are those of what it unpacks to."""

    data: bytes
    crc: int
    length: int
    digest: bytes


class Chunk(Struct, frozen=True):
    """Some items in a row, their bytes, and their zones."""

    items: tuple[Item, ...]
    data: tuple[bytes, ...]
    packed: Packed
    spans: Spans


Chunks = tuple[Chunk, ...]


def item(key: Key, data: bytes, spans: Spans) -> Item:
    """An item for a body."""
    return Item(key, data, spans, zlib.crc32(key[1].encode()) % MEAN_ITEMS == 0)


def cut(items: Iterable[Item], known: Chunks = ()) -> Chunks:
    """Items, in order, as chunks; those of `known` that are the same are taken over as they are."""
    ready = {chunk.items[0].key: chunk for chunk in known}
    found: list[Chunk] = []
    part: list[Item] = []
    for one in items:
        part.append(one)
        if one.closes:
            found.append(_chunk(part, ready))
            part = []
    return tuple([*found, _chunk(part, ready)] if part else found)


def splice(chunks: Chunks, gone: Collection[Key], new: Iterable[Item]) -> Chunks:
    """The chunks without the items with the keys `gone`, and with the `new` ones: only what they touch is made again.

    The same as `cut` of all the items that are left. An item that changed is among both.
    """
    wanted = list(new)
    if len(wanted) + len(gone) > _FEW:
        left = [one for chunk in chunks for one in chunk.items if one.key not in gone]
        return cut(sorted([*left, *wanted], key=_key), chunks)
    touched: dict[int, list[Item]] = {}
    for place in {_place(chunks, key) for key in gone} if chunks else ():
        touched[place] = [one for one in chunks[place].items if one.key not in gone]
    for one in wanted:
        place = _place(chunks, one.key)
        touched.setdefault(place, list(chunks[place].items) if chunks else []).append(one)
    for place in sorted(touched, reverse=True):
        chunks = _replaced(chunks, place, sorted(touched[place], key=_key))
    return chunks


def deflated(data: bytes, *, last: bool = False) -> Packed:
    """Data as a piece of a deflate stream that needs nothing before it; `last` ends the stream."""
    packer = zlib.compressobj(_LEVEL, zlib.DEFLATED, _RAW)
    small = packer.compress(data) + packer.flush(zlib.Z_FINISH if last else zlib.Z_FULL_FLUSH)
    return Packed(small, zlib.crc32(data), len(data), blake2b(data, digest_size=_DIGEST).digest())


def gzip_member(pieces: Sequence[Packed]) -> bytes:
    """One gzip member of pieces in a row, of which the last ends the stream."""
    checksum, length = 0, 0
    for piece in pieces:
        checksum = crc.joined(checksum, piece.crc, piece.length)
        length += piece.length
    return b"".join([_HEADER, *(piece.data for piece in pieces), pack("<II", checksum, length & 0xFFFFFFFF)])


def digest(pieces: Iterable[Packed]) -> str:
    """What the content of pieces in a row is told by, in hex: the same content cut the same way, the same digest."""
    return blake2b(b"".join(piece.digest for piece in pieces), digest_size=_DIGEST).hexdigest()


def _chunk(items: Sequence[Item], ready: dict[Key, Chunk]) -> Chunk:
    members = tuple(items)
    known = ready.get(members[0].key)
    if known is not None and _same(known.items, members):
        return known
    data = tuple(one.data for one in members)
    return Chunk(members, data, deflated(b"".join(data)), merge_spans(one.spans for one in members))


def _same(some: tuple[Item, ...], others: tuple[Item, ...]) -> bool:
    return len(some) == len(others) and all(
        one is other or (one.key, one.data) == (other.key, other.data) for one, other in zip(some, others, strict=True)
    )


def _replaced(chunks: Chunks, place: int, items: list[Item]) -> Chunks:
    """The chunks with other items at a place, joined with the next where nothing ends the last of them any more."""
    after = place + 1
    if after < len(chunks) and not (items and items[-1].closes):
        items = [*items, *chunks[after].items]
        after += 1
    return (*chunks[:place], *cut(items, chunks[place:after]), *chunks[after:])


def _place(chunks: Chunks, key: Key) -> int:
    """Which chunk an item with this key belongs into: the first that ends behind it, else the last."""
    low, high = 0, len(chunks)
    while low < high:
        middle = (low + high) // 2
        if chunks[middle].items[-1].key < key:
            low = middle + 1
        else:
            high = middle
    return low if low < len(chunks) else max(len(chunks) - 1, 0)


def _key(one: Item) -> Key:
    return one.key
