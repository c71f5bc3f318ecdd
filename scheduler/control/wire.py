"""How an order travels: one JSON object a line over a Unix socket beside the database, and one line back.

`{"command": "keys.revoke", "prefix": "4f2a91c0"}` -> `{"result": {...}}` or `{"error": {"code", "detail", "faults"}}`.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from scheduler.control.orders import AnyOrder
from scheduler.errors import Fault, Invalid, ServiceError

LONGEST_LINE = 4 * 1024 * 1024
_LONGEST_ADDRESS = 100  # sun_path holds 108 bytes on Linux, 104 elsewhere


class Failed(Struct, frozen=True, omit_defaults=True):
    """A ServiceError on its way."""

    code: str
    detail: str
    faults: tuple[Fault, ...] = ()


class Answer(Struct, frozen=True, omit_defaults=True):
    """What became of an order: one of the two."""

    result: dict[str, Any] | None = None
    error: Failed | None = None


def socket_file(database: Path) -> Path:
    """The socket of the process that owns the database file."""
    return database.with_name(f"{database.name}.sock")


@contextmanager
def address(path: Path) -> Iterator[str]:
    """A name of the socket that the system accepts: long ones go through a handle on their folder (Linux)."""
    if len(os.fsencode(path)) <= _LONGEST_ADDRESS:
        yield str(path)
        return
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield f"/proc/self/fd/{folder}/{path.name}"
    finally:
        os.close(folder)


def read_order(line: bytes) -> AnyOrder:
    """An order from its line. Raises Invalid."""
    try:
        order: AnyOrder = msgspec.json.decode(line, type=AnyOrder)
    except (msgspec.MsgspecError, RecursionError) as error:
        raise Invalid((Fault("", f"This is no order: {error}."),)) from error
    return order


def write(value: Struct) -> bytes:
    """An order or an answer as its line."""
    return msgspec.json.encode(value) + b"\n"


def read_answer(line: bytes) -> dict[str, Any]:
    """The result of an order. Raises ServiceError (Invalid with its faults) when it failed there."""
    answer = msgspec.json.decode(line, type=Answer)
    if answer.error is None:
        return answer.result or {}
    if answer.error.faults:
        raise Invalid(answer.error.faults, answer.error.detail)
    raise ServiceError(answer.error.detail)


def failed(error: ServiceError) -> Answer:
    """A failure as an answer."""
    faults = error.faults if isinstance(error, Invalid) else ()
    return Answer(error=Failed(error.code, error.detail, faults))
