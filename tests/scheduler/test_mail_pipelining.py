"""Groups of commands in one write (RFC 2920), and what a relay that is down costs: nothing to each mail."""

import asyncio
import time

import pytest
from msgspec.structs import replace

from scheduler.mail.line import Line
from scheduler.mail.smtp import Relay, SmtpTransport
from scheduler.mail.transport import Delivered, Envelope, Refused, Withdrawn
from tests.raw_smtp import HANG_UP, SILENCE, RawServer

OFFER = {"EHLO": ["250-raw.test\r\n250 PIPELINING"]}
SIMPLE = Envelope(
    sender="agenda@example.org",
    recipient="ana@example.org",
    message_id="<1@example.org>",
    data=b"Subject: dots\r\n\r\n.one\r\n..two\r\n.\r\nend\r\n",
)


async def yes() -> bool:
    return True


async def no() -> bool:
    return False


def transport_to(port: int, **changes: object) -> SmtpTransport:
    relay = Relay(host="127.0.0.1", port=port, security="none", timeout_seconds=5, messages_per_minute=60_000)
    return SmtpTransport(replace(relay, **changes), time.monotonic)


async def test_sender_recipient_and_the_wish_to_begin_travel_together() -> None:
    groups: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 hello\r\n")
        await reader.readline()
        writer.write(b"250-hello\r\n250 PIPELINING\r\n")
        groups.append(await reader.read(65_536))
        writer.write(b"250 ok\r\n250 ok\r\n354 go on\r\n")
        groups.append(await reader.readuntil(b"\r\n.\r\n"))
        writer.write(b"250 taken\r\n")
        await reader.read()
        writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        transport = transport_to(server.sockets[0].getsockname()[1])
        assert isinstance(await transport.deliver(SIMPLE, yes), Delivered)
        await transport.close()
    assert groups == [
        b"MAIL FROM:<agenda@example.org>\r\nRCPT TO:<ana@example.org>\r\nDATA\r\n",
        b"Subject: dots\r\n\r\n..one\r\n...two\r\n..\r\nend\r\n.\r\n",
    ]


async def test_what_is_no_longer_wanted_is_never_ended_and_so_never_taken() -> None:
    async with RawServer.running(OFFER) as server:
        transport = transport_to(server.port)
        assert isinstance(await transport.deliver(SIMPLE, no), Withdrawn)
        assert isinstance(await transport.deliver(SIMPLE, yes), Delivered)
        assert (server.connections, len(server.bodies)) == (2, 1)
        await transport.close()


@pytest.mark.parametrize(("says", "code", "permanent"), [
    ({"RCPT": ["550 nobody", "250 ok"], "DATA": ["554 nobody to send to", "354 go on"]}, 550, True),
    ({"RCPT": ["450 later", "250 ok"], "DATA": ["503 first a recipient", "354 go on"]}, 450, False),
    ({"DATA": ["451 not now", "354 go on"]}, 451, False),
    ({".": ["554 not that text", "250 taken"]}, 554, True),
])  # fmt: skip
async def test_a_refusal_within_a_group_is_told_apart_and_leaves_the_conversation_in_step(
    says: dict[str, list[str]], code: int, permanent: bool
) -> None:
    async with RawServer.running({**OFFER, **says}) as server:
        transport = transport_to(server.port)
        refused = await transport.deliver(SIMPLE, yes)
        assert isinstance(refused, Refused)
        assert (refused.failure.code, refused.failure.permanent, refused.again_in) == (code, permanent, None)
        assert isinstance(await transport.deliver(SIMPLE, yes), Delivered)
        assert server.connections == 1
        await transport.close()


async def test_a_text_that_is_awaited_though_nobody_gets_it_ends_with_a_lone_dot() -> None:
    heard: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 hello\r\n")
        await reader.readline()
        writer.write(b"250-hello\r\n250 PIPELINING\r\n")
        heard.extend([await reader.readline() for _ in range(3)])
        writer.write(b"250 ok\r\n550 nobody\r\n354 go on\r\n")
        heard.append(await reader.readline())
        writer.write(b"554 nothing sent\r\n")
        heard.append(await reader.readline())
        writer.write(b"250 reset\r\n")
        await reader.read()
        writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        transport = transport_to(server.sockets[0].getsockname()[1])
        refused = await transport.deliver(SIMPLE, yes)
        await transport.close()
    assert isinstance(refused, Refused)
    assert (refused.failure.code, heard[3:]) == (550, [b".\r\n", b"RSET\r\n"])


@pytest.mark.parametrize("says", [
    {"CONNECT": ["421 too many"]}, {"CONNECT": ["554 go away"]}, {"CONNECT": [HANG_UP]}, {"EHLO": [HANG_UP]},
    {"MAIL": ["451 not now"]}, {"MAIL": ["421 going down"]}, {"MAIL": [HANG_UP]}, {"RCPT": ["530 sign in first"]},
])  # fmt: skip
async def test_the_relays_own_trouble_is_nobodys_attempt(says: dict[str, list[str]]) -> None:
    async with RawServer.running(says) as server:
        transport = transport_to(server.port)
        refused = await transport.deliver(SIMPLE, yes)
        assert isinstance(refused, Refused)
        assert refused.again_in is not None
        assert 0 < refused.again_in <= 1
        assert transport.room() == 0


@pytest.mark.parametrize("says", [{"RCPT": [HANG_UP]}, {"RCPT": ["421 no"]}, {"DATA": ["421 no"]}, {".": [HANG_UP]}])
async def test_trouble_with_one_mail_is_its_own(says: dict[str, list[str]]) -> None:
    async with RawServer.running(says) as server:
        transport = transport_to(server.port)
        refused = await transport.deliver(SIMPLE, yes)
        assert isinstance(refused, Refused)
        assert refused.again_in is None
        assert transport.room() > 1


async def test_silence_before_the_recipient_is_named_is_the_relays_trouble_and_after_it_the_mails() -> None:
    for stage, relays in (("CONNECT", True), ("MAIL", True), ("RCPT", False), (".", False)):
        async with RawServer.running({stage: [SILENCE]}) as server:
            refused = await transport_to(server.port, timeout_seconds=0.2).deliver(SIMPLE, yes)
            assert isinstance(refused, Refused)
            assert (refused.again_in is not None) is relays


def test_a_relay_that_is_down_is_asked_ever_more_seldom_and_by_one_mail_at_a_time() -> None:
    now = 100.0
    line = Line(lambda: now)
    waits = []
    for _ in range(8):
        waits.append(line.down("no"))
        line.down("another mail that was under way")
        now += waits[-1]
    assert waits == [1, 2, 4, 8, 16, 32, 60, 60]
    assert (line.trying, line.seconds_down) == (True, sum(waits))
    line.up()
    assert (line.trying, line.closed, line.seconds_down) == (False, False, 0)


def test_one_mail_that_fails_again_and_again_is_no_relay_that_is_down() -> None:
    now = 0.0
    line = Line(lambda: now)
    for address in ("a", "a", "b", "a"):
        line.failed(address)
        now += 100
    assert line.seconds_down == 0
    line.failed("c")
    assert line.seconds_down == 400
    line.up()
    assert line.seconds_down == 0
