"""The twenty rules of a feed that every program renders right (docs/feeds.md), on what the running service serves."""

import re
from datetime import timedelta
from typing import Any

import pytest

from feeds.check import Finding, check
from scheduler.services import subscriptions
from scheduler.store import registrations
from tests.calendars.reading import unfolded, versions
from tests.running import Api

FEED = "/feeds/events.ics"
HOSTILE = 'Zo\u00eb; "caf\u00e9", \\n' + " \u05d0\U0001f4da" * 40
MOVED = {"date": "2027-03-23T14:30", "start": "2027-03-24T09:00", "end": "2027-03-24T10:30"}
WEEKLY = {"rule": "FREQ=WEEKLY;UNTIL=20270630T120000Z", "moved": [MOVED], "excluded": ["2027-03-30T14:30"]}


@pytest.fixture
async def full(api: Api) -> Api:
    """A single event, a series with a moved and a cancelled date, an all-day one, a cancelled one, hostile texts."""
    await api.event(title="Single")
    await api.event(title="Weekly", recurrence=WEEKLY)
    await api.event(title="Visit", kind="exchange-visit", start="2027-04-01", end="2027-04-03")
    await api.event(title=HOSTILE, summary={"en": HOSTILE})
    other = await api.event(title="Called off")
    api.clock.move(minutes=1)
    await api.admin.post(f"/api/v1/events/{other['id']}/cancel", json={"reason": "Strike"})
    return api


async def text_of(api: Api, address: str = FEED) -> str:
    """A feed's text, unfolded."""
    answer = await api.nobody.get(address)
    assert answer.status_code == 200, answer.text
    return unfolded(answer.content)


async def broken(api: Api, rule: int) -> list[Finding]:
    """What `feeds check` says of one rule, notes left out."""
    answer = await api.nobody.get(FEED)
    return [one for one in check(answer.headers, answer.content) if one.rule == rule and one.level != "note"]


def part(text: str, title: str) -> str:
    """The first VEVENT with that title."""
    return next(one for one in text.split("BEGIN:VEVENT")[1:] if f"SUMMARY:{title}\r\n" in one)


async def test_rule_01_calendar_type_without_accept_and_by_head(full: Api) -> None:
    client = full.client("nobody")
    del client.headers["accept"]
    answer, head = await client.get(FEED), await client.head(FEED)
    assert answer.headers["content-type"] == head.headers["content-type"] == "text/calendar; charset=utf-8"
    assert (answer.status_code, head.status_code, head.content) == (200, 200, b"")


async def test_rule_02_strong_etag_and_304(full: Api) -> None:
    answer = await full.nobody.get(FEED)
    assert answer.headers["etag"].startswith('"')
    again = await full.nobody.get(FEED, headers={"If-None-Match": answer.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert await broken(full, 2) == []


async def test_rule_03_the_same_bytes_while_nothing_changes(full: Api) -> None:
    first = await full.nobody.get(FEED)
    full.clock.move(hours=2)
    second = await full.nobody.get(FEED)
    assert (first.content, first.headers["etag"]) == (second.content, second.headers["etag"])


async def test_rule_04_the_refresh_interval_is_said_twice(full: Api) -> None:
    text = await text_of(full)
    new = re.findall(r"^REFRESH-INTERVAL;VALUE=DURATION:(\S+)\r$", text, re.MULTILINE)
    assert new == re.findall(r"^X-PUBLISHED-TTL:(\S+)\r$", text, re.MULTILINE) != []


async def test_rule_05_a_publication_and_no_invitation(full: Api) -> None:
    text = await text_of(full)
    assert "\r\nMETHOD:PUBLISH\r\n" in text
    assert "ATTENDEE" not in text
    assert await broken(full, 5) == []


async def test_rule_06_the_name_is_said_twice(full: Api) -> None:
    text = await text_of(full)
    for new, old in (("NAME", "X-WR-CALNAME"), ("DESCRIPTION", "X-WR-CALDESC")):
        head = text.partition("BEGIN:VEVENT")[0]
        assert re.findall(rf"\r\n{new}:(.+)\r", head) == re.findall(rf"\r\n{old}:(.+)\r", head)
    assert await broken(full, 6) == []


async def test_rule_07_a_uid_stays_when_title_and_time_change(api: Api) -> None:
    event = await api.event()
    before = versions((await api.nobody.get(FEED)).content)
    await change(api, event, title={"en": "Another"}, start="2027-05-01T09:00", end="2027-05-01T10:00")
    assert versions((await api.nobody.get(FEED)).content).keys() == before.keys()
    assert versions((await api.nobody.get(f"/events/{event['id']}.ics")).content).keys() == before.keys()


async def test_rule_08_every_zone_is_defined_by_its_iana_name(full: Api) -> None:
    text = await text_of(full)
    assert set(re.findall(r"TZID=([^:;]+)", text)) == set(re.findall(r"\r\nTZID:(.+)\r", text)) == {"Europe/Brussels"}
    assert "BEGIN:STANDARD" in text
    assert "BEGIN:DAYLIGHT" in text


async def test_rule_09_no_floating_time_and_no_series_in_utc(full: Api) -> None:
    text = await text_of(full)
    assert "DTSTART;TZID=Europe/Brussels:20270316T143000" in part(text, "Weekly")
    assert await broken(full, 9) == []


async def test_rule_10_the_calendars_zone_is_never_the_only_one(full: Api) -> None:
    assert await broken(full, 10) == []
    events = "".join((await text_of(full)).split("BEGIN:VEVENT")[1:])
    assert not re.search(r"\r\nDTSTART:\d{8}T\d{6}\r", events)


async def test_rule_11_an_all_day_event_ends_on_the_day_after(full: Api) -> None:
    visit = part(await text_of(full), "Visit")
    assert "DTSTART;VALUE=DATE:20270401\r\n" in visit
    assert re.search(r"DTEND;VALUE=DATE:2027040[34]\r\n", visit)
    assert "X-MICROSOFT-CDO-ALLDAYEVENT:TRUE" in visit


async def test_rule_12_every_event_has_an_end(full: Api) -> None:
    text = await text_of(full)
    assert text.count("\r\nDTEND") == text.count("BEGIN:VEVENT") == 6
    assert await broken(full, 12) == []


async def test_rule_13_a_series_with_its_exceptions(full: Api) -> None:
    weekly = part(await text_of(full), "Weekly")
    assert "RRULE:FREQ=WEEKLY;UNTIL=20270630T120000Z" in weekly
    assert "EXDATE;TZID=Europe/Brussels:20270330T143000" in weekly
    assert await broken(full, 13) == []


async def test_rule_14_the_moved_date_follows_its_series_and_is_whole(full: Api) -> None:
    master, moved = [one for one in (await text_of(full)).split("BEGIN:VEVENT")[1:] if "SUMMARY:Weekly" in one]
    assert "RECURRENCE-ID" not in master
    assert "RECURRENCE-ID;TZID=Europe/Brussels:20270323T143000" in moved
    names = [set(re.findall(r"\r\n([A-Z-]+)[;:]", one)) for one in (master, moved)]
    assert names[0] - {"RRULE", "EXDATE"} <= names[1]


async def test_rule_15_sequence_and_last_modified_rise_with_a_move(api: Api) -> None:
    event = await api.event()
    (before,) = versions((await api.nobody.get(FEED)).content).values()
    api.clock.move(minutes=5)
    await change(api, event, start="2027-05-01T09:00", end="2027-05-01T10:00")
    (after,) = versions((await api.nobody.get(FEED)).content).values()
    assert after[0] > before[0]
    assert after[1] > before[1]


async def test_rule_16_cancelled_is_kept_and_says_so(full: Api) -> None:
    gone = part(await text_of(full), "Cancelled: Called off")
    assert "STATUS:CANCELLED" in gone
    assert "SEQUENCE:0\r" not in gone
    assert await broken(full, 16) == []


async def test_rule_17_lines_are_crlf_folded_by_octets_and_escaped(full: Api) -> None:
    body = (await full.nobody.get(FEED)).content
    assert body.count(b"\n") == body.count(b"\r\n")
    assert all(len(line) <= 75 for line in body.split(b"\r\n"))
    assert all(line.decode() for line in body.split(b"\r\n")[:-1])
    assert r"SUMMARY:Zo" in unfolded(body)
    assert r'\; "café"\, \\n' in unfolded(body)
    assert await broken(full, 17) == []


async def test_rule_18_the_joining_link_is_in_the_text_of_the_registered_face_alone(api: Api) -> None:
    link = "https://meet.example/room"
    event = await api.event(format="hybrid", online={"url": link, "visibility": "registered"})
    row = await api.register(event, mode="online")

    def own(conn: Any) -> str:
        found = registrations.get(conn, row["id"])
        assert found is not None
        return subscriptions.for_attendee(conn, found, now=api.clock.now)[0]

    secret = await api.write(own)
    mine = await text_of(api, f"/feeds/s/{secret}/agenda.ics")
    assert re.search(rf"\r\nDESCRIPTION:.*{link}", mine)
    assert link not in await text_of(api)
    assert "<" not in "".join(re.findall(r"\r\nDESCRIPTION:(.*)\r", mine))


async def test_rule_19_the_link_is_in_the_text_too_and_the_place_is_one_line(full: Api) -> None:
    text = await text_of(full)
    (url,) = re.findall(r"\r\nURL:(\S+)\r", part(text, "Single"))
    assert url in re.findall(r"\r\nDESCRIPTION:(.*)\r", part(text, "Single"))[0]
    assert await broken(full, 19) == []


async def test_rule_20_no_alarm_and_never_an_empty_calendar(full: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "VALARM" not in await text_of(full)
    made = (await full.admin.post("/api/v1/subscriptions", json={"name": "V", "institution": "vives"})).json()
    await full.admin.delete(f"/api/v1/subscriptions/{made['id']}")
    assert (await full.nobody.get(made["address"])).status_code == 410

    async def refuse(*_: object) -> Any:
        raise OSError("the disk is gone")

    monkeypatch.setattr(full.db, "read", refuse)
    full.clock.now += timedelta(days=2)
    answer = await full.nobody.get(FEED)
    assert (answer.status_code, "retry-after" in answer.headers) == (503, True)
    assert "VCALENDAR" not in answer.text


async def change(api: Api, event: dict[str, Any], **fields: Any) -> None:
    """Changes an event."""
    headers = {"If-Match": f'"{event["revision"]}"'}
    done = await api.admin.patch(f"/api/v1/events/{event['id']}", json=fields, headers=headers)
    assert done.status_code == 200, done.text
