"""Any TZID to an IANA zone, or to what the file itself defines; never to a guess untold (RFC 5545 section 3.8.3.1)."""

import re
from collections.abc import Iterator

from msgspec import Struct

from feeds.errors import InvalidRule, TooLarge
from feeds.reading.components import Component
from feeds.reading.definitions import Definition
from feeds.reading.displays import DISPLAYS
from feeds.reading.findings import Costs, Limits, Notes, shown
from feeds.reading.tokens import TIMES
from feeds.reading.values import text
from feeds.reading.windows import OLDER, WINDOWS
from feeds.timezones import is_zone, suggest_zones

# Asked first when a file defines a zone without a name that anybody knows.
_PREFERRED = (
    "Etc/UTC", "Europe/Brussels", "Europe/London", "America/Guayaquil", "Africa/Nairobi", "Africa/Johannesburg",
    "Africa/Kinshasa", "Asia/Phnom_Penh", "Asia/Ho_Chi_Minh", "Europe/Athens", "America/New_York",
)  # fmt: skip
_DISPLAY = re.compile(r"\((?:UTC|GMT)[^()]{0,8}\) ?(.+)", re.DOTALL)
_DASH = re.compile(r"[_-]")
_COPY = re.compile(r" \d{1,3}$")
_NUMERIC = re.compile(r"(?:(?:UTC|GMT)([+-])(\d{1,2})|([+-])(\d\d))(?::?(\d\d))?", re.ASCII)
_YEAR = re.compile(r"\s*(\d{4})", re.ASCII)


class Resolution(Struct, frozen=True):
    """What a TZID means: an IANA `zone`, else a `definition` of the file, else nothing; `code` and `words` warn.

    The definition is there beside the zone too, when the file has a usable one.
    """

    zone: str | None
    definition: Definition | None = None
    code: str = ""
    words: str = ""


class Zones:
    """The time zones of one VCALENDAR. `default` is the reader's IANA zone; `own` the calendar's, "" without one."""

    def __init__(self, calendar: Component, default: str | None, notes: Notes, limits: Limits, costs: Costs) -> None:
        self._limits = limits
        self._costs = costs
        self._known: dict[str, Resolution] = {}
        self._components: dict[str, Component] = {}
        for child in calendar.children:
            line = child.first("TZID") if child.kind == "VTIMEZONE" else None
            if line:
                self._components.setdefault(_plain(text(line.value)), child)
        self._years = _years_in_use(calendar)
        self._near: tuple[str, ...] = (default,) if default else ()
        self.own = self._own(calendar, notes)
        self.floating = self.own or default
        if self.own:
            self._near = (*self._near, self.own)

    def resolve(self, tzid: str) -> Resolution:
        """What `tzid` means in this calendar. Raises TooLarge beyond the limit of different ones."""
        known = self._known.get(tzid)
        if known is None:
            if len(self._known) >= self._limits.zones:
                raise TooLarge(f"the calendar names more than {self._limits.zones} time zones")
            known = self._known[tzid] = self._resolved(_plain(tzid))
        return known

    def _resolved(self, name: str) -> Resolution:
        component = self._components.get(name)
        definition, broken = self._definition(name, component)
        zone, code, words = self._named(name, component)
        if zone is None and definition:
            return self._custom(name, definition)
        if zone is None:
            return Resolution(None, None, "unknown-zone", broken or self._suggestion(name))
        return Resolution(zone, definition, code, words)

    def _custom(self, name: str, definition: Definition) -> Resolution:
        """An IANA zone that keeps the time of a zone without a name that anybody knows, else the definition alone."""
        for roughly, keeps in ((False, "it keeps"), (True, "but for the hour at which clocks change it keeps")):
            zone = definition.first_match(self._candidates(), roughly=roughly)
            if zone:
                words = (
                    f"the time zone {shown(name)} is defined in the file; {keeps} the time of {zone}, which was used"
                )
                return Resolution(zone, definition, "custom-zone", words)
        return Resolution(None, definition)

    def _definition(self, name: str, component: Component | None) -> tuple[Definition | None, str]:
        if component is None:
            return None, ""
        first, last = self._years.get(name, (2000, 2040))
        try:
            return Definition(component, first, last, self._costs.zones), ""
        except (ValueError, OverflowError) as error:
            return None, f"its VTIMEZONE on line {component.line:,} cannot be followed: {error}"

    def _named(self, name: str, component: Component | None) -> tuple[str | None, str, str]:
        """The zone that the name alone says, with code and words of a warning where it is not plain."""
        for candidate in self._says(name, component):
            return candidate, "", ""
        cased = " ".join(name.split()).replace(" ", "_").casefold()
        for zone in self._similar(name) if "/" in name else ():
            if zone.casefold() == cased:
                return zone, "zone-spelling", f"the time zone {shown(name)} is spelt {zone}"
        for zone in (_DASH.sub("/", name, count) for count in (1, 2)):
            if is_zone(zone):
                return zone, "zone-spelling", f"the time zone {shown(name)} is spelt {zone}"
        numeric = _NUMERIC.fullmatch(name)
        if numeric and component is None and numeric[5] in {"00", None}:
            # The signs of Etc zones are turned round, as POSIX has them.
            sign, hours = numeric[1] or numeric[3], int(numeric[2] or numeric[4])
            zone = f"Etc/GMT{'-' if sign == '+' else '+'}{hours}" if hours else "Etc/UTC"
            if is_zone(zone):
                return zone, "offset-zone", f"{shown(name)} is an offset and no place: times stay at it all year"
        return None, "", ""

    def _says(self, name: str, component: Component | None) -> Iterator[str]:
        parts = name.strip("/").split("/")[-6:]
        yield from (zone for at in range(len(parts)) if is_zone(zone := "/".join(parts[at:])))
        for line in component.properties if component else ():
            if line.name in {"X-LIC-LOCATION", "TZURL"}:
                parts = line.value.strip().removesuffix(".ics").split("/")[-3:]
                yield from (zone for at in range(len(parts)) if is_zone(zone := "/".join(parts[at:])))
        if name.casefold() == "tzone://microsoft/utc":
            yield "Etc/UTC"
        display = _DISPLAY.fullmatch(name)
        for windows in (name, _COPY.sub("", name), DISPLAYS.get(display[1].strip(), "") if display else ""):
            zones = WINDOWS.get(OLDER.get(windows, windows), "").split()
            yield from (zone for zone in self._near if zone in zones)
            yield from zones[:1]

    def _candidates(self) -> Iterator[str]:
        first = (*self._near, *_PREFERRED)
        yield from dict.fromkeys(first)
        yield from (zones.split()[0] for zones in WINDOWS.values() if zones.split()[0] not in first)

    def _suggestion(self, name: str) -> str:
        likely = self._similar(name)
        return f"did you mean {' or '.join(likely)}?" if likely else ""

    def _similar(self, name: str) -> tuple[str, ...]:
        """Zones with a similar name; the search is slow, so that a file has a number of them only."""
        try:
            self._costs.names.take(1)
        except InvalidRule:
            return ()
        return suggest_zones(name) if len(name) <= 60 else ()

    def _own(self, calendar: Component, notes: Notes) -> str:
        line = calendar.first("X-WR-TIMEZONE") or calendar.first("TIMEZONE-ID")
        if line is None or not line.value.strip():
            return ""
        zone = self.resolve(text(line.value)).zone
        if zone is None:
            notes.add(line.number, "unknown-zone", f"the calendar's own time zone {shown(line.value)} is unknown")
        return zone or ""


def _plain(tzid: str) -> str:
    return tzid.strip().strip('"').strip().replace("\\/", "/")


def _years_in_use(calendar: Component) -> dict[str, tuple[int, int]]:
    """The first and last year in which each TZID is used, two more for what repeats."""
    found: dict[str, tuple[int, int]] = {}
    for event in calendar.children:
        repeats = event.first("RRULE") is not None
        for line in event.properties:
            year = _YEAR.match(line.value) if line.name in TIMES and line.parameters else None
            if year is None or not 1900 <= int(year[1]) <= 2199:
                continue
            name = _plain(line.parameter("TZID"))
            first, last = found.get(name, (int(year[1]), int(year[1])))
            last = max(last, int(year[1]) + (3 if repeats else 1))
            found[name] = (min(first, int(year[1])), last)
    return found
