"""Asks a relay whether it would take mail from us, without sending any."""

import asyncio
import ssl

from aiosmtplib import SMTP
from aiosmtplib.errors import SMTPException

from scheduler.mail.connecting import Relay, sign_in
from scheduler.mail.oauth import TokenRefused

SECONDS = 10.0


async def objection(relay: Relay, sender: str, *, tls: ssl.SSLContext | None = None) -> str:
    """Why the relay cannot be used, in a few words; empty when it greets, encrypts as configured and lets us in.

    `tls` replaces the usual context, which trusts the system's authorities.
    """
    client = SMTP(
        hostname=relay.host,
        port=relay.port,
        local_hostname=sender.rpartition("@")[2],
        timeout=SECONDS,
        use_tls=relay.security == "tls",
        start_tls=relay.security == "starttls",
        tls_context=tls or ssl.create_default_context(),
    )
    try:
        async with asyncio.timeout(SECONDS):
            await client.connect()
            await sign_in(client, relay)
            await client.quit()
    except TimeoutError:
        return f"no answer within {SECONDS:.0f} seconds"
    except (SMTPException, OSError, ValueError, TokenRefused) as error:
        return " ".join(str(error).split()) or type(error).__name__
    finally:
        client.close()
    return ""
