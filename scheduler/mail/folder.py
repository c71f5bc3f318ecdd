"""Mail into a folder (a Maildir, https://cr.yp.to/proto/maildir.html) until a relay is configured, and reading it back.

A file is named after its Message-ID: a message that is delivered twice is there once.
"""

import asyncio
import hashlib
import os
import re
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import default
from pathlib import Path

from msgspec import Struct

from scheduler.errors import NotFound
from scheduler.mail.transport import Delivered, Delivery, Envelope, Refused, StillWanted, Withdrawn, fault_of
from scheduler.model.message import Failure

ID = re.compile(r"[0-9a-f]{32}")
AT_ONCE = 100


class StoredMail(Struct, frozen=True, kw_only=True):
    """A mail in the folder, as a list shows it. `id` names it for `read_mail`; `written_at` is a UTC instant."""

    id: str
    written_at: datetime
    sender: str
    recipient: str
    subject: str
    cause: str


class OpenedMail(Struct, frozen=True, kw_only=True):
    """A mail in the folder with its parts; `html` is only fit for a sandboxed frame. `raw` is the file."""

    mail: StoredMail
    headers: tuple[tuple[str, str], ...]
    text: str
    html: str
    raw: bytes


class FolderTransport:
    """The transport that writes each message, durably, into `new/` of a Maildir."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def room(self) -> int:
        """See Transport."""
        return AT_ONCE

    def seconds_down(self) -> float:
        """See Transport: a folder that cannot be written fails each mail, which is tried again later."""
        return 0.0

    async def deliver(self, envelope: Envelope, still_wanted: StillWanted) -> Delivery:
        """See Transport. A full or unwritable disk is a passing failure."""
        if fault := fault_of(envelope):
            return fault
        if not await still_wanted():
            return Withdrawn()
        try:
            name = await asyncio.to_thread(_write, self._path, envelope)
        except OSError as error:
            return Refused(Failure(text=f"The mail folder cannot be written: {error.strerror or error}."))
        return Delivered(250, name)

    async def close(self) -> None:
        """Nothing is open."""


def list_mails(path: Path, limit: int = 100) -> tuple[StoredMail, ...]:
    """The newest `limit` mails of the folder, newest first; none when there is no folder. Blocks: call in a thread."""
    found = []
    for part in ("new", "cur"):
        folder = path / part
        if folder.is_dir():
            found += [(entry.stat().st_mtime_ns, entry.path) for entry in os.scandir(folder) if _id(entry.name)]
    return tuple(_listed(Path(file)) for _, file in sorted(found, reverse=True)[:limit])


def read_mail(path: Path, mail_id: str) -> OpenedMail:
    """One mail of the folder. Blocks: call in a thread. Raises NotFound."""
    if ID.fullmatch(mail_id):
        for part in ("new", "cur"):
            for file in (path / part).glob(f"{mail_id}*"):
                return _opened(file)
    raise NotFound("There is no such mail in the folder.")


def _write(path: Path, envelope: Envelope) -> str:
    for part in ("tmp", "new", "cur"):
        (path / part).mkdir(parents=True, exist_ok=True, mode=0o700)
    name = hashlib.sha256(envelope.message_id.encode()).hexdigest()[:32]
    draft, final = path / "tmp" / name, path / "new" / name
    with draft.open("wb") as file:
        file.write(b"Return-Path: <" + envelope.sender.encode("ascii") + b">\n")
        file.write(b"Delivered-To: " + envelope.recipient.encode("ascii") + b"\n")
        file.write(envelope.data.replace(b"\r\n", b"\n"))
        file.flush()
        os.fsync(file.fileno())
    draft.replace(final)
    handle = os.open(final.parent, os.O_RDONLY)
    try:
        os.fsync(handle)  # the name, too, has to survive a power cut
    finally:
        os.close(handle)
    return name


def _id(name: str) -> str:
    found = ID.match(name)
    return found[0] if found else ""


def _listed(file: Path) -> StoredMail:
    with file.open("rb") as handle:
        return _stored(file, BytesParser(policy=default).parse(handle, headersonly=True))


def _stored(file: Path, message: EmailMessage) -> StoredMail:
    return StoredMail(
        id=_id(file.name),
        written_at=datetime.fromtimestamp(file.stat().st_mtime, UTC),
        sender=str(message["From"] or ""),
        recipient=str(message["Delivered-To"] or message["To"] or ""),
        subject=str(message["Subject"] or ""),
        cause=str(message["X-Enspired-Cause"] or ""),
    )


def _opened(file: Path) -> OpenedMail:
    raw = file.read_bytes()
    message = message_from_bytes(raw, policy=default)
    return OpenedMail(
        mail=_stored(file, message),
        headers=tuple((name, str(value)) for name, value in message.items()),
        text=_part(message, "plain"),
        html=_part(message, "html"),
        raw=raw,
    )


def _part(message: EmailMessage, kind: str) -> str:
    part = message.get_body((kind,))
    return str(part.get_content()) if part else ""
