"""The process helpers that journeys and kill tests stand on."""

import smtplib
import sys
from email.message import EmailMessage
from pathlib import Path

import pytest

from tests.service import DidNotStart, Process, Service, SinkProcess, free_port

# Answers 503 at first, as a service does that still migrates, and counts its starts in its data.
STAND_IN = """
import http.server, os, pathlib, sys
starts = pathlib.Path(sys.argv[1], "starts")
starts.write_text(starts.read_text() + "x" if starts.exists() else "x")
print("started", len(starts.read_text()), os.environ.get("ENSPIRED_MAIL__HOST"))
class Answer(http.server.BaseHTTPRequestHandler):
    count = 0
    def do_GET(self):
        Answer.count += 1
        self.send_response(200 if Answer.count > 2 else 503)
        self.end_headers()
http.server.HTTPServer(("127.0.0.1", int(os.environ["ENSPIRED_SERVER__PORT"])), Answer).serve_forever()
"""


def stand_in(data: Path) -> Service:
    """A small server behind the same front door as the service."""
    return Service(data, [sys.executable, "-c", STAND_IN, str(data)])


def test_a_killed_service_starts_again_on_its_data_and_port(tmp_path: Path) -> None:
    with stand_in(tmp_path) as service:
        service.start()
        service.kill()
        assert (service.alive, service.status("/healthz")) == (False, 0)
        service.restart({"ENSPIRED_MAIL__HOST": "mail.example.org"})
        assert service.status("/healthz") == 200
    assert service.output().splitlines()[0] == "started 1 None"
    assert "started 2 mail.example.org" in service.output()
    assert not service.alive


def test_a_service_is_asked_to_stop_and_says_how_it_ended(tmp_path: Path) -> None:
    with stand_in(tmp_path) as service:
        service.start()
        assert service.terminate() == -15


def test_a_service_that_cannot_start_says_what_it_printed(tmp_path: Path) -> None:
    with (
        Service(tmp_path, [sys.executable, "-c", "raise SystemExit('no such database')"]) as service,
        pytest.raises(DidNotStart, match="no such database"),
    ):
        service.start()


def test_settings_of_this_shell_do_not_reach_a_process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ENSPIRED_MAIL__HOST", "live.example.org")
    script = "import os; print(sorted(name for name in os.environ if name.startswith('ENSPIRED_')))"
    process = Process([sys.executable, "-c", script], tmp_path / "log", {"ENSPIRED_SERVER__PORT": "1"})
    process.start()
    while process.alive:
        pass
    process.kill()
    assert process.output() == "['ENSPIRED_SERVER__PORT']\n"


def test_mail_is_counted_by_a_process_of_its_own(sink_process: SinkProcess) -> None:
    message = EmailMessage()
    message["Message-ID"] = "<r.7.1@example.org>"
    message["From"] = message["To"] = "amal@example.org"
    with smtplib.SMTP("127.0.0.1", sink_process.port) as client:
        client.send_message(message)
    assert [one["message_id"] for one in sink_process.received()] == ["<r.7.1@example.org>"]


def test_a_free_port_is_free() -> None:
    assert 1024 < free_port() < 65536
