"""The tz database of the package tzdata for every test here, and the reader that runs on Node.js."""

import zoneinfo
from collections.abc import Iterator

import pytest

from tests.feeds.ical_js import IcalJs, find_ical_js


@pytest.fixture(scope="session", autouse=True)
def tz_data_of_the_package() -> Iterator[None]:
    """As the application does on start: whatever the machine has under /usr/share/zoneinfo is not looked at."""
    before = zoneinfo.TZPATH
    zoneinfo.reset_tzpath(to=())
    zoneinfo.ZoneInfo.clear_cache()
    yield
    zoneinfo.reset_tzpath(to=before)
    zoneinfo.ZoneInfo.clear_cache()


@pytest.fixture(scope="session")
def ical_js() -> IcalJs:
    """A reader of calendars that shares no code with Python's."""
    reader = find_ical_js()
    if reader is None:
        pytest.skip("no ical.js here: npm install --no-package-lock --prefix tests/interop")
    return reader
