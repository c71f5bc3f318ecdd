"""Wall times as text: there and back, in hours that do not exist and in hours that exist twice."""

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduler.model.wall import instant, is_date, is_double, is_missing, parse, shifted, text

BRUSSELS = "Europe/Brussels"
ZONES = (BRUSSELS, "America/Guayaquil", "Africa/Casablanca", "Australia/Lord_Howe", "Asia/Phnom_Penh")
walls = st.datetimes(datetime(2000, 1, 1), datetime(2040, 1, 1)).map(  # noqa: DTZ001  # a time on a wall
    lambda naive: naive.replace(second=0, microsecond=0)
)


@given(walls, st.sampled_from(ZONES), st.booleans())
def test_a_wall_time_comes_back_and_keeps_which_pass_it_was(naive: datetime, zone: str, second: bool) -> None:
    wall = naive.replace(fold=int(second and is_double(naive.isoformat(), zone)))
    back = parse(text(wall, zone), zone)
    assert isinstance(back, datetime)
    assert (back, back.fold) == (wall, wall.fold)
    assert instant(text(wall, zone), zone) == wall.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)


@given(st.datetimes(datetime(2000, 1, 1), datetime(2040, 1, 1)), st.sampled_from(ZONES))  # noqa: DTZ001
def test_every_instant_has_one_text(moment: datetime, zone: str) -> None:
    at = moment.replace(second=0, microsecond=0, tzinfo=UTC)
    local = at.astimezone(ZoneInfo(zone))
    assert instant(text(local.replace(tzinfo=None), zone), zone) == at


@pytest.mark.parametrize(
    ("wall", "at"),
    [
        ("2027-03-28T01:59", "2027-03-28T00:59"),
        ("2027-03-28T02:30", "2027-03-28T01:30"),  # does not exist: the offset before counts (RFC 5545 3.3.5)
        ("2027-03-28T03:00", "2027-03-28T01:00"),
        ("2027-10-31T02:30", "2027-10-31T00:30"),  # exists twice: the first
        ("2027-10-31T02:30+02:00", "2027-10-31T00:30"),
        ("2027-10-31T02:30+01:00", "2027-10-31T01:30"),
        ("2027-10-31", "2027-10-30T22:00"),
    ],
)
def test_instants_in_brussels(wall: str, at: str) -> None:
    assert instant(wall, BRUSSELS) == datetime.fromisoformat(at).replace(tzinfo=UTC)


def test_an_all_day_date_counts_from_the_hour_it_is_told_to() -> None:
    assert instant("2027-03-28", BRUSSELS, day_starts=time(9)) == datetime(2027, 3, 28, 7, tzinfo=UTC)
    assert is_date("2027-03-28")
    assert parse("2027-03-28", BRUSSELS) == date(2027, 3, 28)


def test_missing_and_double_hours_are_seen() -> None:
    assert is_missing("2027-03-28T02:00", BRUSSELS)
    assert not is_missing("2027-03-28T03:00", BRUSSELS)
    assert is_double("2027-10-31T02:00", BRUSSELS)
    assert not is_double("2027-10-31T03:00", BRUSSELS)
    assert not is_double("2027-03-28T02:30", BRUSSELS)


def test_days_later_the_clock_shows_the_same() -> None:
    assert shifted("2027-03-27T14:30", BRUSSELS, 1) == "2027-03-28T14:30"
    assert shifted("2027-12-31", BRUSSELS, 1) == "2028-01-01"


@pytest.mark.parametrize("wall", ["", "2027-3-16", "tomorrow", "2027-02-30", "2027-03-16T25:00"])
def test_what_is_no_wall_time_is_refused(wall: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011  # Python's own words
        parse(wall, BRUSSELS)
