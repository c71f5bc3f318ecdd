"""The dates of a series that one attendee chose, as a calendar entry: exactly these, whatever the rule."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from feeds.entry import Entry
from feeds.recurrence import occurrences
from feeds.write import Head, calendar, vevent, vtimezones, zones_of
from scheduler.config import load
from scheduler.model.entries import Surroundings, date_of, entry_of
from scheduler.model.event import CancelledDate, Event, MovedDate, Occurrence, Series
from scheduler.model.links import Addresses
from scheduler.model.occurrences import occurrences_of
from scheduler.texts import load_catalogues
from tests.feeds.readers import mark, seen_by_recurring
from tests.scheduler.letters import LECTURE

SPAN = (datetime(2026, 1, 1, tzinfo=UTC), datetime(2031, 1, 1, tzinfo=UTC))
RULES = (
    "FREQ=WEEKLY;COUNT=8",
    "FREQ=WEEKLY;INTERVAL=2;BYDAY=TU,TH;COUNT=9",
    "FREQ=WEEKLY;INTERVAL=3;UNTIL=20271001T000000Z",
    "FREQ=DAILY;INTERVAL=5;COUNT=10",
    "FREQ=DAILY;UNTIL=20270401T000000Z",
    "FREQ=MONTHLY;BYDAY=3TU;COUNT=7",
    "FREQ=MONTHLY;INTERVAL=2;COUNT=6",
    "FREQ=MONTHLY;BYDAY=TU,WE;BYSETPOS=-2;COUNT=6",
    "FREQ=YEARLY;COUNT=4",
)


@cache
def around() -> Surroundings:
    """What an entry is shown with, in English."""
    t = load_catalogues().translator("en")
    return Surroundings(institutions={}, config=load(environ={}), links=Addresses("https://agenda.example.org"), t=t)


def series(rule: str, **changes: Any) -> Event:
    """A lecture that repeats."""
    return replace(LECTURE, recurrence=Series(rule=rule, **changes))


def instants(entry: Entry) -> list[tuple[int | str, int | str]]:
    """Start and end of every date that an entry has, in order."""
    found = [(mark(one.start_at), mark(one.end_at)) for one in occurrences(entry, *SPAN) if not one.cancelled]
    return sorted(found, key=str)


def wanted(dates: Sequence[Occurrence], only: Sequence[str]) -> list[tuple[int | str, int | str]]:
    """The same of the chosen dates that take place."""
    chosen = [date for date in dates if date.id in only and date.alive]
    return sorted([(mark(date.start_at), mark(date.end_at)) for date in chosen], key=str)


@settings(deadline=None, max_examples=150)
@given(st.data())
def test_the_entry_has_the_chosen_dates_and_no_others(data: st.DataObject) -> None:
    event = series(data.draw(st.sampled_from(RULES)))
    plain = occurrences_of(event)
    some = st.sets(st.sampled_from(range(len(plain))), max_size=3)
    gone, moved = data.draw(some), data.draw(some)
    late = timedelta(hours=3)
    shifted = [
        MovedDate(date=one.start, start=_later(one.start, late), end=_later(one.end, late))
        for one in plain
        if one.position in moved - gone
    ]
    cancelled = [CancelledDate(date=one.start) for one in plain if one.position in gone]
    event = series(event.recurrence.rule if event.recurrence else "", moved=tuple(shifted), cancelled=tuple(cancelled))
    dates = occurrences_of(event)
    only = data.draw(st.lists(st.sampled_from([date.id for date in dates]), min_size=1, unique=True))
    entry = entry_of(event, dates, around(), "registered", only=only)
    if not wanted(dates, only):
        return  # nothing of it is left: what the service then sends is the end of everything
    assert instants(entry) == wanted(dates, only)
    body = calendar(Head(name="x"), vtimezones(zones_of([entry])), [vevent(entry)])
    assert sorted(start for _, start, _ in seen_by_recurring(body, *SPAN)) == sorted(
        start for start, _ in wanted(dates, only)
    )
    first = min((date for date in dates if date.id in only and date.alive), key=lambda date: date.position)
    assert entry.start == datetime.fromisoformat(first.start if len(only) == 1 else first.original or "")


def test_who_chose_nothing_has_the_whole_series_as_feeds_show_it() -> None:
    event = series("FREQ=WEEKLY;COUNT=4")
    dates = occurrences_of(event)
    entry = entry_of(event, dates, around(), "public")
    assert vevent(entry) == vevent(entry_of(event, dates, around(), "public", only=()))
    assert b"RRULE:FREQ=WEEKLY;COUNT=4\r\n" in vevent(entry)


def test_all_day_series_end_with_a_day() -> None:
    event = replace(series("FREQ=WEEKLY;COUNT=6"), start="2027-03-16", end="2027-03-17")
    dates = occurrences_of(event)
    data = vevent(entry_of(event, dates, around(), "public", only=(dates[1].id, dates[3].id)))
    assert b"DTSTART;VALUE=DATE:20270323\r\nDTEND;VALUE=DATE:20270325\r\n" in data
    assert b"RRULE:FREQ=WEEKLY;UNTIL=20270406\r\n" in data
    assert b"EXDATE;VALUE=DATE:20270330\r\n" in data


def test_a_single_chosen_date_that_is_cancelled_says_so() -> None:
    event = series("FREQ=WEEKLY;COUNT=4", cancelled=(CancelledDate(date="2027-03-23T14:30"),))
    dates = occurrences_of(event)
    entry = entry_of(event, dates, around(), "public", only=(dates[1].id,))
    assert (entry.status, entry.summary) == ("cancelled", "Cancelled: Climate data in the classroom")


@pytest.mark.parametrize("position", [0, 2])
def test_one_date_that_travels_alone_says_which_it_is(position: int) -> None:
    event = series("FREQ=WEEKLY;COUNT=4")
    date = occurrences_of(event)[position]
    entry = date_of(event, date, around(), "public", uid="mine@example.org")
    assert entry.uid == "mine@example.org"
    assert entry.recurrence_id == datetime.fromisoformat(date.start)
    assert vevent(entry).count(b"RECURRENCE-ID;TZID=Europe/Brussels:") == 1


def _later(wall: str, by: timedelta) -> str:
    return (datetime.fromisoformat(wall) + by).isoformat(timespec="minutes")
