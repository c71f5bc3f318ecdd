"""`enspired feeds check`: our own feed passes, a bad one hears what is wrong with it, and any octets are judged."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feeds.check import READING, Finding, check
from tests.feeds.entries import calendar_of, entry, series, wall
from tests.running import Api
from tests.scheduler.command import inside, process
from tests.service import Service

HEADERS = {
    "Content-Type": "text/calendar; charset=utf-8",
    "ETag": '"a"',
    "Last-Modified": "Mon, 02 Nov 2026 09:30:00 GMT",
    "Cache-Control": "public, max-age=300",
}
BAD = (
    b"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\nMETHOD:REQUEST\r\n"
    b"BEGIN:VEVENT\r\nUID:1@x\r\nDTSTAMP:20270301T120000Z\r\nDTSTART:20270316T133000Z\r\nDTEND:20270316T143000Z\r\n"
    b"RRULE:FREQ=WEEKLY;COUNT=3\r\nSUMMARY:Series\r\nEND:VEVENT\r\n"
    b"BEGIN:VEVENT\r\nUID:2@x\r\nDTSTAMP:20270301T120000Z\r\nDTSTART;TZID=Europe/Brussels:20270316T143000\r\n"
    b"DTEND;TZID=Europe/Brussels:20270316T153000\r\nSUMMARY:Lecture\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
)


def faults(findings: tuple[Finding, ...]) -> list[Finding]:
    return [one for one in findings if one.level == "fault"]


def event(*lines: str) -> bytes:
    """A calendar of one event with these lines."""
    parts = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:x", "METHOD:PUBLISH", "BEGIN:VEVENT", "UID:1@x"]
    parts += ["DTSTAMP:20270301T120000Z", "SEQUENCE:0", "SUMMARY:Lecture", *lines, "END:VEVENT", "END:VCALENDAR", ""]
    return "\r\n".join(parts).encode()


async def test_our_own_feed_passes_without_a_fault(api: Api) -> None:
    weekly = {"rule": "FREQ=WEEKLY;COUNT=3", "excluded": ["2027-03-23T14:30"]}
    await api.event(title='Caf\u00e9; "x", \\n', recurrence=weekly)
    await api.event(start="2027-04-01", end="2027-04-02", kind="exchange-visit")
    other = await api.event(title="Called off")
    await api.admin.post(f"/api/v1/events/{other['id']}/cancel", json={"reason": "Strike"})
    answer = await api.nobody.get("/feeds/events.ics")
    found = check(answer.headers, answer.content)
    assert [one for one in found if one.level != "note"] == []


def test_a_good_calendar_of_ours_has_nothing_said_against_it_as_a_file() -> None:
    body = calendar_of(entry(wall("2027-03-16 14:30")), series(wall("2027-03-17 09:00"), "FREQ=DAILY", uid="2@x"))
    assert [one for one in check(HEADERS, body) if one.level != "note"] == []


def test_a_bad_feed_hears_of_each_fault_with_its_rule_and_line() -> None:
    answer = {"Content-Type": "text/calendar; charset=utf-8", "Date": "Mon, 01 Mar 2027 12:00:05 GMT"}
    found = {(one.rule, one.line): one.text for one in faults(check(answer, BAD))}
    assert "ETag" in found[2, 0]
    assert "time of asking" in found[3, 5]
    assert "METHOD" in found[5, 4]
    assert "VTIMEZONE" in found[8, 16]
    assert "series in UTC" in found[9, 8]
    assert "SEQUENCE" in found[15, 5]
    assert set(found) == {(2, 0), (3, 5), (5, 4), (8, 16), (9, 8), (15, 5)}


@pytest.mark.parametrize(
    ("rule", "lines"),
    [
        (9, ["DTSTART:20270316T143000"]),
        (11, ["DTSTART;VALUE=DATE:20270316", "DTEND;VALUE=DATE:20270316"]),
        (12, ["DTSTART:20270316T143000Z", "DTEND:20270316T133000Z"]),
        (13, ["DTSTART;VALUE=DATE:20270316", "RRULE:FREQ=DAILY;UNTIL=20270320T000000Z"]),
        (13, ["DTSTART;VALUE=DATE:20270316", "RRULE:FREQ=DAILY;COUNT=3", "EXDATE:20270317T000000Z"]),
        (5, ["DTSTART:20270316T143000Z", "ATTENDEE;RSVP=TRUE:mailto:a@example.org"]),
        (17, ["DTSTART:20270316T143000Z", "DESCRIPTION:a\x0bb"]),
        (17, ["DTSTART:20270316T143000Z", "DESCRIPTION:a\nX-A:b"]),
        (20, ["DTSTART:20270316T143000Z", "ATTACH;ENCODING=BASE64;VALUE=BINARY:AAAA"]),
        (READING, ["DTSTART;TZID=Nowhere:20270316T143000"]),
    ],
)
def test_a_fault_has_the_number_of_its_rule(rule: int, lines: list[str]) -> None:
    assert rule in {one.rule for one in faults(check(None, event(*lines)))}


def test_what_is_said_of_many_lines_is_said_once() -> None:
    body = event(*["DTSTART:20270316T143000Z"]).replace(b"\r\n", b"\n")
    (one,) = [one for one in check(None, body) if one.rule == 17]
    assert "more)" in one.text
    assert one.line == 1


@given(st.binary(max_size=300), st.dictionaries(st.text(max_size=20), st.text(max_size=20), max_size=3))
def test_any_octets_are_judged_and_never_a_crash(noise: bytes, headers: dict[str, str]) -> None:
    check(headers, noise)
    check(None, event("DTSTART:20270316T143000Z").replace(b"SUMMARY:Lecture", noise))


def test_the_command_judges_a_file_and_says_how_it_was_read(tmp_path: Path) -> None:
    file = tmp_path / "bad.ics"
    file.write_bytes(BAD)
    shown = inside("feeds", "check", file, "--json")
    assert shown.code == 3
    told = json.loads(shown.out)
    assert {one["rule"] for one in told["findings"] if one["level"] == "fault"} == {5, 8, 9, 15}
    assert told["entries"]["whole"] + told["entries"]["repaired"] == 2
    file.write_bytes(calendar_of(entry(wall("2027-03-16 14:30"))))
    good = inside("feeds", "check", file)
    assert good.code == 0
    assert good.err.endswith("Events read whole: 1; repaired: 0; refused: 0.\n")


@pytest.mark.parametrize("address", ["ftp://x/y.ics", "http://", "http://[x", "file:///etc/passwd", "none.ics"])
def test_what_is_no_feed_is_a_sentence(address: str) -> None:
    shown = process("feeds", "check", address)
    assert (shown.code, shown.out) == (1, "")
    assert "Traceback" not in shown.err


def test_the_command_asks_a_running_service_as_a_program_does_and_lists_who_subscribed(service: Service) -> None:
    service.start()
    shown = inside("feeds", "check", f"{service.url}/feeds/events.ics", "--json")
    assert shown.code == 0, shown.out
    assert {one["level"] for one in json.loads(shown.out)["findings"]} <= {"note"}
    key = service.new_key()
    subscription = {"name": "VIVES agenda", "institution": "vives", "query": "kind=workshop"}
    place = {"key": "vives", "name": "VIVES", "country": "BE", "timezone": "Europe/Brussels"}
    assert service.ask("POST", "/api/v1/institutions", place, key)[0] == 201
    status, made = service.ask("POST", "/api/v1/subscriptions", subscription, key)
    assert status == 201, made
    (row,) = inside("feeds", "list", "--data", service.data).rows
    assert row[1:4] == ["VIVES agenda", "vives", "kind=workshop"]
    assert made["address"].split("/")[-2] not in "".join(row)
