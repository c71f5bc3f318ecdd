"""Delivery through a relay, against real servers: what is taken, refused, lost, and what must never be sent."""

import asyncio
import time

import pytest
from msgspec.structs import replace

from scheduler.mail.compose import compose
from scheduler.mail.rate import Bucket
from scheduler.mail.smtp import SmtpTransport
from scheduler.mail.transport import Delivered, Withdrawn
from tests.raw_smtp import HANG_UP, SILENCE, RawServer
from tests.scheduler.smtp_sending import MAIL, SIMPLE, refusal, relay, send, yes
from tests.smtp import HANG_UP as SINK_HANGS_UP
from tests.smtp import SmtpSink


async def no() -> bool:
    return False


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
