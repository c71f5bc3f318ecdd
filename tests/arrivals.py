"""What arrived at a mail server in a process of its own, and waiting by its clock."""

import math
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TypeVar

from msgspec import Struct

from tests.service import SinkProcess
from tests.sink import arrival

T = TypeVar("T")

A_FEW_SECONDS = timedelta(seconds=20)
"""How late is still in time, on a machine that does other things meanwhile. No performance is measured here."""


class Arrived(Struct, frozen=True, kw_only=True):
    """One mail that the server took: `at` is the instant on its own clock, `cause` the header X-Enspired-Cause."""

    at: datetime
    recipient: str
    cause: str
    message_id: str
    subject: str


def arrivals(sink: SinkProcess) -> list[Arrived]:
    """Every mail that arrived, oldest first; each must have exactly one recipient."""
    found = []
    for line in sink.received():
        headers = dict(line["headers"])
        (recipient,) = line["rcpt_tos"]
        found.append(
            Arrived(
                at=datetime.fromisoformat(line["at"]),
                recipient=recipient,
                cause=headers["X-Enspired-Cause"],
                message_id=line["message_id"],
                subject=headers["Subject"],
            )
        )
    return found


def full_minute(after: datetime) -> datetime:
    """The first full minute at or after an instant: events start on full minutes."""
    return datetime.fromtimestamp(math.ceil(after.timestamp() / 60) * 60, UTC)


def wait_until(instant: datetime) -> None:
    """Sleeps until an instant has passed on the clock of the mail servers."""
    while (left := (instant - arrival()).total_seconds()) > 0:
        time.sleep(left)


def wait_for(condition: Callable[[], T], what: str, seconds: float = 20.0) -> T:
    """Asks again and again until the condition holds, and gives it; an AssertionError names `what` did not happen."""
    deadline = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < deadline, f"after {seconds:.0f} s still not: {what}"
        time.sleep(0.05)
    return found
