"""schema.org/Event JSON-LD: what it says, and that it cannot leave its script element."""

import json
from datetime import date, datetime, timedelta
from html.parser import HTMLParser
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from feeds.entry import Recurrence, When
from feeds.formats import jsonld
from feeds.formats.jsonld import EventFacts, Named, Part, Place
from feeds.recurrence import parse_rule
from tests.feeds.entries import wall

PAGE = "https://events.example/en/events/1"


def facts(start: When | None = None, **changes: Any) -> EventFacts:
    start = start or wall("2027-03-16 14:30")
    timed = isinstance(start, datetime)
    said = EventFacts(
        name="Guest lecture",
        url=PAGE,
        start=start,
        end=start + (timedelta(hours=1) if timed else timedelta(days=1)),
        zone="Europe/Brussels" if timed else None,
    )
    return msgspec.structs.replace(said, **changes)


def repeating(start: When, rule: str, **changes: Any) -> dict[str, Any]:
    all_day = not isinstance(start, datetime)
    zone = None if all_day else "Europe/Brussels"
    recurrence = Recurrence(
        rule=parse_rule(rule, all_day=all_day, zone=zone, portable=False),
        excluded=changes.pop("excluded", ()),
        added=changes.pop("added", ()),
    )
    return jsonld.event(facts(start, recurrence=recurrence, **changes))


class Scripts(HTMLParser):
    """What a browser finds: the text of every script, and every other tag."""

    def __init__(self) -> None:
        super().__init__()
        self.inside = False
        self.tags: list[str] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.inside = tag == "script"

    def handle_endtag(self, tag: str) -> None:
        self.inside = False

    def handle_data(self, data: str) -> None:
        if self.inside:
            self.text += data


def as_browser(mapping: dict[str, Any]) -> dict[str, Any]:
    page = f'<script type="application/ld+json">{jsonld.script_text(mapping)}</script><p>'
    scripts = Scripts()
    scripts.feed(page)
    assert scripts.tags == ["script", "p"]
    found = json.loads(scripts.text)
    assert isinstance(found, dict)
    return found


def test_an_event_on_site_says_where_and_when_with_its_offset() -> None:
    place = Place(name="Campus Ledeganck", street="Ledeganckstraat 8", postal_code="9000", city="Ghent", country="BE",
                  geo=(51.035, 3.72))  # fmt: skip
    one = facts(
        place=place, description="Line one\nline two", free=False, languages=("en", "nl"),
        organisers=(Named(name="VVOB", url="https://vvob.example"), Named(name="School")),
        part_of=Named(name="Visit", url="https://events.example/en/events/0"),
    )  # fmt: skip
    assert jsonld.event(one) == {
        "@context": "https://schema.org",
        "@type": "Event",
        "name": "Guest lecture",
        "url": PAGE,
        "startDate": "2027-03-16T14:30:00+01:00",
        "endDate": "2027-03-16T15:30:00+01:00",
        "eventStatus": "https://schema.org/EventScheduled",
        "eventAttendanceMode": "https://schema.org/OfflineEventAttendanceMode",
        "location": {
            "@type": "Place",
            "name": "Campus Ledeganck",
            "address": {
                "@type": "PostalAddress",
                "streetAddress": "Ledeganckstraat 8",
                "postalCode": "9000",
                "addressLocality": "Ghent",
                "addressCountry": "BE",
            },
            "geo": {"@type": "GeoCoordinates", "latitude": 51.035, "longitude": 3.72},
        },
        "description": "Line one\nline two",
        "isAccessibleForFree": False,
        "inLanguage": ["en", "nl"],
        "organizer": [
            {"@type": "Organization", "name": "VVOB", "url": "https://vvob.example"},
            {"@type": "Organization", "name": "School"},
        ],
        "superEvent": {"@type": "Event", "name": "Visit", "url": "https://events.example/en/events/0"},
    }


def test_an_online_event_points_at_its_page_unless_the_link_is_public() -> None:
    online = facts(format="online", place=Place(name="not shown"))
    found = jsonld.event(online)
    assert found["eventAttendanceMode"] == "https://schema.org/OnlineEventAttendanceMode"
    assert found["location"] == {"@type": "VirtualLocation", "url": PAGE}
    public = msgspec.structs.replace(online, joining_url="https://meet.example/1")
    assert jsonld.event(public)["location"] == {"@type": "VirtualLocation", "url": "https://meet.example/1"}
    odd = msgspec.structs.replace(online, joining_url="javascript:alert(1)")
    assert jsonld.event(odd)["location"]["url"] == PAGE


def test_a_hybrid_event_has_both_places() -> None:
    found = jsonld.event(facts(format="hybrid", place=Place(city="Ghent")))
    assert found["eventAttendanceMode"] == "https://schema.org/MixedEventAttendanceMode"
    assert found["location"] == [
        {"@type": "Place", "address": {"@type": "PostalAddress", "addressLocality": "Ghent"}},
        {"@type": "VirtualLocation", "url": PAGE},
    ]


def test_an_event_whose_place_is_not_known_has_no_location() -> None:
    assert "location" not in jsonld.event(facts())
    assert "location" not in jsonld.event(facts(place=Place(), joining_url="https://meet.example/secret"))


@pytest.mark.parametrize(
    ("changes", "status", "previous"),
    [
        ({}, "EventScheduled", None),
        ({"previous_start": wall("2027-03-30 14:30")}, "EventRescheduled", "2027-03-30T14:30:00+02:00"),
        ({"previous_start": date(2027, 3, 9)}, "EventRescheduled", "2027-03-09"),
        ({"previous_start": wall("2027-03-16 14:30")}, "EventScheduled", None),
        ({"cancelled": True, "previous_start": wall("2027-03-09 14:30")}, "EventCancelled", None),
    ],
)
def test_the_status_is_true(changes: dict[str, Any], status: str, previous: str | None) -> None:
    found = jsonld.event(facts(**changes))
    assert found["eventStatus"] == f"https://schema.org/{status}"
    assert found.get("previousStartDate") == previous
    assert found["startDate"] == "2027-03-16T14:30:00+01:00"


def test_days_are_dates_and_the_last_one_is_inside() -> None:
    found = jsonld.event(facts(date(2027, 3, 15), end=date(2027, 3, 20)))
    assert (found["startDate"], found["endDate"]) == ("2027-03-15", "2027-03-19")


def test_the_second_pass_of_a_double_hour_has_its_own_offset() -> None:
    start = wall("2027-10-31 02:30")
    assert jsonld.event(facts(start))["startDate"] == "2027-10-31T02:30:00+02:00"
    assert jsonld.event(facts(start.replace(fold=1)))["startDate"] == "2027-10-31T02:30:00+01:00"


def test_a_day_programme_is_made_of_sub_events() -> None:
    parts = (
        Part(name="School visit", url=f"{PAGE}/2", start=wall("2027-03-15 09:00"), end=wall("2027-03-15 12:00"),
             zone="Europe/Brussels"),
        Part(name="Dinner", start=wall("2027-03-15 18:00"), end=wall("2027-03-15 20:00"), zone="Europe/Brussels",
             cancelled=True),
    )  # fmt: skip
    assert jsonld.event(facts(date(2027, 3, 15), parts=parts))["subEvent"] == [
        {
            "@type": "Event",
            "name": "School visit",
            "url": f"{PAGE}/2",
            "startDate": "2027-03-15T09:00:00+01:00",
            "endDate": "2027-03-15T12:00:00+01:00",
            "eventStatus": "https://schema.org/EventScheduled",
        },
        {
            "@type": "Event",
            "name": "Dinner",
            "startDate": "2027-03-15T18:00:00+01:00",
            "endDate": "2027-03-15T20:00:00+01:00",
            "eventStatus": "https://schema.org/EventCancelled",
        },
    ]


def test_a_series_has_a_schedule_and_no_dates_of_its_own() -> None:
    moved = Part(name="Guest lecture", start=wall("2027-04-07 09:00"), end=wall("2027-04-07 10:00"),
                 zone="Europe/Brussels", previous_start=wall("2027-04-06 14:30"))  # fmt: skip
    found = repeating(wall("2027-03-16 14:30"), "FREQ=WEEKLY;INTERVAL=2;BYDAY=TU,TH;UNTIL=20270501",
                      excluded=(wall("2027-03-30 14:30"),), parts=(moved,))  # fmt: skip
    assert not {"startDate", "endDate"} & found.keys()
    assert found["eventSchedule"] == {
        "@type": "Schedule",
        "repeatFrequency": "P2W",
        "byDay": ["https://schema.org/Tuesday", "https://schema.org/Thursday"],
        "startDate": "2027-03-16",
        "endDate": "2027-04-29",
        "startTime": "14:30:00",
        "endTime": "15:30:00",
        "duration": "PT1H",
        "scheduleTimezone": "Europe/Brussels",
        "exceptDate": ["2027-03-30T14:30:00+02:00", "2027-04-06T14:30:00+02:00"],
    }
    assert found["subEvent"][0]["previousStartDate"] == "2027-04-06T14:30:00+02:00"


@pytest.mark.parametrize(
    ("start", "rule", "said"),
    [
        # schema.org's own example for byDay as text: the second Monday of every month.
        (wall("2027-03-08 18:00"), "FREQ=MONTHLY;BYDAY=2MO", {"repeatFrequency": "P1M", "byDay": "2MO"}),
        (wall("2027-03-15 18:00"), "FREQ=MONTHLY;BYMONTHDAY=1,15", {"repeatFrequency": "P1M", "byMonthDay": [1, 15]}),
        (wall("2027-03-16 18:00"), "FREQ=MONTHLY;COUNT=6",
         {"repeatFrequency": "P1M", "byMonthDay": 16, "repeatCount": 6}),
        (wall("2027-03-17 18:00"), "FREQ=WEEKLY", {"repeatFrequency": "P1W", "byDay": "https://schema.org/Wednesday"}),
        (date(2027, 3, 17), "FREQ=YEARLY", {"repeatFrequency": "P1Y", "byMonth": 3, "byMonthDay": 17}),
        (date(2027, 3, 17), "FREQ=DAILY;INTERVAL=3", {"repeatFrequency": "P3D"}),
    ],
)  # fmt: skip
def test_a_rule_is_said_in_the_words_of_a_schedule(start: When, rule: str, said: dict[str, Any]) -> None:
    schedule = repeating(start, rule)["eventSchedule"]
    names = {"repeatFrequency", "repeatCount", "byDay", "byMonth", "byMonthDay"}
    assert {name: value for name, value in schedule.items() if name in names} == said


@pytest.mark.parametrize(
    "rule",
    [
        "FREQ=MONTHLY;BYDAY=MO,TU;BYSETPOS=-1",
        "FREQ=MONTHLY;BYMONTHDAY=-1",
        "FREQ=YEARLY;BYWEEKNO=20;BYDAY=MO",
        "FREQ=YEARLY;BYYEARDAY=100",
        "FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,SU;WKST=SU",
    ],
)
def test_a_rule_that_a_schedule_cannot_say_leaves_the_first_date(rule: str) -> None:
    found = repeating(wall("2027-03-16 14:30"), rule)
    assert "eventSchedule" not in found
    assert found["startDate"] == "2027-03-16T14:30:00+01:00"


def test_a_series_with_added_dates_leaves_the_first_date() -> None:
    found = repeating(wall("2027-03-16 14:30"), "FREQ=WEEKLY", added=(wall("2027-03-18 09:00"),))
    assert "eventSchedule" not in found


def test_a_title_cannot_close_the_script() -> None:
    hostile = "</script><img src=x onerror=alert(1)><!--<script>\u2028\u2029&amp;"
    mapping = jsonld.event(facts(name=hostile, description=hostile))
    text = jsonld.script_text(mapping)
    assert not set(text) & set("<>&")
    raw = {"name": hostile}
    assert not set(jsonld.script_text(raw)) & set("<>&\u2028\u2029")
    assert as_browser(raw) == raw
    assert "\\u003c/script\\u003e" in text
    assert as_browser(mapping)["name"] == "</script><img src=x onerror=alert(1)><!--<script>  &amp;"


@given(st.text(), st.text(), st.text())
def test_any_text_stays_inside_its_script(name: str, said: str, address: str) -> None:
    one = facts(
        name=name, description=said, url=address, format="hybrid", image=address, joining_url=address,
        place=Place(name=name, street=said, city=name, postal_code=said, country=name), languages=(said, name),
        organisers=(Named(name=name, url=address),), part_of=Named(name=said, url=address),
        parts=(Part(name=name, start=wall("2027-03-16 14:30"), end=wall("2027-03-16 14:30"), url=address),),
    )  # fmt: skip
    mapping = jsonld.event(one)
    assert as_browser(mapping) == mapping
    jsonld.script_text(mapping).encode()
    jsonld.script_text({"raw": name + said + "\ud800"}).encode()
    assert jsonld.script_text(mapping) == jsonld.script_text(dict(reversed(mapping.items())))
