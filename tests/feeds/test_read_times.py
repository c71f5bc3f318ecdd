"""Times and zones of calendars that others wrote: the right instant, a warning, or a refusal; never a silent guess."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from feeds.entry import instant
from feeds.read import Limits, Read, read
from feeds.reading.displays import DISPLAYS
from feeds.reading.windows import OLDER, WINDOWS
from feeds.timezones import is_zone, vtimezone
from tests.feeds.calendar_files import BRUSSELS, NOWHERE, codes, event, file, one, refusal
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


# Times without a zone, in UTC, in other forms.


def test_a_time_without_a_zone_is_refused_without_a_default() -> None:
    assert refusal(event(start="DTSTART:20270316T143000"))[:2] == (6, "floating")


def test_a_time_without_a_zone_is_read_in_the_default_and_marked() -> None:
    found = one(start="DTSTART:20270316T143000", zone="Europe/Brussels")
    assert (found.entry.zone, found.floating, codes(found)) == ("Europe/Brussels", True, ["floating"])


def test_a_time_without_a_zone_is_read_in_the_calendar_s_own_before_the_reader_s() -> None:
    reading = read(
        file("X-WR-TIMEZONE:America/Guayaquil", event(start="DTSTART:20270316T143000")), default_zone="Europe/Brussels"
    )
    found = reading.entries[0]
    assert (found.entry.zone, found.floating, codes(found)) == ("America/Guayaquil", True, ["floating"])


def test_a_time_in_utc_has_no_zone_and_no_warning() -> None:
    found = one(start="DTSTART:20270316T133000Z")
    assert (found.entry.zone, found.entry.start, found.warnings) == (None, wall("2027-03-16 13:30"), ())


def test_a_time_in_utc_that_names_a_zone_is_that_moment() -> None:
    found = one(start="DTSTART;TZID=Europe/Brussels:20270316T133000Z")
    assert (found.entry.zone, found.entry.start) == ("Europe/Brussels", wall("2027-03-16 14:30"))
    assert codes(found) == ["utc-with-zone"]


@pytest.mark.parametrize(
    ("value", "start", "code"),
    [
        ("2027-03-16T13:30:00Z", "2027-03-16 13:30", "form"),
        ("2027-03-16T14:30:00+01:00", "2027-03-16 13:30", "form"),
        ("20270316T1330Z", "2027-03-16 13:30", "form"),
        ("20270316 133000Z", "2027-03-16 13:30", "form"),
        ("20270316T133000.000Z", "2027-03-16 13:30", "form"),
        ("20270316T133060Z", "2027-03-16 13:30:59", "leap-second"),
        ("20270316T240000Z", "2027-03-17 00:00", "form"),
    ],
)
def test_a_time_in_another_form_is_read_with_a_warning(value: str, start: str, code: str) -> None:
    found = one(start=f"DTSTART:{value}")
    assert (found.entry.start, codes(found)) == (wall(start), [code])


@pytest.mark.parametrize(
    "value",
    ["tomorrow", "20270230", "20270316T256000Z", "20271316", "16010101T000000Z", "99991231T235959Z", "00000000",
     "20270316T143000Zx", "2027", "２０２７０３１６", "20270316T143000+9999", "-0270316"],
)  # fmt: skip
def test_a_time_that_does_not_exist_is_refused_with_its_line(value: str) -> None:
    assert refusal(event(start=f"DTSTART:{value}"), zone="Europe/Brussels")[:2] == (6, "bad-time")


def test_a_time_that_a_clock_change_skips_means_the_hour_after_with_a_warning() -> None:
    found = one(start="DTSTART;TZID=Europe/Brussels:20270328T023000")
    assert instant(found.entry.start, found.entry.zone) == datetime(2027, 3, 28, 1, 30, tzinfo=UTC)
    assert [(caution.code, "03:30" in caution.text) for caution in found.warnings] == [("skipped-hour", True)]


def test_a_time_that_comes_twice_means_the_first_with_a_warning() -> None:
    found = one(start="DTSTART;TZID=Europe/Brussels:20271031T023000")
    assert instant(found.entry.start, found.entry.zone) == datetime(2027, 10, 31, 0, 30, tzinfo=UTC)
    assert codes(found) == ["double-hour"]


def test_stamps_that_are_not_in_utc_are_read_with_a_warning() -> None:
    found = one("CREATED;TZID=Europe/Brussels:20270102T120000", "LAST-MODIFIED:20270103T120000")
    assert found.entry.created == datetime(2027, 1, 2, 11, tzinfo=UTC)
    assert found.entry.modified == datetime(2027, 1, 3, 12, tzinfo=UTC)
    assert codes(found) == ["not-utc", "not-utc"]


# Ends.

BRUSSELS_START = "DTSTART;TZID=Europe/Brussels:20270316T143000"
DAY = "DTSTART;VALUE=DATE:20270316"


@pytest.mark.parametrize(
    ("start", "line", "end", "warned"),
    [
        (BRUSSELS_START, "DTEND;TZID=Europe/Brussels:20270316T160000", "2027-03-16 16:00", []),
        (BRUSSELS_START, "DURATION:PT1H30M", "2027-03-16 16:00", []),
        (BRUSSELS_START, "DURATION:P1D", "2027-03-17 14:30", []),
        (BRUSSELS_START, "DURATION:P1W", "2027-03-23 14:30", []),
        (BRUSSELS_START, "DURATION:P12DT1H", "2027-03-28 15:30", []),
        (BRUSSELS_START, "DURATION:PT288H", "2027-03-28 15:30", []),
        (BRUSSELS_START, "X-NOTHING:1", "2027-03-16 14:30", []),
        (BRUSSELS_START, "DTEND;TZID=Europe/Brussels:20270316T143000", "2027-03-16 14:30", []),
        (BRUSSELS_START, "DTEND:20270316T150000Z", "2027-03-16 16:00", ["end-zone"]),
        (BRUSSELS_START, "DTEND;TZID=America/Guayaquil:20270316T100000", "2027-03-16 16:00", ["end-zone"]),
        (BRUSSELS_START, "DTEND:20270316T160000", "2027-03-16 16:00", ["zone-of-start"]),
        (BRUSSELS_START, "DTEND;VALUE=DATE:20270317", "2027-03-17 00:00", ["value-type"]),
        (BRUSSELS_START, "DTEND;TZID=Europe/Brussels:20270316T133000", "2027-03-16 14:30", ["ends-before-start"]),
        (BRUSSELS_START, "DTEND;VALUE=DATE:20270316", "2027-03-16 14:30", ["ends-before-start", "value-type"]),
        (BRUSSELS_START, "DURATION:-PT1H", "2027-03-16 14:30", ["ends-before-start"]),
        ("DTSTART:20270316T133000Z", "DTEND:20270316T150000", "2027-03-16 15:00", ["zone-of-start"]),
    ],
)
def test_the_end_of_a_timed_event(start: str, line: str, end: str, warned: list[str]) -> None:
    found = one(line, start=start)
    assert (found.entry.end, sorted(codes(found))) == (wall(end), sorted(warned))


@pytest.mark.parametrize(
    ("line", "end", "warned"),
    [
        ("DTEND;VALUE=DATE:20270318", date(2027, 3, 18), []),
        ("X-NOTHING:1", date(2027, 3, 17), []),
        ("DURATION:P2D", date(2027, 3, 18), []),
        ("DURATION:P1W", date(2027, 3, 23), []),
        ("DURATION:PT36H", date(2027, 3, 18), ["value-type"]),
        ("DURATION:P0D", date(2027, 3, 17), ["ends-before-start"]),
        ("DTEND;VALUE=DATE:20270316", date(2027, 3, 17), ["ends-before-start"]),
        ("DTEND;VALUE=DATE:20270301", date(2027, 3, 17), ["ends-before-start"]),
        ("DTEND:20270318", date(2027, 3, 18), ["value-type"]),
        ("DTEND:20270318T000000", date(2027, 3, 18), ["value-type"]),
        ("DTEND;TZID=Europe/Brussels:20270317T120000", date(2027, 3, 18), ["value-type"]),
    ],
)
def test_the_end_of_an_all_day_event(line: str, end: date, warned: list[str]) -> None:
    found = one(line, start=DAY)
    assert (found.entry.start, found.entry.end, codes(found)) == (date(2027, 3, 16), end, warned)
    assert found.entry.zone is None


@pytest.mark.parametrize("line", ["DURATION:2 hours", "DURATION:P", "DURATION:P99999W", "DTEND:soon"])
def test_an_end_that_cannot_be_read_is_refused(line: str) -> None:
    assert refusal(event(line, start=BRUSSELS_START))[:2] == (7, "bad-time")


def test_an_end_and_a_duration_together_are_a_warning_and_the_end_counts() -> None:
    found = one("DURATION:PT9H", "DTEND:20270316T143000Z")
    assert (found.entry.end, codes(found)) == (wall("2027-03-16 14:30"), ["both-ends"])


@pytest.mark.parametrize(
    ("start", "kind"),
    [
        ("DTSTART:20270316", "value-type"),
        ("DTSTART;VALUE=DATE:20270316T000000", "value-type"),
        ("DTSTART;VALUE=DATE:20270316T000000Z", "value-type"),
    ],
)
def test_a_date_that_is_declared_wrongly_is_a_date_with_a_warning(start: str, kind: str) -> None:
    found = one(start=start)
    assert (found.entry.start, codes(found)) == (date(2027, 3, 16), [kind])


def test_midnights_that_say_they_are_all_day_are_days() -> None:
    flag = "X-MICROSOFT-CDO-ALLDAYEVENT:TRUE"
    local = one(
        flag, "DTEND;TZID=Europe/Brussels:20270318T000000", start="DTSTART;TZID=Europe/Brussels:20270316T000000"
    )
    utc = one(flag, "DTEND:20270317T230000Z", start="DTSTART:20270315T230000Z", zone="Europe/Brussels")
    for found in (local, utc):
        assert (found.entry.start, found.entry.end) == (date(2027, 3, 16), date(2027, 3, 18))
        assert codes(found) == ["all-day"]
    assert not one(flag, "DTEND:20270317T230000Z", start="DTSTART:20270315T220000Z").entry.all_day


def test_more_zones_than_the_limit_is_an_error_and_not_a_slow_reader() -> None:
    parts = [event(uid=f"{n}@x", start=f"DTSTART;TZID=Zone {n}:20270316T143000") for n in range(5)]
    with pytest.raises(Exception, match="more than 3 time zones"):
        read(file(*parts), limits=Limits(zones=3))
