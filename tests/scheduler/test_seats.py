"""Seats and the registration window: who gets in, who waits, and what people are told."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from scheduler.errors import Closed
from scheduler.model.event import Event, RegistrationTerms, Seats
from scheduler.model.seats import SeatCount, check_open, closes_at, fits, left_by_mode, place, rounded
from tests.scheduler.inputs import admitted, small

START = datetime(2027, 3, 16, 13, 30, tzinfo=UTC)


def event(**terms: Any) -> Event:
    return replace(admitted(small(status="confirmed")), registration=RegistrationTerms(**terms))


@pytest.mark.parametrize(
    ("limit", "taken", "wanted", "line", "waiting_list", "outcome"),
    [
        (None, 999, 50, 0, True, "confirmed"),
        (10, 9, 1, 0, True, "confirmed"),
        (10, 10, 1, 0, True, "waiting"),
        (10, 10, 1, 0, False, "full"),
        (10, 5, 1, 1, True, "waiting"),
        (10, 8, 3, 0, True, "waiting"),
        (10, 0, 11, 0, True, "full"),
        (0, 0, 1, 0, True, "full"),
        (2, 5, 1, 0, True, "waiting"),
    ],
)
def test_where_a_party_goes(
    limit: int | None, taken: int, wanted: int, line: int, waiting_list: bool, outcome: str
) -> None:
    seats = Seats(on_site=limit, online=7, waiting_list=waiting_list)
    assert place(seats, "on-site", taken, wanted, line) == outcome


@given(st.integers(0, 50), st.lists(st.integers(1, 5), max_size=40))
def test_whoever_comes_no_more_seats_are_given_than_there_are(limit: int, parties: list[int]) -> None:
    taken = line = 0
    for wanted in parties:
        outcome = place(Seats(on_site=limit), "on-site", taken, wanted, line)
        taken += wanted if outcome == "confirmed" else 0
        line += outcome == "waiting"
        assert taken <= limit
        assert (outcome == "confirmed") <= fits(Seats(on_site=limit), "on-site", taken - wanted, wanted)


@pytest.mark.parametrize(
    ("found", "now", "words"),
    [
        (replace(event(), status="draft"), START - timedelta(days=1), "not published"),
        (replace(event(), status="cancelled"), START - timedelta(days=1), "cancelled"),
        (event(), START, "begun"),
        (event(opens="2027-03-01T09:00"), datetime(2027, 3, 1, 7, 59, 59, tzinfo=UTC), "opens on 2027-03-01 at 09:00"),
        (event(closes="2027-03-10"), datetime(2027, 3, 10, 23, tzinfo=UTC), "closed on 2027-03-10"),
        (event(closes="2027-03-10T12:00"), datetime(2027, 3, 10, 11, tzinfo=UTC), "closed on 2027-03-10 at 12:00"),
    ],
)
def test_a_closed_door_says_why(found: Event, now: datetime, words: str) -> None:
    with pytest.raises(Closed, match=words):
        check_open(found, START, now)


@pytest.mark.parametrize(
    ("found", "now"),
    [
        (event(), START - timedelta(seconds=1)),
        (event(opens="2027-03-01T09:00"), datetime(2027, 3, 1, 8, tzinfo=UTC)),
        (event(closes="2027-03-10"), datetime(2027, 3, 10, 22, 59, 59, tzinfo=UTC)),
    ],
)
def test_an_open_door_lets_in(found: Event, now: datetime) -> None:
    check_open(found, START, now)


def test_a_closing_day_counts_to_its_end_also_when_clocks_change() -> None:
    assert closes_at("2027-03-28", "Europe/Brussels") == datetime(2027, 3, 28, 22, tzinfo=UTC)


@pytest.mark.parametrize(("count", "step", "shown"), [(7, 0, 7), (7, 1, 7), (7, 5, 5), (4, 5, 0), (10, 5, 10)])
def test_free_seats_are_rounded_down(count: int, step: int, shown: int) -> None:
    assert rounded(count, step) == shown


def test_only_ways_that_are_offered_are_counted() -> None:
    hybrid = replace(event(), format="hybrid", seats=Seats(on_site=3, online=None))
    found = left_by_mode(hybrid, {"on-site": 5}, {"on-site": 2})
    assert found == {"on-site": SeatCount(limit=3, taken=5, waiting=2), "online": SeatCount(limit=None)}
    assert (found["on-site"].left, found["online"].left) == (0, None)
    assert list(left_by_mode(replace(hybrid, format="online"), {})) == ["online"]
