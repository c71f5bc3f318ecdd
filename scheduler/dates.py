"""How dates and times are written for people: place and offset beside every time, two clocks where they differ.

No zone abbreviations (they differ between languages), no bare times, full weekday and month names. Instants are
aware datetimes, zones are IANA names, the last day of an all-day span is inclusive. Nothing here reads a clock.
"""

from datetime import UTC, date, datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_time
from msgspec import Struct

from scheduler.texts import Translator

DateForm = Literal["full", "long", "short"]
"""`full`: Tuesday 16 March 2027; `long`: Tuesday 16 March; `short`: Tue 16 Mar."""

DASH = "–"
MINUS = "−"
ORDINARY_SPACES = str.maketrans({"\u202f": " ", "\u2009": " "})

# CLDR knows these zones by the name they had first.
OLD_NAMES = {
    "Africa/Asmara": "Africa/Asmera",
    "America/Argentina/Buenos_Aires": "America/Buenos_Aires",
    "Asia/Ho_Chi_Minh": "Asia/Saigon",
    "Asia/Kathmandu": "Asia/Katmandu",
    "Asia/Kolkata": "Asia/Calcutta",
    "Asia/Yangon": "Asia/Rangoon",
    "Europe/Kyiv": "Europe/Kiev",
}


class Here(Struct, frozen=True):
    """A place with a clock: its IANA zone and the name people use; without one, CLDR's city of the zone."""

    zone: str
    city: str = ""


class ClockLine(Struct, frozen=True):
    """A span on one place's clock: `14:30–16:00`, `Ghent`, `UTC+1`, and `+1 day` when it is another day there.

    `offset` is empty where it would only repeat the name of the place: UTC.
    """

    time: str
    city: str
    offset: str
    shift: str = ""

    def __str__(self) -> str:
        """`14:30–16:00 Ghent · UTC+1`."""
        return " · ".join(part for part in (f"{self.time} {self.where}", self.shift) if part)

    @property
    def where(self) -> str:
        """`Ghent · UTC+1`; `UTC`."""
        return " · ".join(part for part in (self.city, self.offset) if part)


class When(Struct, frozen=True):
    """When something takes place, ready to print.

    `date` is the event's own day or days; `clock` the event's clock (None for all-day spans); `reader` the reader's,
    only where the offsets differ at that instant; `note` a sentence when the difference is not the usual one.
    """

    date: str
    clock: ClockLine | None = None
    reader: ClockLine | None = None
    note: str = ""

    @property
    def lines(self) -> tuple[str, ...]:
        """The same as lines of text."""
        return tuple(str(line) for line in (self.date, self.clock, self.reader) if line)


def timed(start: datetime, end: datetime, event: Here, reader: Here | None, t: Translator) -> When:
    """A timed span (aware instants) on the event's clock and, where it differs, on the reader's.

    A span of a day or more is written with both dates; a shorter one past midnight is marked `+1 day`.
    """
    zone = ZoneInfo(event.zone)
    first, last = start.astimezone(zone).date(), end.astimezone(zone).date()
    several = end.astimezone(UTC) - start.astimezone(UTC) >= timedelta(days=1)
    day = None if several else first
    second = reader if reader and _offset(start, reader.zone) != _offset(start, event.zone) else None
    return When(
        date=dates(first, last, t) if several else date_text(first, t),
        clock=clock_line(start, end, event, t, day=day),
        reader=clock_line(start, end, second, t, day=day) if second else None,
        note=difference_note(start, event, second, t) if second else "",
    )


def dates(first: date, last: date, t: Translator) -> str:
    """All-day: `Tuesday 16 March 2027`, or `Mon 19 – Fri 23 April 2027, 5 days`."""
    if first == last:
        return date_text(first, t)
    return t("dates.with_days", span=span_text(first, last, t), days=t.plural("dates.days", (last - first).days + 1))


def span_text(first: date, last: date, t: Translator, *, year: bool = True) -> str:
    """`Mon 19 – Fri 23 April 2027`; the month and the year of the first day only where they differ."""
    suffix = "" if year else "_bare"
    if (first.year, first.month) == (last.year, last.month):
        left = _pattern(first, "day", t)
    else:
        left = _pattern(first, "month" + ("" if first.year != last.year and year else "_bare"), t)
    return f"{left} {DASH} {_pattern(last, 'month' + suffix, t)}"


def brief_dates(first: date, last: date, t: Translator) -> str:
    """All-day in a few words, without the year: `Tue 16 Mar`, `Mon 19 – Fri 23 Apr`."""
    if first == last:
        return _pattern(first, "short", t)
    left = "day" if (first.year, first.month) == (last.year, last.month) else "short"
    return f"{_pattern(first, left, t)} {DASH} {_pattern(last, 'short', t)}"


def clock_line(start: datetime, end: datetime, here: Here, t: Translator, *, day: date | None) -> ClockLine:
    """A span on one place's clock. `day` is the event's day, from which shifts count; None for several days."""
    zone = ZoneInfo(here.zone)
    first, last = start.astimezone(zone), end.astimezone(zone)
    offset = offset_text(start, here.zone)
    if offset_text(end, here.zone) != offset:
        offset = f"{offset} → {offset_text(end, here.zone)}"
    city = here.city or city_name(here.zone, t)
    offset = "" if offset == city else offset
    if day is None:
        parts = (f"{date_text(at.date(), t, 'short')} {time_text(at, t)}" for at in (first, last))
        return ClockLine(f" {DASH} ".join(parts), city, offset)
    shifts = [(at.date() - day).days for at in (first, last)]
    if shifts[0] == shifts[1]:
        return ClockLine(f"{time_text(first, t)}{DASH}{time_text(last, t)}", city, offset, shift_text(shifts[0], t))
    marked = [
        f"{time_text(at, t)} ({shift_text(shift, t)})" if shift else time_text(at, t)
        for at, shift in zip((first, last), shifts, strict=True)
    ]
    return ClockLine(DASH.join(marked), city, offset)


def moment(at: datetime, here: Here, t: Translator) -> str:
    """One instant on one clock: `14:30 Ghent`."""
    return f"{time_text(at.astimezone(ZoneInfo(here.zone)), t)} {here.city or city_name(here.zone, t)}"


def moment_elsewhere(at: datetime, event: Here, reader: Here, t: Translator) -> str:
    """The reader's clock at the event's instant: `08:30 Bogotá`, `01:30 Phnom Penh, +1 day`; empty when equal."""
    if _offset(at, event.zone) == _offset(at, reader.zone):
        return ""
    shift = (at.astimezone(ZoneInfo(reader.zone)).date() - at.astimezone(ZoneInfo(event.zone)).date()).days
    return ", ".join(part for part in (moment(at, reader, t), shift_text(shift, t)) if part)


def date_text(day: date, t: Translator, form: DateForm = "full") -> str:
    """A date in words; see DateForm."""
    return _pattern(day, form, t)


def time_text(at: datetime, t: Translator) -> str:
    """The clock time of a local datetime: 24 hours, or 12 where the reader's locale says so (`en-US`)."""
    short = t.locale.time_formats["short"].pattern
    pattern = short if "a" in short and t.locale.territory else "HH:mm"
    return _plain(format_time(at.replace(tzinfo=None), pattern, locale=t.locale))


def shift_text(days: int, t: Translator) -> str:
    """`+1 day`, `−1 day`; empty for the same day."""
    if not days:
        return ""
    return ("+" if days > 0 else MINUS) + t.plural("dates.days", abs(days))


def offset_text(at: datetime, zone: str) -> str:
    """The zone's offset at that instant: `UTC+1`, `UTC−5` (U+2212), `UTC+5:30`, `UTC`."""
    minutes = int(_offset(at, zone).total_seconds() // 60)
    if not minutes:
        return "UTC"
    hours, rest = divmod(abs(minutes), 60)
    return f"UTC{'+' if minutes > 0 else MINUS}{hours}" + (f":{rest:02}" if rest else "")


def city_name(zone: str, t: Translator) -> str:
    """The city of an IANA zone in the reader's language (CLDR exemplar city), such as `Nairobi`, `Bruxelles`."""
    if t.has(f"dates.city.{zone}"):
        return t(f"dates.city.{zone}")
    names = t.locale.time_zones.get(OLD_NAMES.get(zone, zone), {})
    return _plain(str(names.get("city") or zone.rpartition("/")[2].replace("_", " ")))


def difference_note(at: datetime, event: Here, reader: Here, t: Translator) -> str:
    """A sentence when summer time makes the two places' difference unusual, else the empty text.

    Unusual is a passing gap (the clocks changed in one place, not yet in the other: the difference six weeks before
    and after is another one), or a new difference that is less than two weeks old.
    """
    now = _difference(at, event, reader)
    before, after = (_difference(at + timedelta(days=days), event, reader) for days in (-42, 42))
    if now == before:
        return ""
    places = {"there": reader.city or city_name(reader.zone, t), "here": event.city or city_name(event.zone, t)}
    key = "same" if not now else "differs"
    if before == after:
        changed = _offset(at, reader.zone) != _offset(at - timedelta(days=42), reader.zone)
        first, second = (places["there"], places["here"]) if changed else (places["here"], places["there"])
        texts = {"now": _apart(now, t), "usual": _apart(before, t), "changed": first, "unchanged": second}
        return t(f"dates.passing_{key}", **places, **texts)
    if now == after and _difference(at - timedelta(days=14), event, reader) == before:
        return t(f"dates.new_{key}", **places, now=_apart(now, t), before=_apart(before, t))
    return ""


def _apart(difference: timedelta, t: Translator) -> str:
    """`5 hours earlier`, `5 h 30 min later`, `the same time`."""
    minutes = int(difference.total_seconds() // 60)
    if not minutes:
        return t("dates.no_difference")
    hours, rest = divmod(abs(minutes), 60)
    key = "later" if minutes > 0 else "earlier"
    return t(f"dates.{key}_minutes", hours=hours, minutes=f"{rest:02}") if rest else t.plural(f"dates.{key}", hours)


def _difference(at: datetime, event: Here, reader: Here) -> timedelta:
    return _offset(at, reader.zone) - _offset(at, event.zone)


def _offset(at: datetime, zone: str) -> timedelta:
    return at.astimezone(ZoneInfo(zone)).utcoffset() or timedelta()


def _pattern(day: date, form: str, t: Translator) -> str:
    """Patterns stand in the catalogue, since CLDR's skeletons abbreviate in some languages and not in others."""
    first = f"dates.pattern.{form}_first"
    pattern = t(first) if day.day == 1 and t.has(first) else t(f"dates.pattern.{form}")
    return _plain(format_date(day, pattern, locale=t.locale))


def _plain(text: str) -> str:
    """CLDR's narrow and thin spaces break in subjects and plain text."""
    return text.translate(ORDINARY_SPACES)
