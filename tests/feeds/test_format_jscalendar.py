"""JSCalendar (RFC 8984): read back by an independent reader, and held against the RFC's own examples."""

import json
from datetime import UTC, date, datetime, timedelta

import msgspec

from feeds.entry import Alarm, Attendee, Conference
from feeds.formats import jscalendar
from tests.feeds.entries import STAMP, entry, override, series, wall
from tests.feeds.jscalendar_made import SOURCE, group, only, ours, read, without

# The RFC's own examples.


def test_the_simple_event_of_section_6_1() -> None:
    one = entry(
        wall("2020-01-15 13:00"),
        zone="America/New_York",
        uid="a8df6573-0474-496d-8496-033ad45d7fea",
        modified=datetime(2020, 1, 2, 18, 23, 4, tzinfo=UTC),
        summary="Some event",
    )
    assert without(only(one), "sequence", "status", "freeBusyStatus") == {
        "@type": "Event",
        "uid": "a8df6573-0474-496d-8496-033ad45d7fea",
        "updated": "2020-01-02T18:23:04Z",
        "title": "Some event",
        "start": "2020-01-15T13:00:00",
        "timeZone": "America/New_York",
        "duration": "PT1H",
    }


def test_the_all_day_event_of_section_6_4() -> None:
    one = series(date(1900, 4, 1), "FREQ=YEARLY", summary="April Fool's Day")
    assert without(only(one), "uid", "updated", "sequence", "status", "freeBusyStatus") == {
        "@type": "Event",
        "title": "April Fool's Day",
        "showWithoutTime": True,
        "start": "1900-04-01T00:00:00",
        "duration": "P1D",
        "recurrenceRules": [{"@type": "RecurrenceRule", "frequency": "yearly"}],
    }


def test_the_course_with_overrides_of_section_6_9() -> None:
    course = series(
        wall("2020-01-08 09:00"),
        "FREQ=WEEKLY;UNTIL=20200624T080000Z",
        "Europe/London",
        hours=1.5,
        end=wall("2020-01-08 10:30"),
        summary="Calculus I",
        location="Math lab room 1",
        excluded=(wall("2020-04-01 09:00"),),
    )
    first = override(course, wall("2020-01-07 14:00"), wall("2020-01-07 14:00"), 1.5, sequence=0,
                     summary="Introduction to Calculus I (optional)")  # fmt: skip
    exam = override(course, wall("2020-06-25 09:00"), wall("2020-06-25 10:00"), 2, sequence=0,
                    summary="Calculus I Exam", location="Big Auditorium")  # fmt: skip
    event = only(msgspec.structs.replace(course, overrides=(first, exam)))
    assert event["recurrenceRules"] == [
        {"@type": "RecurrenceRule", "frequency": "weekly", "until": "2020-06-24T09:00:00"}
    ]
    assert event["recurrenceOverrides"] == {
        "2020-01-07T14:00:00": {"title": "Introduction to Calculus I (optional)"},
        "2020-04-01T09:00:00": {"excluded": True},
        "2020-06-25T09:00:00": {
            "title": "Calculus I Exam",
            "start": "2020-06-25T10:00:00",
            "duration": "PT2H",
            "locations": {"1": {"@type": "Location", "name": "Big Auditorium"}},
        },
    }


# The shape.


def test_a_group_says_where_it_comes_from_and_when_it_changed() -> None:
    found = json.loads(group(entry()))
    assert without(found, "entries", "uid") == {
        "@type": "Group",
        "title": "eNSPIRED",
        "description": "Guest lectures",
        "descriptionContentType": "text/plain",
        "updated": "2026-11-02T09:30:00Z",
        "source": SOURCE,
        "prodId": "-//VVOB//eNSPIRED scheduler//EN",
    }
    assert found["uid"] == json.loads(group())["uid"]
    assert found["uid"] != json.loads(jscalendar.group("eNSPIRED", "", (), updated=STAMP, source=""))["uid"]


def test_everything_that_an_entry_says_has_its_property() -> None:
    one = entry(
        summary="Reading\nlab",
        description="Bring a book.\r\nAnd a pen.",
        language="nl",
        status="tentative",
        sequence=3,
        transparent=True,
        created=STAMP - timedelta(days=1),
        location="Room 2\nCampus Ledeganck",
        geo=(51.05, 3.72),
        url="https://events.example/nl/events/1?a=b c",
        categories=("eNSPIRED", "Guest lecture", ""),
        conferences=(Conference(url="https://meet.example/1", label="Teams"), Conference(url="javascript:alert(1)")),
        alarms=(Alarm(timedelta(minutes=90)), Alarm(timedelta(0))),
        related_to="visit@x",
        organizer=Attendee(address="host@school.example", name="Host"),
        attendees=(Attendee(address="me@school.example"),),
    )
    assert only(one) == {
        "@type": "Event",
        "uid": "0198-talk@events.example",
        "created": "2026-11-01T09:30:00Z",
        "updated": "2026-11-02T09:30:00Z",
        "sequence": 3,
        "title": "Reading lab",
        "description": "Bring a book.\nAnd a pen.",
        "descriptionContentType": "text/plain",
        "locale": "nl",
        "start": "2027-03-16T14:30:00",
        "timeZone": "Europe/Brussels",
        "duration": "PT1H",
        "status": "tentative",
        "freeBusyStatus": "free",
        "keywords": {"eNSPIRED": True, "Guest lecture": True},
        "locations": {
            "1": {"@type": "Location", "name": "Room 2, Campus Ledeganck", "coordinates": "geo:51.050000,3.720000"}
        },
        "virtualLocations": {"1": {"@type": "VirtualLocation", "name": "Teams", "uri": "https://meet.example/1"}},
        "links": {"1": {"@type": "Link", "href": "https://events.example/nl/events/1?a=b%20c", "rel": "describedby"}},
        "alerts": {
            "1": {
                "@type": "Alert",
                "action": "display",
                "trigger": {"@type": "OffsetTrigger", "offset": "-PT1H30M"},
            },
            "2": {"@type": "Alert", "action": "display", "trigger": {"@type": "OffsetTrigger", "offset": "PT0S"}},
        },
        "relatedTo": {"visit@x": {"@type": "Relation", "relation": {"parent": True}}},
    }


def test_a_patch_takes_away_what_a_date_does_not_have() -> None:
    master = series(wall("2027-03-02 14:30"), "FREQ=WEEKLY;COUNT=4", location="Room 2", url="https://x.example/1")
    moved = override(master, wall("2027-03-09 14:30"), wall("2027-03-10 08:30"), zone="America/Guayaquil",
                     location="", url="https://x.example/1", status="cancelled", related_to="other")  # fmt: skip
    assert only(msgspec.structs.replace(master, overrides=(moved,)))["recurrenceOverrides"] == {
        "2027-03-09T14:30:00": {
            "locations": None,
            "sequence": 1,
            "start": "2027-03-10T08:30:00",
            "status": "cancelled",
            "timeZone": "America/Guayaquil",
        }
    }


def test_an_override_in_another_zone_says_its_start_even_when_the_clock_shows_the_same() -> None:
    master = series(wall("2027-03-02 14:30"), "FREQ=WEEKLY;COUNT=2")
    moved = override(master, wall("2027-03-09 14:30"), wall("2027-03-09 14:30"), zone="Africa/Nairobi", sequence=0)
    event = only(msgspec.structs.replace(master, overrides=(moved,)))
    assert event["recurrenceOverrides"]["2027-03-09T14:30:00"] == {
        "start": "2027-03-09T14:30:00",
        "timeZone": "Africa/Nairobi",
    }


def test_the_same_entries_in_any_order_give_the_same_bytes() -> None:
    found = [entry(uid="b"), entry(uid="a"), entry(date(2027, 3, 16), uid="c"), series(wall("2026-01-01 09:00"),
             "FREQ=DAILY;COUNT=3", uid="d")]  # fmt: skip
    assert group(*found) == group(*reversed(found))
    assert [event["uid"] for event in json.loads(group(*found))["entries"]] == ["d", "c", "a", "b"]


def test_until_lets_in_what_the_instant_lets_in() -> None:
    # The second 02:10 of 31 October: the first 02:30 came before it, though 02:30 is later on the clock.
    double = series(wall("2027-10-29 02:30"), "FREQ=DAILY;UNTIL=20271031T011000Z")
    assert only(double)["recurrenceRules"][0]["until"] == "2027-10-31T02:30:00"
    skipped = series(wall("2027-03-26 02:30"), "FREQ=DAILY;UNTIL=20270328T010000Z")
    assert only(skipped)["recurrenceRules"][0]["until"] == "2027-03-27T02:30:00"
    for one in (double, skipped):
        assert read(one) == ours(one)
