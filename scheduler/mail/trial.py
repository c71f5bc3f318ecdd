"""Sends one test mail through a relay and tells what happened on the way, step by step, in words."""

import asyncio
import re
import ssl

from aiosmtplib import SMTP
from aiosmtplib.errors import SMTPException, SMTPRecipientsRefused, SMTPResponseException
from msgspec import Struct

from scheduler.mail.connecting import Relay, sign_in
from scheduler.mail.oauth import TokenRefused
from scheduler.mail.transport import Envelope

_ORDER = ("connection", "encryption", "sign-in", "delivery")
_UNPRINTABLE = re.compile(r"[^\x20-\x7e]+")


class Step(Struct, frozen=True):
    """One step of the conversation: what was tried, how it went in words, and whether it went well."""

    what: str
    words: str
    good: bool = True


async def trial(relay: Relay, envelope: Envelope, *, tls: ssl.SSLContext | None = None) -> tuple[Step, ...]:
    """The steps up to the first that failed, at most connection, encryption, sign-in and delivery.

    `tls` replaces the usual context, which trusts the system's authorities. Takes at most the relay's timeout.
    """
    steps: list[Step] = []
    trust = tls or ssl.create_default_context()
    client = SMTP(
        hostname=relay.host,
        port=relay.port,
        local_hostname=envelope.sender.rpartition("@")[2],
        timeout=relay.timeout_seconds,
        use_tls=relay.security == "tls",
        start_tls=False,
        tls_context=trust,
    )
    try:
        async with asyncio.timeout(relay.timeout_seconds):
            await _steps(client, relay, envelope, steps, trust)
    except TimeoutError:
        steps.append(_failed(steps, f"no answer within {relay.timeout_seconds:g} seconds"))
    except SMTPRecipientsRefused as error:
        steps.append(_failed(steps, _refusal(error.recipients[0])))
    except SMTPResponseException as error:
        steps.append(_failed(steps, _refusal(error)))
    except (SMTPException, OSError, ValueError, TokenRefused) as error:
        steps.append(_failed(steps, _printable(str(error)) or type(error).__name__))
    finally:
        client.close()
    return tuple(steps)


async def _steps(client: SMTP, relay: Relay, envelope: Envelope, steps: list[Step], trust: ssl.SSLContext) -> None:
    await client.connect()
    steps.append(Step("connection", f"{relay.host}, port {relay.port}, answers"))
    if relay.security == "starttls":
        await client.starttls(tls_context=trust)
    steps.append(_encryption(client, relay))
    await sign_in(client, relay)
    steps.append(Step("sign-in", _signed_in(relay)))
    _, reply = await client.sendmail(envelope.sender, [envelope.recipient], envelope.data)
    steps.append(Step("delivery", f"taken for {envelope.recipient}: {_printable(reply)}"))
    await client.quit()


def _encryption(client: SMTP, relay: Relay) -> Step:
    if relay.security == "none":
        return Step("encryption", "none, as configured: everybody on the way can read the mail")
    version = client.get_transport_info("ssl_object")
    return Step("encryption", f"{version.version() if version else 'TLS'}, and the certificate is right")


def _signed_in(relay: Relay) -> str:
    if relay.tokens is not None:
        return f"as {relay.username}, with an access token (OAuth2)"
    return f"as {relay.username}" if relay.username else "none needed, as configured"


def _failed(steps: list[Step], words: str) -> Step:
    return Step(_ORDER[min(len(steps), len(_ORDER) - 1)], words, good=False)


def _refusal(error: SMTPResponseException) -> str:
    return f"the mail server says {error.code} {_printable(error.message)}"


def _printable(text: str) -> str:
    return " ".join(_UNPRINTABLE.sub(" ", text).split())[:500]
