"""The clock and the time zone data it stands on."""

import re
import zoneinfo
from datetime import UTC, timedelta

from scheduler.clock import tzdata_version, use_packaged_tzdata, utcnow


def test_now_is_an_aware_instant_in_utc_and_does_not_stand_still() -> None:
    first = utcnow()
    assert first.tzinfo is UTC
    assert timedelta(0) <= utcnow() - first < timedelta(seconds=5)


def test_time_zones_are_read_from_the_package_and_not_from_the_system() -> None:
    use_packaged_tzdata()
    assert zoneinfo.TZPATH == ()
    assert zoneinfo.ZoneInfo("Europe/Brussels").key == "Europe/Brussels"


def test_the_release_of_the_time_zone_data_is_known() -> None:
    assert re.fullmatch(r"20\d\d[a-z]", tzdata_version())
