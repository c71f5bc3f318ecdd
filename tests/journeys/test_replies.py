"""An answer over LMTP into the real process: what was answered with 250 is there after a power cut."""

import smtplib
from pathlib import Path

from scheduler.model.links import Links
from tests.arrivals import wait_for
from tests.organiser import Organiser
from tests.replying import DIALECTS, Answering
from tests.service import Service

SECRET = "a secret of the tests, long enough for a key"
PATTERN = "agenda+{token}@reply.example.org"


def deliver(socket: Path, data: bytes, to: str) -> str:
    """Hands a mail over at a Unix socket, as Postfix does; the answer."""
    with smtplib.LMTP(str(socket)) as client:
        client.ehlo_or_helo_if_needed()
        client.mail("ana@example.org")
        client.rcpt(to)
        code, text = client.data(data)
    return f"{code} {text.decode()}"


def test_a_no_that_was_taken_survives_a_kill_and_the_door_opens_again(service: Service, tmp_path: Path) -> None:
    socket = tmp_path / "lmtp"
    service.env |= {
        "ENSPIRED_SECURITY__SECRET_KEY": SECRET,
        "ENSPIRED_REPLIES__MODE": "lmtp",
        "ENSPIRED_REPLIES__ADDRESS": PATTERN,
        "ENSPIRED_REPLIES__LISTEN": str(socket),
    }
    service.start()
    links = Links(service.url, SECRET, replies=PATTERN)
    with Organiser(service.url, service.new_key()) as organiser:
        event = organiser.read(organiser.create())
        found, other = (organiser.register(event, f"{name}@example.org", name=name) for name in ("ana", "ben"))
        wait_for(socket.exists, "the socket is there")
        to = links.reply_address(found["id"])
        no = Answering(uid=event["uid"], attendee="ana@example.org", to=to)
        assert deliver(socket, DIALECTS["apple"](no), to).startswith("250")
        service.kill()
        service.restart()
        assert state(organiser, found) == "cancelled"
        assert deliver(socket, DIALECTS["apple"](no), to).startswith("250")  # the mail server had not heard the 250
        assert deliver(socket, DIALECTS["apple"](no), links.reply_address(other["id"])).startswith("250")
        assert state(organiser, other) == "confirmed"
        assert [mail["cause"] for mail in organiser.ledger(event, "withdrawal")] == ["withdrawal"]
    assert service.terminate() == 0
    assert "ana@example.org" not in service.output()


def state(organiser: Organiser, found: dict[str, str]) -> str:
    """How a registration stands."""
    path = f"/api/v1/events/{found['event_id']}/registrations/{found['id']}"
    return str(organiser.send("GET", path)["state"])
