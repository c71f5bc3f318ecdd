"""What every way out for mail promises: one message, one recipient, and an answer that says what became of it."""

from collections.abc import Awaitable, Callable
from typing import Protocol

from msgspec import Struct

from scheduler.errors import ServiceError
from scheduler.model.address import normal_address
from scheduler.model.message import Failure


class Envelope(Struct, frozen=True, kw_only=True):
    """A composed message on its way: `sender` and the one `recipient` are bare addresses (RFC 5321 section 2.3.1)."""

    sender: str
    recipient: str
    message_id: str
    data: bytes


class Delivered(Struct, frozen=True):
    """The other side took responsibility for the message: its reply code (250) and text."""

    code: int
    text: str


class Refused(Struct, frozen=True):
    """It was not taken, or nobody can know; `failure.permanent` says whether trying again is pointless."""

    failure: Failure


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

    async def close(self) -> None:
        """Let go of what is open; deliveries under way may fail."""
        ...


def fault_of(envelope: Envelope) -> Refused | None:
    """The last check before the wire: a sender and exactly one recipient that cannot smuggle a command."""
    try:
        exact = all(
            normal_address(address, dotless=True) == address for address in (envelope.sender, envelope.recipient)
        )
    except ServiceError as error:
        return Refused(Failure(text=error.detail, permanent=True))
    if not exact:
        return Refused(Failure(text="The address of the envelope is not in its normal form.", permanent=True))
    return None
