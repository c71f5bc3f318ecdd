"""The data for search engines on an event's page: what the page says, and nothing more."""

import asyncio
import json
from typing import Any, cast

import pytest
import uvicorn

from tests.browser import Browser
from tests.running import Api, api
from tests.scheduler.pages import page

__all__ = ["api"]
LINK = "https://meet.example.org/secret-room"


async def said(api: Api, event: dict[str, Any], language: str = "en") -> dict[str, Any]:
    (block,) = (await page(api, f"/{language}/events/{event['id']}")).data
    found: dict[str, Any] = json.loads(block)
    return found


async def change(api: Api, event: dict[str, Any], **fields: Any) -> None:
    answer = await api.admin.get(f"/api/v1/events/{event['id']}")
    done = await api.admin.patch(
        f"/api/v1/events/{event['id']}", json=fields, headers={"If-Match": answer.headers["etag"]}
    )
    assert done.status_code == 200, done.text


async def test_an_event_says_when_where_and_by_whom(api: Api) -> None:
    event = await api.event(languages=["en", "nl"], summary={"en": "In short."}, place={"room": "B1.04"})
    found = await said(api, event)
    assert found["eventStatus"] == "https://schema.org/EventScheduled"
    assert found["eventAttendanceMode"] == "https://schema.org/OfflineEventAttendanceMode"
    assert (found["startDate"], found["endDate"]) == ("2027-03-16T14:30:00+01:00", "2027-03-16T16:00:00+01:00")
    assert found["url"] == f"http://127.0.0.1:8000/en/events/{event['id']}"
    assert found["organizer"] == {"@type": "Organization", "name": "VIVES"}
    assert found["location"]["address"] == {
        "@type": "PostalAddress", "addressLocality": "Bruges", "addressCountry": "BE",
    }  # fmt: skip
    assert (found["inLanguage"], found["description"]) == (["en", "nl"], "In short.")
    assert "isAccessibleForFree" not in found


async def test_a_moved_event_says_where_it_stood(api: Api) -> None:
    event = await api.event()
    await change(api, event, start="2027-03-17T14:30", end="2027-03-17T16:00")
    found = await said(api, event)
    assert found["eventStatus"] == "https://schema.org/EventRescheduled"
    assert found["previousStartDate"] == "2027-03-16T14:30:00+01:00"
    assert found["startDate"] == "2027-03-17T14:30:00+01:00"


async def test_a_cancelled_event_is_said_to_be_cancelled(api: Api) -> None:
    event = await api.event()
    await api.admin.post(f"/api/v1/events/{event['id']}/cancel", json={"reason": "x"}, headers={"If-Match": '"1"'})
    assert (await said(api, event))["eventStatus"] == "https://schema.org/EventCancelled"


@pytest.mark.parametrize(("format_", "mode"), [("online", "Online"), ("hybrid", "Mixed")])
async def test_the_joining_link_stands_there_only_where_everybody_may_have_it(
    api: Api, format_: str, mode: str
) -> None:
    for visibility in ("registered", "public"):
        online = {"platform": "Zoom", "url": LINK, "visibility": visibility}
        found = await said(api, await api.event(format=format_, online=online))
        assert found["eventAttendanceMode"] == f"https://schema.org/{mode}EventAttendanceMode"
        assert (LINK in json.dumps(found)) == (visibility == "public")


async def test_a_visit_and_its_items_name_each_other(api: Api) -> None:
    visit = await api.event(title="A week in Bruges", start="2027-03-22", end="2027-03-26", kind="exchange-visit")
    item = await api.event(title="At school", start="2027-03-23T09:00", end="2027-03-23T12:00", part_of=visit["id"])
    await api.event(title="Hidden", start="2027-03-23", end="2027-03-23", part_of=visit["id"], visibility="private")
    whole, part = await said(api, visit), await said(api, item)
    assert (whole["startDate"], whole["endDate"]) == ("2027-03-22", "2027-03-26")
    assert [one["name"] for one in whole["subEvent"]] == ["At school"]
    assert whole["subEvent"][0]["url"] == part["url"]
    assert part["superEvent"] == {"@type": "Event", "name": "A week in Bruges", "url": whole["url"]}


async def test_a_series_says_its_rule_and_the_dates_that_are_different(api: Api) -> None:
    event = await api.event(
        recurrence={
            "rule": "FREQ=WEEKLY;COUNT=4",
            "moved": [{"date": "2027-03-23T14:30", "start": "2027-03-24T14:30", "end": "2027-03-24T16:00"}],
            "cancelled": [{"date": "2027-03-30T14:30", "reason": "Holiday"}],
        }
    )
    found = await said(api, event)
    assert found["eventSchedule"]["repeatCount"] == 4
    assert found["eventSchedule"]["scheduleTimezone"] == "Europe/Brussels"
    states = {one.get("previousStartDate", one["startDate"]): one["eventStatus"] for one in found["subEvent"]}
    assert states == {
        "2027-03-23T14:30:00+01:00": "https://schema.org/EventRescheduled",
        "2027-03-30T14:30:00+02:00": "https://schema.org/EventCancelled",
    }


async def test_a_title_cannot_end_the_script(api: Api) -> None:
    hostile = "</script><img src=x onerror=alert(1)><!--<script>"
    event = await api.event(title={"en": hostile}, summary={"en": hostile})
    document = await page(api, f"/en/events/{event['id']}")
    assert len(document.data) == 1
    assert json.loads(document.data[0])["name"] == hostile
    assert document.all("img") == document.scripts() == []


async def test_a_real_browser_takes_the_data_under_our_policy(api: Api, chromium: Browser) -> None:
    event = await api.event()
    server = uvicorn.Server(uvicorn.Config(cast("Any", api.app), port=0, lifespan="off", log_level="error"))
    server.install_signal_handlers = lambda: None  # type: ignore[attr-defined]
    serving = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    tab = await asyncio.to_thread(chromium.new_page)
    try:
        await asyncio.to_thread(tab.open, f"http://127.0.0.1:{port}/en/events/{event['id']}")
        text = await asyncio.to_thread(
            tab.evaluate, "document.querySelector('script[type=\"application/ld+json\"]').textContent"
        )
        assert json.loads(text)["name"] == "Multilingual classrooms"
        assert tab.errors == []
    finally:
        await asyncio.to_thread(tab.close)
        server.should_exit = True
        await serving
