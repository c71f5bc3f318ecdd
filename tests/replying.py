"""Answers to invitations as calendar programs mail them: mails of our own, in the shapes that programs write.

Each dialect is a function of an `Answering` to the bytes of a whole mail. What differs between programs, and matters:
where the calendar part stands, how it is encoded, what it is called, and what is left out.
"""

import base64
import quopri
from collections.abc import Callable
from datetime import UTC, datetime

from msgspec import Struct

STAMP = datetime(2026, 11, 23, 11, 58, tzinfo=UTC)


class Answering(Struct, frozen=True, kw_only=True):
    """Who answers what: `answer` is a PARTSTAT, `to` the address that the invitation named, `extra` more lines."""

    uid: str
    attendee: str
    to: str
    answer: str = "DECLINED"
    stamp: datetime = STAMP
    sequence: int = 0
    extra: tuple[str, ...] = ()

    @property
    def stamped(self) -> str:
        """DTSTAMP."""
        return self.stamp.strftime("%Y%m%dT%H%M%SZ")


def calendar(lines: list[str]) -> bytes:
    """Lines with CRLF, folded as programs fold: in the middle of a word."""
    folded = []
    for line in lines:
        folded.append(line[:75])
        folded += [f" {line[at : at + 74]}" for at in range(75, len(line), 74)]
    return "".join(f"{line}\r\n" for line in folded).encode()


def headers(one: Answering, *more: str) -> bytes:
    """The top of a mail."""
    lines = [
        f"From: Ana Perez <{one.attendee}>",
        f"To: {one.to}",
        "Subject: =?utf-8?Q?Geweigerd=3A_Meertalige_klassen?=",
        "Date: Mon, 23 Nov 2026 12:58:01 +0100",
        "Message-ID: <answer-1@client.example.org>",
        "MIME-Version: 1.0",
        *more,
    ]
    return "".join(f"{line}\r\n" for line in lines).encode()


def part(*headers: str, body: bytes) -> bytes:
    """A part of a mail: its headers, an empty line, what it holds."""
    return b"\r\n".join([*(header.encode() for header in headers), b"", body])


def parts(boundary: str, *each: bytes) -> bytes:
    """Parts of a mail, one after the other between their boundaries."""
    return b"".join(b"--%s\r\n%s\r\n" % (boundary.encode(), one) for one in each) + f"--{boundary}--".encode()


def packed(data: bytes) -> bytes:
    """Base64 in lines."""
    return base64.encodebytes(data).replace(b"\n", b"\r\n")


def quoted(data: bytes) -> bytes:
    """Quoted-printable in lines."""
    return quopri.encodestring(data).replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")


def google(one: Answering) -> bytes:
    """Alternatives within mixed, the calendar as 7bit text and again as application/ics in base64; a machine sends."""
    body = calendar([
        "BEGIN:VCALENDAR", "PRODID:-//Google Inc//Google Calendar 70.9054//EN", "VERSION:2.0", "CALSCALE:GREGORIAN",
        "METHOD:REPLY", "BEGIN:VEVENT", "DTSTART:20270316T133000Z", "DTEND:20270316T150000Z", f"DTSTAMP:{one.stamped}",
        f"ORGANIZER;CN=eNSPIRED:mailto:{one.to}", f"UID:{one.uid}",
        f"ATTENDEE;CUTYPE=INDIVIDUAL;ROLE=REQ-PARTICIPANT;PARTSTAT={one.answer};X-NUM-GUESTS=0:mailto:{one.attendee}",
        *one.extra, "CREATED:20261123T100000Z", "LAST-MODIFIED:20261123T115800Z", f"SEQUENCE:{one.sequence}",
        "STATUS:CONFIRMED", "SUMMARY:Multilingual classrooms", "TRANSP:OPAQUE", "END:VEVENT", "END:VCALENDAR",
    ])  # fmt: skip
    top = headers(
        one,
        "Sender: Google Calendar <calendar-notification@google.example>",
        "Auto-Submitted: auto-generated",
        'Content-Type: multipart/mixed; boundary="000000000000outer"',
    )
    inner = parts(
        "000000000000inner",
        part(
            'Content-Type: text/plain; charset="UTF-8"; format=flowed; delsp=yes',
            "Content-Transfer-Encoding: base64",
            body=packed("Ana Pérez heeft geantwoord".encode()),
        ),
        part(
            'Content-Type: text/calendar; charset="UTF-8"; method=REPLY', "Content-Transfer-Encoding: 7bit", body=body
        ),
    )
    outer = parts(
        "000000000000outer",
        part('Content-Type: multipart/alternative; boundary="000000000000inner"', body=inner),
        part(
            'Content-Type: application/ics; name="invite.ics"',
            'Content-Disposition: attachment; filename="invite.ics"',
            "Content-Transfer-Encoding: base64",
            body=packed(body),
        ),
    )
    return b"%s\r\n%s\r\n" % (top, outer)


def outlook(one: Answering) -> bytes:
    """Exchange: the calendar in base64 as an alternative, MAILTO in capitals, no ORGANIZER, Microsoft's own lines."""
    body = calendar([
        "BEGIN:VCALENDAR", "METHOD:REPLY", "PRODID:Microsoft Exchange Server 2010", "VERSION:2.0", "BEGIN:VTIMEZONE",
        "TZID:Romance Standard Time", "BEGIN:STANDARD", "DTSTART:16010101T030000", "TZOFFSETFROM:+0200",
        "TZOFFSETTO:+0100", "RRULE:FREQ=YEARLY;INTERVAL=1;BYDAY=-1SU;BYMONTH=10", "END:STANDARD", "BEGIN:DAYLIGHT",
        "DTSTART:16010101T020000", "TZOFFSETFROM:+0100", "TZOFFSETTO:+0200",
        "RRULE:FREQ=YEARLY;INTERVAL=1;BYDAY=-1SU;BYMONTH=3", "END:DAYLIGHT", "END:VTIMEZONE", "BEGIN:VEVENT",
        f'ATTENDEE;PARTSTAT={one.answer};CN="Pérez, Ana":MAILTO:{one.attendee.upper()}',
        "COMMENT;LANGUAGE=nl-BE:Ik ben ziek\\, sorry\\n", f"UID:{one.uid}",
        "SUMMARY;LANGUAGE=nl-BE:Geweigerd: Multilingual classrooms",
        "DTSTART;TZID=Romance Standard Time:20270316T143000", "DTEND;TZID=Romance Standard Time:20270316T160000",
        "CLASS:PUBLIC", "PRIORITY:5", f"DTSTAMP:{one.stamped}", "TRANSP:OPAQUE", "STATUS:CONFIRMED",
        f"SEQUENCE:{one.sequence}", *one.extra, "LOCATION;LANGUAGE=nl-BE:Brugge", "X-MICROSOFT-CDO-APPT-SEQUENCE:0",
        "X-MICROSOFT-CDO-OWNERAPPTID:0", "X-MICROSOFT-CDO-BUSYSTATUS:BUSY", "X-MICROSOFT-CDO-INTENDEDSTATUS:BUSY",
        "X-MICROSOFT-CDO-ALLDAYEVENT:FALSE", "X-MICROSOFT-CDO-IMPORTANCE:1", "X-MICROSOFT-CDO-INSTTYPE:0",
        "X-MICROSOFT-DISALLOW-COUNTER:FALSE", "END:VEVENT", "END:VCALENDAR",
    ])  # fmt: skip
    top = headers(
        one,
        "Thread-Topic: Multilingual classrooms",
        "X-MS-Has-Attach:",
        "X-MS-TNEF-Correlator:",
        'Content-Type: multipart/alternative; boundary="_000_AM0PR01MB5410_"',
    )
    both = parts(
        "_000_AM0PR01MB5410_",
        part(
            'Content-Type: text/plain; charset="iso-8859-1"',
            "Content-Transfer-Encoding: quoted-printable",
            body=b"Ik ben ziek, sorry. Gro=EAten",
        ),
        part(
            'Content-Type: text/calendar; charset="utf-8"; method=REPLY',
            "Content-Transfer-Encoding: base64",
            body=packed(body),
        ),
    )
    return b"%s\r\n%s\r\n" % (top, both)


def apple(one: Answering) -> bytes:
    """Quoted-printable text/calendar that is an attachment, beside a text; the attendee says EMAIL too."""
    body = calendar([
        "BEGIN:VCALENDAR", "CALSCALE:GREGORIAN", "METHOD:REPLY", "PRODID:-//Apple Inc.//macOS 15.1//EN", "VERSION:2.0",
        "BEGIN:VEVENT",
        f'ATTENDEE;CN="Ana Pérez";CUTYPE=INDIVIDUAL;EMAIL="{one.attendee}";PARTSTAT={one.answer}:mailto:{one.attendee}',
        "DTEND;TZID=Europe/Brussels:20270316T160000", f"DTSTAMP:{one.stamped}",
        "DTSTART;TZID=Europe/Brussels:20270316T143000", f"ORGANIZER;CN=eNSPIRED:mailto:{one.to}",
        f"SEQUENCE:{one.sequence}", *one.extra, "SUMMARY:Multilingual classrooms", f"UID:{one.uid}",
        "END:VEVENT", "END:VCALENDAR",
    ])  # fmt: skip
    top = headers(one, 'Content-Type: multipart/mixed; boundary="Apple-Mail=_6E1B"', "X-Mailer: Apple Mail (2.3776)")
    both = parts(
        "Apple-Mail=_6E1B",
        part(
            "Content-Type: text/plain; charset=us-ascii",
            "Content-Transfer-Encoding: 7bit",
            body=b"Ana Perez has declined your invitation.",
        ),
        part(
            "Content-Disposition: attachment;\r\n\tfilename=iCal-20261123-125801.ics",
            "Content-Type: text/calendar;\r\n\tmethod=REPLY; charset=utf-8;\r\n\tname=iCal-20261123-125801.ics",
            "Content-Transfer-Encoding: quoted-printable",
            body=quoted(body),
        ),
    )
    return b"%s\r\n%s\r\n" % (top, both)


def thunderbird(one: Answering) -> bytes:
    """A mixed mail whose text/calendar is 8bit UTF-8, lines ended by LF alone, RECEIVED-SEQUENCE and DTSTAMP lines."""
    body = calendar([
        "BEGIN:VCALENDAR", "PRODID:-//Mozilla.org/NONSGML Mozilla Calendar V1.1//EN", "VERSION:2.0", "METHOD:REPLY",
        "BEGIN:VEVENT", f"DTSTAMP:{one.stamped}", f"UID:{one.uid}", "SUMMARY:Meertalige klassen – één dag",
        f"ORGANIZER;RSVP=TRUE;CN=eNSPIRED;PARTSTAT=ACCEPTED;ROLE=CHAIR:mailto:{one.to}",
        f"ATTENDEE;RSVP=TRUE;CN=Ana Pérez;PARTSTAT={one.answer};ROLE=REQ-PARTICIPANT:mailto:{one.attendee}",
        "DTSTART:20270316T133000Z", "DTEND:20270316T150000Z", f"SEQUENCE:{one.sequence}", *one.extra,
        "X-MOZ-RECEIVED-SEQUENCE:0", f"X-MOZ-RECEIVED-DTSTAMP:{one.stamped}", "END:VEVENT", "END:VCALENDAR",
    ])  # fmt: skip
    top = headers(one, "User-Agent: Mozilla Thunderbird", 'Content-Type: multipart/mixed; boundary="------------0Nq"')
    inner = parts(
        "----AQ",
        part("Content-Type: text/plain; charset=UTF-8", body=b"Ana has declined."),
        part(
            "Content-Type: text/calendar; method=REPLY; charset=UTF-8",
            "Content-Transfer-Encoding: 8bit",
            body=body.replace(b"\r\n", b"\n"),
        ),
    )
    outer = parts(
        "------------0Nq", part('Content-Type: multipart/alternative; boundary="----AQ"', body=inner + b"\r\n")
    )
    return b"%s\r\n%s\r\n" % (top, outer)


def evolution(one: Answering) -> bytes:
    """The whole mail is the calendar part: no multipart at all."""
    body = calendar([
        "BEGIN:VCALENDAR", "CALSCALE:GREGORIAN", "PRODID:-//Ximian//NONSGML Evolution Calendar//EN", "VERSION:2.0",
        "METHOD:REPLY", "BEGIN:VEVENT", f"UID:{one.uid}", f"DTSTAMP:{one.stamped}",
        f"ORGANIZER;CN=eNSPIRED:mailto:{one.to}",
        f"ATTENDEE;CUTYPE=INDIVIDUAL;ROLE=REQ-PARTICIPANT;PARTSTAT={one.answer};RSVP=TRUE;CN=Ana:MAILTO:{one.attendee}",
        "DTSTART;TZID=/freeassociation.sourceforge.net/Europe/Brussels:20270316T143000", *one.extra,
        f"SEQUENCE:{one.sequence}", "END:VEVENT", "END:VCALENDAR",
    ])  # fmt: skip
    kind = 'Content-Type: text/calendar; name="meeting.ics"; charset="utf-8"; method="REPLY"'
    top = headers(one, "User-Agent: Evolution 3.52.3", kind, "Content-Transfer-Encoding: quoted-printable")
    return top + b"\r\n" + quoted(body)


def file_only(one: Answering) -> bytes:
    """A web client: a text, and an application/octet-stream that only its file name makes a calendar; no SEQUENCE."""
    body = calendar([
        "BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//A web client//EN", "METHOD:REPLY", "BEGIN:VEVENT",
        f"UID:{one.uid}", f"DTSTAMP:{one.stamped}", f"ATTENDEE;PARTSTAT={one.answer}:mailto:{one.attendee}",
        f"ORGANIZER:mailto:{one.to}", *one.extra, "END:VEVENT", "END:VCALENDAR",
    ])  # fmt: skip
    top = headers(one, "Content-Type: multipart/mixed; boundary=x")
    both = parts(
        "x",
        part("Content-Type: text/html", body=b"<p>Nee</p>"),
        part(
            "Content-Type: application/octet-stream",
            'Content-Disposition: attachment; filename="Reply.ICS"',
            "Content-Transfer-Encoding: base64",
            body=packed(body),
        ),
    )
    return b"%s\r\n%s\r\n" % (top, both)


DIALECTS: dict[str, Callable[[Answering], bytes]] = {
    "google": google,
    "outlook": outlook,
    "apple": apple,
    "thunderbird": thunderbird,
    "evolution": evolution,
    "file-only": file_only,
}
