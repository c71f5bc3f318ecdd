"""A service that takes answers over LMTP, and a calendar program that gives them."""

import asyncio
import smtplib
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from icalendar import Calendar
from msgspec import Struct

from scheduler.model.links import Links
from tests.running import Api, StandingClock, started
from tests.service import free_port
from tests.smtp import Received, SmtpSink

SECRET = "a secret of the tests, long enough for a key"


class Taking(Struct, frozen=True):
    """A running service: its API, the port of its LMTP door, and the links that it makes."""

    api: Api
    port: int
    links: Links

    async def deliver(self, data: bytes, to: str, sender: str = "ana@example.org") -> str:
        """Hands a mail over as a mail server does; the answer, such as `250 2.0.0 taken`."""
        return await asyncio.to_thread(deliver, self.port, data, to, sender)

    async def registration(self, found: Mapping[str, Any]) -> dict[str, Any]:
        """A registration as organisers see it now."""
        answer = await self.api.admin.get(f"/api/v1/events/{found['event_id']}/registrations/{found['id']}")
        assert answer.status_code == 200, answer.text
        shown: dict[str, Any] = answer.json()
        return shown

    async def all_sent(self, event: Mapping[str, Any]) -> None:
        """Waits until every mail of an event is noted as sent."""
        async with asyncio.timeout(20):
            while await self._states(event) != {"sent"}:
                await asyncio.sleep(0.02)

    async def _states(self, event: Mapping[str, Any]) -> set[str]:
        answer = await self.api.admin.get(f"/api/v1/events/{event['id']}/messages")
        return {item["state"] for item in answer.json()["items"]}

    async def counts(self) -> dict[str, int]:
        """What became of the mails that came in."""
        return dict(self.api.litestar.dependencies["context"].dependency().mail_in)  # type: ignore[union-attr]


def deliver(port: int, data: bytes, to: str, sender: str = "ana@example.org") -> str:
    """One LMTP conversation (RFC 2033) with smtplib; the answer to RCPT if that refuses, else to the end of data."""
    with smtplib.LMTP("127.0.0.1", port, local_hostname="relay.test") as client:
        client.ehlo_or_helo_if_needed()
        client.mail(sender)
        code, text = client.rcpt(to)
        if code == 250:
            code, text = client.data(data)
    return f"{code} {text.decode()}"


@asynccontextmanager
async def taking(
    folder: Path,
    sink: SmtpSink,
    domain: str = "reply.example.org",
    *,
    keys: Mapping[str, str] | None = None,
    **settings: Any,
) -> AsyncIterator[Taking]:
    """A service in this process whose mails go to `sink` and whose answers come in by a free port.

    `keys` are those of a database that was prepared before; `settings` are written `replies__mode`.
    """
    port = free_port()
    given = {
        "security.secret_key": SECRET,
        "replies.mode": "lmtp",
        "replies.address": f"agenda+{{token}}@{domain}",
        "replies.listen": f"127.0.0.1:{port}",
        "mail.transport": "smtp",
        "mail.host": sink.host,
        "mail.port": sink.port,
        "mail.security": "none",
        **{name.replace("__", "."): value for name, value in settings.items()},
    }
    links = Links("http://127.0.0.1:8000", SECRET, replies=given["replies.address"])
    async with started(folder, settings=given, clock=StandingClock(), keys=keys) as api:
        yield Taking(api, port, links)


def invitation_in(mail: Received) -> Calendar | None:
    """The calendar part of a mail, read by another library; None without one."""
    for part in mail.message.walk():
        if part.get_content_type() == "text/calendar":
            return Calendar.from_ical(part.get_content())
    return None


def answer_to(invitation: Calendar, answer: str, stamp: str = "20261123T115900Z") -> tuple[bytes, str]:
    """The mail with which a calendar program answers an invitation, and the address that it goes to."""
    reply = Calendar.from_ical(invitation.to_ical())
    reply["METHOD"] = "REPLY"
    (event,) = reply.walk("VEVENT")
    to, attendee = (str(event[name]).partition(":")[2] for name in ("ORGANIZER", "ATTENDEE"))
    event["ATTENDEE"].params["PARTSTAT"] = answer
    del event["DTSTAMP"]
    event["DTSTAMP"] = stamp
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = attendee, to, "Answer"
    mail.set_content("Answered")
    mail.add_alternative(
        reply.to_ical(), maintype="text", subtype="calendar", params={"method": "REPLY", "charset": "utf-8"}
    )
    return mail.as_bytes(), to
