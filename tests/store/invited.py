"""The invitation in a mail, read back as a calendar program reads it."""

from datetime import timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any

import icalendar

from tests.feeds.readers import parsed
from tests.store.world import Sent, World


def mail_of(sent: Sent) -> EmailMessage:
    """The mail as a program reads it."""
    return message_from_bytes(sent.data, policy=default)


def calendar_of(sent: Sent) -> icalendar.Calendar | None:
    """The invitation in a mail, read back; whatever mail programs trip over is checked here."""
    mail = mail_of(sent)
    parts = [part for part in mail.walk() if part.get_content_type() == "text/calendar"]
    if not parts:
        assert mail.get_content_type() == "multipart/alternative"
        return None
    (part,) = parts
    data = part.get_payload(decode=True)
    assert isinstance(data, bytes)
    found = parsed(data)
    assert part.get_param("method") == str(found["METHOD"])
    assert part.get_param("charset") == "utf-8"
    assert "Content-Disposition" not in part
    body, file = mail.iter_parts()
    assert (mail.get_content_type(), body.get_content_type()) == ("multipart/mixed", "multipart/alternative")
    kinds = [one.get_content_type() for one in body.iter_parts()]
    assert kinds == ["text/plain", "text/html", "text/calendar"]
    assert (file.get_content_type(), file.get_filename()) == ("application/ics", "invite.ics")
    assert file.get_payload(decode=True) == data
    assert b"VALARM" not in data
    return found


def events_in(sent: Sent, method: str = "REQUEST") -> list[Any]:
    """The components of a mail's invitation, the master first."""
    found = calendar_of(sent)
    assert found is not None
    assert str(found["METHOD"]) == method
    for component in found.walk("VEVENT"):
        assert str(component["ATTENDEE"]) == f"mailto:{sent.recipient}"
    return list(found.walk("VEVENT"))


def one_event(sent: Sent, method: str = "REQUEST") -> Any:
    """The only component of a mail's invitation."""
    (component,) = events_in(sent, method)
    return component


def starts(component: Any) -> str:
    """DTSTART as a wall time."""
    return str(component["DTSTART"].dt.replace(tzinfo=None).isoformat(timespec="minutes"))


async def quiet(world: World) -> None:
    """Lets a quiet period pass and sends what waits."""
    world.now += timedelta(days=1)
    await world.send()
