"""How far a zone's clock is from UTC, day by day: made once per zone and year, so that long series are cheap."""

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

YEARS = range(1901, 2400)
"""The years for which `day_offsets` answers."""

_DAY = timedelta(days=1)
_UTC_ALL_YEAR = (timedelta(0),) * 366


def day_offsets(zone: str | None, year: int) -> tuple[timedelta | None, ...]:
    """The offset of an IANA zone (UTC without one) on each day of a year, 1 January first.

    None on a day in which it changes: there the hour decides. `year` is one of YEARS.
    """
    # The zone itself is the key, not its name: other time zone data are other zones.
    return _day_offsets(ZoneInfo(zone), year) if zone else _UTC_ALL_YEAR


@lru_cache(maxsize=512)
def _day_offsets(tz: ZoneInfo, year: int) -> tuple[timedelta | None, ...]:
    # No zone has changed twice within a day since 1900.
    midnight = datetime(year, 1, 1, tzinfo=tz)
    found: list[timedelta | None] = []
    while midnight.year == year:
        next_one = midnight + _DAY
        before, after = midnight.astimezone(UTC), next_one.astimezone(UTC)
        same = after - before == _DAY and not _changes_at(next_one)
        found.append(midnight.utcoffset() if same and not _changes_at(midnight) else None)
        midnight = next_one
    return tuple(found)


def _changes_at(midnight: datetime) -> bool:
    return midnight.utcoffset() != midnight.replace(fold=1).utcoffset()
