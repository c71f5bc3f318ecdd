"""The only place that reads a clock, and the one that says which time zone data holds."""

import time
import zoneinfo
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import tzdata  # type: ignore[import-untyped]  # its stubs are a package of their own

Clock = Callable[[], datetime]


def utcnow() -> datetime:
    """The present instant: an aware UTC datetime with microseconds."""
    return datetime.now(UTC)


def monotonic() -> float:
    """Seconds that only go forward, for measuring spans: rates, time-outs. Says nothing about the date."""
    return time.monotonic()


class SharedClock:
    """A clock that others tell: between two tellings it goes by `steady` (monotonic seconds), else it is `own`."""

    def __init__(self, own: Clock, steady: Callable[[], float]) -> None:
        self._own = own
        self._steady = steady
        self._told: tuple[datetime, float] | None = None

    def tell(self, instant: datetime) -> None:
        """The instant (aware UTC) that it is now, where all nodes read it."""
        self._told = (instant, self._steady())

    def __call__(self) -> datetime:
        """The present instant by the clock that all share, however wrong this machine's is."""
        if self._told is None:
            return self._own()
        instant, at = self._told
        return instant + timedelta(seconds=self._steady() - at)


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
