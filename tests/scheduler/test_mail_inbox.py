"""Every mail that comes in is told for what it is, within bounds; none makes the reader fail."""

import time
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scheduler.mail.inbox.kinds import (
    Automatic,
    Bounce,
    CalendarAnswer,
    CalendarRefused,
    FromAPerson,
    Incoming,
    Unread,
    name_of,
)
from scheduler.mail.inbox.parts import Beyond, Limits, parsed
from scheduler.mail.inbox.reading import _judged, read_mail, recipients_in
from tests.bouncing import bounced
from tests.replying import DIALECTS, STAMP, Answering, outlook

TO = "agenda+rtoken@reply.example.org"
ASKED = Answering(uid="e1@agenda.example.org", attendee="ana@example.org", to=TO)


def mail(*headers: str, body: str = "Hello, can I bring a friend?") -> bytes:
    """A mail of a person, with more headers."""
    top = ["From: Ana <ana@example.org>", f"To: {TO}", "Subject: A question", *headers]
    return ("\r\n".join([*top, "", body]) + "\r\n").encode()


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("answer", ["ACCEPTED", "TENTATIVE", "DECLINED"])
def test_the_answer_of_every_program_is_read(dialect: str, answer: str) -> None:
    asked = Answering(uid=ASKED.uid, attendee=ASKED.attendee, to=TO, answer=answer)
    found = read_mail(DIALECTS[dialect](asked), sender="ana@example.org")
    assert isinstance(found, CalendarAnswer)
    (reply,) = found.replies
    assert (reply.uid, reply.address, reply.answer, reply.stamp) == (
        ASKED.uid,
        "ana@example.org",
        answer.lower(),
        STAMP,
    )


def test_a_comment_beside_the_answer_is_kept() -> None:
    found = read_mail(outlook(ASKED))
    assert isinstance(found, CalendarAnswer)
    assert found.replies[0].comment == "Ik ben ziek, sorry"


def test_an_answer_in_another_character_set_keeps_its_letters() -> None:
    plain = DIALECTS["evolution"](ASKED).decode()
    head, _, _ = plain.partition("\r\n\r\n")
    event = "BEGIN:VCALENDAR\nMETHOD:REPLY\nBEGIN:VEVENT\nUID:e1\nDTSTAMP:20261123T115800Z\nCOMMENT:désolée\n"
    event += "ATTENDEE;PARTSTAT=ACCEPTED:mailto:ana@example.org\nEND:VEVENT\nEND:VCALENDAR\n"
    sent = head.replace('charset="utf-8"', 'charset="iso-8859-1"').replace("quoted-printable", "8bit")
    found = read_mail(sent.encode() + b"\r\n\r\n" + event.encode("latin-1"))
    assert isinstance(found, CalendarAnswer)
    assert found.replies[0].comment == "désolée"


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda data: data.replace(b"METHOD:REPLY", b"METHOD:COUNTER"), "not-a-reply"),
        (lambda data: data.replace(b"METHOD:REPLY", b"METHOD:REQUEST"), "not-a-reply"),
        (lambda data: data.replace(b"DTSTAMP", b"X-STAMP"), "no-stamp"),
        (lambda data: data.replace(b"BEGIN:V", b"BEGIN V"), "no-calendar"),
    ],
)
def test_a_calendar_that_is_no_answer_is_refused_by_name(change: Callable[[bytes], bytes], why: str) -> None:
    assert read_mail(change(DIALECTS["thunderbird"](ASKED)), sender="ana@example.org") == CalendarRefused(why)


def test_an_answer_inside_a_forwarded_mail_is_no_answer() -> None:
    inner = DIALECTS["google"](ASKED).decode()
    for kind in ("message/rfc822", "Message/RFC822; charset=x", "\r\n message/rfc822", "message/global"):
        wrapped = mail("MIME-Version: 1.0", f"Content-Type: {kind}", body=inner)
        assert read_mail(wrapped, sender="bob@example.org") == FromAPerson(), kind
    digest = mail("Content-Type: multipart/digest; boundary=q", body=f"--q\r\n\r\n{inner}\r\n--q--")
    assert not isinstance(read_mail(digest, sender="bob@example.org"), CalendarAnswer)


@pytest.mark.parametrize(
    ("header", "sign"),
    [
        ("Auto-Submitted: auto-replied", "auto-submitted"),
        ("Auto-Submitted: auto-replied (vacation)", "auto-submitted"),
        ("auto-submitted: AUTO-GENERATED; owner=x", "auto-submitted"),
        ("X-Autoreply: yes", "x-autoreply"),
        ("X-Auto-Response-Suppress: All", "x-auto-response-suppress"),
        ("X-Enspired-Cause: reminder", "x-enspired-cause"),
        ("Precedence: bulk", "precedence"),
        ("Precedence: auto_reply", "precedence"),
        ("List-Id: <teachers.example.org>", "list-id"),
        ("Return-Path: <>", "null-sender"),
    ],
)
def test_a_machine_gives_itself_away(header: str, sign: str) -> None:
    assert read_mail(mail(header)) == Automatic(sign)


@pytest.mark.parametrize(
    "subject",
    [
        "Out of Office: A question",
        "Automatic reply: You are registered",
        "Automatisch antwoord: Je bent ingeschreven",
        "Réponse automatique : inscription",
        "Respuesta automática: inscripción",
        "=?utf-8?Q?R=C3=A9ponse_automatique?= : inscription",
    ],
)
def test_an_absence_notice_that_says_so_only_in_its_subject_is_one(subject: str) -> None:
    notice = b"From: a@example.org\r\nSubject: " + subject.encode() + b"\r\n\r\nI am away.\r\n"
    assert read_mail(notice, sender="a@example.org") == Automatic("subject")


def test_the_null_sender_of_the_envelope_is_a_machine_and_a_known_one_is_none() -> None:
    assert read_mail(mail(), sender="") == Automatic("null-sender")
    assert read_mail(mail("Return-Path: <>"), sender="ana@example.org") == FromAPerson()


def test_what_a_person_writes_is_only_counted() -> None:
    found = read_mail(mail("Auto-Submitted: no"), sender="ana@example.org")
    assert (found, name_of(found)) == (FromAPerson(), "from-a-person")


@pytest.mark.parametrize(
    ("status", "action", "wanted"),
    [
        ("5.1.1", "failed", Bounce(hard=True, status="5.1.1", reason="550 5.1.1 No such user")),
        ("5.2.2 (mailbox full)", "Failed", Bounce(hard=True, status="5.2.2", reason="550 5.1.1 No such user")),
        ("4.4.1", "delayed", Bounce(hard=False, status="4.4.1", reason="550 5.1.1 No such user")),
        ("4.4.7", "failed", Bounce(hard=False, status="4.4.7", reason="550 5.1.1 No such user")),
        ("5.1.1", "delayed", Bounce(hard=False, status="5.1.1", reason="550 5.1.1 No such user")),
        ("rubbish", "failed", Bounce(hard=False, status="", reason="550 5.1.1 No such user")),
        ("2.0.0", "delivered", Automatic("delivered")),
        ("2.1.5", "relayed", Automatic("delivered")),
    ],
)
def test_a_delivery_report_is_final_late_or_good_news(status: str, action: str, wanted: Incoming) -> None:
    found = read_mail(bounced(TO, status=status, action=action), sender="")
    if isinstance(found, Bounce):
        assert "ana@example.org" not in found.reason
        found = Bounce(hard=found.hard, status=found.status, reason=found.reason.partition(" (address)")[0])
    assert found == wanted


def test_a_receipt_or_a_report_without_a_status_is_a_machines_mail() -> None:
    receipt = bounced(TO).replace(b"delivery-status", b"disposition-notification")
    assert read_mail(receipt, sender="ana@example.org") == Automatic("auto-submitted")
    cut = bounced(TO).partition(b"Content-Type: message/delivery-status")[0]
    assert read_mail(cut, sender="") == Automatic("delivered")


def test_our_addresses_are_looked_for_in_every_header_that_may_name_them() -> None:
    found = recipients_in(mail("Delivered-To: one@x", "X-Original-To: two@x", "Cc: three@x,\r\n four@x"))
    assert [name for name in ("one@x", "two@x", "three@x", "four@x", TO) if name in " ".join(found)] == [
        "one@x",
        "two@x",
        "three@x",
        "four@x",
        TO,
    ]


def nested(depth: int) -> bytes:
    """Multiparts inside each other."""
    parts = [f"--b{at}\r\nContent-Type: multipart/mixed; boundary=b{at + 1}\r\n\r\n" for at in range(depth)]
    return mail("Content-Type: multipart/mixed; boundary=b0", body="".join(parts))


@pytest.mark.parametrize(
    ("data", "trouble"),
    [
        (mail(body="x" * 1_100_000), "too-large"),
        (mail(body="\n" * 70_000), "too-many-lines"),
        (mail(body="\r" * 70_000), "too-many-lines"),
        (nested(5_000), "too-many-parts"),
        (mail("Content-Type: text/plain;" + ';"=' * 300_000), "long-header"),
        (mail("Content-Type: text/plain;" + "\r\n ;a" * 20_000), "long-header"),
        (nested(5_000).replace(b"\r\n", b"\r"), "too-many-parts"),
        (mail("Content-\0Type: text/plain;" + "x" * 5_000), "long-header"),
    ],
)
def test_what_is_too_much_is_not_even_opened(data: bytes, trouble: str) -> None:
    before = time.process_time()
    assert name_of(read_mail(data)) == trouble
    assert time.process_time() - before < 0.5


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\0" * 1000,
        b"\r\n" * 50_000,
        b"Content-Type: multipart/mixed; boundary=\r\n\r\n--\r\n--\r\n",
        b"Content-Type: text/calendar; charset*0*=x''; charset=punycode\r\n\r\n" + b"-" * 200_000,
        b"Content-Type: text/calendar\r\nContent-Transfer-Encoding: base64\r\n\r\n" + b"=" * 200_000,
        b"Content-Type: text/calendar\r\nContent-Transfer-Encoding: x-uuencode\r\n\r\nbegin 666 x\n" + b"M" * 200_000,
        b"Content-Type: text/calendar; name*=utf-8''%FF%00\r\nContent-Disposition: x; filename*1*=%\r\n\r\nx",
        bounced(TO).replace(b"Reporting-MTA", b"\r\n" * 20_000 + b"Reporting-MTA"),
        bounced(TO).replace(b"Status: ", b"Status: " + b"5." * 100_000),
        bounced(TO).replace(b"No such user", b"a@" * 200_000),
        nested(25) + b"\r\n" * 20_000,
        b"".join(b"X-%d: y\r\n" % number for number in range(50_000)),
        b"Subject: " + b"=?utf-8?Q?" * 50_000,
    ],
)
def test_hostile_mails_cost_little_and_are_something(data: bytes) -> None:
    before = time.process_time()
    assert not isinstance(read_mail(data), CalendarAnswer)
    assert recipients_in(data) is not None
    assert time.process_time() - before < 2


PIECES = [
    "Content-Type: text/calendar; method=REPLY", "Content-Type: multipart/mixed; boundary=b", "--b", "--b--", "",
    "Content-Transfer-Encoding: base64", "Content-Type: message/rfc822", "BEGIN:VCALENDAR", "METHOD:REPLY",
    "Content-Type: multipart/report; report-type=delivery-status; boundary=b", "Content-Type: message/delivery-status",
    "Status: 5.0.0", "Action: failed", "\x00\xff", " folded", "Subject: =?utf-8?B?", "Content-Type: ;;;charset=\"",
    "Content-Disposition: attachment; filename*0*=''", "begin 644 x", "Auto-Submitted: \"", "=C3", "=?",
]  # fmt: skip


@settings(deadline=None)
@given(st.lists(st.sampled_from(PIECES) | st.text(max_size=20), max_size=40), st.sampled_from(["\r\n", "\n", "\r"]))
def test_no_mail_trips_the_reader(lines: list[str], end: str) -> None:
    data = end.join(lines).encode("utf-8", "replace")
    assert not isinstance(read_mail(data), Unread)
    _judged(parsed(data, Limits()), None)  # without the net that keeps the next mails from waiting


@given(st.binary(max_size=3000))
def test_no_octets_trip_the_reader(data: bytes) -> None:
    try:
        _judged(parsed(data, Limits()), None)
    except Beyond:
        return
