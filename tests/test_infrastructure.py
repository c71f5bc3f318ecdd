"""What the tests stand on is real itself: both databases, the mail server, the rule that a skip fails in CI."""

import asyncio
import json
import os
import smtplib
import subprocess
import sys
from email.message import EmailMessage
from pathlib import Path

import aiosmtplib
import pytest
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import create_async_engine

from scheduler.store.database import Database
from tests import postgres, sink
from tests.floors import ROOT
from tests.smtp import HANG_UP, SmtpSink


def mail(recipient: str = "amal@example.org", subject: str = "Guest lecture") -> EmailMessage:
    """A plain message."""
    message = EmailMessage()
    message["From"] = "agenda@example.org"
    message["To"] = recipient
    message["Subject"] = subject
    message["Message-ID"] = "<r.1.0@example.org>"
    message.set_content("Tomorrow at 14:30, Ghent")
    return message


async def test_every_test_has_an_empty_database_of_its_own(database_url: str, backend: str) -> None:
    engine = create_async_engine(database_url)
    async with engine.begin() as connection:
        assert connection.dialect.name == {"sqlite": "sqlite", "postgres": "postgresql"}[backend]
        await connection.execute(text("CREATE TABLE left_behind (id INTEGER)"))
    await engine.dispose()


@pytest.mark.parametrize("round_", [1, 2])
async def test_what_one_test_writes_the_next_does_not_see(database: Database, round_: int) -> None:
    def mark(connection: Connection) -> int:
        connection.execute(text("CREATE TABLE left_behind (id INTEGER)"))
        connection.execute(text("INSERT INTO left_behind VALUES (:id)"), {"id": round_})
        return int(connection.execute(text("SELECT count(*) FROM left_behind")).scalar_one())

    assert await database.write(mark) == 1


def test_the_postgres_server_ends_and_leaves_nothing() -> None:
    try:
        server = postgres.start()
    except postgres.CannotStart as reason:
        pytest.skip(str(reason))
    name = server.create()
    assert server.run_sql("SELECT current_setting('server_encoding')", name) == "UTF8"
    server.stop()
    assert not server.directory.exists()


def test_postgres_that_cannot_start_says_why_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(postgres.SETTINGS, "shared_buffers", "much")
    with pytest.raises(postgres.CannotStart, match=r"^[^\n]+$"):
        postgres.start()


async def test_the_sink_records_what_arrives(smtp_sink: SmtpSink) -> None:
    before = sink.arrival()
    await aiosmtplib.send(mail(), hostname=smtp_sink.host, port=smtp_sink.port)
    (received,) = await smtp_sink.wait_for(1)
    assert received.rcpt_tos == ("amal@example.org",)
    assert received.message_id == "<r.1.0@example.org>"
    assert received.message["Subject"] == "Guest lecture"
    assert before <= received.at <= sink.arrival()


async def test_the_sink_answers_what_it_is_told(smtp_sink: SmtpSink) -> None:
    smtp_sink.answer("DATA", "451 4.3.0 later")
    smtp_sink.answer("RCPT", "550 5.1.1 unknown", address="nobody@example.org", always=True)
    async with aiosmtplib.SMTP(hostname=smtp_sink.host, port=smtp_sink.port) as client:
        with pytest.raises(aiosmtplib.SMTPDataError) as later:
            await client.send_message(mail())
        assert later.value.code == 451
        for _ in range(2):
            with pytest.raises(aiosmtplib.SMTPRecipientsRefused):
                await client.send_message(mail("nobody@example.org"))
        await client.send_message(mail())
    assert [one.answer[:3] for one in smtp_sink.received] == ["451", "250"]
    assert len(smtp_sink.messages) == 1


async def test_the_sink_can_hang_up_after_the_data_so_that_the_sender_cannot_know(smtp_sink: SmtpSink) -> None:
    smtp_sink.answer("DATA", HANG_UP)
    with pytest.raises(aiosmtplib.SMTPServerDisconnected):
        await aiosmtplib.send(mail(), hostname=smtp_sink.host, port=smtp_sink.port)
    assert (len(smtp_sink.received), smtp_sink.messages) == (1, [])


async def test_a_stopped_sink_refuses_and_comes_back_on_its_port(smtp_sink: SmtpSink) -> None:
    port = smtp_sink.port
    lingering = aiosmtplib.SMTP(hostname=smtp_sink.host, port=port)
    await lingering.connect()
    smtp_sink.stop()
    with pytest.raises(aiosmtplib.SMTPConnectError):
        await aiosmtplib.send(mail(), hostname=smtp_sink.host, port=port)
    lingering.close()
    smtp_sink.start()
    await aiosmtplib.send(mail(), hostname=smtp_sink.host, port=port)
    assert len(await smtp_sink.wait_for(1)) == 1


def test_a_test_without_a_loop_can_use_the_sink(smtp_sink: SmtpSink) -> None:
    with smtplib.SMTP(smtp_sink.host, smtp_sink.port) as client:
        client.send_message(mail())
    assert len(smtp_sink.messages) == 1


def test_the_sink_process_has_the_message_on_disk_before_it_says_so(tmp_path: Path) -> None:
    log = tmp_path / "received.jsonl"
    command = [sys.executable, "-m", "tests.sink", "--port", "0", "--log", str(log)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        with smtplib.SMTP("127.0.0.1", int(process.stdout.readline())) as client:
            client.send_message(mail())
            process.kill()
    (line,) = sink.read_log(log)
    assert line["message_id"] == "<r.1.0@example.org>"
    assert ["Subject", "Guest lecture"] in line["headers"]
    log.write_text(json.dumps(line) + "\n" + '{"at": "2027')
    assert len(sink.read_log(log)) == 1


SKIPPING = """
import pytest

def test_skips(): pytest.skip("no part")
@pytest.mark.skip(reason="no time")
def test_marked(): ...
@pytest.mark.xfail(reason="known")
def test_known(): assert False
@pytest.fixture
def part(): pytest.skip("no part")
def test_asks(part): ...
"""


@pytest.mark.parametrize(
    ("strict", "outcome", "code"), [("", "4 skipped, 1 xfailed", 0), ("1", "1 failed, 1 xfailed, 3 errors", 1)]
)
async def test_a_skip_fails_only_where_everything_is_present(
    tmp_path: Path, strict: str, outcome: str, code: int
) -> None:
    (tmp_path / "test_some.py").write_text(SKIPPING)
    (tmp_path / "test_file.py").write_text("import pytest\npytest.importorskip('no_such_module')\n")
    process = await asyncio.create_subprocess_exec(
        *[sys.executable, "-m", "pytest", "-p", "tests.strict", "-p", "no:asyncio", "-c", os.devnull],
        *["--rootdir", str(tmp_path), "--continue-on-collection-errors", str(tmp_path)],
        cwd=ROOT,
        env={**os.environ, "ENSPIRED_TEST_STRICT": strict},
        stdout=subprocess.PIPE,
    )
    output, _ = await process.communicate()
    assert outcome in output.decode()
    assert process.returncode == code
