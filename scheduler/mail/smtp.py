"""Mail through a relay (RFC 5321): a small pool of reused connections, verified TLS, one deadline a message."""

import asyncio
import re
import ssl
from collections.abc import Callable
from typing import Literal

from aiosmtplib import SMTP
from aiosmtplib.errors import SMTPDataError, SMTPException, SMTPRecipientRefused, SMTPResponseException
from msgspec import Struct

from scheduler.mail.rate import Bucket
from scheduler.mail.transport import Delivered, Delivery, Envelope, Refused, StillWanted, Withdrawn, fault_of
from scheduler.model.message import Failure

IDLE_SECONDS = 60.0
FAREWELL_SECONDS = 2.0
MALFORMED = -1
CLOSING = 421
AUTHENTICATION_REQUIRED = 530
REPLY_LENGTH = 500


class Relay(Struct, frozen=True, kw_only=True):
    """How to reach a relay and what it bears. `timeout_seconds` covers one message's whole delivery, waiting included.

    `security`: `starttls` (refused when the relay does not offer it), `tls` from the first byte, or `none`.
    """

    host: str
    port: int = 587
    security: Literal["starttls", "tls", "none"] = "starttls"
    username: str = ""
    password: str = ""
    connections: int = 4
    messages_per_minute: int = 300
    timeout_seconds: float = 30


class SmtpTransport:
    """The transport to one relay.

    A message that the relay accepts and whose answer is then lost counts as failed for now and goes out again with
    the same Message-ID: the only way to a duplicate. Failures before the recipient is named (connecting, TLS, login,
    the sender's address) concern the relay or its settings, hence are never permanent for the message.
    """

    def __init__(self, relay: Relay, clock: Callable[[], float], *, tls: ssl.SSLContext | None = None) -> None:
        """`clock` is monotonic, in seconds; `tls` replaces the usual context, which trusts the system's authorities."""
        self._relay = relay
        self._clock = clock
        self._tls = tls or ssl.create_default_context()
        self._bucket = Bucket(relay.messages_per_minute, clock)
        self._free = asyncio.Semaphore(relay.connections)
        self._busy = 0
        self._idle: list[tuple[SMTP, float]] = []
        self._closed = False

    def room(self) -> int:
        """See Transport."""
        return max(0, min(self._bucket.ready, self._relay.connections - self._busy))

    async def deliver(self, envelope: Envelope, still_wanted: StillWanted) -> Delivery:
        """See Transport. Waits for its turn (connections, rate) within the same deadline."""
        if fault := fault_of(envelope):
            return fault
        self._busy += 1
        try:
            async with asyncio.timeout(self._relay.timeout_seconds):
                await self._turn()
                async with self._free:
                    return await self._converse(envelope, still_wanted)
        except TimeoutError:
            return Refused(Failure(text=f"The mail server took longer than {self._relay.timeout_seconds:g} seconds."))
        except (SMTPException, OSError) as error:
            return Refused(_failure(error))
        finally:
            self._busy -= 1

    async def close(self) -> None:
        """Say goodbye on idle connections, briefly; busy ones close when their delivery ends."""
        self._closed = True
        idle, self._idle = self._idle, []
        await asyncio.gather(*(_farewell(client) for client, _ in idle))

    async def _turn(self) -> None:
        wait = self._bucket.take()
        try:
            await asyncio.sleep(wait)
        except BaseException:
            self._bucket.give_back()
            raise

    async def _converse(self, envelope: Envelope, still_wanted: StillWanted) -> Delivery:
        """On a reused connection that turns out dead before the text was sent, once more on a new one."""
        while reused := self._reusable():
            try:
                await _address(reused, envelope)
            except BaseException as error:
                if _dead(reused, error):
                    reused.close()
                    continue
                await self._return(reused, error)
                raise
            return await self._send(reused, envelope, still_wanted)
        client = await self._connect(envelope)
        try:
            await _address(client, envelope)
        except BaseException as error:
            await self._return(client, error)
            raise
        return await self._send(client, envelope, still_wanted)

    async def _send(self, client: SMTP, envelope: Envelope, still_wanted: StillWanted) -> Delivery:
        try:
            if not await still_wanted():
                await self._reset(client)
                return Withdrawn()
            reply = await client.data(envelope.data)
        except BaseException as error:
            await self._return(client, error)
            raise
        self._keep(client)
        return Delivered(reply.code, _clean(reply.message))

    async def _connect(self, envelope: Envelope) -> SMTP:
        relay = self._relay
        client = SMTP(
            hostname=relay.host,
            port=relay.port,
            username=relay.username or None,
            password=relay.password or None,
            local_hostname=envelope.sender.rpartition("@")[2],
            timeout=None,  # the message's own deadline stands around everything
            use_tls=relay.security == "tls",
            start_tls=relay.security == "starttls",
            tls_context=self._tls,
        )
        try:
            await client.connect()
        except SMTPResponseException as error:
            client.close()
            raise SMTPException(f"{error.code} {error.message}") from error
        except ValueError as error:  # a host name that is none
            client.close()
            raise SMTPException(str(error)) from error
        except BaseException:
            client.close()
            raise
        return client

    def _reusable(self) -> SMTP | None:
        while self._idle:
            client, since = self._idle.pop()
            if client.is_connected and self._clock() - since < IDLE_SECONDS:
                return client
            client.close()
        return None

    async def _return(self, client: SMTP, error: BaseException) -> None:
        """Back to the pool after a refusal that leaves the conversation in step; otherwise closed."""
        in_step = isinstance(error, SMTPResponseException) and error.code not in {MALFORMED, CLOSING}
        if in_step and client.is_connected:
            await self._reset(client)
        else:
            client.close()

    async def _reset(self, client: SMTP) -> None:
        """End the transaction that was begun and keep the connection, if the relay agrees."""
        try:
            await client.rset()
        except (SMTPException, OSError):
            client.close()
        except BaseException:
            client.close()
            raise
        else:
            self._keep(client)

    def _keep(self, client: SMTP) -> None:
        if self._closed or not client.is_connected:
            client.close()
        else:
            self._idle.append((client, self._clock()))


async def _address(client: SMTP, envelope: Envelope) -> None:
    await client.mail(envelope.sender)
    await client.rcpt(envelope.recipient)


async def _farewell(client: SMTP) -> None:
    try:
        async with asyncio.timeout(FAREWELL_SECONDS):
            await client.quit()
    except (SMTPException, OSError, TimeoutError):
        pass
    finally:
        client.close()


def _dead(client: SMTP, error: BaseException) -> bool:
    """The relay had closed the idle connection, or says that it does so now: nothing was accepted yet."""
    if isinstance(error, SMTPResponseException):
        return error.code == CLOSING
    return isinstance(error, SMTPException | OSError) and not client.is_connected


def _failure(error: Exception) -> Failure:
    if isinstance(error, SMTPResponseException) and error.code != MALFORMED:
        about_message = (
            isinstance(error, SMTPRecipientRefused | SMTPDataError) and error.code != AUTHENTICATION_REQUIRED
        )
        return Failure(text=_clean(error.message), code=error.code, permanent=about_message and error.code >= 500)
    return Failure(text=_clean(str(error)) or type(error).__name__)


def _clean(text: str) -> str:
    """A server's words, fit to be stored and shown: one line, no control characters, not endless."""
    plain = text.encode("utf-8", "replace").decode("utf-8")
    return re.sub(r"[\x00-\x1f\x7f-\x9f]+", " ", plain).strip()[:REPLY_LENGTH]
