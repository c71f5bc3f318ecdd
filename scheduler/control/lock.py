"""One process on a SQLite file: whoever writes holds a lock beside it. The system lets go of it when they die."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from scheduler.errors import ServiceError


class InUse(ServiceError):
    """Another process works on this database file; `pid` is its number, 0 when it does not say."""

    code = "in-use"

    def __init__(self, database: Path, pid: int, purpose: str) -> None:
        who = f"process {pid}" if pid else "another process"
        super().__init__(f"{database} is in use by {who}{f' ({purpose})' if purpose else ''}.")
        self.pid = pid
        self.advice = "stop that process first, or name another folder with --data." if pid else ""


@contextmanager
def held(database: Path, purpose: str) -> Iterator[None]:
    """Holds `<database>.lock` (flock, mode 0600) with our number and purpose in it. Raises InUse at once, OSError.

    The file stays: removing it would let two processes lock two different files of one name.
    """
    database.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    handle = os.open(lock_file(database), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise InUse(database, *_owner(handle)) from None
        os.ftruncate(handle, 0)
        os.pwrite(handle, f"{os.getpid()} {purpose}\n".encode(), 0)
        yield
    finally:
        os.close(handle)


def lock_file(database: Path) -> Path:
    """The file whose lock stands for the database."""
    return database.with_name(f"{database.name}.lock")


def _owner(handle: int) -> tuple[int, str]:
    number, _, purpose = os.pread(handle, 200, 0).decode(errors="replace").strip().partition(" ")
    return (int(number) if number.isdecimal() else 0), purpose
