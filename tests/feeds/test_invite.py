"""iTIP objects as calendar programs need them: one attendee, one organiser, the same event as in a feed."""

import re
from datetime import timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from feeds import invite
from feeds.entry import Alarm, Attendee, Conference, Entry
from feeds.write import vevent
from tests.feeds.entries import STAMP, START, entry, override, series, wall
from tests.feeds.ical_js import find_ical_js
from tests.feeds.readers import parsed, seen_by_recurring, seen_by_us

US = Attendee(address="agenda@agenda.example.org", name="eNSPIRED, the agenda")
ANA = Attendee(address="ana@example.org", name="Ana Pérez", reply_wanted=True)
WEEKLY = series(START, "FREQ=WEEKLY;COUNT=4", excluded=(wall("2027-03-23 14:30"),))
MOVED = replace(WEEKLY, overrides=(override(WEEKLY, wall("2027-03-30 14:30"), wall("2027-03-31 09:00")),))
SPAN = (STAMP, STAMP + timedelta(days=400))


def unfolded(data: bytes) -> str:
    """The lines as they are meant."""
    return data.decode().replace("\r\n ", "")


@pytest.mark.parametrize("one", [entry(), WEEKLY, MOVED, entry(START.date())], ids=["single", "series", "moved", "day"])
@pytest.mark.parametrize("make", [invite.request, invite.cancellation])
def test_each_component_has_the_organiser_and_one_attendee(one: Entry, make: object) -> None:
    assert callable(make)
    calendar = parsed(make(one, US, ANA))
    components = calendar.walk("VEVENT")
    assert str(calendar["METHOD"]) == ("REQUEST" if make is invite.request else "CANCEL")
    assert components
    for component in components:
        assert str(component["UID"]) == one.uid
        assert str(component["ORGANIZER"]) == "mailto:agenda@agenda.example.org"
        assert component["ORGANIZER"].params["CN"] == "eNSPIRED, the agenda"
        assert str(component["ATTENDEE"]) == "mailto:ana@example.org"
        assert component["ATTENDEE"].params["RSVP"] == ("TRUE" if make is invite.request else "FALSE")
        assert component["ATTENDEE"].params["PARTSTAT"] == "NEEDS-ACTION"


def test_an_invitation_shows_the_event_as_a_feed_does() -> None:
    lines = unfolded(invite.request(MOVED, US, ANA)).split("\r\n")
    people = re.compile("ORGANIZER|ATTENDEE")
    body = "\r\n".join(line for line in lines if not people.match(line))
    assert unfolded(vevent(MOVED)) in body + "\r\n"


@pytest.mark.parametrize("one", [entry(), WEEKLY, MOVED], ids=["single", "series", "moved"])
def test_other_readers_see_the_dates_that_we_see(one: Entry) -> None:
    data = invite.request(one, US, ANA)
    ours = seen_by_us([one], *SPAN)
    assert seen_by_recurring(data, *SPAN) == ours
    if reader := find_ical_js():
        (seen,) = reader.occurrences([data], *SPAN)
        assert sorted(found["start"] for found in seen) == sorted(start for _, start, _ in ours)


def test_the_clock_of_the_zone_travels_with_it() -> None:
    (zone,) = parsed(invite.request(entry(), US, ANA)).walk("VTIMEZONE")
    assert str(zone["TZID"]) == "Europe/Brussels"
    assert parsed(invite.request(entry(START.date()), US, ANA)).walk("VTIMEZONE") == []


def test_alarms_are_left_to_the_reader() -> None:
    ringing = replace(MOVED, alarms=(Alarm(timedelta(minutes=15)),))
    for make in (invite.request, invite.cancellation):
        assert b"VALARM" not in make(ringing, US, ANA)


def test_who_is_out_learns_no_way_in() -> None:
    told = replace(
        entry(), description="Join: https://meet.example/s3cret", conferences=(Conference(url="https://x/s3cret"),)
    )
    assert b"s3cret" in invite.request(told, US, ANA)
    assert b"s3cret" not in invite.cancellation(told, US, ANA)


def test_the_end_of_everything_is_one_component_that_is_cancelled() -> None:
    (component,) = parsed(invite.cancellation(MOVED, US, ANA)).walk("VEVENT")
    assert str(component["STATUS"]) == "CANCELLED"
    assert "RECURRENCE-ID" not in component


def test_the_end_of_one_date_names_that_date() -> None:
    one = replace(MOVED.overrides[0], overrides=())
    component: Any
    (component,) = parsed(invite.cancellation(one, US, ANA)).walk("VEVENT")
    assert str(component["STATUS"]) == "CANCELLED"
    assert component["RECURRENCE-ID"].dt.replace(tzinfo=None) == wall("2027-03-30 14:30")
    assert "RRULE" not in component


def test_the_same_invitation_has_the_same_bytes() -> None:
    assert invite.request(MOVED, US, ANA) == invite.request(MOVED, US, ANA)


@pytest.mark.parametrize("name", ['Ana "the one" Pérez', "Pérez; Ana, X:Y", "Ana\r\nATTENDEE:mailto:spy@example.org"])
def test_a_name_stays_a_name(name: str) -> None:
    (component,) = parsed(invite.request(entry(), US, replace(ANA, name=name))).walk("VEVENT")
    assert str(component["ATTENDEE"]) == "mailto:ana@example.org"
