"""Plain series in closed form: the same occurrences as day by day, over every clock change."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from feeds.entry import Entry, Frequency, NthWeekday, Recurrence, Rule
from feeds.errors import InvalidRule
from feeds.offsets import day_offsets
from feeds.plain import plain_days
from feeds.recurrence import Budget, Occurrence, instants, occurrences, starts
from feeds.rules import WEEKDAYS
from tests.feeds.entries import entry, wall

ZONES = ("Europe/Brussels", "Africa/Casablanca", "America/Guayaquil", "Australia/Lord_Howe", "Africa/Cairo", None)
DAY = timedelta(days=1)
plain_frequency: st.SearchStrategy[Frequency] = st.sampled_from(("daily", "weekly"))


@st.composite
def series(draw: st.DrawFn) -> Entry:
    """A daily or weekly series of any length, with dates left out."""
    start = draw(st.datetimes(datetime(2023, 1, 1), datetime(2028, 1, 1))).replace(microsecond=0, fold=0)  # noqa: DTZ001
    length = draw(st.timedeltas(timedelta(0), timedelta(days=9))) // timedelta(seconds=1) * timedelta(seconds=1)
    frequency = draw(plain_frequency)
    end = draw(st.sampled_from(("never", "count", "until")))
    same_day = frequency == "weekly" and draw(st.booleans())
    rule = Rule(
        frequency=frequency,
        interval=draw(st.integers(1, 9)),
        count=draw(st.integers(1, 60)) if end == "count" else None,
        until=(start + draw(st.timedeltas(-9 * DAY, 200 * DAY))).replace(tzinfo=UTC) if end == "until" else None,
        by_day=(NthWeekday(WEEKDAYS[start.weekday()]),) if same_day else (),
    )
    skipped = draw(st.sets(st.integers(0, 20), max_size=3))
    excluded = tuple(start + number * 7 * DAY for number in skipped)
    zone = draw(st.sampled_from(ZONES))
    return structs.replace(
        entry(start, zone=zone), end=start + length, recurrence=Recurrence(rule=rule, excluded=excluded)
    )


def one_by_one(one: Entry, after: datetime, before: datetime) -> list[Occurrence]:
    """The occurrences by walking every day: nothing here is shared with the closed form."""
    assert one.recurrence
    assert isinstance(one.start, datetime)
    found = []
    for position, when in enumerate(starts(one.recurrence.rule, one.start, one.zone)):
        assert isinstance(when, datetime)
        if when.replace(tzinfo=UTC) > before + 3 * DAY:
            break
        end = when + (one.end - one.start)
        start_at, end_at = instants(when, end, one.zone)
        overlaps = start_at < before and (end_at > after or start_at >= after)
        if overlaps and when not in one.recurrence.excluded:
            found.append(
                Occurrence(
                    recurrence_id=when,
                    start=when,
                    end=end,
                    zone=one.zone,
                    start_at=start_at,
                    end_at=end_at,
                    position=position,
                )
            )
    return sorted(found, key=lambda occurrence: (occurrence.start_at, occurrence.position or 0))


@given(series(), st.integers(-500, 900), st.integers(0, 500))
def test_the_closed_form_gives_what_walking_day_by_day_gives(one: Entry, begin: int, days: int) -> None:
    assert one.recurrence
    assert isinstance(one.start, datetime)
    after = one.start.replace(tzinfo=UTC) + begin * DAY
    before = after + days * DAY
    assert plain_days(one.recurrence.rule, one.start, one.zone, before.date()) is not None
    assert occurrences(one, after, before) == one_by_one(one, after, before)


@pytest.mark.parametrize("zone", [zone for zone in ZONES if zone])
@pytest.mark.parametrize("year", [2024, 2026, 2027])
def test_an_offset_for_a_day_holds_for_each_of_its_hours(zone: str, year: int) -> None:
    first, tz = date(year, 1, 1), ZoneInfo(zone)
    found = day_offsets(zone, year)
    assert len(found) == (date(year + 1, 1, 1) - first).days
    for number, offset in enumerate(found):
        day = datetime.combine(first + number * DAY, datetime.min.time())
        hours = [day + minutes * timedelta(minutes=15) for minutes in range(96)]
        seen = {hour.replace(tzinfo=tz, fold=fold).utcoffset() for hour in hours for fold in (0, 1)}
        assert offset is None or seen == {offset}
    assert found.count(None) <= 8  # Morocco changes four times a year, and midnight belongs to two days


def test_a_plain_series_beyond_its_budget_is_refused_as_any_other() -> None:
    endless = structs.replace(
        entry(wall("2027-01-01 09:00")),
        recurrence=Recurrence(rule=Rule(frequency="daily")),
    )
    begin = datetime(2027, 1, 1, tzinfo=UTC)
    with pytest.raises(InvalidRule):
        occurrences(endless, begin, begin + 400 * DAY, budget=Budget(steps=100))
    with pytest.raises(InvalidRule):
        occurrences(endless, begin, begin + 400 * DAY, budget=Budget(results=100))
