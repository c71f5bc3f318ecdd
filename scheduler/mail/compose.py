"""A mail and its bytes: headers that cannot be broken into, one recipient, plain text beside HTML.

The bytes depend on nothing but the mail: the same mail gives the same bytes at every attempt. They are 7-bit
(quoted-printable), so that no relay has to convert them and a DKIM signature made by the relay survives.
"""

import hashlib
import re
from datetime import datetime
from email.header import Header
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from typing import Literal

from msgspec import Struct

from scheduler.errors import ServiceError
from scheduler.mail.transport import Envelope
from scheduler.model.address import normal_address
from scheduler.model.message import Cause

POLICY = SMTP.clone(max_line_length=78)
MESSAGE_ID = re.compile(r"<[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]+@[A-Za-z0-9.-]+>")
CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")


class InvalidHeader(ServiceError):
    """A header's value could break out of it (a line break, a second address): the mail is refused, not repaired."""

    code = "invalid-header"


class Mailbox(Struct, frozen=True):
    """A mail address and the name shown beside it."""

    address: str
    name: str = ""


class CalendarPart(Struct, frozen=True):
    """An iTIP object that goes with a mail: its METHOD, which the MIME type repeats, and the calendar's bytes."""

    method: Literal["REQUEST", "CANCEL"]
    data: bytes


class Mail(Struct, frozen=True, kw_only=True):
    """One mail to one recipient.

    `message_id` (with its angle brackets) and `date` (aware) stay the same over all attempts. `unsubscribe` is the
    one-click address (RFC 8058) of mails that one can stop. `language` is a BCP 47 tag. `return_path` is the envelope
    sender, to which the mail bounces; "" for the sender's own address.
    """

    cause: Cause
    sender: Mailbox
    recipient: str
    reply_to: str = ""
    subject: str
    text: str
    html: str
    language: str
    message_id: str
    date: datetime
    unsubscribe: str = ""
    calendar: CalendarPart | None = None
    return_path: str = ""


def compose(mail: Mail) -> bytes:
    """The mail as it travels: multipart/alternative (RFC 2046) with plain text first. Raises what `envelope` does.

    An invitation is the third alternative, and once more a file beside them: the shape that calendar programs agree
    on (RFC 6047 section 2.4, CalConnect's recommendations).
    """
    message = EmailMessage(policy=POLICY)
    for name, value in _headers(mail):
        message[name] = value
    message.set_content(mail.text, cte="quoted-printable")
    message.add_alternative(mail.html, subtype="html", cte="quoted-printable")
    if mail.calendar:
        _attach(message, mail.calendar)
    message["Content-Language"] = _safe("language", mail.language)
    seed = hashlib.sha256(mail.message_id.encode()).hexdigest()[:32]
    for number, part in enumerate(part for part in message.walk() if part.is_multipart()):
        part.set_boundary(f"=_{seed}{number or ''}")
    return _exact(mail) + message.as_bytes()


def _attach(message: EmailMessage, part: CalendarPart) -> None:
    # Without a disposition: Thunderbird shows no invitation for a part that is inline or attached.
    message.add_alternative(
        part.data,
        maintype="text",
        subtype="calendar",
        cte="base64",
        params={"charset": "utf-8", "method": part.method},
    )
    message.add_attachment(
        part.data, maintype="application", subtype="ics", filename="invite.ics", params={"name": "invite.ics"}
    )


def envelope(mail: Mail) -> Envelope:
    """The composed mail with its sender and its one recipient. Raises InvalidAddress or InvalidHeader."""
    return Envelope(
        sender=normal_address(mail.return_path or mail.sender.address, dotless=True),
        recipient=normal_address(mail.recipient, dotless=True),
        message_id=_message_id(mail.message_id),
        data=compose(mail),
    )


def _headers(mail: Mail) -> list[tuple[str, object]]:
    headers: list[tuple[str, object]] = [
        ("To", _address(mail.recipient)),
        ("Date", mail.date),
        ("Auto-Submitted", "auto-generated"),  # RFC 3834 section 5
        ("X-Auto-Response-Suppress", "All"),
        ("X-Enspired-Cause", mail.cause),
    ]
    if mail.reply_to:
        headers.insert(1, ("Reply-To", _address(mail.reply_to)))
    return headers


def _exact(mail: Mail) -> bytes:
    """Headers that the library would damage: it encodes long addresses, and doubles spaces beside encoded words."""
    sender = normal_address(mail.sender.address, dotless=True)
    lines = [
        f"Message-ID: {_message_id(mail.message_id)}",
        f"From: {_name(mail.sender.name)}<{sender}>",
        f"Subject: {_words(_safe('subject', mail.subject), 'Subject')}",
    ]
    if mail.unsubscribe:
        if not re.fullmatch(r"https?://[\x21\x23-\x3b\x3d\x3f-\x7e]{1,900}", mail.unsubscribe):
            raise InvalidHeader("The address for unsubscribing is not an http address.")
        lines += [f"List-Unsubscribe: <{mail.unsubscribe}>", "List-Unsubscribe-Post: List-Unsubscribe=One-Click"]
    return "".join(f"{line}\r\n" for line in lines).encode("ascii")


def _address(text: str) -> Address:
    return Address(addr_spec=normal_address(text, dotless=True))


def _name(name: str) -> str:
    """A display name (RFC 5322 section 3.4): quoted when ASCII, else in encoded words; empty without one."""
    if not name:
        return ""
    if _plain(_safe("name", name)):
        return '"{}" '.format(re.sub(r'(["\\\\])', r"\\\1", name))
    return f"{_words(name, 'From')} "


def _words(text: str, header: str) -> str:
    """A header's text, folded; as a whole in encoded words (RFC 2047) when it is not plain ASCII."""
    charset = "us-ascii" if _plain(text) else "utf-8"
    return Header(text, charset, maxlinelen=76, header_name=header).encode(linesep="\r\n")


def _plain(text: str) -> bool:
    return text.isascii() and "=?" not in text


def _message_id(text: str) -> str:
    if not MESSAGE_ID.fullmatch(text) or len(text) > 500:
        raise InvalidHeader("The Message-ID is malformed; it looks like <01j9@agenda.example.org>.")
    return text


def _safe(what: str, value: str) -> str:
    if CONTROL.search(value):
        raise InvalidHeader(f"The {what} of a mail cannot hold line breaks or control characters.")
    return value
