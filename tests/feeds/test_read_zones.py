"""Zones of calendars that others wrote: their names, their definitions, and what is no zone."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from feeds.entry import instant
from feeds.read import Limits, Read, read
from feeds.reading.displays import DISPLAYS
from feeds.reading.windows import OLDER, WINDOWS
from feeds.timezones import is_zone, vtimezone
from tests.feeds.calendar_files import BRUSSELS, NOWHERE, codes, event, file, refusal
from tests.feeds.entries import wall


def started(tzid: str, *zones: str, default: str | None = None, value: str = "20270316T143000") -> Read:
    """The entry that starts at `value` in a TZID, beside these VTIMEZONEs."""
    reading = read(file(*zones, event(start=f"DTSTART;TZID={tzid}:{value}")), default_zone=default)
    assert reading.refused == ()
    return reading.entries[0]


# Names of zones.


@pytest.mark.parametrize(
    ("tzid", "zone"),
    [
        ("Europe/Brussels", "Europe/Brussels"),
        ('"Europe/Brussels"', "Europe/Brussels"),
        ("/Europe/Brussels", "Europe/Brussels"),
        (r"Europe\/Brussels", "Europe/Brussels"),
        ("/freeassociation.sourceforge.net/Europe/Brussels", "Europe/Brussels"),
        ("/freeassociation.sourceforge.net/Tzfile/America/Argentina/Buenos_Aires", "America/Argentina/Buenos_Aires"),
        ("/citadel.org/20070227_1/Europe/Brussels", "Europe/Brussels"),
        ("/mozilla.org/20050126_1/Africa/Nairobi", "Africa/Nairobi"),
        ("/softwarestudio.org/Olson_20011030_5/America/Chicago", "America/Chicago"),
        ("Romance Standard Time", "Europe/Paris"),
        ("Romance Standard Time 1", "Europe/Paris"),
        ("W. Europe Standard Time", "Europe/Berlin"),
        ("SA Pacific Standard Time", "America/Bogota"),
        ("E. Africa Standard Time", "Africa/Nairobi"),
        ("Mexico Standard Time 2", "America/Mazatlan"),
        ("Russia Time Zone 10", "Asia/Srednekolymsk"),
        ("British Columbia Standard Time", "America/Vancouver"),
        ("UTC-11", "Etc/GMT+11"),
        ("UTC", "UTC"),
        ('"tzone://Microsoft/Utc"', "Etc/UTC"),
        ('"(UTC+01:00) Brussels, Copenhagen, Madrid, Paris"', "Europe/Paris"),
        ('"(GMT+01.00) Brussels, Copenhagen, Madrid, Paris"', "Europe/Paris"),
        ('"(UTC+01:00) Brussel, Kopenhagen, Madrid, Parijs"', "Europe/Paris"),
        ('"(UTC+01:00) Amsterdam, Berlin, Bern, Rom, Stockholm, Wien"', "Europe/Berlin"),
        ('"(UTC-05:00) Bogota, Lima, Quito, Rio Branco"', "America/Bogota"),
        ('"(UTC+02:00) Harare, Pretoria"', "Africa/Johannesburg"),
        ('"(UTC+07:00) Bangkok, Hanoi, Jakarta"', "Asia/Bangkok"),
        ('"(UTC) Coordinated Universal Time"', "Etc/UTC"),
    ],
)
def test_a_name_that_programs_use_is_read_whole(tzid: str, zone: str) -> None:
    found = started(tzid)
    assert (found.entry.zone, found.entry.start) == (zone, wall("2027-03-16 14:30"))
    assert found.warnings == ()
    assert not found.floating


def test_an_unquoted_display_name_is_read_with_a_warning() -> None:
    found = started("(UTC+01:00) Brussels, Copenhagen, Madrid, Paris")
    assert (found.entry.zone, codes(found)) == ("Europe/Paris", ["quotes"])


@pytest.mark.parametrize(
    ("tzid", "default", "zone"),
    [
        ("Romance Standard Time", "Europe/Brussels", "Europe/Brussels"),
        ("SA Pacific Standard Time", "America/Guayaquil", "America/Guayaquil"),
        ("South Africa Standard Time", "Africa/Kigali", "Africa/Kigali"),
        ("SE Asia Standard Time", "Asia/Phnom_Penh", "Asia/Phnom_Penh"),
        ("W. Europe Standard Time", "Europe/Brussels", "Europe/Berlin"),
    ],
)
def test_a_windows_zone_means_the_reader_s_own_place_where_that_is_one_of_its_places(
    tzid: str, default: str, zone: str
) -> None:
    assert started(tzid, default=default).entry.zone == zone


def test_every_windows_name_and_every_display_name_leads_to_zones_of_the_database() -> None:
    places = {zone for zones in WINDOWS.values() for zone in zones.split()}
    assert [zone for zone in places if not is_zone(zone)] == []
    assert (set(DISPLAYS.values()) | set(OLDER.values())) - set(WINDOWS) == set()
    assert len(WINDOWS) >= 142


def test_the_places_of_a_windows_zone_keep_one_time_now() -> None:
    at = [datetime(2027, month, 15, tzinfo=UTC) for month in (1, 7)]
    different = {}
    for name, zones in WINDOWS.items():
        offsets = {zone: tuple(one.astimezone(ZoneInfo(zone)).utcoffset() for one in at) for zone in zones.split()}
        if len(set(offsets.values())) > 1:
            different[name] = offsets
    assert different == {}


@pytest.mark.parametrize("tzid", ["europe/brussels", "Europe/brussels", "America/New York"])
def test_a_name_in_another_spelling_is_read_with_a_warning(tzid: str) -> None:
    found = started(tzid)
    assert found.entry.zone in {"Europe/Brussels", "America/New_York"}
    assert codes(found) == ["zone-spelling"]


@pytest.mark.parametrize(
    ("tzid", "zone"),
    [
        ("UTC+01:00", "Etc/GMT-1"),
        ("GMT-0500", "Etc/GMT+5"),
        ('"+02:00"', "Etc/GMT-2"),
        ("GMT+00:00", "Etc/UTC"),
        ("UTC+1", "Etc/GMT-1"),
        ("UTC-5:00", "Etc/GMT+5"),
    ],
)
def test_an_offset_for_a_name_stays_an_offset_with_a_warning(tzid: str, zone: str) -> None:
    found = started(tzid)
    assert (found.entry.zone, codes(found)[-1]) == (zone, "offset-zone")


@pytest.mark.parametrize(
    "tzid",
    ["Nowhere/Zone", "Europe/Brussel", "Brussels", "CEST", "Customized Time Zone", "tzone://Microsoft/Custom",
     "GMT+5:45", '"(UTC+01:00) Wherever, Atlantis"', "Romance Summer Time", "Factory", "../../etc/passwd", "Europe",
     "UTC+5.5", "UTC+99", "x" * 300],
)  # fmt: skip
def test_an_unknown_zone_is_refused_with_its_line_and_never_floating(tzid: str) -> None:
    for default in (None, "Europe/Brussels"):
        line, code, reason = refusal(event(start=f"DTSTART;TZID={tzid}:20270316T143000"), zone=default)
        assert (line, code) == (6, "unknown-zone")
        assert "unknown time zone" in reason


def test_a_refusal_for_a_zone_says_what_may_have_been_meant() -> None:
    _, _, reason = refusal(event(start="DTSTART;TZID=Europe/Brussel:20270316T143000"))
    assert "did you mean Europe/Brussels" in reason


# Zones that the file defines.


def test_a_zone_without_a_known_name_is_found_by_its_rules() -> None:
    found = started("Customized Time Zone", BRUSSELS.format(name="Customized Time Zone"))
    assert (found.entry.zone, found.entry.start) == ("Europe/Brussels", wall("2027-03-16 14:30"))
    assert codes(found) == ["custom-zone"]


def test_the_reader_s_own_zone_is_preferred_where_it_keeps_that_time() -> None:
    zones = BRUSSELS.format(name="Mitteleuropäische Zeit")
    assert started("Mitteleuropäische Zeit", zones, default="Europe/Amsterdam").entry.zone == "Europe/Amsterdam"
    assert started("Mitteleuropäische Zeit", zones, default="Africa/Nairobi").entry.zone == "Europe/Brussels"


@pytest.mark.parametrize(
    "zone",
    ["Europe/Brussels", "America/Guayaquil", "Africa/Nairobi", "Asia/Kathmandu", "America/Santiago", "Europe/Dublin",
     "Africa/Casablanca", "America/St_Johns", "Australia/Lord_Howe", "Asia/Gaza", "Africa/Cairo", "Pacific/Chatham"],
)  # fmt: skip
def test_our_own_definition_of_a_zone_under_another_name_is_found_again(zone: str) -> None:
    text = vtimezone(zone, date(2027, 1, 1), date(2029, 12, 31)).decode().replace(zone, "Mine").strip()
    found = started("Mine", text)
    assert found.entry.zone is not None
    for month in range(1, 25):
        at = wall("2027-01-10 12:00") + timedelta(days=30 * (month - 1))
        assert instant(at, found.entry.zone) == instant(at, zone)


def test_the_name_that_a_definition_gives_itself_counts() -> None:
    zones = BRUSSELS.format(name="Weird").replace("TZID:Weird", "TZID:Weird\nX-LIC-LOCATION:Europe/Madrid")
    found = started("Weird", zones)
    assert (found.entry.zone, found.warnings) == ("Europe/Madrid", ())


def test_an_escaped_name_in_the_definition_is_the_same_name() -> None:
    zones = BRUSSELS.format(name=r"(UTC+01:00) Here\, There")
    assert started('"(UTC+01:00) Here, There"', zones).entry.zone == "Europe/Brussels"


def test_a_zone_that_no_place_keeps_gives_single_events_as_moments_with_a_warning() -> None:
    found = started("Mine", NOWHERE.format(name="Mine"))
    assert (found.entry.zone, found.entry.start) == (None, wall("2027-03-16 10:45"))
    assert codes(found) == ["fixed-instant"]


def test_a_series_in_a_zone_that_no_place_keeps_is_refused_by_name() -> None:
    lines = event("RRULE:FREQ=WEEKLY;COUNT=3", start="DTSTART;TZID=Mine:20270316T143000")
    _, code, reason = refusal(NOWHERE.format(name="Mine"), lines)
    assert (code, "'Mine'" in reason) == ("unknown-zone", True)


@pytest.mark.parametrize(
    ("broken", "words"),
    [
        ("TZOFFSETTO:+0345", "TZOFFSETTO"),
        ("DTSTART:16010101T000000", "no DTSTART"),
        ("BEGIN:STANDARD", "neither STANDARD nor DAYLIGHT"),
    ],
)
def test_a_definition_that_cannot_be_followed_is_named_in_the_refusal(broken: str, words: str) -> None:
    zones = NOWHERE.format(name="Mine").replace(broken, "BEGIN:OTHER" if broken.startswith("BEGIN") else "X-A:1")
    _, code, reason = refusal(zones, event(start="DTSTART;TZID=Mine:20270316T143000"))
    assert (code, words in reason) == ("unknown-zone", True)


@pytest.mark.parametrize("rule", ["FREQ=DAILY", "FREQ=YEARLY;BYWEEKNO=20;BYDAY=SU", "FREQ=SECONDLY", "nonsense"])
def test_a_definition_with_a_rule_that_no_clock_follows_is_not_used(rule: str) -> None:
    zones = BRUSSELS.format(name="Mine").replace("FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU", rule)
    _, code, _ = refusal(zones, event(start="DTSTART;TZID=Mine:20270316T143000"))
    assert code == "unknown-zone"


def test_exchange_s_rules_with_hours_in_them_are_followed() -> None:
    zones = BRUSSELS.format(name="Mine").replace("BYMONTH=3;", "BYMONTH=3;BYHOUR=2;BYMINUTE=0;")
    assert started("Mine", zones).entry.zone == "Europe/Brussels"


def test_a_definition_that_contradicts_its_own_name_is_a_warning_and_the_name_counts() -> None:
    zones = BRUSSELS.format(name="Africa/Nairobi")
    found = started("Africa/Nairobi", zones)
    assert (found.entry.zone, codes(found)) == ("Africa/Nairobi", ["zone-differs"])


def test_more_zones_than_the_limit_is_an_error_and_not_a_slow_reader() -> None:
    parts = [event(uid=f"{n}@x", start=f"DTSTART;TZID=Zone {n}:20270316T143000") for n in range(5)]
    with pytest.raises(Exception, match="more than 3 time zones"):
        read(file(*parts), limits=Limits(zones=3))
