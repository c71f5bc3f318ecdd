"""Rules 3, 5, 7, 14 to 16 and 18 to 20: everything else about events."""

import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta

from feeds.checking.findings import Finding
from feeds.checking.heads import said
from feeds.reading.components import Component
from feeds.reading.values import text

_HTML = re.compile(r"<(?:br|p|a|div|span|b|ul|li|html)\b[^>]{0,200}>", re.IGNORECASE)
_STATES = {"", "TENTATIVE", "CONFIRMED", "CANCELLED"}
_RECENT = timedelta(seconds=60)
_MOST = 1_000
_FULL = ("SUMMARY", "DESCRIPTION", "LOCATION", "STATUS", "URL", "CATEGORIES", "TRANSP")


def check_event(event: Component) -> Iterator[Finding]:
    """One VEVENT."""
    if not said(event, "UID"):
        yield Finding(7, "fault", event.line, "UID is missing: the event is new at every fetch")
    if not said(event, "DTSTAMP"):
        yield Finding(3, "fault", event.line, "DTSTAMP is missing (RFC 5545 section 3.6.1)")
    if not said(event, "SEQUENCE"):
        yield Finding(15, "fault", event.line, "SEQUENCE is missing: programs cannot tell a move from an old copy")
    if not said(event, "LAST-MODIFIED"):
        yield Finding(15, "warning", event.line, "LAST-MODIFIED is missing")
    yield from _check_state(event)
    for line in event.properties:
        if line.name == "ATTENDEE" and line.parameter("RSVP").upper() == "TRUE":
            yield Finding(5, "fault", line.number, "an ATTENDEE is asked to reply (RSVP=TRUE): this is no invitation")
        if line.name == "ATTACH" and "BASE64" in line.parameter("ENCODING").upper():
            yield Finding(20, "fault", line.number, "a file is attached: link to it instead")
    if any(child.kind == "VALARM" for child in event.children):
        yield Finding(20, "warning", event.line, "it rings (VALARM) for everybody: let subscribers choose")
    yield from _check_texts(event)


def check_series(events: Sequence[Component]) -> Iterator[Finding]:
    """All VEVENTs of a calendar: duplicates, and overrides beside their series."""
    masters: dict[str, Component] = {}
    seen: set[tuple[str, str]] = set()
    uids = {said(event, "UID") for event in events if event.first("RECURRENCE-ID") is None}
    for event in events:
        uid, original = said(event, "UID"), said(event, "RECURRENCE-ID")
        if uid and (uid, original) in seen:
            yield Finding(7, "fault", event.line, "the same UID stands there twice: one of the two is lost")
        seen.add((uid, original))
        if not original:
            masters.setdefault(uid, event)
        elif uid not in uids:
            yield Finding(14, "warning", event.line, "a moved date without its series")
        elif uid not in masters:
            yield Finding(14, "warning", event.line, "a moved date stands before its series")
        else:
            yield from _check_override(event, masters[uid])


def check_stamps(events: Sequence[Component], asked_at: datetime | None) -> Iterator[Finding]:
    """DTSTAMPs that are the time of asking: then nothing is ever unchanged. `asked_at` is the answer's Date."""
    stamps = [(_moment(said(event, "DTSTAMP")), _moment(said(event, "LAST-MODIFIED"))) for event in events]
    if asked_at is None or not stamps:
        return
    if all(at is not None and abs(at - asked_at) <= _RECENT and at != modified for at, modified in stamps):
        yield Finding(3, "fault", events[0].line, "DTSTAMP is the time of asking: the feed is new at every fetch")


def check_amount(events: Sequence[Component]) -> Iterator[Finding]:
    """How many events there are."""
    if len(events) > _MOST:
        yield Finding(20, "warning", 0, f"it has {len(events):,} events: keep a feed under about {_MOST:,}")
    if not events:
        yield Finding(20, "note", 0, "it has no events: programs that had some delete them")


def _check_state(event: Component) -> Iterator[Finding]:
    state = said(event, "STATUS").upper()
    if state not in _STATES:
        yield Finding(16, "warning", event.line, "STATUS is none of TENTATIVE, CONFIRMED and CANCELLED")
    if state == "CANCELLED" and said(event, "SEQUENCE") in {"", "0"}:
        yield Finding(16, "warning", event.line, "cancelled without raising SEQUENCE: some programs keep the old one")


def _check_override(event: Component, master: Component) -> Iterator[Finding]:
    missing = [name for name in _FULL if said(master, name) and not said(event, name)]
    if missing:
        yield Finding(14, "warning", event.line, f"a moved date lacks what its series has: {', '.join(missing)}")
    if said(event, "STATUS").upper() == "CANCELLED":
        words = "a cancelled date of a series is an override: an EXDATE vanishes everywhere"
        yield Finding(16, "warning", event.line, words)


def _check_texts(event: Component) -> Iterator[Finding]:
    description, location = text(said(event, "DESCRIPTION")), text(said(event, "LOCATION"))
    if not said(event, "SUMMARY"):
        yield Finding(18, "warning", event.line, "SUMMARY is missing: it has no title")
    if _HTML.search(description):
        yield Finding(18, "warning", event.line, "DESCRIPTION holds HTML: programs show the tags")
    if said(event, "X-ALT-DESC") and not description:
        yield Finding(18, "warning", event.line, "the description is there as HTML only")
    if "\n" in location:
        yield Finding(19, "warning", event.line, "LOCATION has more than one line")
    texts = f"{description} {location}"
    for line in event.properties:
        if line.name == "CONFERENCE" and line.value.strip() and line.value.strip() not in texts:
            yield Finding(
                19, "warning", line.number, "the joining link stands in CONFERENCE only: repeat it in the text"
            )
        if line.name == "URL" and line.value.strip() and line.value.strip() not in texts:
            yield Finding(19, "note", line.number, "the link stands in URL only: repeat it in DESCRIPTION")


def _moment(value: str) -> datetime | None:
    try:
        return datetime.strptime(value, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    except ValueError:
        return None
