"""Rules 3 to 6, 8 and 10: what a calendar says of itself, and its time zones."""

import re
from collections.abc import Iterator

from feeds.checking.findings import Finding
from feeds.reading.components import Component
from feeds.reading.findings import shown
from feeds.timezones import is_zone

_HEX = re.compile(r"#[0-9A-Fa-f]{3,8}")
_MINUTES = re.compile(r"PT([1-5]?\d)M")


def check_head(root: Component) -> Iterator[Finding]:
    """The properties of one VCALENDAR."""
    yield from _check_identity(root)
    yield from _check_refresh(root)
    yield from _check_names(root)


def check_zones(root: Component) -> Iterator[Finding]:
    """The VTIMEZONEs of one VCALENDAR, and the TZIDs that its events use."""
    defined = {}
    for zone in (child for child in root.children if child.kind == "VTIMEZONE"):
        name = said(zone, "TZID")
        defined[name] = zone.line
        if not any(child.kind in {"STANDARD", "DAYLIGHT"} for child in zone.children):
            yield Finding(8, "fault", zone.line, f"the VTIMEZONE of {shown(name)} has neither STANDARD nor DAYLIGHT")
        if not is_zone(name):
            text = f"{shown(name)} is no IANA name: write Europe/Brussels rather than Romance Standard Time"
            yield Finding(8, "warning", zone.line, text)
    for event in (child for child in root.children if child.kind == "VEVENT"):
        for line in event.properties:
            name = line.parameter("TZID").strip()
            if name and name not in defined:
                yield Finding(8, "fault", line.number, f"there is no VTIMEZONE for {shown(name)}")


def said(component: Component, name: str) -> str:
    """The value of a property, "" without one."""
    line = component.first(name)
    return line.value.strip() if line else ""


def _check_identity(root: Component) -> Iterator[Finding]:
    version, method, scale = said(root, "VERSION"), said(root, "METHOD").upper(), said(root, "CALSCALE").upper()
    if version != "2.0":
        yield Finding(5, "fault", root.line, f"VERSION is {shown(version) if version else 'missing'}, not 2.0")
    if not said(root, "PRODID"):
        yield Finding(5, "fault", root.line, "PRODID is missing")
    if scale and scale != "GREGORIAN":
        yield Finding(5, "fault", root.line, f"CALSCALE is {shown(scale)}: programs know GREGORIAN only")
    if not method:
        yield Finding(5, "note", root.line, "METHOD:PUBLISH is missing")
    elif method != "PUBLISH":
        line = root.first("METHOD")
        text = f"METHOD is {shown(method)}: a feed says PUBLISH, else it is taken for an invitation or refused"
        yield Finding(5, "fault", line.number if line else root.line, text)


def _check_refresh(root: Component) -> Iterator[Finding]:
    new, old = said(root, "REFRESH-INTERVAL"), said(root, "X-PUBLISHED-TTL")
    missing = [name for name, value in (("REFRESH-INTERVAL", new), ("X-PUBLISHED-TTL", old)) if not value]
    if missing:
        yield Finding(4, "warning", root.line, f"{' and '.join(missing)} missing: programs ask as seldom as they like")
    elif new != old:
        yield Finding(4, "warning", root.line, "REFRESH-INTERVAL and X-PUBLISHED-TTL differ")
    line = root.first("REFRESH-INTERVAL")
    if line and line.parameter("VALUE").upper() != "DURATION":
        yield Finding(4, "warning", line.number, "REFRESH-INTERVAL needs VALUE=DURATION")
    if _MINUTES.fullmatch(new or old):
        yield Finding(4, "note", root.line, "asked for more than once an hour: Google asks every 8 to 24 hours anyway")


def _check_names(root: Component) -> Iterator[Finding]:
    for rule_pair in (("NAME", "X-WR-CALNAME"), ("DESCRIPTION", "X-WR-CALDESC")):
        new, old = (said(root, name) for name in rule_pair)
        if not new and not old and rule_pair[0] == "NAME":
            yield Finding(6, "warning", root.line, "it has no name: say it as NAME and as X-WR-CALNAME")
        elif bool(new) != bool(old):
            there, missing = rule_pair if new else rule_pair[::-1]
            yield Finding(6, "note", root.line, f"{there} is there and {missing} is not: some programs read only that")
    color = said(root, "COLOR")
    if _HEX.fullmatch(color):
        yield Finding(6, "warning", root.line, "COLOR is a CSS name (RFC 7986); numbers go into X-APPLE-CALENDAR-COLOR")
