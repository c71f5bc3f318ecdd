"""What every way out for mail promises: one message, one recipient, and an answer that says what became of it."""

import re
from collections.abc import Awaitable, Callable
from functools import lru_cache
from typing import Protocol

from msgspec import Struct

from scheduler.errors import ServiceError
from scheduler.model.address import normal_address
from scheduler.model.message import Failure

_PLAIN_ADDRESS = re.compile(
    r"(?=.{6,66}\Z)[A-Za-z0-9_+-]{1,40}(\.[A-Za-z0-9_+-]{1,20}){0,2}@([a-z0-9]([a-z0-9-]{0,20}[a-z0-9])?\.){1,4}[a-z]{2,20}"
)


class Envelope(Struct, frozen=True, kw_only=True):
    """A composed message on its way: `sender` and the one `recipient` are bare addresses (RFC 5321 section 2.3.1).

    `stuffed` is the data as it travels, with its end (RFC 5321 section 4.5.2), where that is known already.
    """

    sender: str
    recipient: str
    message_id: str
    data: bytes
    stuffed: bytes = b""


class Delivered(Struct, frozen=True):
    """The other side took responsibility for the message: its reply code (250) and text."""

    code: int
    text: str


class Refused(Struct, frozen=True):
    """It was not taken, or nobody can know; `failure.permanent` says whether trying again is pointless.

    With `again_in` (seconds) it is no fault of the message, but of the way out: it counts as no attempt.
    """

    failure: Failure
    again_in: float | None = None


class Withdrawn(Struct, frozen=True):
    """It was no longer wanted in the last moment before its text was sent; nothing left."""


Delivery = Delivered | Refused | Withdrawn

StillWanted = Callable[[], Awaitable[bool]]
"""Asked right before the text is sent: is the event still on, does the lease still hold?"""


class Transport(Protocol):
    """A way out for mail."""

    def room(self) -> int:
        """How many messages could start now without waiting (for a connection or for the relay's rate)."""
        ...

    async def deliver(self, envelope: Envelope, still_wanted: StillWanted) -> Delivery:
        """Send one message. Never raises for what happens on the way; see `Delivery`."""
        ...

    def seconds_down(self) -> float:
        """For how long it has failed everybody who was to be sent something; 0 while it works."""
        ...

    async def close(self) -> None:
        """Let go of what is open; deliveries under way may fail."""
        ...


@lru_cache(maxsize=1024)
def plain(address: str) -> bool:
    """True for an address that plainly is in its normal form, as nearly all are. A mail asks it several times."""
    return _PLAIN_ADDRESS.fullmatch(address) is not None


def normal(address: str) -> str:
    """The normal form of an address, at once for one that plainly is in it. Raises InvalidAddress."""
    return address if plain(address) else normal_address(address, dotless=True)


def fault_of(envelope: Envelope) -> Refused | None:
    """The last check before the wire: a sender and exactly one recipient that cannot smuggle a command."""
    try:
        exact = normal(envelope.sender) == envelope.sender and normal(envelope.recipient) == envelope.recipient
    except ServiceError as error:
        return Refused(Failure(text=error.detail, permanent=True))
    if not exact:
        return Refused(Failure(text="The address of the envelope is not in its normal form.", permanent=True))
    return None
