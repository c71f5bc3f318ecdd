"""Asks a relay whether it would take mail from us, without sending any."""

import asyncio
import ssl

from aiosmtplib import SMTP
from aiosmtplib.errors import SMTPException

from scheduler.mail.smtp import Relay

SECONDS = 10.0


async def objection(relay: Relay, sender: str, *, tls: ssl.SSLContext | None = None) -> str:
    """Why the relay cannot be used, in a few words; empty when it greets, encrypts as configured and lets us in.

    `tls` replaces the usual context, which trusts the system's authorities.
    """
    client = SMTP(
        hostname=relay.host,
        port=relay.port,
        username=relay.username or None,
        password=relay.password or None,
        local_hostname=sender.rpartition("@")[2],
        timeout=SECONDS,
        use_tls=relay.security == "tls",
        start_tls=relay.security == "starttls",
        tls_context=tls or ssl.create_default_context(),
    )
    try:
        async with asyncio.timeout(SECONDS):
            await client.connect()
            await client.quit()
    except TimeoutError:
        return f"no answer within {SECONDS:.0f} seconds"
    except (SMTPException, OSError, ValueError) as error:
        return " ".join(str(error).split()) or type(error).__name__
    finally:
        client.close()
    return ""
