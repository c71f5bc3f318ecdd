"""Delivery through a relay, against real servers: what is taken, refused, lost, and what must never be sent."""

import asyncio
import shutil
import ssl
import subprocess
import time
from pathlib import Path

import pytest
from msgspec.structs import replace

from scheduler.mail.compose import compose, envelope
from scheduler.mail.rate import Bucket
from scheduler.mail.smtp import Relay, SmtpTransport
from scheduler.mail.transport import Delivered, Delivery, Envelope, Refused, Withdrawn
from scheduler.mail.writer import Writer
from scheduler.texts import load_catalogues
from tests.raw_smtp import HANG_UP, SILENCE, RawServer
from tests.scheduler.letters import letter
from tests.smtp import HANG_UP as SINK_HANGS_UP
from tests.smtp import SmtpSink

MAIL = Writer(load_catalogues()).write(letter("reminder", "fr"))
SIMPLE = envelope(MAIL)


async def yes() -> bool:
    return True


async def no() -> bool:
    return False


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


async def test_what_arrives_is_what_was_written(smtp_sink: SmtpSink) -> None:
    assert isinstance(await send(smtp_sink), Delivered)
    (received,) = smtp_sink.messages
    assert received.rcpt_tos == ("ana@example.org",)
    assert received.mail_from == "agenda@agenda.example.org"
    assert received.content == SIMPLE.data
    message = received.message
    text, html = message.get_body(("plain",)), message.get_body(("html",))
    assert text
    assert html
    assert text.get_content().replace("\r\n", "\n") == MAIL.text
    assert html.get_content().replace("\r\n", "\n") == MAIL.html + "\n"
    assert message["Subject"] == MAIL.subject
    assert received.message_id == MAIL.message_id


async def test_one_connection_carries_many_mails_and_few_carry_a_crowd() -> None:
    async with RawServer.running() as server:
        transport = SmtpTransport(relay(server.port, connections=3, messages_per_minute=60_000), time.monotonic)
        for _ in range(5):
            assert isinstance(await transport.deliver(SIMPLE, yes), Delivered)
        assert server.connections == 1
        deliveries = await asyncio.gather(*(transport.deliver(SIMPLE, yes) for _ in range(30)))
        assert all(isinstance(one, Delivered) for one in deliveries)
        assert server.connections == 3
        await transport.close()
        assert server.count("QUIT") == 3


async def test_what_is_no_longer_wanted_never_leaves() -> None:
    async with RawServer.running() as server:
        transport = SmtpTransport(relay(server.port), time.monotonic)
        assert isinstance(await transport.deliver(SIMPLE, no), Withdrawn)
        assert (server.count("RCPT"), server.count("DATA"), server.count("RSET")) == (1, 0, 1)
        assert isinstance(await transport.deliver(SIMPLE, yes), Delivered)
        assert server.connections == 1
        await transport.close()


@pytest.mark.parametrize(("stage", "reply", "code", "permanent"), [
    ("RCPT", "550 5.1.1 no such person", 550, True), ("RCPT", "450 4.2.0 greylisted", 450, False),
    ("DATA", "554 5.7.1 not wanted", 554, True), ("DATA", "452 4.3.1 full", 452, False),
    (".", "552 5.3.4 too big", 552, True), (".", "451 4.3.0 later", 451, False),
    ("MAIL", "451 4.3.0 later", 451, False), ("MAIL", "550 5.7.1 this sender may not", 550, False),
    ("RCPT", "530 5.7.0 sign in first", 530, False),
])  # fmt: skip
async def test_an_answer_decides_whether_to_try_again(stage: str, reply: str, code: int, permanent: bool) -> None:
    async with RawServer.running({stage: [reply]}) as server:
        failure = refusal(await send(server)).failure
        assert (failure.code, failure.permanent) == (code, permanent)
        assert failure.text == reply[4:]


@pytest.mark.parametrize("says", [
    {"CONNECT": ["554 we know you"]}, {"CONNECT": [HANG_UP]}, {"EHLO": [HANG_UP]}, {"MAIL": [HANG_UP]},
    {"RCPT": [HANG_UP]}, {"DATA": [HANG_UP]}, {".": [HANG_UP]}, {"RCPT": ["gibberish"]}, {"CONNECT": ["421 busy"]},
    {"MAIL": ["421 going down"]}, {"EHLO": ["500 what?"], "HELO": ["500 what?"]},
])  # fmt: skip
async def test_a_relay_in_trouble_is_tried_again_later(says: dict[str, list[str]]) -> None:
    async with RawServer.running(says) as server:
        failure = refusal(await send(server)).failure
        assert not failure.permanent
        assert failure.text


async def test_nobody_listening_is_tried_again_later() -> None:
    async with RawServer.running() as server:
        port = server.port
    transport = SmtpTransport(relay(port), time.monotonic)
    assert not refusal(await transport.deliver(SIMPLE, yes)).failure.permanent


@pytest.mark.parametrize("stage", ["CONNECT", "EHLO", "MAIL", "RCPT", "DATA", "."])
async def test_silence_ends_with_the_messages_deadline(stage: str) -> None:
    async with RawServer.running({stage: [SILENCE]}) as server:
        before = time.monotonic()
        failure = refusal(await send(server, timeout_seconds=0.3)).failure
        assert "longer than 0.3 seconds" in failure.text
        assert time.monotonic() - before < 2


async def test_a_dead_idle_connection_costs_nobody_a_mail() -> None:
    async with RawServer.running() as server:
        transport = SmtpTransport(relay(server.port), time.monotonic)
        assert isinstance(await transport.deliver(SIMPLE, yes), Delivered)
        server.hang_up()
        await asyncio.sleep(0.05)
        assert isinstance(await transport.deliver(SIMPLE, yes), Delivered)
        assert (server.connections, len(server.bodies)) == (2, 2)
        await transport.close()


async def test_a_relay_that_limits_mails_per_connection_is_asked_on_a_new_one() -> None:
    async with RawServer.running({"MAIL": ["250 ok", "421 enough for one connection", "250 ok"]}) as server:
        transport = SmtpTransport(relay(server.port), time.monotonic)
        for _ in range(2):
            assert isinstance(await transport.deliver(SIMPLE, yes), Delivered)
        assert (server.connections, len(server.bodies)) == (2, 2)
        await transport.close()


async def test_an_unknown_end_is_not_repeated_within_the_same_attempt() -> None:
    async with RawServer.running({".": ["250 taken", HANG_UP]}) as server:
        transport = SmtpTransport(relay(server.port), time.monotonic)
        assert isinstance(await transport.deliver(SIMPLE, yes), Delivered)
        assert not refusal(await transport.deliver(SIMPLE, yes)).failure.permanent
        assert len(server.bodies) == 2
        await transport.close()


async def test_a_refused_recipient_does_not_poison_the_next_one(smtp_sink: SmtpSink) -> None:
    smtp_sink.answer("RCPT", "550 5.1.1 unknown", address="bad@example.org", always=True)
    bad = replace(SIMPLE, recipient="bad@example.org")
    transport = SmtpTransport(relay(smtp_sink.port, connections=1), time.monotonic)
    for _ in range(3):
        assert refusal(await transport.deliver(bad, yes)).failure.permanent
        assert isinstance(await transport.deliver(SIMPLE, yes), Delivered)
    await transport.close()
    assert [one.rcpt_tos for one in smtp_sink.messages] == [("ana@example.org",)] * 3


async def test_a_lost_answer_counts_as_failed_for_now(smtp_sink: SmtpSink) -> None:
    smtp_sink.answer("DATA", SINK_HANGS_UP)
    assert not refusal(await send(smtp_sink)).failure.permanent
    assert isinstance(await send(smtp_sink), Delivered)
    assert len({one.message_id for one in smtp_sink.received}) == 1


@pytest.mark.parametrize("hostile", [
    "ana@example.org\r\nRCPT TO:<spy@example.org>", "ana@example.org,spy@example.org",
    "ana@example.org spy@example.org",
    "<ana@example.org>", "ana@example.org> SIZE=1", "ana@exämple.org", "änä@example.org", "", "ana",
    "a\0na@example.org", '"ana perez"@example.org', "ana@example.org\u2028", "ana@[127.0.0.1]",
    "x" * 300 + "@example.org", "ANA@EXAMPLE.ORG",
])  # fmt: skip
async def test_an_address_that_is_not_one_plain_address_opens_no_connection(hostile: str) -> None:
    async with RawServer.running() as server:
        for one in (replace(SIMPLE, recipient=hostile), replace(SIMPLE, sender=hostile)):
            assert refusal(await send(server, one)).failure.permanent
        assert server.connections == 0


async def test_a_fault_of_the_caller_is_not_hidden_as_a_failed_mail() -> None:
    async def broken() -> bool:
        raise RuntimeError("the database is away")

    async with RawServer.running() as server:
        transport = SmtpTransport(relay(server.port, connections=1), time.monotonic)
        with pytest.raises(RuntimeError):
            await transport.deliver(SIMPLE, broken)
        assert server.count("DATA") == 0
        assert isinstance(await transport.deliver(SIMPLE, yes), Delivered)
        await transport.close()


# -- TLS -----------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A key and a self-signed certificate for localhost, made now."""
    program = shutil.which("openssl")
    if program is None:
        pytest.skip("no openssl program here to make a certificate with")
    file = tmp_path_factory.mktemp("tls") / "both.pem"
    subprocess.run(
        f"{program} req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost "
        f"-addext subjectAltName=DNS:localhost -keyout {file} -out {file.with_suffix('.crt')}".split(),
        check=True,
        capture_output=True,
    )
    file.write_text(file.read_text() + file.with_suffix(".crt").read_text())
    return file


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


# -- the relay's rate ------------------------------------------------------------------------------------------------


def test_the_bucket_lets_through_what_the_relay_bears() -> None:
    now = 0.0
    bucket = Bucket(120, lambda: now)
    assert bucket.ready == 2
    assert [bucket.take() for _ in range(4)] == [0.0, 0.0, 0.5, 1.0]
    assert bucket.ready == 0
    now = 2.5
    assert bucket.ready == 2
    bucket.take()
    bucket.give_back()
    assert bucket.ready == 2


async def test_a_rate_is_kept_and_room_says_what_is_left() -> None:
    async with RawServer.running() as server:
        transport = SmtpTransport(relay(server.port, messages_per_minute=600, connections=20), time.monotonic)
        assert transport.room() == 10
        before = time.monotonic()
        await asyncio.gather(*(transport.deliver(SIMPLE, yes) for _ in range(14)))
        assert 0.35 < time.monotonic() - before < 3
        assert transport.room() <= 1
        await transport.close()


async def test_waiting_for_the_rate_ends_with_the_deadline_too() -> None:
    async with RawServer.running() as server:
        transport = SmtpTransport(relay(server.port, messages_per_minute=1, timeout_seconds=0.3), time.monotonic)
        assert isinstance(await transport.deliver(SIMPLE, yes), Delivered)
        assert not refusal(await transport.deliver(SIMPLE, yes)).failure.permanent
        assert len(server.bodies) == 1
        await transport.close()


def test_the_same_mail_gives_the_same_bytes() -> None:
    assert compose(MAIL) == compose(MAIL) == SIMPLE.data
