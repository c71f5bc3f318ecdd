"""A subscriber's wishes: language, cancelled events, alarms, bars, busy times, horizon; in every form that can."""

import json
import re

import pytest

from tests.calendars.reading import FORMS, unfolded
from tests.running import Api

MARKS = ("Praatje", "Talk", "VIVES", "vives", "room-7", "Meet Maria", "meet.example", "gender", "workshop")


async def text_of(api: Api, query: str, form: str = "ics") -> str:
    """A feed's text."""
    answer = await api.nobody.get(f"/feeds/events.{form}?{query}")
    assert answer.status_code == 200, answer.text
    return unfolded(answer.content) if form == "ics" else answer.text


@pytest.fixture
async def talk(api: Api) -> Api:
    """One public event with a text in everything."""
    await api.event(
        title={"en": "Talk", "nl": "Praatje"},
        summary={"en": "Meet Maria"},
        place={"room": "room-7"},
        themes=["gender"],
        format="hybrid",
        online={"url": "https://meet.example/7", "visibility": "public"},
    )
    return api


async def test_a_feed_has_one_language_with_a_declared_fallback(talk: Api) -> None:
    assert "SUMMARY:Praatje" in await text_of(talk, "lang=nl")
    assert "SUMMARY:Talk" in await text_of(talk, "lang=fr")
    assert "SUMMARY:Talk" in await text_of(talk, "")
    for form in FORMS:
        assert "Praatje" in await text_of(talk, "lang=nl", form)


@pytest.mark.parametrize("form", FORMS)
async def test_cancelled_events_are_shown_as_such_or_hidden(talk: Api, form: str) -> None:
    other = await talk.event(title="Called off")
    await talk.admin.post(f"/api/v1/events/{other['id']}/cancel", json={"reason": "Strike"})
    shown, hidden = await text_of(talk, "lang=en", form), await text_of(talk, "cancelled=hide", form)
    assert "Cancelled: Called off" in shown
    assert "Called off" not in hidden
    assert "Talk" in hidden
    assert await text_of(talk, "lang=en&cancelled=show", form) == await text_of(talk, "lang=en", form)


async def test_an_alarm_rings_so_long_before_and_not_for_what_is_cancelled(talk: Api) -> None:
    other = await talk.event(title="Called off")
    await talk.admin.post(f"/api/v1/events/{other['id']}/cancel", json={"reason": "Strike"})
    text = await text_of(talk, "alarm=PT15M")
    assert text.count("BEGIN:VALARM") == text.count("TRIGGER:-PT15M") == 1
    assert "BEGIN:VALARM" not in await text_of(talk, "")
    entries = {entry["title"]: entry for entry in json.loads(await text_of(talk, "alarm=PT15M", "json"))["entries"]}
    assert entries["Talk"]["alerts"]["1"]["trigger"]["offset"] == "-PT15M"
    assert "alerts" not in entries["Cancelled: Called off"]


async def test_a_visit_of_several_days_is_one_bar_on_request(api: Api) -> None:
    await api.event(title="Visit", kind="exchange-visit", start="2027-03-16T14:30", end="2027-03-19T12:00")
    assert "DTSTART;TZID=Europe/Brussels:20270316T143000" in await text_of(api, "")
    bars = await text_of(api, "allday=bars")
    assert "DTSTART;VALUE=DATE:20270316" in bars
    assert "DTEND;VALUE=DATE:20270320" in bars
    (entry,) = json.loads(await text_of(api, "allday=bars", "json"))["entries"]
    assert (entry["duration"], entry["showWithoutTime"]) == ("P4D", True)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("options", ["busy=1", "busy=1&alarm=PT15M&lang=nl", "busy=1&allday=bars"])
async def test_busy_times_say_nothing_else(talk: Api, form: str, options: str) -> None:
    weekly = {"rule": "FREQ=WEEKLY;COUNT=3", "moved": [{"date": "2027-04-08T09:00", "start": "2027-04-09T09:00", "end": "2027-04-09T10:00"}]}  # fmt: skip  # noqa: E501
    await talk.event(title="Talk", start="2027-04-01T09:00", end="2027-04-01T10:00", recurrence=weekly)
    text = await text_of(talk, options, form)
    assert ("Bezet" if "lang=nl" in options else "Busy") in text
    body = re.sub(r"(?m)^(NAME|X-WR-CALNAME|DESCRIPTION|X-WR-CALDESC):.*$", "", text)
    assert [mark for mark in MARKS if mark in body] == []


async def test_the_horizon_is_in_days_from_today(api: Api) -> None:
    for title, day in (("Soon", "2026-12-03"), ("Later", "2027-02-03")):
        await api.event(title=title, start=f"{day}T09:00", end=f"{day}T10:00")
    near = await text_of(api, "horizon=30")
    assert "Soon" in near
    assert "Later" not in near
    api.clock.move(days=45)
    assert "Later" in await text_of(api, "horizon=30")


async def test_options_may_stand_anywhere_and_once(talk: Api) -> None:
    one = await talk.nobody.get("/feeds/events.ics?kind=workshop&lang=nl&alarm=PT15M")
    other = await talk.nobody.get("/feeds/events.ics?alarm=PT15M&lang=nl&kind=workshop")
    assert one.content == other.content
    assert one.headers["etag"] == other.headers["etag"]
    assert (await talk.nobody.get("/feeds/events.ics?lang=nl&lang=nl")).status_code == 400


async def test_news_says_what_changed_and_comes_again_when_it_does(talk: Api) -> None:
    feed = "/feeds/events.atom?lang=en"
    first = (await talk.nobody.get(feed)).text
    events = (await talk.admin.get("/api/v1/events")).json()["items"]
    talk.clock.move(minutes=5)
    moved = {"start": "2027-03-17T14:30", "end": "2027-03-17T16:00"}
    headers = {"If-Match": f'"{events[0]["revision"]}"'}
    changed = await talk.admin.patch(f"/api/v1/events/{events[0]['id']}", json=moved, headers=headers)
    assert changed.status_code == 200, changed.text
    second = (await talk.nobody.get(feed)).text
    assert "Changed: Talk" not in first
    assert "Changed: Talk" in second
    ids = [re.findall(r"<id>(urn:uuid:[^<]+)</id>", text) for text in (first, second)]
    assert ids[0][0] == ids[1][0]
    assert ids[0][1] != ids[1][1]
