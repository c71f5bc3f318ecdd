"""Any iCalendar bytes to entries, or to reasons that name the line (RFC 5545, RFC 7986).

For calendars written by others: every repair is a warning with its line, what cannot be read exactly is refused with
a reason, and nothing becomes floating, local or silently different. Our own reader of lines, because a library drops
line numbers and errors, and makes a time in an unknown zone a floating one.

Pure computation within `Limits`: no clock, no network (ATTACH and URL are kept, never fetched), no compression. Who
reads a stranger's calendar on a server still runs this in a child process with limits of memory and time; that
process is the caller's, as are unpacking gzip and cleaning HTML in texts.
"""

from msgspec import Struct

from feeds.errors import UnknownZone
from feeds.reading.components import Component, calendars
from feeds.reading.findings import Caution, Costs, Limits, Notes, Refusal
from feeds.reading.series import Assembly, Read
from feeds.reading.tokens import tokenize
from feeds.reading.unfolding import logical_lines
from feeds.reading.values import text
from feeds.reading.zones import Zones
from feeds.timezones import is_zone

__all__ = ["Caution", "Limits", "Read", "Reading", "Refusal", "Summary", "read", "summary"]

_DEFAULT = Limits()


class Reading(Struct, frozen=True, kw_only=True):
    """What a file says: its entries in the order of the file, what was refused, and the calendar's own facts.

    `warnings` are those about the file as a whole. `skipped` counts components that are no events, by kind.
    `name`, `description`, `method` (in capitals), `product` (PRODID) and `zone` (IANA, of X-WR-TIMEZONE) are "" where
    the file does not say; with several VCALENDARs the first that says it counts.
    """

    entries: tuple[Read, ...]
    refused: tuple[Refusal, ...] = ()
    warnings: tuple[Caution, ...] = ()
    skipped: dict[str, int] = {}
    name: str = ""
    description: str = ""
    method: str = ""
    product: str = ""
    zone: str = ""


class Summary(Struct, frozen=True):
    """How a reading went: entries read `whole`, `repaired` with a warning, components `refused`, `skipped` kinds."""

    whole: int
    repaired: int
    refused: int
    skipped: int
    warnings: int


def read(data: bytes, *, default_zone: str | None = None, limits: Limits = _DEFAULT) -> Reading:
    """Read a calendar: UTF-8 (BOM allowed), UTF-16 with BOM, and Windows-1252 with a warning; CRLF, LF or CR.

    `default_zone` is an IANA zone for times without one, where the calendar has none of its own; without it they are
    refused. A timed entry with zone None is in UTC. Raises InvalidCalendar when the bytes are no calendar, TooLarge
    beyond `limits`, UnknownZone for a wrong `default_zone`; everything else is in the Reading.
    """
    if default_zone is not None and not is_zone(default_zone):
        raise UnknownZone(f"{default_zone!r} is not a time zone of the IANA database")
    notes = Notes(limits.warnings)
    lines = (tokenize(logical, limits) for logical in logical_lines(data, limits))
    roots = calendars(lines, notes, limits)
    costs = Costs(limits)
    assembly = Assembly(limits, costs.rules)
    own_zone = ""
    for root in roots:
        _check_version(root, notes)
        zones = Zones(root, default_zone, notes, limits, costs)
        own_zone = own_zone or zones.own
        method = root.first("METHOD")
        cancelled = method is not None and method.value.strip().upper() == "CANCEL"
        for component in root.children:
            if component.kind == "VEVENT":
                assembly.take(component, zones, cancelled=cancelled)
    assembly.finish()
    return Reading(
        entries=tuple(sorted(assembly.entries, key=lambda one: one.line)),
        refused=tuple(sorted(assembly.refused, key=lambda one: one.line)),
        warnings=notes.all(),
        skipped=_skipped(roots),
        name=_fact(roots, "X-WR-CALNAME", "NAME"),
        description=_fact(roots, "X-WR-CALDESC", "DESCRIPTION"),
        method=_fact(roots, "METHOD").upper(),
        product=_fact(roots, "PRODID"),
        zone=own_zone,
    )


def summary(reading: Reading) -> Summary:
    """The counts of a reading. An older version of an event that stands there twice counts as refused."""
    repaired = sum(1 for one in reading.entries if one.warnings)
    return Summary(
        whole=len(reading.entries) - repaired,
        repaired=repaired,
        refused=len(reading.refused),
        skipped=sum(reading.skipped.values()),
        warnings=len(reading.warnings) + sum(len(one.warnings) for one in reading.entries),
    )


def _check_version(root: Component, notes: Notes) -> None:
    line = root.first("VERSION")
    if line is not None and line.value.strip() == "1.0":
        notes.add(line.number, "old-version", "it is vCalendar 1.0, not iCalendar 2.0: read as far as they agree")


def _skipped(roots: list[Component]) -> dict[str, int]:
    found: dict[str, int] = {}
    for root in roots:
        for component in root.children:
            if component.kind not in {"VEVENT", "VTIMEZONE"}:
                found[component.kind] = found.get(component.kind, 0) + 1
    return dict(sorted(found.items())[:20])


def _fact(roots: list[Component], *names: str) -> str:
    for root in roots:
        for name in names:
            line = root.first(name)
            if line is not None and line.value.strip():
                return text(line.value).strip()
    return ""
