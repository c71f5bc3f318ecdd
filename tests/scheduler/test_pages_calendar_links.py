"""Links that add one event to an online calendar; each test is named after a fault that people met elsewhere."""

from datetime import date, datetime
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from msgspec.structs import replace

from scheduler.web.pages.calendar_links import MOST_CHARACTERS, Adding, google, outlook_home, outlook_work
from tests.running import Api, api
from tests.scheduler.pages import page

__all__ = ["api"]
SERVICES = (google, outlook_work, outlook_home)
OUTLOOKS = (outlook_work, outlook_home)
TALK = Adding(
    title="Multilingual classrooms",
    start=datetime(2027, 3, 16, 14, 30),  # noqa: DTZ001 # wall time
    end=datetime(2027, 3, 16, 16),  # noqa: DTZ001 # wall time
    zone="Europe/Brussels",
    place="Room B1.04, Bruges",
    text="How to teach in three languages.",
    page="https://agenda.example.org/en/events/01k",
)
DAYS = replace(TALK, start=date(2027, 3, 22), end=date(2027, 3, 27))


def values(link: str) -> dict[str, str]:
    return dict(parse_qsl(urlsplit(link).query, strict_parsing=True))


def test_google_gets_start_and_end_in_utc_with_z() -> None:
    assert google(TALK).startswith("https://calendar.google.com/calendar/render?action=TEMPLATE&text=Multilingual%20")
    assert values(google(TALK))["dates"] == "20270316T133000Z/20270316T150000Z"


def test_google_gets_the_events_own_zone_as_ctz() -> None:
    assert values(google(TALK))["ctz"] == "Europe/Brussels"


@pytest.mark.parametrize("service", OUTLOOKS)
def test_outlook_times_end_in_z_and_have_dashes_and_colons(service: Any) -> None:
    found = values(service(TALK))
    assert (found["startdt"], found["enddt"]) == ("2027-03-16T13:30:00Z", "2027-03-16T15:00:00Z")
    assert "allday" not in found


def test_work_and_home_have_hosts_of_their_own() -> None:
    assert outlook_work(TALK).startswith("https://outlook.office.com/calendar/0/action/compose?rru=addevent&")
    assert outlook_home(TALK).startswith("https://outlook.live.com/calendar/0/action/compose?rru=addevent&")


def test_the_end_of_whole_days_is_the_day_after() -> None:
    assert values(google(DAYS))["dates"] == "20270322/20270327"
    found = values(outlook_work(DAYS))
    assert (found["startdt"], found["enddt"], found["allday"]) == ("2027-03-22", "2027-03-27", "true")


@pytest.mark.parametrize("service", SERVICES)
def test_spaces_are_percent_20_and_never_a_plus(service: Any) -> None:
    assert "+" not in service(TALK)
    assert "%20" in service(TALK)


@pytest.mark.parametrize("service", SERVICES)
def test_a_plus_that_people_wrote_is_percent_2b(service: Any) -> None:
    link = service(replace(TALK, title="C++ & maths #1?"))
    assert "C%2B%2B%20%26%20maths%20%231%3F" in link
    assert "C++ & maths #1?" in values(link).values()


@pytest.mark.parametrize("service", OUTLOOKS)
def test_line_breaks_for_outlook_are_br_after_escaping(service: Any) -> None:
    found = values(service(replace(TALK, text='A < B & "C"\n<script>alert(1)</script>')))
    assert found["body"] == (
        'A &lt; B &amp; "C"<br>&lt;script&gt;alert(1)&lt;/script&gt;<br><br>https://agenda.example.org/en/events/01k'
    )


@pytest.mark.parametrize("service", SERVICES)
@pytest.mark.parametrize("letter", ["a", "é", "ሀ", "😀", "&", "\n", "\ud800"])
def test_a_link_stays_below_2048_characters_and_keeps_the_page(service: Any, letter: str) -> None:
    long = letter * 5_000
    link = service(replace(TALK, text=long, title=long, place=long))
    assert len(link) <= MOST_CHARACTERS == 2_048
    assert any(TALK.page in value for value in values(link).values())
    assert "startdt" in values(link) or "dates" in values(link)


@pytest.mark.parametrize("service", SERVICES)
def test_a_short_text_is_there_whole_and_a_long_one_ends_in_an_ellipsis(service: Any) -> None:
    assert any(TALK.text in value for value in values(service(TALK)).values())
    cut = values(service(replace(TALK, text="word " * 1_000)))
    assert any("word…" in value for value in cut.values())


async def test_an_event_page_has_the_links_and_the_file(api: Api) -> None:
    event = await api.event(summary={"en": "In short."}, place={"room": "B1.04", "city": "Bruges"})
    links = (await page(api, f"/en/events/{event['id']}")).links()
    found = [link for link in links if "outlook" in link or "google" in link]
    assert [urlsplit(link).netloc for link in found] == [
        "calendar.google.com", "outlook.office.com", "outlook.live.com",
    ]  # fmt: skip
    assert values(found[0])["dates"] == "20270316T133000Z/20270316T150000Z"
    assert values(found[0])["location"] == "B1.04, Bruges"
    assert values(found[1])["body"] == f"In short.<br><br>http://127.0.0.1:8000/en/events/{event['id']}"
    assert any(link.endswith(f"/events/{event['id']}.ics?lang=en") for link in links)


async def test_a_series_has_only_the_file_and_the_subscription(api: Api) -> None:
    event = await api.event(recurrence={"rule": "FREQ=WEEKLY;COUNT=4"})
    document = await page(api, f"/en/events/{event['id']}")
    assert not [link for link in document.links() if "outlook" in link or "google" in link]
    assert any(link.endswith(".ics?lang=en") for link in document.links())
    assert "Online calendars would take its first date only" in document.text


@pytest.mark.parametrize("visibility", ["registered", "public"])
async def test_no_joining_link_stands_in_them(api: Api, visibility: str) -> None:
    online = {"platform": "Zoom", "url": "https://meet.example.org/secret-room", "visibility": visibility}
    event = await api.event(format="online", online=online)
    links = (await page(api, f"/en/events/{event['id']}")).links()
    added = [link for link in links if "outlook" in link or "google" in link]
    assert len(added) == 3
    assert not any("meet.example.org" in link for link in added)


async def test_what_is_over_or_cancelled_is_not_added(api: Api) -> None:
    over = await api.event(start="2026-01-12T10:00", end="2026-01-12T12:00")
    gone = await api.event()
    answer = await api.admin.post(
        f"/api/v1/events/{gone['id']}/cancel", json={"reason": "Strike."}, headers={"If-Match": '"1"'}
    )
    assert answer.status_code == 200, answer.text
    for event in (over, gone):
        links = (await page(api, f"/en/events/{event['id']}")).links()
        assert not [link for link in links if "outlook" in link or "google" in link]
