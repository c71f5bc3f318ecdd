"""Which counters a change moves on, and what it leaves behind."""

from datetime import timedelta
from typing import Any

import pytest

from scheduler.model.changes import advanced, public_view
from scheduler.model.event import Event
from scheduler.model.intake import patched
from tests.scheduler.inputs import NOW, admitted, full, known, small

LATER = NOW + timedelta(hours=1)
SERIES = {"rule": "FREQ=WEEKLY;BYDAY=TU;COUNT=6"}

# A patch of a published event, and how far revision, public_revision, timing_revision and sequence rise.
RISES: dict[str, tuple[dict[str, Any], tuple[int, int, int, int]]] = {
    "a title": ({"title": {"en": "New"}}, (1, 1, 0, 0)),
    "notes": ({"notes": "Only for us"}, (1, 0, 0, 0)),
    "a hidden joining link": ({"online": {"url": "https://example.org/new"}}, (1, 0, 0, 0)),
    "a public joining link": ({"online": {"url": "https://example.org/new", "visibility": "public"}}, (1, 1, 0, 0)),
    "travel": ({"travel": {"travellers": 2}}, (1, 0, 0, 0)),
    "funding": ({"funding": {"source": "VLIR-UOS"}}, (1, 0, 0, 0)),
    "reminders": ({"reminders": ["P2D"]}, (1, 0, 0, 0)),
    "results": ({"outcome": {"registered": 5}}, (1, 0, 0, 0)),
    "visibility": ({"visibility": "members"}, (1, 1, 0, 0)),
    "a time": ({"start": "2027-03-16T13:30"}, (1, 1, 1, 1)),
    "an end": ({"end": "2027-03-16T17:30"}, (1, 1, 1, 1)),
    "a zone": ({"timezone": "Africa/Kigali"}, (1, 1, 1, 1)),
    "a series": ({"recurrence": SERIES}, (1, 1, 1, 1)),
    "a room": ({"place": {"room": "C.1"}}, (1, 1, 0, 1)),
    "a host": ({"host": "vives"}, (1, 1, 0, 1)),
    "a format": ({"format": "hybrid"}, (1, 1, 0, 1)),
    "tentative": ({"status": "tentative"}, (1, 1, 0, 1)),
    "nothing": ({}, (0, 0, 0, 0)),
}


def changed(before: Event, patch: dict[str, Any], **named: Any) -> Event:
    return advanced(before, patched(before, patch, known(), now=LATER), LATER, **named)


def counters(event: Event) -> tuple[int, int, int, int]:
    return (event.revision, event.public_revision, event.timing_revision, event.sequence)


@pytest.mark.parametrize("case", RISES)
def test_the_counters_rise_with(case: str) -> None:
    patch, rises = RISES[case]
    before = admitted(small(status="confirmed"))
    after = changed(before, patch)
    assert tuple(new - old for new, old in zip(counters(after), counters(before), strict=True)) == rises
    assert (after.modified_at == LATER) is bool(rises[1])


def test_a_new_event_has_first_counters_and_says_since_when_it_is_published() -> None:
    event = advanced(None, admitted(small(status="confirmed")), NOW)
    assert counters(event) == (1, 1, 1, 0)
    assert event.published_at == NOW


def test_a_draft_has_never_been_anywhere() -> None:
    draft = admitted(small())
    moved = changed(draft, {"start": "2027-03-15T14:30"})
    assert (moved.sequence, moved.moved_from, moved.timing_revision) == (0, None, 2)
    published = changed(moved, {"status": "confirmed"})
    assert (published.sequence, published.moved_from, published.published_at) == (0, None, LATER)


def test_a_moved_event_says_where_it_stood_and_why() -> None:
    event = changed(admitted(small(status="confirmed")), {"start": "2027-03-15T14:30"}, reason="Strike")
    assert event.moved_from is not None
    assert (event.moved_from.start, event.moved_from.end, event.moved_from.at, event.moved_from.reason) == (
        "2027-03-16T14:30",
        "2027-03-16T16:00",
        LATER,
        "Strike",
    )


def test_a_move_that_is_undone_leaves_no_word_of_a_day_that_was_a_slip() -> None:
    there = changed(admitted(small(status="confirmed")), {"start": "2027-03-15T14:30"})
    back = changed(there, {"start": "2027-03-16T14:30"})
    assert (back.start, back.end, back.moved_from) == ("2027-03-16T14:30", "2027-03-16T16:00", None)
    assert back.sequence == there.sequence + 1


def test_where_it_stood_is_read_on_the_clock_that_it_has_now() -> None:
    event = changed(admitted(small(status="confirmed")), {"timezone": "Asia/Phnom_Penh"})
    assert event.moved_from is not None
    assert event.moved_from.start == "2027-03-16T20:30"


def test_a_date_of_a_series_moves_without_moving_the_event() -> None:
    before = admitted(small(status="confirmed", recurrence=SERIES))
    event = changed(before, {"recurrence": {"excluded": ["2027-03-23T14:30"]}})
    assert (event.moved_from, event.timing_revision, event.sequence) == (None, 2, 1)


def test_another_change_keeps_where_it_stood() -> None:
    moved = changed(admitted(small(status="confirmed")), {"start": "2027-03-15T14:30"})
    assert changed(moved, {"title": "New"}).moved_from == moved.moved_from


def test_modified_never_goes_back() -> None:
    before = admitted(small(status="confirmed"))
    after = patched(before, {"title": "New"}, known(), now=NOW)
    assert advanced(before, after, NOW - timedelta(days=1)).modified_at == before.modified_at


def test_the_public_view_has_no_way_in_and_nothing_for_organisers() -> None:
    secrets = {
        "notes": "Ask secret-1",
        "online": {
            "platform": "Zoom",
            "url": "https://example.org/secret-2",
            "dial_in": "secret-3",
            "low_bandwidth": "secret-4",
            "visibility": "registered",
        },
        "travel": {"visa": "secret-5"},
        "funding": {"source": "secret-6"},
        "external_id": {"source": "sis", "id": "secret-7"},
        "evaluation": {"form": "secret-8"},
    }
    event = admitted(full(**secrets))
    assert "secret" not in repr(public_view(event))
    assert public_view(event)["online"] == {"platform": "Zoom", "visibility": "registered"}


def test_a_public_joining_link_is_in_the_public_view() -> None:
    assert public_view(admitted(full()))["online"]["url"] == "https://meet.example.org/room?x=1"
