"""The reader of calendars that runs on Node.js, for journeys too."""

import pytest

from tests.feeds.ical_js import IcalJs, find_ical_js


@pytest.fixture(scope="session")
def ical_js() -> IcalJs:
    """A reader of calendars that shares no code with Python's."""
    reader = find_ical_js()
    if reader is None:
        pytest.skip("no ical.js here: npm install --no-package-lock --prefix tests/interop")
    return reader
