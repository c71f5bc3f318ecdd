"""Values of properties: dates, times, durations, texts (RFC 5545 section 3.3), also in forms that are only meant."""

import re
from datetime import UTC, date, datetime, time, timedelta, timezone

from msgspec import Struct

from feeds.entry import When

FIRST_YEAR, LAST_YEAR = 1800, 2199

_STRICT = re.compile(r"(\d{4})(\d\d)(\d\d)(?:T(\d\d)(\d\d)(\d\d)(Z?))?", re.ASCII)
_LENIENT = re.compile(
    r"(\d{4})-?(\d\d)-?(\d\d)(?:[Tt ](\d\d):?(\d\d)(?::?(\d\d))?(?:[.,]\d{1,9})? ?([Zz]|[+-]\d\d:?\d\d)?)?", re.ASCII
)
_DURATION = re.compile(
    r"([+-]?)P(?:(\d{1,5})W)?(?:(\d{1,6})D)?(?:T(?:(\d{1,7})H)?(?:(\d{1,8})M)?(?:(\d{1,9})S)?)?",
    re.ASCII | re.IGNORECASE,
)
_ESCAPED = re.compile(r'\\([nN\\;,:"])')
_ESCAPE_OR_COMMA = re.compile(r"\\.|,", re.DOTALL)


class Moment(Struct, frozen=True):
    """A DATE or DATE-TIME as written: `wall` (a date, or a naive time), whether it is `utc`, what was repaired."""

    wall: When
    utc: bool = False
    repairs: tuple[tuple[str, str], ...] = ()

    @property
    def time(self) -> datetime:
        """The wall time, or the midnight of a date."""
        return self.wall if isinstance(self.wall, datetime) else datetime.combine(self.wall, datetime.min.time())


def moment(value: str) -> Moment:
    """Read a DATE or DATE-TIME. Raises ValueError with plain words."""
    text = value.strip()
    match = _STRICT.fullmatch(text)
    strict = match is not None and (match[6] or "") < "60" and (match[4] or "") != "24"
    match = match or _LENIENT.fullmatch(text)
    if match is None:
        raise ValueError("it is neither a date (20270316) nor a time (20270316T143000)")
    year, month, day = int(match[1]), int(match[2]), int(match[3])
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise ValueError(f"its year is not within {FIRST_YEAR} and {LAST_YEAR}")
    try:
        first = date(year, month, day)
        if match[4] is None:
            return Moment(first, False, () if strict else (("form", "the date is not in the form 20270316"),))
        return _timed(match, first, strict)
    except (ValueError, OverflowError) as error:
        raise ValueError("this date or time does not exist") from error


def _timed(match: re.Match[str], day: date, strict: bool) -> Moment:
    hour, minute, second = int(match[4]), int(match[5]), int(match[6] or 0)
    repairs = [] if strict else [("form", "the time is not in the form 20270316T143000")]
    if second == 60:
        repairs = [("leap-second", "second 60 was read as 59")]
        second = 59
    later = timedelta(0)
    if (hour, minute, second) == (24, 0, 0):
        repairs = [("form", "24:00 was read as 0:00 of the day after")]
        hour, later = 0, timedelta(days=1)
    wall = datetime.combine(day, time(hour, minute, second)) + later
    zone = (match[7] or "").upper()
    if len(zone) > 1:
        sign = -1 if zone[0] == "-" else 1
        offset = timezone(sign * timedelta(hours=int(zone[1:3]), minutes=int(zone[-2:])))
        wall = wall.replace(tzinfo=offset).astimezone(UTC).replace(tzinfo=None)
    return Moment(wall, bool(zone), tuple(repairs))


class Length(Struct, frozen=True):
    """A DURATION: nominal `days` on the wall clock, then exact `time` (RFC 5545 section 3.3.6)."""

    days: int
    time: timedelta


def length(value: str) -> Length:
    """Read a DURATION, such as PT1H30M, P1D or -PT15M. Raises ValueError with plain words."""
    match = _DURATION.fullmatch(value.strip())
    if match is None or not any(match.groups()[1:]):
        raise ValueError("it is no duration such as PT1H30M or P1D")
    sign = -1 if match[1] == "-" else 1
    weeks, days, hours, minutes, seconds = (int(group or 0) for group in match.groups()[1:])
    return Length(sign * (7 * weeks + days), sign * timedelta(seconds=3600 * hours + 60 * minutes + seconds))


def text(value: str) -> str:
    """A TEXT value without its escapes; a backslash before anything else is kept."""
    return _ESCAPED.sub(lambda match: "\n" if match[1] in "nN" else match[1], value)


def texts(value: str) -> tuple[str, ...]:
    """A list of TEXT values, split at commas that are not escaped; empty ones are left out."""
    ends = [match.start() for match in _ESCAPE_OR_COMMA.finditer(value) if match[0] == ","]
    starts = [0, *(end + 1 for end in ends)]
    found = (text(value[start:end]).strip() for start, end in zip(starts, [*ends, len(value)], strict=True))
    return tuple(part for part in found if part)


def whole(value: str, most: int) -> int | None:
    """A whole number from 0 to `most`, else None."""
    plain = value.strip()
    return int(plain) if plain.isascii() and plain.isdigit() and len(plain) < 12 and int(plain) <= most else None
