"""Links that put one event into an online calendar. Each makes a copy that no later change reaches.

The services document none of this; the rules here were learned from their faults (each has a test named after it).
No link holds a way to join: it would stand in the address, in a history, and in somebody else's log.
"""

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from html import escape
from urllib.parse import quote, urlencode

from msgspec import Struct
from msgspec.structs import replace

from feeds.entry import When
from feeds.recurrence import instants

MOST_CHARACTERS = 2_048
"""Longer addresses are refused on the way to Outlook."""

_GOOGLE = "https://calendar.google.com/calendar/render?"
_OUTLOOK = "https://{host}/calendar/0/action/compose?"


class Adding(Struct, frozen=True, kw_only=True):
    """One date of an event, as such a link says it.

    `start` and `end` follow feeds.entry: naive wall times in an IANA `zone`, or dates with an exclusive end. `text`
    is a short plain text, `page` the address of the event's page, which always stands below it.
    """

    title: str
    start: When
    end: When
    zone: str | None
    place: str
    text: str
    page: str


def google(adding: Adding) -> str:
    """Google Calendar, with the event's own zone beside the UTC times."""
    return _fitting(_google, adding)


def outlook_work(adding: Adding) -> str:
    """Outlook on the web with an account of school or work."""
    return _fitting(lambda one: _outlook("outlook.office.com", one), adding)


def outlook_home(adding: Adding) -> str:
    """Outlook.com with a personal account."""
    return _fitting(lambda one: _outlook("outlook.live.com", one), adding)


def _google(adding: Adding) -> str:
    first, last = _span(adding)
    form = "%Y%m%dT%H%M%SZ" if isinstance(first, datetime) else "%Y%m%d"
    values = {
        "action": "TEMPLATE",
        "text": adding.title,
        "dates": f"{first.strftime(form)}/{last.strftime(form)}",
        "ctz": adding.zone or "",
        "details": "\n\n".join(filter(None, (adding.text, adding.page))),
        "location": adding.place,
    }
    return _GOOGLE + _encoded(values)


def _outlook(host: str, adding: Adding) -> str:
    first, last = _span(adding)
    form = "%Y-%m-%dT%H:%M:%SZ" if isinstance(first, datetime) else "%Y-%m-%d"
    values = {
        "rru": "addevent",
        "startdt": first.strftime(form),
        "enddt": last.strftime(form),
        "allday": "" if isinstance(first, datetime) else "true",
        "subject": adding.title,
        "location": adding.place,
        "body": "<br><br>".join(filter(None, (_as_html(adding.text), _as_html(adding.page)))),
    }
    return _OUTLOOK.format(host=host) + _encoded(values)


def _span(adding: Adding) -> tuple[date, date]:
    """UTC instants, or dates of which the end is the day after the last."""
    if not isinstance(adding.start, datetime):
        return adding.start, adding.end
    first, last = instants(adding.start, adding.end, adding.zone)
    return first.astimezone(UTC), last.astimezone(UTC)


def _as_html(text: str) -> str:
    return escape(text, quote=False).replace("\r\n", "\n").replace("\n", "<br>")


def _encoded(values: dict[str, str]) -> str:
    """Everything percent-encoded: a space as %20, because Outlook shows a `+` as it stands."""
    kept = {name: value for name, value in values.items() if value}
    return urlencode(kept, quote_via=quote, safe="", errors="replace")


def _fitting(build: Callable[[Adding], str], adding: Adding) -> str:
    """The link with as much text as fits: the text gives way first, then place and title; the page never."""
    return next((link for one in _shorter(adding) if len(link := build(one)) <= MOST_CHARACTERS), adding.page)


def _shorter(adding: Adding) -> Iterator[Adding]:
    for most in (600, 300, 150, 75, 0):
        yield replace(adding, text=_cut(adding.text, most))
    for most in (120, 60, 30, 15):
        yield replace(adding, text="", title=_cut(adding.title, most), place=_cut(adding.place, most))


def _cut(text: str, most: int) -> str:
    """At most so many characters; what is missing shows as an ellipsis."""
    return text if len(text) <= most else f"{text[: most - 1].rstrip()}…" if most else ""
