"""Answers and bounces come in over LMTP: taken once durable, put off while the database is away, never answered."""

import asyncio
import shutil
import socket
import sqlite3
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from tests.answering import Taking, answer_to, deliver, invitation_in, taking
from tests.api.contract import Contract
from tests.bouncing import bounced
from tests.replying import DIALECTS, STAMP, Answering
from tests.running import Api
from tests.scheduler.pages import Document, signed_in
from tests.smtp import Received, SmtpSink


@pytest.fixture
async def door(tmp_path: Path, smtp_sink: SmtpSink, prepared: tuple[Path, dict[str, str]]) -> AsyncIterator[Taking]:
    """A service that takes answers and sends to `smtp_sink`."""
    shutil.copy(prepared[0], tmp_path / "enspired.db")
    async with taking(tmp_path, smtp_sink, keys=prepared[1]) as one:
        yield one


async def registered(door: Taking, **fields: Any) -> tuple[dict[str, Any], dict[str, Any], str]:
    """An event with one registration, and the address that its attendee's calendar answers to."""
    event = await door.api.event(**fields)
    found = await door.api.register(event, "ana@example.org")
    return event, found, door.links.reply_address(found["id"])


def said(event: dict[str, Any], to: str, answer: str = "DECLINED", **fields: Any) -> Answering:
    """An answer to the invitation of the first registration, whose UID is the event's."""
    return Answering(**{"uid": event["uid"], "attendee": "ana@example.org", "to": to, "answer": answer, **fields})


@pytest.mark.parametrize("dialect", DIALECTS)
async def test_a_no_from_every_program_withdraws(door: Taking, dialect: str) -> None:
    event, found, to = await registered(door)
    assert (await door.deliver(DIALECTS[dialect](said(event, to)), to)).startswith("250")
    assert (await door.registration(found))["state"] == "cancelled"
    assert await door.counts() == {"withdrawn": 1}


async def test_the_whole_way_round_with_a_calendar_program_that_shares_no_code(
    door: Taking, smtp_sink: SmtpSink
) -> None:
    event = await door.api.event(seats={"on_site": 1})
    found = await door.api.register(event, "ana@example.org")
    waits = await door.api.register(event, "ben@example.org", name="Ben")
    mails = {one.rcpt_tos[0]: one for one in await smtp_sink.wait_for(2)}
    invitation = invitation_in(mails["ana@example.org"])
    assert invitation is not None
    data, to = answer_to(invitation, "DECLINED")
    assert to == door.links.reply_address(found["id"])
    assert (await door.deliver(data, to.upper())).startswith("250")  # mail servers fold case
    assert (await door.registration(found))["state"] == "cancelled"
    assert (await door.registration(waits))["state"] == "confirmed"
    told = {(one.rcpt_tos[0], cause(one)) for one in (await smtp_sink.wait_for(4))[2:]}
    assert told == {("ana@example.org", "withdrawal"), ("ben@example.org", "place-free")}
    assert all(one.message["Auto-Submitted"] == "auto-generated" for one in smtp_sink.messages)


async def test_an_answer_is_seen_by_the_organiser_and_its_words_only_by_who_may_see_the_attendee(door: Taking) -> None:
    event, found, to = await registered(door)
    await door.deliver(DIALECTS["outlook"](said(event, to, "TENTATIVE")), to)
    door.api.seen = Contract(door.api.litestar).check
    shown = (await door.registration(found))["answers"][""]
    assert (shown["answer"], shown["comment"]) == ("tentative", "Ik ben ziek, sorry")
    path = f"/api/v1/events/{event['id']}/registrations/{found['id']}"
    hidden = (await door.api.host.get(path)).json()
    assert hidden["answers"][""]["answer"] == "tentative"
    assert "Ik ben ziek" not in str(hidden)


async def test_the_console_says_in_words_what_came_in(door: Taking, smtp_sink: SmtpSink) -> None:
    event, _, to = await registered(door)
    (sent,) = await smtp_sink.wait_for(1)
    await door.deliver(DIALECTS["outlook"](said(event, to)), to)
    again = said(event, to, "ACCEPTED", stamp=STAMP + timedelta(minutes=1))
    await door.deliver(DIALECTS["google"](again), to)
    await door.deliver(bounced(sent.mail_from), sent.mail_from, "")
    browser = await signed_in(door.api, "admin")
    shown = Document((await browser.get(f"/console/events/{event['id']}")).text).text
    assert "Withdrew, and later said yes in their calendar: not registered again" in shown
    assert "Came back" in shown
    assert "550 5.1.1 No such user" in shown


async def test_forged_answers_change_nothing(door: Taking) -> None:
    event, found, to = await registered(door)
    other = await door.api.register(event, "ben@example.org", name="Ben")
    elsewhere, before = await door.api.event(), await door.api.state()
    google = DIALECTS["google"]
    forged = {
        "other-uid": google(said(elsewhere, to)),
        "other-attendee": google(said(event, to, attendee="mallory@example.org")),
        "refused-several-attendees": google(
            said(event, to, extra=("ATTENDEE;PARTSTAT=DECLINED:mailto:ben@example.org",))
        ),
    }
    for data in forged.values():
        assert (await door.deliver(data, to)).startswith("250")
    assert (await door.registration(found))["state"] == "confirmed"
    guessed = to.replace(found["id"], other["id"])  # another's id with Ana's signature
    bounce = door.links.bounce_address(found["id"]).replace("+b", "+r")
    for wrong in (guessed, bounce, "agenda+r@reply.example.org", "agenda@reply.example.org", "x@y", to[:-3] + "com"):
        assert (await door.deliver(google(said(event, wrong)), wrong)).startswith("550"), wrong
    assert (await door.registration(other))["state"] == "confirmed"
    assert await door.counts() == {**dict.fromkeys(forged, 1), "unknown-address": 6}
    assert await door.api.state() == before


async def test_a_bounce_is_shown_beside_its_mail_and_only_by_its_own_address(door: Taking, smtp_sink: SmtpSink) -> None:
    event, _, reply = await registered(door)
    (sent,) = await smtp_sink.wait_for(1)
    (line,) = await ledger(door.api, event)
    assert sent.mail_from == door.links.bounce_address(line["id"])
    assert len(sent.mail_from.partition("@")[0]) <= 64
    assert (await door.deliver(bounced(reply), reply, "")).startswith("250")
    assert "bounced_at" not in (await ledger(door.api, event))[0]
    assert (await door.deliver(bounced(sent.mail_from), sent.mail_from, "")).startswith("250")
    (line,) = await ledger(door.api, event)
    assert line["bounced_at"]
    assert line["bounce"].startswith("550 5.1.1 No such user")
    assert "ana@" not in line["bounce"]
    assert await door.counts() == {"bounce-hard": 1, "bounced": 1}


async def test_absence_notices_and_peoples_mails_are_counted_and_nothing_else(
    door: Taking, smtp_sink: SmtpSink
) -> None:
    _, _, to = await registered(door)
    (sent,) = await smtp_sink.wait_for(1)
    before = await door.api.state()
    away = b"From: ana@example.org\r\nAuto-Submitted: auto-replied\r\nSubject: Away\r\n\r\nI am away.\r\n"
    for address in (to, sent.mail_from):
        assert (await door.deliver(away, address, "")).startswith("250")
    assert (await door.deliver(b"Subject: Hello\r\n\r\nMay I bring a friend?\r\n", to)).startswith("250")
    await asyncio.sleep(0.3)
    assert await door.counts() == {"automatic": 2, "from-a-person": 1}
    assert 'enspired_mail_in_total{outcome="automatic"} 2.0' in (await door.api.admin.get("/metrics")).text
    assert (len(smtp_sink.messages), await door.api.state()) == (1, before)


async def test_while_the_database_is_away_a_mail_is_put_off(tmp_path: Path, smtp_sink: SmtpSink) -> None:
    async with taking(tmp_path, smtp_sink, database__busy_timeout_seconds=0) as door:
        event, found, to = await registered(door)
        await door.all_sent(event)
        mail = DIALECTS["apple"](said(event, to))
        other = sqlite3.connect(tmp_path / "enspired.db", isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        with capture_logs():
            assert (await door.deliver(mail, to)).startswith("451")
            other.execute("ROLLBACK")
        other.close()
        assert (await door.registration(found))["state"] == "confirmed"
        assert (await door.deliver(mail, to)).startswith("250")
        assert (await door.registration(found))["state"] == "cancelled"


async def test_too_large_a_mail_is_refused_and_the_conversation_goes_on(tmp_path: Path, smtp_sink: SmtpSink) -> None:
    async with taking(tmp_path, smtp_sink, replies__max_bytes=20_000) as door:
        _, _, to = await registered(door)
        assert (await door.deliver(b"Subject: x\r\n\r\n" + b"x" * 70 * 400, to)).startswith("5")
        assert (await door.deliver(b"Subject: x\r\n\r\n" + b"x\r\n" * 10_000, to)).startswith("552")
        assert (await door.deliver(b"Subject: x\r\n\r\nhello", to)).startswith("250")


async def test_a_second_recipient_is_asked_to_come_apart(door: Taking) -> None:
    event, _, to = await registered(door)
    other = await door.api.register(event, "ben@example.org", name="Ben")
    second = door.links.reply_address(other["id"])
    heard = await asyncio.to_thread(
        _talk, door.port, "LHLO x", "MAIL FROM:<>", f"RCPT TO:<{to}>", f"RCPT TO:<{second}>", "RSET", "HELO x", "QUIT"
    )
    assert [line[:3] for line in heard] == ["220", "250", "250", "250", "452", "250", "500", "221"]


@pytest.mark.parametrize(
    "recipient",
    ["<a\0b@x>", "<" + "a" * 5000 + "@x>", "<a@b> SIZE=9999999999", '<"a b"@x>', "<>", "<a@b,c@d>", "<é@x>"],
)
async def test_hostile_recipients_are_refused_one_by_one(door: Taking, recipient: str) -> None:
    heard = await asyncio.to_thread(_talk, door.port, "LHLO x", "MAIL FROM:<>", f"RCPT TO:{recipient}", "QUIT")
    assert heard[-2][0] in "45", heard
    assert heard[-1].startswith("221")


async def test_what_is_taken_leaves_no_address_in_the_log(
    door: Taking, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    event, _, to = await registered(door)
    caplog.set_level("DEBUG")  # libraries say more than we do
    await door.deliver(DIALECTS["google"](said(event, to)), to)
    await door.deliver(b"Subject: secret words\r\n\r\nhello", to)
    heard = "".join(capfd.readouterr()) + caplog.text
    assert "inbox.read" in heard
    for private in ("ana@example.org", to, to.partition("@")[0], "secret words"):
        assert private not in heard


async def test_two_services_and_an_eager_robot_soon_fall_silent(tmp_path: Path) -> None:
    """Each is the other's attendee; a robot answers every mail that it gets, on every address that it finds."""
    first, second = SmtpSink(), SmtpSink()
    for sink in (first, second):
        sink.start()
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
    try:
        async with (
            taking(tmp_path / "a", first, "a.example.org") as a,
            taking(tmp_path / "b", second, "b.example.org") as b,
        ):
            mine, theirs = await a.api.event(), await b.api.event()
            here, there = await a.api.register(mine, "x@example.org"), await b.api.register(theirs, "y@example.org")
            await a.api.register(mine, b.links.reply_address(there["id"]), name="B")
            await b.api.register(theirs, a.links.reply_address(here["id"]), name="A")
            ports, seen = {"a.example.org": a.port, "b.example.org": b.port}, 0
            for _ in range(40):
                await asyncio.sleep(0.1)
                mails = [*first.messages, *second.messages]
                if seen == len(mails):
                    break
                for mail in mails:
                    await asyncio.to_thread(_forward_and_answer, mail, ports)
                seen = len(mails)
            causes = sorted(cause(one) for one in (*first.messages, *second.messages))
            assert causes == ["confirmation"] * 4 + ["withdrawal"] * 4
    finally:
        for sink in (first, second):
            sink.stop()


def _forward_and_answer(mail: Received, ports: dict[str, int]) -> None:
    """A relay takes the mail to its recipient; the robot behind answers by calendar, and that it is away."""
    domain = mail.rcpt_tos[0].partition("@")[2]
    if domain in ports:
        deliver(ports[domain], mail.content, mail.rcpt_tos[0], mail.mail_from)
    back = mail.mail_from.partition("@")[2]
    away = b"Auto-Submitted: auto-replied\r\nSubject: Away\r\n\r\nI am away.\r\n"
    deliver(ports[back], away, mail.mail_from, "")
    invitation = invitation_in(mail)
    if invitation is not None:
        data, to = answer_to(invitation, "DECLINED")
        deliver(ports[to.partition("@")[2]], data, to, mail.rcpt_tos[0])


def cause(mail: Received) -> str:
    """What a mail of ours is about."""
    return str(mail.message["X-Enspired-Cause"])


async def ledger(api: Api, event: dict[str, Any]) -> list[dict[str, Any]]:
    """The event's mails."""
    items: list[dict[str, Any]] = (await api.admin.get(f"/api/v1/events/{event['id']}/messages")).json()["items"]
    return items


def _talk(port: int, *lines: str) -> list[str]:
    """The last line of each answer in a conversation, the greeting first."""
    with socket.create_connection(("127.0.0.1", port), timeout=10) as opened, opened.makefile("rb") as heard:
        found = [_answer(heard)]
        for line in lines:
            opened.sendall(line.encode() + b"\r\n")
            found.append(_answer(heard))
    return found


def _answer(heard: Any) -> str:
    line = heard.readline()
    while line[3:4] == b"-":
        line = heard.readline()
    return str(line.decode())
