"""`enspired feeds check` against real servers: ours, and strangers that do what strangers do."""

import gzip
import json
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import ClassVar

import pytest

from scheduler.cli import fetching
from tests.scheduler.command import inside
from tests.scheduler.test_cli_demo import demo, service_at, wait_until_ready
from tests.service import Service, free_port
from tests.web_server import Quiet, WebServer

GOOD = b"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//x//y\r\nEND:VCALENDAR\r\n"
BROKEN = b"""BEGIN:VCALENDAR
VERSION:2.0
METHOD:REQUEST
BEGIN:VEVENT
UID:1
DTSTART:20270316T143000
SUMMARY:Floating
END:VEVENT
END:VCALENDAR
"""
PROBLEM = json.dumps({"status": 400, "detail": "There is no parameter “kimd”. Did you mean “kind”?"}).encode()


class Stranger(Quiet, BaseHTTPRequestHandler):
    """Answers each path in another wrong way."""

    answers: ClassVar[dict[str, tuple[int, dict[str, str], bytes]]] = {
        "/broken.ics": (200, {"Content-Type": "text/plain"}, BROKEN),
        "/packed.ics": (200, {"Content-Type": "text/calendar", "Content-Encoding": "gzip"}, gzip.compress(BROKEN)),
        "/unpacked.ics": (200, {"Content-Type": "text/calendar", "Content-Encoding": "gzip"}, BROKEN),
        "/short.ics": (200, {"Content-Type": "text/calendar", "Content-Length": "9999"}, GOOD),
        "/moved.ics": (302, {"Location": "/sign-in"}, b""),
        "/sign-in": (200, {"Content-Type": "text/html"}, b"<!doctype html>\n<title>Sign in</title>\n"),
        "/loop.ics": (302, {"Location": "/loop.ics"}, b""),
        "/closed.ics": (401, {}, b""),
        "/gone.ics": (410, {}, b""),
        "/query.ics": (400, {"Content-Type": "application/problem+json"}, PROBLEM),
        "/large.ics": (200, {}, b"BEGIN:VCALENDAR\r\n" + b"X" * 5_000_001),
    }

    def do_HEAD(self) -> None:
        """Not here."""
        self.send_error(405)

    def do_GET(self) -> None:
        """One of the answers, or noise, or drops."""
        if self.path == "/noise.ics":
            self.wfile.write(b"\x00\x01noise\r\n\r\n")
            return
        if self.path == "/drops.ics":
            self.send_response(200)
            self.end_headers()
            for _ in range(100):
                self.wfile.write(b"B")
                time.sleep(0.1)
            return
        status, headers, body = self.answers.get(self.path, (404, {}, b""))
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)


@pytest.fixture
def stranger() -> Iterator[str]:
    """The address of a server that does everything wrong."""
    server = WebServer(Stranger)
    yield server.url
    server.stop()


def found(*arguments: str | Path) -> tuple[int, set[tuple[str, int]], str]:
    """Exit code, level and rule of each finding, and their texts."""
    done = inside("--json", "feeds", "check", *arguments)
    rows = json.loads(done.out)["findings"]
    return done.code, {(row["level"], row["rule"]) for row in rows}, "\n".join(row["text"] for row in rows)


def test_our_own_feeds_have_nothing_against_them_but_http(service: Service) -> None:
    service.start()
    for path in ("/feeds/events.ics", "/feeds/events.ics?lang=nl&alarm=PT15M"):
        code, findings, _ = found(f"{service.url}{path}")
        assert (code, findings) == (0, {("note", 1), ("note", 20)})  # http, and nothing in it yet


def test_the_demonstration_has_nothing_against_it_in_any_feed(tmp_path: Path) -> None:
    """Cancelled, moved, series, visits: whatever the demonstration programme holds."""
    port = free_port()
    with demo(tmp_path, port) as printed:
        wait_until_ready(service_at(tmp_path, port))
        code, findings, texts = found(printed["feed"])
        assert (code, findings) == (0, {("note", 1)}), texts


def test_a_broken_feed_is_judged_rule_by_rule(stranger: str) -> None:
    code, findings, texts = found(f"{stranger}/broken.ics")
    assert code == 3
    assert {("fault", 1), ("fault", 2), ("fault", 3), ("fault", 5), ("fault", 9), ("fault", 17)} <= findings
    assert "everybody sees another moment" in texts


def test_what_is_packed_unasked_is_read_and_said(stranger: str) -> None:
    _, plain, _ = found(f"{stranger}/broken.ics")
    code, findings, texts = found(f"{stranger}/packed.ics")
    assert code == 3
    assert findings >= plain - {("fault", 1)}
    assert "it is compressed although nobody asked for that" in texts
    assert "and is not" in found(f"{stranger}/unpacked.ics")[2]


def test_an_answer_that_ends_too_early_is_said(stranger: str) -> None:
    assert f"the answer ends after {len(GOOD)} of 9,999 octets" in found(f"{stranger}/short.ics")[2]


def test_a_sign_in_page_is_named_as_that_and_not_judged_as_a_calendar(stranger: str) -> None:
    code, findings, texts = found(f"{stranger}/moved.ics")
    assert code == 3
    assert {rule for _, rule in findings} == {0, 1}
    assert "the address may need a sign-in" in texts
    assert "the address redirects" in texts


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("/loop.ics", "redirects more than 3 times"),
        ("/closed.ics", "answers 401, not 200.\n  Next: the address needs a sign-in"),
        ("/gone.ics", "answers 410, not 200.\n  Next: it was withdrawn"),
        ("/query.ics", "answers 400, not 200. There is no parameter “kimd”. Did you mean “kind”?"),
        ("/nothing.ics", "answers 404, not 200.\n  Next: look for a typing error"),
        ("/large.ics", "more than 5,000,000 octets"),
        ("/noise.ics", "does not answer as a web server does"),
    ],
)
def test_where_there_is_no_feed_it_says_why_in_a_sentence(stranger: str, path: str, words: str) -> None:
    done = inside("feeds", "check", f"{stranger}{path}")
    assert (done.code, done.out) == (1, "")
    assert words in done.err
    assert "Errno" not in done.err


def test_an_answer_that_drips_is_cut_off(stranger: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetching, "WHOLE_SECONDS", 1)
    began = time.monotonic()
    done = inside("feeds", "check", f"{stranger}/drops.ics")
    assert done.code == 1
    assert "does not finish its answer within 1 seconds" in done.err
    assert time.monotonic() - began < 6


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("http://127.0.0.1:1/x.ics", "127.0.0.1 does not answer: Connection refused."),
        ("http://nowhere.invalid/x.ics", "There is no server “nowhere.invalid”"),
        ("ftp://x.example/y.ics", "has to begin with https:// or http://"),
        ("nothere.ics", "There is no file “nothere.ics”."),
    ],
)
def test_an_address_that_leads_nowhere_says_so(address: str, words: str) -> None:
    done = inside("feeds", "check", address)
    assert done.code == 1
    assert words in done.err


def test_a_file_is_judged_without_what_a_server_says(tmp_path: Path) -> None:
    path = tmp_path / "a.ics"
    for body, code, rules in ((GOOD, 0, {4, 5, 6, 20}), (b"hello\n", 3, {0}), (b"", 3, {0})):
        path.write_bytes(body)
        done, findings, texts = found(path)
        assert done == code, texts
        assert {rule for _, rule in findings} <= rules
    assert inside("feeds", "check").code == 2
