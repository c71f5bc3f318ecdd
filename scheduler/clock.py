"""The only place that reads a clock, and the one that says which time zone data holds."""

import time
import zoneinfo
from collections.abc import Callable
from datetime import UTC, datetime

import tzdata  # type: ignore[import-untyped]  # its stubs are a package of their own

Clock = Callable[[], datetime]


def utcnow() -> datetime:
    """The present instant: an aware UTC datetime with microseconds."""
    return datetime.now(UTC)


def monotonic() -> float:
    """Seconds that only go forward, for measuring spans: rates, time-outs. Says nothing about the date."""
    return time.monotonic()


def use_packaged_tzdata() -> None:
    """Read time zones from the PyPI package `tzdata` alone, never from an old copy of the operating system.

    PYTHONTZPATH does this only when set before Python starts, hence the call (`app.py` and `cli` make it).
    """
    zoneinfo.reset_tzpath(to=())
    zoneinfo.ZoneInfo.clear_cache()


def tzdata_version() -> str:
    """The release of the IANA time zone database in use, such as `2026f`."""
    version: str = tzdata.IANA_VERSION
    return version
