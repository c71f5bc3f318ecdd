"""One mail, and its delivery through a relay on this machine."""

import time

from msgspec.structs import replace

from scheduler.mail.compose import envelope
from scheduler.mail.smtp import Relay, SmtpTransport
from scheduler.mail.transport import Delivery, Envelope, Refused
from scheduler.mail.writer import Writer
from scheduler.texts import load_catalogues
from tests.raw_smtp import RawServer
from tests.scheduler.letters import letter
from tests.smtp import SmtpSink

MAIL = Writer(load_catalogues()).write(letter("reminder", "fr"))
SIMPLE = envelope(MAIL)


async def yes() -> bool:
    return True


def relay(port: int, **changes: object) -> Relay:
    return replace(Relay(host="127.0.0.1", port=port, security="none", timeout_seconds=5), **changes)


async def send(server: RawServer | SmtpSink, one: Envelope = SIMPLE, **changes: object) -> Delivery:
    """One delivery over a transport of its own."""
    transport = SmtpTransport(relay(server.port, **changes), time.monotonic)
    try:
        return await transport.deliver(one, yes)
    finally:
        await transport.close()


def refusal(delivery: Delivery) -> Refused:
    assert isinstance(delivery, Refused), delivery
    return delivery
