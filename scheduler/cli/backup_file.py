"""The file that `enspired backup` writes: one gzip of JSON lines, complete or refused.

The first line says what it is, by which program and schema, when it was made, and which tables with which columns it
holds; then follows a line a row; the last line holds the counts and the SHA-256 of everything before it. A file
that was cut off has no last line.
"""

import errno
import gzip
import hashlib
import os
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import IO

import msgspec
from msgspec import Struct

from scheduler.cli.failure import CommandFailed
from scheduler.store.backup import Row, TableShape

FORMAT = "enspired-backup"
_LONGEST_LINE = 64 * 1024 * 1024


class Head(Struct, frozen=True, kw_only=True):
    """The first line. `schema` is the revision of the database, `made_at` a UTC instant."""

    format: str
    program: str
    schema: str
    made_at: datetime
    tables: tuple[TableShape, ...]


class Foot(Struct, frozen=True, kw_only=True):
    """The last line: how many rows of each table, and the digest of all lines before."""

    rows: dict[str, int]
    sha256: str


Line = tuple[str, Row]


def write(path: Path, head: Head, rows: Iterable[Line], progress: Callable[[int], None]) -> Foot:
    """Writes a new file (mode 0600) and brings it to the disk; whatever goes wrong, no half file stays under `path`.

    Raises OSError, FileExistsError for a path that is taken.
    """
    if path.exists():
        raise FileExistsError(errno.EEXIST, "there is a file of this name already", str(path))
    half = path.with_name(f".{path.name}.part")
    half.unlink(missing_ok=True)
    try:
        with _private(half) as raw:
            foot = _write(raw, head, rows, progress)
            raw.flush()
            os.fsync(raw.fileno())
        os.link(half, path)  # fails where somebody made a file of this name meanwhile
    finally:
        half.unlink(missing_ok=True)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
    return foot


def read_head(path: Path) -> Head:
    """The first line. Raises CommandFailed for a file that is no backup, OSError."""
    with _lines(path) as lines:
        return _head(path, next(lines, b""))


def read_rows(path: Path) -> Iterator[Line]:
    """Every row; at the end the counts and the digest are compared. Raises CommandFailed for a damaged file."""
    digest, counts, foot = hashlib.sha256(), dict[str, int](), None
    with _lines(path) as lines:
        first = next(lines, b"")
        _head(path, first)
        digest.update(first)
        for line in lines:
            if line[:1] == b"{":
                foot = msgspec.json.decode(line, type=Foot)
                break
            digest.update(line)
            name, row = _row(line)
            counts[name] = counts.get(name, 0) + 1
            yield name, row
        if foot is None or next(lines, b"") or foot.sha256 != digest.hexdigest() or foot.rows != counts:
            raise _damaged(path)


def _write(raw: IO[bytes], head: Head, rows: Iterable[Line], progress: Callable[[int], None]) -> Foot:
    digest, counts, done = hashlib.sha256(), dict[str, int](), 0
    with gzip.GzipFile(fileobj=raw, mode="wb", mtime=0) as packed:

        def put(value: object) -> None:
            line = msgspec.json.encode(value) + b"\n"
            digest.update(line)
            packed.write(line)

        put(head)
        for name, row in rows:
            put((name, row))
            counts[name] = counts.get(name, 0) + 1
            done += 1
            progress(done)
        foot = Foot(rows=counts, sha256=digest.hexdigest())
        put(foot)
    return foot


@contextmanager
def _private(path: Path) -> Iterator[IO[bytes]]:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as raw:
        yield raw


@contextmanager
def _lines(path: Path) -> Iterator[Iterator[bytes]]:
    with gzip.open(path, "rb") as packed:
        try:
            yield iter(lambda: packed.readline(_LONGEST_LINE), b"")
        except (gzip.BadGzipFile, zlib.error, EOFError, msgspec.MsgspecError, ValueError) as error:
            raise _damaged(path) from error


def _head(path: Path, line: bytes) -> Head:
    try:
        head = msgspec.json.decode(line, type=Head)
    except msgspec.MsgspecError:
        head = None
    if head is None or head.format != FORMAT:
        raise CommandFailed(f"{path} is no backup of this service.", "name a file that enspired backup made.")
    return head


def _row(line: bytes) -> Line:
    found: Line = msgspec.json.decode(line, type=Line)
    return found


def _damaged(path: Path) -> CommandFailed:
    return CommandFailed(f"{path} is damaged or incomplete. Nothing was changed.", "use another backup.")
