"""Answers and bounces are fetched from a mailbox of a real IMAP server: each counts once, none is lost."""

import asyncio
import imaplib
import shutil
import socket
import sqlite3
import ssl
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace
from structlog.testing import capture_logs

from scheduler.config import Replies
from scheduler.inbox.mailbox import Mailbox as ImapMailbox
from scheduler.inbox.mailbox import MailboxError
from tests.answering import Taking, taking
from tests.bouncing import bounced
from tests.replying import DIALECTS, Answering
from tests.service import Process, free_port
from tests.smtp import SmtpSink

USER, PASSWORD = "agenda", "a mailbox's password"
SERVER = "from pymap.main import main; main()"


class Mailbox(Process):
    """A mailbox on a server of its own: `port`, `put` a mail in, and what is still `unread`."""

    def __init__(self, folder: Path, certificate: Path | None = None, password: str = PASSWORD) -> None:
        self.port = free_port()
        tls = ["--cert", str(certificate), "--key", str(certificate)] if certificate else ["--no-tls"]
        options = ["--host", "127.0.0.1", "--port", str(self.port), *tls, "dict"]
        user = ["--demo-user", USER, "--demo-password", password]
        super().__init__([sys.executable, "-c", SERVER, *options, *user], folder / "imap.log")

    def start(self) -> None:
        """Start it and wait until it takes connections."""
        super().start()
        deadline = time.monotonic() + 30
        while True:
            with suppress(OSError), socket.create_connection(("127.0.0.1", self.port), timeout=1):
                return
            if not self.alive or time.monotonic() > deadline:
                raise self.fail("it takes no connections")
            time.sleep(0.05)

    def connected(self) -> imaplib.IMAP4:
        """A connection of the test's own, with the folder open."""
        client = imaplib.IMAP4("127.0.0.1", self.port, timeout=10)
        client.login(USER, PASSWORD)
        client.select("INBOX")
        return client

    def put(self, *mails: bytes) -> None:
        """Deliver mails."""
        with self.connected() as client:
            for mail in mails:
                assert client.append("INBOX", "", "", mail)[0] == "OK"

    def found(self, *search: str) -> list[bytes]:
        """The numbers of the mails that a search finds."""
        with self.connected() as client:
            return list((client.uid("SEARCH", *search)[1][0] or b"").split())

    def make_unread(self) -> None:
        """As if the service had died before it marked them."""
        with self.connected() as client:
            client.uid("STORE", "1:*", "-FLAGS.SILENT", r"(\Seen)")


@pytest.fixture
def mailbox(tmp_path: Path) -> Iterator[Mailbox]:
    """An empty mailbox."""
    with Mailbox(tmp_path) as one:
        one.start()
        yield one


@pytest.fixture
async def fetching(
    tmp_path: Path, mailbox: Mailbox, smtp_sink: SmtpSink, prepared: tuple[Path, dict[str, str]]
) -> AsyncIterator[Taking]:
    """A service that looks into the mailbox every second."""
    shutil.copy(prepared[0], tmp_path / "enspired.db")
    async with reading(tmp_path, mailbox, smtp_sink, keys=prepared[1]) as one:
        yield one


def reading(folder: Path, mailbox: Mailbox, sink: SmtpSink, **more: Any) -> AbstractAsyncContextManager[Taking]:
    """A service that fetches."""
    return taking(
        folder,
        sink,
        replies__mode="imap",
        replies__host="127.0.0.1",
        replies__port=mailbox.port,
        replies__security="none",
        replies__username=USER,
        replies__password=PASSWORD,
        replies__poll_seconds=1,
        replies__max_bytes=40_000,
        **more,
    )


async def until(door: Taking, outcome: str, count: int = 1) -> None:
    """Waits until so many mails came to an end."""
    deadline = time.monotonic() + 20
    while (found := await door.counts()).get(outcome, 0) < count:
        assert time.monotonic() < deadline, found
        await asyncio.sleep(0.05)


async def unread(mailbox: Mailbox) -> int:
    """How many mails are not marked as read yet, once marking what was taken had its time."""
    for _ in range(100):
        if not (left := len(await asyncio.to_thread(mailbox.found, "UNSEEN"))):
            break
        await asyncio.sleep(0.05)
    return left


async def registered(door: Taking) -> tuple[dict[str, Any], dict[str, Any], str]:
    """An event with one registration, and the address that its attendee's calendar answers to."""
    event = await door.api.event()
    found = await door.api.register(event, "ana@example.org")
    return event, found, door.links.reply_address(found["id"])


def said(event: dict[str, Any], to: str) -> Answering:
    """A no to the invitation."""
    return Answering(uid=event["uid"], attendee="ana@example.org", to=to)


async def test_answers_are_fetched_and_marked_as_read(fetching: Taking, mailbox: Mailbox) -> None:
    event, found, to = await registered(fetching)
    await asyncio.to_thread(
        mailbox.put, DIALECTS["outlook"](said(event, to)), b"Subject: Hello\r\nTo: a@b\r\n\r\nhi\r\n"
    )
    await until(fetching, "withdrawn")
    await until(fetching, "not-ours")
    assert (await fetching.registration(found))["state"] == "cancelled"
    assert await unread(mailbox) == 0
    assert len(await asyncio.to_thread(mailbox.found, "ALL")) == 2  # nothing is deleted


async def test_a_mail_that_was_taken_but_not_marked_is_harmless(
    fetching: Taking, mailbox: Mailbox, smtp_sink: SmtpSink
) -> None:
    event, found, to = await registered(fetching)
    await asyncio.to_thread(mailbox.put, DIALECTS["google"](said(event, to)))
    await until(fetching, "withdrawn")
    assert await unread(mailbox) == 0
    await smtp_sink.wait_for(2)
    revision = (await fetching.registration(found))["revision"]
    await asyncio.to_thread(mailbox.make_unread)
    await until(fetching, "repeated")
    assert (await fetching.registration(found))["revision"] == revision
    assert len(smtp_sink.messages) == 2


async def test_what_came_while_the_service_was_down_is_fetched_at_its_start(
    tmp_path: Path, mailbox: Mailbox, smtp_sink: SmtpSink
) -> None:
    async with reading(tmp_path, mailbox, smtp_sink) as one:
        event, found, to = await registered(one)
        keys = one.api.keys
    await asyncio.to_thread(mailbox.put, DIALECTS["apple"](said(event, to)))
    async with reading(tmp_path, mailbox, smtp_sink, keys=keys) as one:
        await until(one, "withdrawn")
        assert (await one.registration(found))["state"] == "cancelled"


async def test_a_bounce_finds_its_mail_by_the_address_that_the_server_noted(
    fetching: Taking, mailbox: Mailbox, smtp_sink: SmtpSink
) -> None:
    await registered(fetching)
    (sent,) = await smtp_sink.wait_for(1)
    report = bounced("postmaster@example.org")
    await asyncio.to_thread(mailbox.put, b"Delivered-To: " + sent.mail_from.upper().encode() + b"\r\n" + report)
    await until(fetching, "bounced")


async def test_while_the_database_is_away_a_mail_stays_unread(
    tmp_path: Path, mailbox: Mailbox, smtp_sink: SmtpSink
) -> None:
    async with reading(tmp_path, mailbox, smtp_sink, database__busy_timeout_seconds=0) as one:
        event, found, to = await registered(one)
        await one.all_sent(event)
        other = sqlite3.connect(tmp_path / "enspired.db", isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        with capture_logs() as heard:
            await asyncio.to_thread(mailbox.put, DIALECTS["evolution"](said(event, to)))
            while "inbox.put_off" not in [line["event"] for line in heard]:
                await asyncio.sleep(0.05)
            assert len(await asyncio.to_thread(mailbox.found, "UNSEEN")) == 1
            other.execute("ROLLBACK")
        other.close()
        await until(one, "withdrawn")
        assert (await one.registration(found))["state"] == "cancelled"


async def test_a_mail_that_is_too_large_is_passed_over_unopened(fetching: Taking, mailbox: Mailbox) -> None:
    event, _, to = await registered(fetching)
    large = DIALECTS["google"](said(event, to)) + b"x" * 76 * 1000
    await asyncio.to_thread(mailbox.put, large, DIALECTS["google"](said(event, to)))
    await until(fetching, "too-large")
    await until(fetching, "withdrawn")
    assert await unread(mailbox) == 0


async def test_a_mailbox_that_goes_away_is_asked_again_and_the_service_goes_on(
    fetching: Taking, mailbox: Mailbox, capfd: pytest.CaptureFixture[str]
) -> None:
    event, _, to = await registered(fetching)
    await asyncio.to_thread(mailbox.kill)
    await asyncio.sleep(1.5)
    assert (await fetching.api.nobody.get("/healthz")).status_code == 200
    await asyncio.to_thread(mailbox.start)
    await asyncio.to_thread(mailbox.put, DIALECTS["thunderbird"](said(event, to)))
    await until(fetching, "withdrawn")
    heard = "".join(capfd.readouterr())
    assert "mailbox.unreadable" in heard
    for private in (PASSWORD, to, "ana@example.org"):
        assert private not in heard


async def test_stopping_does_not_wait_for_a_mailbox_that_says_nothing(tmp_path: Path, smtp_sink: SmtpSink) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        mailbox = Mailbox(tmp_path)
        mailbox.port = silent.getsockname()[1]
        async with reading(tmp_path, mailbox, smtp_sink):
            await asyncio.sleep(0.5)
            before = time.monotonic()
        assert time.monotonic() - before < 8


@pytest.mark.parametrize("trusted", [True, False])
async def test_a_password_goes_only_to_a_server_that_somebody_vouches_for(
    tmp_path: Path, certificate: Path, trusted: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if trusted:
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate.with_suffix(".crt")))
    settings = Replies(
        mode="imap",
        host="localhost",
        security="starttls",
        username=USER,
        password=PASSWORD,
        port=0,
    )
    with Mailbox(tmp_path, certificate) as mailbox:
        await asyncio.to_thread(mailbox.start)
        reader = reading_of(replace(settings, port=mailbox.port))
        if trusted:
            assert await asyncio.to_thread(reader) == 0
        else:
            with pytest.raises(MailboxError, match="SSLCertVerificationError"):
                await asyncio.to_thread(reader)


@asynccontextmanager
async def encrypted(mailbox: Mailbox, certificate: Path) -> AsyncIterator[int]:
    """The mailbox behind a port that speaks TLS from the first octet, as port 993 does; that port."""

    async def pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while octets := await reader.read(65_536):
                writer.write(octets)
                await writer.drain()
            writer.close()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        inner_reader, inner_writer = await asyncio.open_connection("127.0.0.1", mailbox.port)
        await asyncio.gather(pump(reader, inner_writer), pump(inner_reader, writer))

    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate)
    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=context)
    async with server:
        yield server.sockets[0].getsockname()[1]


@pytest.mark.parametrize("trusted", [True, False])
async def test_over_tls_mails_are_read_from_a_server_that_somebody_vouches_for_and_from_no_other(
    tmp_path: Path, mailbox: Mailbox, certificate: Path, trusted: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if trusted:
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate.with_suffix(".crt")))
    await asyncio.to_thread(mailbox.put, b"Subject: one\r\n\r\nbody\r\n")
    async with encrypted(mailbox, certificate) as port:
        settings = Replies(mode="imap", host="localhost", port=port, username=USER, password=PASSWORD)
        assert settings.security == "tls"
        if trusted:
            assert await asyncio.to_thread(reading_of(settings)) == 1
        else:
            with pytest.raises(MailboxError, match="SSLCertVerificationError"):
                await asyncio.to_thread(reading_of(settings))
    unread = await asyncio.to_thread(mailbox.found, "UNSEEN")
    assert len(unread) == (0 if trusted else 1)


async def test_a_server_that_speaks_no_tls_is_not_spoken_to_in_the_clear(mailbox: Mailbox) -> None:
    settings = Replies(mode="imap", host="localhost", port=mailbox.port, username=USER, password=PASSWORD)
    with pytest.raises(MailboxError, match="no connection: SSLError"):
        await asyncio.to_thread(reading_of(settings))


async def test_a_password_may_hold_letters_beyond_ascii(tmp_path: Path) -> None:
    with Mailbox(tmp_path, password="mot de passé") as mailbox:
        await asyncio.to_thread(mailbox.start)
        settings = Replies(
            mode="imap", host="127.0.0.1", port=mailbox.port, security="none", username=USER, password="mot de passé"
        )
        assert await asyncio.to_thread(reading_of(settings)) == 0
        with pytest.raises(MailboxError, match="not accepted"):
            await asyncio.to_thread(reading_of(replace(settings, password="passé")))
        with pytest.raises(MailboxError, match="no such folder"):
            await asyncio.to_thread(reading_of(replace(settings, folder="Réponses")))


def reading_of(settings: Replies) -> Callable[[], int]:
    """One look into a mailbox, without a service behind it."""
    return lambda: ImapMailbox(settings).read(lambda _: True, lambda _: None)
