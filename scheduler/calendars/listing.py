"""A list of dates as a piece of HTML for another page: no script, no style, no cookie, classes to dress it with.

A page shows it in a frame, or fetches it and puts it where it likes; every text in it is escaped.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta

from markupsafe import Markup

from feeds.entry import Entry, When
from feeds.errors import InvalidRule
from feeds.formats.text import one_line, web_address
from feeds.recurrence import Occurrence, instants, occurrences
from scheduler.dates import Here, dates, timed
from scheduler.texts import Translator

MOST_DATES = 200

_LIST = Markup(
    '<section class="enspired-list" lang="{language}" dir="{direction}">\n'
    '<h2 class="enspired-name">{name}</h2>\n{body}\n{more}</section>\n'
)
_BODY = Markup('<ol class="enspired-dates">\n{rows}\n</ol>')
_ROW = Markup(
    '<li class="enspired-date{state}"><time class="enspired-time" datetime="{machine}">{when}</time> '
    '<span class="enspired-title">{title}</span>{place}</li>'
)
_LINK = Markup('<a href="{url}" target="_blank" rel="noopener">{text}</a>')
_PLACE = Markup(' <span class="enspired-place">{place}</span>')
_NOTHING = Markup('<p class="enspired-empty">{text}</p>')
_MORE = Markup('<p class="enspired-more">{link}</p>\n')


def listing(name: str, entries: Iterable[Entry], window: tuple[datetime, datetime], page: str, t: Translator) -> bytes:
    """The dates of entries that overlap the UTC instants [first, last), by start; `page` is where there are more."""
    found = [pair for entry in entries for pair in _dates(entry, window)]
    found.sort(key=lambda pair: (pair[1].start_at, pair[0].uid))
    rows = [_row(entry, one, t) for entry, one in found[:MOST_DATES]]
    body = _BODY.format(rows=Markup("\n").join(rows)) if rows else _NOTHING.format(text=t("feeds.list_empty"))
    address = web_address(page)
    more = _MORE.format(link=_LINK.format(url=address, text=t("feeds.list_more"))) if address else Markup()
    text = _LIST.format(language=t.language, direction=t.direction, name=one_line(name), body=body, more=more)
    return str(text).encode()


def when_text(entry: Entry, t: Translator) -> str:
    """When an entry begins and ends (a series: its first date), in words, with the place of its clock."""
    return _words(entry.start, instants(entry.start, entry.end, entry.zone), entry.zone, t)


def _dates(entry: Entry, window: tuple[datetime, datetime]) -> Sequence[tuple[Entry, Occurrence]]:
    """Each date with the entry that describes it: an override, or the series itself."""
    try:
        found = occurrences(entry, *window)
    except InvalidRule:
        return []  # a series that is too long to follow must not keep a list from being written
    described = {override.recurrence_id: override for override in entry.overrides}
    return [(described.get(one.recurrence_id, entry) if one.recurrence_id else entry, one) for one in found]


def _row(entry: Entry, one: Occurrence, t: Translator) -> Markup:
    title, address = one_line(entry.summary), web_address(entry.url)
    machine = one.start_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%MZ")
    return _ROW.format(
        state=" enspired-cancelled" if entry.status == "cancelled" else "",
        machine=machine if isinstance(one.start, datetime) else one.start.isoformat(),
        when=_words(one.start, (one.start_at, one.end_at), one.zone, t),
        title=_LINK.format(url=address, text=title) if address else title,
        place=_PLACE.format(place=one_line(entry.location, ", ")) if entry.location else Markup(),
    )


def _words(start: When, span: tuple[datetime, datetime], zone: str | None, t: Translator) -> str:
    if isinstance(start, datetime):
        return " · ".join(timed(*span, Here(zone or "UTC"), None, t).lines)
    first, last = span[0].date(), span[1].date() - timedelta(days=1)
    return dates(first, max(first, last), t)
