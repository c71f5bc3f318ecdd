"""A test mail through a real server, told in words: connection, encryption, sign-in, answer."""

import socket
from datetime import UTC, datetime

from msgspec.structs import replace

from scheduler.cli.trying import envelope_to
from scheduler.config import Config
from scheduler.mail.connecting import Relay
from scheduler.mail.trial import Step, trial
from tests.smtp import SmtpSink

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


async def tried(shipped: Config, port: int, **changes: object) -> tuple[Step, ...]:
    """The steps of a test mail to one address."""
    relay = replace(Relay(host="127.0.0.1", port=port, security="none", timeout_seconds=5), **changes)
    return await trial(relay, envelope_to("you@example.org", shipped, NOW))


async def test_a_mail_that_is_taken_says_so_with_the_servers_own_words(smtp_sink: SmtpSink, shipped: Config) -> None:
    steps = await tried(shipped, smtp_sink.port)
    assert [step.what for step in steps] == ["connection", "encryption", "sign-in", "delivery"]
    assert all(step.good for step in steps)
    assert "everybody on the way can read the mail" in steps[1].words
    (arrived,) = await smtp_sink.wait_for(1)
    assert arrived.rcpt_tos == ("you@example.org",)
    assert arrived.message["Auto-Submitted"] == "auto-generated"


async def test_a_refusal_is_told_with_its_code(smtp_sink: SmtpSink, shipped: Config) -> None:
    smtp_sink.answer("RCPT", "550 no such box here")
    steps = await tried(shipped, smtp_sink.port)
    assert [(step.what, step.good) for step in steps][-1] == ("delivery", False)
    assert steps[-1].words == "the mail server says 550 no such box here"


async def test_encryption_that_is_asked_for_and_absent_ends_it(smtp_sink: SmtpSink, shipped: Config) -> None:
    steps = await tried(shipped, smtp_sink.port, security="starttls")
    assert [(step.what, step.good) for step in steps] == [("connection", True), ("encryption", False)]
    assert smtp_sink.received == []


async def test_a_sign_in_that_is_not_offered_ends_it(smtp_sink: SmtpSink, shipped: Config) -> None:
    steps = await tried(shipped, smtp_sink.port, username="agenda", password="not-a-real-one")
    assert [(step.what, step.good) for step in steps][-1] == ("sign-in", False)
    assert smtp_sink.received == []


async def test_nobody_listening_is_said_of_the_connection(shipped: Config) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    (step,) = await tried(shipped, port)
    assert (step.what, step.good) == ("connection", False)
