"""A VTIMEZONE says at every instant what the tz database says, to readers that share no code with us."""

from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from io import StringIO
from zoneinfo import ZoneInfo

import pytest
from dateutil.tz import tzical

from feeds.errors import UnknownZone
from feeds.timezones import is_zone, suggest_zones, vtimezone
from tests.feeds.ical_js import IcalJs

PARTNERS = [
    *("Asia/Phnom_Penh", "Asia/Ho_Chi_Minh", "Africa/Nairobi", "Africa/Dar_es_Salaam", "Africa/Kampala"),
    *("Africa/Kigali", "Africa/Lusaka", "Africa/Johannesburg", "Africa/Harare", "Africa/Lubumbashi"),
    *("Africa/Kinshasa", "Africa/Accra", "America/Paramaribo", "America/Guayaquil", "Pacific/Galapagos"),
]
CHANGING = [
    *("Europe/Brussels", "Europe/London", "America/New_York", "Australia/Sydney", "Africa/Casablanca"),
    *("Africa/Cairo", "Europe/Dublin", "America/Nuuk", "Asia/Gaza", "Australia/Lord_Howe"),
    *("America/Vancouver", "America/Santiago", "Asia/Kolkata", "America/Ojinaga"),
]
FIRST, LAST = 2020, 2040
STEP, DAY = timedelta(minutes=30), timedelta(days=1)


def wrapped(zone: str, first: int = FIRST, last: int = LAST) -> bytes:
    """A calendar with the VTIMEZONE of the zone and nothing else."""
    block = vtimezone(zone, date(first, 1, 1), date(last, 12, 31))
    return b"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\n" + block + b"END:VCALENDAR\r\n"


@lru_cache(maxsize=64)
def instants(zone: str, first: int = FIRST, last: int = LAST) -> list[datetime]:
    """Every change ±1 s, half-hour steps for a day around it, and noon of the 1st and 15th of every month."""
    tz = ZoneInfo(zone)
    found = {datetime(year, month, day, 12, tzinfo=UTC) for year in range(first, last + 1) for month in range(1, 13)
             for day in (1, 15)}  # fmt: skip
    day, end = datetime(first, 1, 2, tzinfo=UTC), datetime(last, 12, 30, tzinfo=UTC)
    while day < end:
        if not same(day, day + DAY, tz):
            ahead = next(at for at in (day + STEP * step for step in range(1, 49)) if not same(at - STEP, at, tz))
            found |= {ahead + STEP * step for step in range(-48, 49)}
            found |= {ahead + timedelta(seconds=second) for second in (-1, 1)}
        day += DAY
    return sorted(found)


def same(before: datetime, after: datetime, tz: ZoneInfo) -> bool:
    """True when the offset is the same at both instants."""
    return before.astimezone(tz).utcoffset() == after.astimezone(tz).utcoffset()


def expected(zone: str, at: datetime) -> tuple[datetime, timedelta]:
    """The wall time at an instant, and its offset, from the tz database."""
    local = at.astimezone(ZoneInfo(zone))
    return local, local.utcoffset() or timedelta(0)


@pytest.mark.parametrize("zone", [*PARTNERS, *CHANGING])
def test_dateutil_reads_the_same_offsets_as_the_tz_database(zone: str) -> None:
    tz = tzical(StringIO(wrapped(zone).decode())).get(zone)
    wrong = []
    for at in instants(zone):
        local, offset = expected(zone, at)
        if local.replace(tzinfo=tz).utcoffset() != offset:
            wrong.append((at, offset))
    assert wrong == []


@pytest.mark.node
@pytest.mark.parametrize("zone", [*PARTNERS, *CHANGING])
def test_ical_js_reads_the_same_offsets_as_the_tz_database(zone: str, ical_js: IcalJs) -> None:
    # It has no word for the first pass of a double hour and always takes the second: those are left out.
    told = [
        (local, offset)
        for local, offset in (expected(zone, at) for at in instants(zone))
        if local.replace(fold=0).utcoffset() == local.replace(fold=1).utcoffset()
    ]
    offsets = ical_js.offsets(wrapped(zone), [local for local, _ in told])
    wrong = [
        (local, offset)
        for (local, offset), seen in zip(told, offsets, strict=True)
        if timedelta(seconds=seen) != offset
    ]
    assert len(told) > 400
    assert wrong == []


@pytest.mark.parametrize("first", [1971, 1985, 1996, 2004, 2019, 2026])
@pytest.mark.parametrize("zone", ["Europe/Brussels", "America/New_York", "Africa/Casablanca", "Africa/Monrovia"])
def test_spans_in_which_the_rules_changed_are_right_too(zone: str, first: int) -> None:
    tz = tzical(StringIO(wrapped(zone, first, first + 4).decode())).get(zone)
    for at in instants(zone, first, first + 4):
        local, offset = expected(zone, at)
        assert local.replace(tzinfo=tz).utcoffset() == offset, at


def test_the_onset_is_wall_time_before_the_change() -> None:
    block = vtimezone("Europe/Brussels", date(2027, 1, 1), date(2027, 12, 31))
    assert b"BEGIN:DAYLIGHT\r\nDTSTART:20260329T020000\r\nTZOFFSETFROM:+0100\r\nTZOFFSETTO:+0200\r\n" in block
    assert b"BEGIN:STANDARD\r\nDTSTART:20261025T030000\r\nTZOFFSETFROM:+0200\r\nTZOFFSETTO:+0100\r\n" in block
    assert block.count(b"RRULE:FREQ=YEARLY;BYMONTH=") == 2


def test_a_zone_without_changes_is_one_observance() -> None:
    assert vtimezone("Asia/Phnom_Penh", date(2027, 1, 1), date(2030, 1, 1)) == (
        b"BEGIN:VTIMEZONE\r\nTZID:Asia/Phnom_Penh\r\nBEGIN:STANDARD\r\nDTSTART:19700101T000000\r\n"
        b"TZOFFSETFROM:+0700\r\nTZOFFSETTO:+0700\r\nTZNAME:+07\r\nEND:STANDARD\r\nEND:VTIMEZONE\r\n"
    )


@pytest.mark.parametrize("zone", ["Africa/Cairo", "Asia/Gaza", "America/Nuuk"])
def test_a_rule_that_plain_words_cannot_say_becomes_single_changes(zone: str) -> None:
    block = vtimezone(zone, date(2026, 1, 1), date(2028, 12, 31))
    assert b"RRULE" not in block
    assert block.count(b"BEGIN:DAYLIGHT") >= 3


def test_irish_summer_is_daylight_though_the_law_calls_winter_the_exception() -> None:
    block = vtimezone("Europe/Dublin", date(2027, 1, 1), date(2027, 12, 31))
    assert b"BEGIN:DAYLIGHT\r\nDTSTART:20260329T010000\r\nTZOFFSETFROM:+0000\r\nTZOFFSETTO:+0100\r\n" in block


def test_every_zone_of_the_database_can_be_written_without_seconds() -> None:
    names = [name for name in ("Etc/UTC", "Asia/Kathmandu", *PARTNERS, *CHANGING) if is_zone(name)]
    for name in names:
        block = vtimezone(name, date(2026, 1, 1), date(2029, 12, 31))
        offsets = [line for line in block.split(b"\r\n") if line.startswith(b"TZOFFSET")]
        assert offsets, name
        assert all(len(line.partition(b":")[2]) == 5 for line in offsets), name
        assert all(len(line) <= 75 for line in block.split(b"\r\n")), name


def test_an_alias_keeps_the_name_that_the_event_uses() -> None:
    assert b"TZID:Asia/Saigon\r\n" in vtimezone("Asia/Saigon", date(2027, 1, 1), date(2027, 1, 2))


def test_the_same_years_give_the_same_bytes() -> None:
    spring = vtimezone("Europe/Brussels", date(2027, 3, 1), date(2028, 4, 1))
    assert spring == vtimezone("Europe/Brussels", date(2027, 9, 1), date(2028, 10, 1))
    assert spring != vtimezone("Europe/Brussels", date(2029, 9, 1), date(2030, 10, 1))


@pytest.mark.parametrize("name", ["Mars/Base", "europe/brussels", "", "../etc/passwd", "Factory", "Europe", "a\0b"])
def test_an_unknown_zone_is_refused(name: str) -> None:
    assert not is_zone(name)
    with pytest.raises(UnknownZone):
        vtimezone(name, date(2027, 1, 1), date(2027, 1, 2))


@pytest.mark.parametrize(
    ("name", "zone"),
    [
        ("europe/brussels", "Europe/Brussels"),
        ("Brussels", "Europe/Brussels"),
        ("Europe/Brusels", "Europe/Brussels"),
        ("Ho Chi Minh", "Asia/Ho_Chi_Minh"),
        ("Romance Standard Time", "Europe/Paris"),
        ("romance standard time 1", "Europe/Paris"),
        ("SA Pacific Standard Time", "America/Bogota"),
        ("E. Africa Standard Time", "Africa/Nairobi"),
    ],
)
def test_a_near_name_or_a_windows_name_is_understood(name: str, zone: str) -> None:
    assert suggest_zones(name)[0] == zone


@pytest.mark.parametrize("name", ["", "Nowhere land", "\x00", "x" * 500])
def test_nothing_is_suggested_for_nonsense(name: str) -> None:
    assert suggest_zones(name) == ()
