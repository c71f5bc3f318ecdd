"""From a relay's address to a conversation: aiosmtplib connects, greets, encrypts as configured and signs in."""

import asyncio
import ssl
from base64 import b64encode
from collections.abc import Callable
from typing import Literal, cast

from aiosmtplib import SMTP, SMTPStatus
from aiosmtplib.errors import SMTPAuthenticationError, SMTPException, SMTPHeloError, SMTPResponseException
from msgspec import Struct

from scheduler.config.settings import Mail
from scheduler.mail.conversation import Conversation
from scheduler.mail.oauth import Grant, TokenRefused, Tokens


class Relay(Struct, frozen=True, kw_only=True):
    """How to reach a relay and what it bears. `timeout_seconds` covers one message's whole delivery.

    `security`: `starttls` (refused when the relay does not offer it), `tls` from the first byte, or `none`. With
    `tokens` an OAuth2 access token is shown (XOAUTH2, or OAUTHBEARER, RFC 7628) in place of the password.
    """

    host: str
    port: int = 587
    security: Literal["starttls", "tls", "none"] = "starttls"
    username: str = ""
    password: str = ""
    tokens: Tokens | None = None
    connections: int = 4
    messages_per_minute: int = 300
    timeout_seconds: float = 30


def relay_of(mail: Mail, clock: Callable[[], float]) -> Relay:
    """The relay that is configured. `clock` is monotonic, in seconds."""
    grant = Grant(
        token_url=mail.oauth_token_url,
        client_id=mail.oauth_client_id,
        client_secret=mail.oauth_client_secret,
        refresh_token=mail.oauth_refresh_token,
        scope=mail.oauth_scope,
    )
    return Relay(
        host=mail.host,
        port=mail.port,
        security=mail.security,
        username=mail.username,
        password=mail.password,
        tokens=Tokens(grant, clock) if mail.auth == "xoauth2" else None,
        connections=mail.connections,
        messages_per_minute=mail.messages_per_minute,
        timeout_seconds=mail.timeout_seconds,
    )


class Unreachable(Exception):
    """There is no way to this relay now: its words, or what stood in the way."""


async def converse(relay: Relay, domain: str, tls: ssl.SSLContext) -> Conversation:
    """A conversation in which the next word is MAIL; `domain` is who we say we are. Raises Unreachable."""
    client = SMTP(
        hostname=relay.host,
        port=relay.port,
        local_hostname=domain,
        timeout=None,  # the message's own deadline stands around everything
        use_tls=relay.security == "tls",
        start_tls=relay.security == "starttls",
        tls_context=tls,
    )
    try:
        await client.connect()
        if client.is_ehlo_or_helo_needed:
            await _greet(client)
        await sign_in(client, relay)
        return Conversation(
            cast("asyncio.Transport", client.transport), pipelining=client.supports_extension("pipelining")
        )
    except SMTPResponseException as error:
        client.close()
        raise Unreachable(f"{error.code} {error.message}") from error
    except (SMTPException, OSError, ValueError, TokenRefused) as error:  # ValueError: a host name that is none
        client.close()
        raise Unreachable(str(error) or type(error).__name__) from error
    except BaseException:
        client.close()
        raise


async def sign_in(client: SMTP, relay: Relay) -> None:
    """Signs in as configured, if at all. Raises SMTPException, OSError or TokenRefused."""
    if relay.tokens is not None:
        await _show_token(client, relay.username, relay.tokens)
    elif relay.username:
        await client.login(relay.username, relay.password)


async def _greet(client: SMTP) -> None:
    try:
        await client.ehlo()
    except SMTPHeloError:
        if not client.is_connected:
            raise
        await client.helo()


async def _show_token(client: SMTP, username: str, tokens: Tokens) -> None:
    """A token that is refused may have been revoked before its time: once more with a fresh one."""
    if client.is_ehlo_or_helo_needed:
        await _greet(client)
    if not {"xoauth2", "oauthbearer"} & set(client.server_auth_methods):
        raise SMTPException("The mail server offers neither XOAUTH2 nor OAUTHBEARER.")
    try:
        await _bear(client, username, await tokens.get())
    except SMTPResponseException:
        if not client.is_connected:
            raise
        tokens.forget()
        await _bear(client, username, await tokens.get())


async def _bear(client: SMTP, username: str, token: str) -> None:
    """XOAUTH2 where it is offered, as both large providers do; else its standard, OAUTHBEARER (RFC 7628)."""
    if "xoauth2" in client.server_auth_methods:
        await client.auth_xoauth2(username, token)
        return
    words = f"n,a={username},\x01auth=Bearer {token}\x01\x01"
    reply = await client.execute_command(b"AUTH", b"OAUTHBEARER", b64encode(words.encode()))
    if reply.code == SMTPStatus.auth_continue:  # the error stands in the challenge; section 3.2.3 answers it so
        reply = await client.execute_command(b64encode(b"\x01"))
    if reply.code != SMTPStatus.auth_successful:
        raise SMTPAuthenticationError(reply.code, reply.message)
