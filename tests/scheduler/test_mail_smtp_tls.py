"""TLS and passwords on the way to a relay: whom to trust, and that nothing goes out in the clear that should not."""

import ssl
import time
from pathlib import Path

import pytest

from scheduler.mail.smtp import SmtpTransport
from scheduler.mail.transport import Delivered
from tests.raw_smtp import RawServer
from tests.scheduler.smtp_sending import SIMPLE, refusal, relay, send, yes


@pytest.fixture
def server_tls(certificate: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.maximum_version = ssl.TLSVersion.TLSv1_2  # 1.3 tells our server of the client's refusal too late
    context.load_cert_chain(certificate)
    return context


@pytest.fixture
def client_tls(certificate: Path) -> ssl.SSLContext:
    """A client that trusts exactly this certificate."""
    return ssl.create_default_context(cafile=str(certificate.with_suffix(".crt")))


@pytest.mark.parametrize("security", ["starttls", "tls"])
async def test_tls_carries_login_and_mail(
    security: str, server_tls: ssl.SSLContext, client_tls: ssl.SSLContext
) -> None:
    greeting = {"EHLO": ["250-raw.test\r\n250-STARTTLS\r\n250 AUTH PLAIN"], "AUTH": ["235 welcome"]}
    async with RawServer.running(greeting, tls=server_tls, implicit=security == "tls") as server:
        settings = relay(server.port, host="localhost", security=security, username="agenda", password="secret")
        transport = SmtpTransport(settings, time.monotonic, tls=client_tls)
        delivery = await transport.deliver(SIMPLE, yes)
        await transport.close()
        assert isinstance(delivery, Delivered), delivery
        assert server.count("AUTH") == 1
        assert server.count("STARTTLS") == (security == "starttls")


@pytest.mark.parametrize("security", ["starttls", "tls"])
async def test_a_certificate_nobody_vouches_for_is_refused(security: str, server_tls: ssl.SSLContext) -> None:
    offer = {"EHLO": ["250-raw.test\r\n250 STARTTLS"]}
    async with RawServer.running(offer, tls=server_tls, implicit=security == "tls") as server:
        delivery = refusal(await send(server, host="localhost", security=security))
        assert "certificate" in delivery.failure.text.lower()
        assert server.count("MAIL") == 0


async def test_a_certificate_for_another_name_is_refused(
    server_tls: ssl.SSLContext, client_tls: ssl.SSLContext
) -> None:
    async with RawServer.running({}, tls=server_tls, implicit=True) as server:
        transport = SmtpTransport(relay(server.port, security="tls"), time.monotonic, tls=client_tls)
        assert "certificate" in refusal(await transport.deliver(SIMPLE, yes)).failure.text.lower()
        assert server.count("MAIL") == 0


async def test_a_relay_without_the_tls_we_ask_for_gets_no_mail() -> None:
    async with RawServer.running() as server:
        assert not refusal(await send(server, security="starttls")).failure.permanent
        assert (server.count("MAIL"), server.count("AUTH")) == (0, 0)


async def test_a_wrong_password_gives_up_no_mail(server_tls: ssl.SSLContext, client_tls: ssl.SSLContext) -> None:
    refusing = {"EHLO": ["250-raw.test\r\n250 AUTH PLAIN"], "AUTH": ["535 5.7.8 wrong"]}
    async with RawServer.running(refusing, tls=server_tls, implicit=True) as server:
        settings = relay(server.port, host="localhost", security="tls", username="agenda", password="wrong")
        failure = refusal(await SmtpTransport(settings, time.monotonic, tls=client_tls).deliver(SIMPLE, yes)).failure
        assert not failure.permanent
        assert "535" in failure.text
