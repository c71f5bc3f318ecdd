"""A mail and its bytes: headers that cannot be broken into, one recipient, plain text beside HTML.

The bytes depend on nothing but the mail: the same mail gives the same bytes at every attempt. They are 7-bit
(quoted-printable), so that no relay has to convert them and a DKIM signature made by the relay survives.
"""

import hashlib
import re
from datetime import datetime
from email.errors import HeaderParseError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP

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


class Mail(Struct, frozen=True, kw_only=True):
    """One mail to one recipient.

    `message_id` (with its angle brackets) and `date` (aware) stay the same over all attempts. `unsubscribe` is the
    one-click address (RFC 8058) of mails that one can stop. `language` is a BCP 47 tag.
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


def compose(mail: Mail) -> bytes:
    """The mail as it travels: multipart/alternative (RFC 2046) with plain text first. Raises what `envelope` does."""
    message = EmailMessage(policy=POLICY)
    for name, value in _headers(mail):
        message[name] = value
    message.set_content(mail.text, cte="quoted-printable")
    message.add_alternative(mail.html, subtype="html", cte="quoted-printable")
    message["Content-Language"] = _safe("language", mail.language)
    message.set_boundary(f"=_{hashlib.sha256(mail.message_id.encode()).hexdigest()[:32]}")
    return _unfolded(mail) + message.as_bytes()


def envelope(mail: Mail) -> Envelope:
    """The composed mail with its sender and its one recipient. Raises InvalidAddress or InvalidHeader."""
    return Envelope(
        sender=normal_address(mail.sender.address, dotless=True),
        recipient=normal_address(mail.recipient, dotless=True),
        message_id=_message_id(mail.message_id),
        data=compose(mail),
    )


def _headers(mail: Mail) -> list[tuple[str, object]]:
    headers: list[tuple[str, object]] = [
        ("From", _address(mail.sender)),
        ("To", _address(Mailbox(mail.recipient))),
        ("Subject", _safe("subject", mail.subject)),
        ("Date", mail.date),
        ("Auto-Submitted", "auto-generated"),  # RFC 3834 section 5
        ("X-Auto-Response-Suppress", "All"),
        ("X-Enspired-Cause", mail.cause),
    ]
    if mail.reply_to:
        headers.insert(2, ("Reply-To", _address(Mailbox(mail.reply_to))))
    return headers


def _unfolded(mail: Mail) -> bytes:
    """Headers that must stay on one line, written by hand: ASCII without spaces, checked."""
    lines = [f"Message-ID: {_message_id(mail.message_id)}"]
    if mail.unsubscribe:
        if not re.fullmatch(r"https?://[\x21\x23-\x3b\x3d\x3f-\x7e]{1,900}", mail.unsubscribe):
            raise InvalidHeader("The address for unsubscribing is not an http address.")
        lines += [f"List-Unsubscribe: <{mail.unsubscribe}>", "List-Unsubscribe-Post: List-Unsubscribe=One-Click"]
    return "".join(f"{line}\r\n" for line in lines).encode("ascii")


def _address(mailbox: Mailbox) -> Address:
    name = _safe("name", mailbox.name)
    try:
        return Address(display_name=name, addr_spec=normal_address(mailbox.address, dotless=True))
    except (HeaderParseError, ValueError) as reason:
        raise InvalidHeader("The name beside a mail address cannot be written in a header.") from reason


def _message_id(text: str) -> str:
    if not MESSAGE_ID.fullmatch(text) or len(text) > 500:
        raise InvalidHeader("The Message-ID is malformed; it looks like <01j9@agenda.example.org>.")
    return text


def _safe(what: str, value: str) -> str:
    if CONTROL.search(value):
        raise InvalidHeader(f"The {what} of a mail cannot hold line breaks or control characters.")
    return value
