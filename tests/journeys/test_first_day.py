"""An organiser's first day: an event over HTTP, its feed with the next request, then a move and a cancellation."""

import http.client
from collections.abc import Iterator, Mapping
from email.message import Message
from pathlib import Path
from typing import Any

import icalendar
import pytest
from msgspec import Struct

from tests.feeds.readers import parsed
from tests.organiser import Organiser, day
from tests.service import Service

FEED = "/feeds/events.ics"
CANARY = "zaanmarkt-kanarie"


class Answer(Struct, frozen=True):
    """What a calendar program got."""

    status: int
    headers: Message
    body: bytes


class Reader:
    """A calendar program: it sends no header that it is not told to send, not even Accept."""

    def __init__(self, service: Service) -> None:
        self._port = service.port

    def ask(self, path: str = FEED, method: str = "GET", headers: Mapping[str, str] | None = None) -> Answer:
        """One request on a connection of its own."""
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=10)
        try:
            connection.putrequest(method, path, skip_accept_encoding=True)
            for name, value in (headers or {}).items():
                connection.putheader(name, value)
            connection.endheaders()
            answer = connection.getresponse()
            return Answer(answer.status, answer.headers, answer.read())
        finally:
            connection.close()


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Organiser, Reader]]:
    """A service that runs, an organiser with a key and a calendar program that knows the address of the feed."""
    folder: Path = tmp_path_factory.mktemp("first-day")
    with Service(folder / "data") as service, Organiser(service.url, service.new_key()) as organiser:
        service.start()
        yield organiser, Reader(service)


@pytest.fixture
def organiser(running: tuple[Organiser, Reader]) -> Organiser:
    """The organiser."""
    return running[0]


@pytest.fixture
def reader(running: tuple[Organiser, Reader]) -> Reader:
    """The calendar program."""
    return running[1]


def in_feed(answer: Answer, found: Mapping[str, Any]) -> icalendar.Event | None:
    """The VEVENT of an event; None when the feed does not have it."""
    assert answer.status == 200
    return next((one for one in parsed(answer.body).events if str(one["UID"]) == found["uid"]), None)


def test_an_event_is_in_the_feed_with_the_very_next_request(organiser: Organiser, reader: Reader) -> None:
    for place in range(5):
        before = reader.ask()
        found = organiser.create(title={"en": f"Lecture {place}"})
        after = reader.ask()
        assert in_feed(before, found) is None
        event = in_feed(after, found)
        assert event is not None
        assert (str(event["SUMMARY"]), str(event["STATUS"])) == (f"Lecture {place}", "CONFIRMED")


def test_the_feed_needs_no_accept_header_and_says_what_it_is(reader: Reader) -> None:
    answer = reader.ask()
    assert (answer.status, answer.headers["Content-Type"]) == (200, "text/calendar; charset=utf-8")


def test_two_readings_are_the_same_byte_for_byte(organiser: Organiser, reader: Reader) -> None:
    organiser.create()
    first, second = reader.ask(), reader.ask()
    assert first.body == second.body
    assert first.headers["ETag"] == second.headers["ETag"]
    assert first.headers["ETag"].startswith('"')


def test_an_unchanged_feed_answers_304_each_time_it_is_asked(organiser: Organiser, reader: Reader) -> None:
    organiser.create()
    full = reader.ask()
    for _ in range(2):
        again = reader.ask(headers={"If-None-Match": full.headers["ETag"]})
        assert (again.status, again.body, again.headers["ETag"]) == (304, b"", full.headers["ETag"])


def test_a_feed_that_changed_once_of_late_answers_304_also_by_its_date(service: Service) -> None:
    with Organiser(service.url, service.new_key()) as organiser:
        service.start()
        organiser.create()
        reader = Reader(service)
        full = reader.ask()
        wanted = {"If-Modified-Since": full.headers["Last-Modified"]}
        assert reader.ask(headers=wanted).status == 304
        organiser.create()
        assert reader.ask(headers=wanted).status == 200


def test_after_a_change_the_old_etag_gets_the_new_feed(organiser: Organiser, reader: Reader) -> None:
    organiser.create()
    full = reader.ask()
    organiser.create()
    again = reader.ask(headers={"If-None-Match": full.headers["ETag"]})
    assert again.status == 200
    assert again.headers["ETag"] != full.headers["ETag"]


def test_head_says_what_get_says_without_the_body(organiser: Organiser, reader: Reader) -> None:
    organiser.create()
    head, full = reader.ask(method="HEAD"), reader.ask()
    assert (head.status, head.body) == (200, b"")
    for name in ("ETag", "Content-Length", "Content-Type", "Last-Modified", "Cache-Control"):
        assert head.headers[name] == full.headers[name]
    assert int(head.headers["Content-Length"]) == len(full.body)


def test_a_moved_event_keeps_its_uid_and_counts_its_sequence_up(organiser: Organiser, reader: Reader) -> None:
    found = organiser.create(start=f"{day(50)}T14:30", end=f"{day(50)}T16:00")
    before = reader.ask()
    moved = organiser.change(found, start=f"{day(51)}T10:00", end=f"{day(51)}T11:30")
    after = reader.ask()
    assert moved["uid"] == found["uid"]
    old, new = in_feed(before, found), in_feed(after, found)
    assert old is not None
    assert new is not None
    assert new.sequence == old.sequence + 1
    assert new.start.isoformat()[:19] == f"{day(51)}T10:00:00"
    assert after.body != before.body
    assert [str(one["UID"]) for one in parsed(after.body).events].count(found["uid"]) == 1


def test_a_cancelled_event_stays_and_says_so(organiser: Organiser, reader: Reader) -> None:
    found = organiser.create()
    organiser.cancel(found)
    event = in_feed(reader.ask(), found)
    assert event is not None
    assert str(event["STATUS"]) == "CANCELLED"
    assert event.sequence > found["sequence"]


@pytest.mark.parametrize(
    "fields",
    [
        {"status": "draft"},
        {"visibility": "private"},
        {"visibility": "members"},
        {"visibility": "institutions"},
    ],
    ids=lambda fields: " ".join(fields.values()),
)
def test_what_is_not_public_leaves_no_byte_in_the_feed(
    organiser: Organiser, reader: Reader, fields: dict[str, str]
) -> None:
    before = reader.ask()
    organiser.create(title={"en": CANARY}, place={"room": CANARY}, description={"en": CANARY}, **fields)
    after = reader.ask()
    assert after.body == before.body
    assert after.headers["ETag"] == before.headers["ETag"]
    assert CANARY.encode() not in after.body


def test_a_draft_is_in_the_feed_once_it_is_published(organiser: Organiser, reader: Reader) -> None:
    found = organiser.create(status="draft")
    assert in_feed(reader.ask(), found) is None
    organiser.send("POST", f"/api/v1/events/{found['id']}/publish", {"status": "tentative"})
    event = in_feed(reader.ask(), found)
    assert event is not None
    assert str(event["STATUS"]) == "TENTATIVE"


def test_the_joining_link_and_the_attendees_are_not_in_the_feed(organiser: Organiser, reader: Reader) -> None:
    link = f"https://meet.example.org/{CANARY}"
    found = organiser.create(format="online", online={"url": link, "dial_in": CANARY})
    organiser.register(found, f"{CANARY}@example.org", name=CANARY)
    answer = reader.ask()
    assert in_feed(answer, found) is not None
    assert CANARY.encode() not in answer.body
    assert CANARY.encode() not in reader.ask(f"/events/{found['id']}.ics").body


def test_one_event_is_a_calendar_of_its_own(organiser: Organiser, reader: Reader) -> None:
    found = organiser.create()
    organiser.create()
    answer = reader.ask(f"/events/{found['id']}.ics")
    assert [str(one["UID"]) for one in parsed(answer.body).events] == [found["uid"]]
