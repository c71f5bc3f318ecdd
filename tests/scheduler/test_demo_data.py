"""The packaged demo events: what they say, and when they are on the dates they were written for."""

import re
from collections import Counter
from collections.abc import Iterator
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from scheduler.demo import load_events, load_institutions, resolved
from scheduler.model.occurrences import occurrences_of
from scheduler.model.wall import instant, is_date, parse
from tests.scheduler.demo_programme import ORACLE, Document, named, put_in

DAYS = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]


def mains(events: list[Document]) -> list[Document]:
    return [event for event in events if "part_of" not in event]


def counts(field: str) -> Counter[str]:
    return Counter(event[field] for event in mains(load_events()))


def texts(value: Any, name: str = "") -> Iterator[tuple[str, str]]:
    """Every text in a document with the name of its field."""
    if isinstance(value, str):
        yield name, value
    for key, item in value.items() if isinstance(value, dict) else ():
        yield from texts(item, key if name not in {"title", "summary", "note", "role"} else name)
    for item in value if isinstance(value, list) else ():
        yield from texts(item, name)


# ---- What they say


def test_there_are_24_events_and_the_day_programmes_of_six_of_them() -> None:
    events = load_events()
    parts = Counter(event["part_of"] for event in events if "part_of" in event)
    assert len(mains(events)) == 24
    assert parts == {"demo-02": 8, "demo-09": 6, "demo-12": 5, "demo-15": 2, "demo-17": 8, "demo-23": 5}


def test_programmes_formats_and_visibilities_are_those_of_the_sample() -> None:
    assert counts("programme") == {"enspired": 19, "educaid": 3, "schoollinks": 2}
    assert counts("format") == {"on-site": 13, "online": 6, "hybrid": 5}
    assert counts("visibility") == {"public": 18, "institutions": 3, "members": 1, "private": 2}
    assert len(counts("kind")) == 15


def test_three_were_held_two_moved_one_cancelled_one_is_tentative_and_one_a_draft() -> None:
    events = mains(load_events())
    assert counts("status") == {"confirmed": 21, "cancelled": 1, "tentative": 1, "draft": 1}
    assert [event["external_id"]["id"] for event in events if event.get("held")] == ["demo-01", "demo-02", "demo-03"]
    assert [event["external_id"]["id"] for event in events if "moved_from" in event] == ["demo-14", "demo-23"]
    cancelled = [event for event in events if event["status"] == "cancelled"]
    assert [(event["cancellation_reason"], event["cancelled_at"][:10]) for event in cancelled] == [
        ("visa not issued in time", "2026-11-09")
    ]


def test_every_partner_country_of_the_sample_has_an_event() -> None:
    countries = {country for event in load_events() for country in event["countries"]}
    assert countries == {"BE", "CD", "EC", "GH", "KE", "KH", "RW", "SR", "TZ", "UG", "VN", "ZA", "ZM"}


def test_events_name_packaged_institutions_and_every_institution_is_named() -> None:
    fields = ("host", "sender", "co_hosts", "partners")
    given = [event.get(field, []) for event in load_events() for field in fields]
    used = {key for keys in given for key in ([keys] if isinstance(keys, str) else keys)}
    assert used == {institution["key"] for institution in load_institutions()}


def test_parts_come_after_their_event_and_related_events_name_each_other() -> None:
    before: set[str] = set()
    for event in load_events():
        assert event.get("part_of") is None or event["part_of"] in before
        before.add(event["external_id"]["id"])
    events = named(load_events())
    pairs = {(name, other) for name, event in events.items() for other in event.get("related", ())}
    assert pairs == {("demo-08", "demo-14"), ("demo-14", "demo-08")}


def test_names_become_ids_where_events_point_at_each_other() -> None:
    events = load_events()
    ids = {name: f"id of {name}" for name in named(events)}
    found = named(resolved(events, ids))
    assert found["demo-09.mon-keynote"]["part_of"] == "id of demo-09"
    assert found["demo-08"]["related"] == ["id of demo-14"]
    with pytest.raises(KeyError):
        resolved(events, {})


def test_every_event_has_its_texts_in_english_dutch_and_the_languages_of_its_title() -> None:
    events = named(load_events())
    for name, event in events.items():
        assert {"en", "nl"} <= set(event["title"]), name
        parent = events[event["part_of"]] if "part_of" in event else event
        assert set(event["title"]) == set(parent["title"]), name
        assert "part_of" in event or set(event["summary"]) == set(event["title"]), name
        assert all(set(speaker["role"]) == set(event["title"]) for speaker in event.get("speakers", [])), name


def test_links_lead_to_example_org_only() -> None:
    addresses = [text for event in load_events() for _, text in texts(event) if "://" in text]
    assert len(addresses) == 9
    assert all(address.startswith("https://meet.example.org/demo/") for address in addresses)


def test_texts_name_no_date_that_moving_would_make_wrong() -> None:
    months = "january|february|march|april|june|july|august|september|october|november|december"
    spoken = {"title", "summary", "notes", "note", "reason", "cancellation_reason", "visa", "accommodation"}
    found = [
        text
        for event in load_events()
        for name, text in texts(event)
        if name in spoken and re.search(rf"\b(19|20)\d\d\b|\b({months})\b", text.lower())
    ]
    assert found == []


# ---- When they are, on the dates they were written for


@pytest.mark.parametrize("name", ORACLE["timed"])
def test_a_timed_event_is_at_the_instant_and_the_clock_times_of_the_oracle(name: str) -> None:
    event, expected = named(load_events())[name], ORACLE["timed"][name]
    zone = event["timezone"]
    at = [instant(event[field], zone) for field in ("start", "end")]
    assert [moment.strftime("%Y-%m-%dT%H:%M:%SZ") for moment in at] == [expected["start_utc"], expected["end_utc"]]
    assert DAYS[parse(event["start"], zone).weekday()] == expected["weekday"]
    for elsewhere, walls in expected["elsewhere_local"].items():
        assert [moment.astimezone(ZoneInfo(elsewhere)).strftime("%Y-%m-%dT%H:%M") for moment in at] == walls


def test_the_oracle_knows_every_timed_event_and_every_series() -> None:
    events = mains(load_events())
    assert set(ORACLE["timed"]) == {event["external_id"]["id"] for event in events if not is_date(event["start"])}
    assert len(ORACLE["timed"]) == 18
    assert set(ORACLE["series"]) == {event["external_id"]["id"] for event in events if "recurrence" in event}


@pytest.mark.parametrize("name", ORACLE["series"])
def test_a_series_has_the_dates_of_the_oracle(name: str) -> None:
    event, expected = put_in(load_events())[name], ORACLE["series"][name]
    dates = sorted((one for one in occurrences_of(event) if one.alive), key=lambda one: one.start_at)
    assert [one.start for one in dates] == expected["occurrences"]
    for one, row in zip(dates, expected["detail"], strict=True):
        assert one.start_at.strftime("%Y-%m-%dT%H:%M:%SZ") == row["start_utc"]
        for zone in row.keys() - {"start", "start_utc"}:
            assert one.start_at.astimezone(ZoneInfo(zone)).strftime("%Y-%m-%dT%H:%M") == row[zone]


def test_the_outward_flight_of_the_zambian_visit_is_one_journey_on_two_clocks() -> None:
    events = named(load_events())
    out, arrival = events["demo-17.day-1"], events["demo-17.day-2"]
    assert (out["start"], out["timezone"]) == ("2027-03-27T20:55", "Europe/Brussels")
    assert (arrival["end"], arrival["timezone"]) == ("2027-03-28T14:10", "Africa/Lusaka")
    assert instant(out["end"], out["timezone"]) == instant(arrival["start"], arrival["timezone"])


def test_all_events_pass_the_door_with_every_field_they_have() -> None:
    documents = named(load_events())
    for name, event in put_in(load_events()).items():
        empty = [field for field in documents[name] if not getattr(event, field) and documents[name][field]]
        assert empty == [], name
