"""What a program holds, read from the iCalendar text in its own store, by libraries that share no code with ours."""

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta

import icalendar
import recurring_ical_events

from tests.interop.clients.story import LECTURE, SERIES, VISIT, Shown

_SPAN = timedelta(days=400)
_EVENT = re.compile(r"^BEGIN:VEVENT$.*?^END:VEVENT$", re.DOTALL | re.MULTILINE)


def shown_by(calendar: bytes, now: datetime) -> dict[str, Shown]:
    """Each event of the story that stands in `calendar` (one VCALENDAR), over a year around `now`."""
    parsed = icalendar.Calendar.from_ical(calendar)
    found: dict[str, list[tuple[datetime, bool]]] = {}
    for event in recurring_ical_events.of(parsed).between(now - _SPAN, now + _SPAN):
        start = event["DTSTART"].dt.astimezone(UTC)
        found.setdefault(title_in(str(event["SUMMARY"])), []).append((start, event.get("STATUS") == "CANCELLED"))
    return together(found)


def title_in(text: str) -> str:
    """The title of the story that stands in `text` (programs and feeds put words before it), or the text itself."""
    return next((one for one in (LECTURE, SERIES, VISIT) if one in text), text)


def together(found: Mapping[str, list[tuple[datetime, bool]]]) -> dict[str, Shown]:
    """Dates by title (UTC start, cancelled or not) as what a program shows of each event."""
    return {
        title: Shown(tuple(sorted(start for start, _ in dates)), all(off for _, off in dates))
        for title, dates in found.items()
    }


def agrees(held: Mapping[str, Shown], wanted: Mapping[str, Shown]) -> bool:
    """Whether a program shows what it must; a cancelled event may also be gone."""
    return set(held) <= set(wanted) and all(
        held.get(title) == one or (one.cancelled and title not in held) for title, one in wanted.items()
    )


def calendar_of(texts: Iterable[str]) -> bytes:
    """The VEVENTs in `texts` as one VCALENDAR; their zones are IANA names, which every reader knows."""
    events = (event for text in texts for event in _EVENT.findall(text.replace("\r\n", "\n")))
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//test//EN", *events, "END:VCALENDAR", ""]
    return "\r\n".join("\n".join(lines).split("\n")).encode()
