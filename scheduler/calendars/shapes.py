"""The same selection in other forms than iCalendar: JSCalendar, Atom, a table, a list for another page.

All of them are made from entries, never from events: what a face hides is hidden in every form.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime

from msgspec import Struct

from feeds.bodies import EMBEDDED, STRICT
from feeds.entry import Entry
from feeds.formats import atom, csv, jscalendar
from scheduler.calendars.listing import listing, when_text
from scheduler.texts import Translator

_MOST_ITEMS = 100
_BEGINNING = datetime(2000, 1, 1, tzinfo=UTC)


class Shaping(Struct, frozen=True, kw_only=True):
    """What a form is made of.

    `window` are the UTC instants that the selection covers, `today` the first of which a list shows dates.
    `url` and `page` are the addresses of this feed and of the page with the same list; "" where they are secret.
    """

    name: str
    author: str
    entries: Sequence[Entry]
    window: tuple[datetime, datetime]
    today: datetime
    url: str = ""
    page: str = ""
    t: Translator

    @property
    def updated(self) -> datetime:
        """When the newest of the entries changed: of the content, never of a clock."""
        return max((entry.modified for entry in self.entries), default=_BEGINNING)


class Shape(Struct, frozen=True):
    """How a form is written, and how it travels."""

    write: Callable[[Shaping], bytes]
    media_type: str
    policy: str = STRICT


def _json(of: Shaping) -> bytes:
    return jscalendar.group(of.name, of.author, of.entries, updated=of.updated, source=of.url)


def _atom(of: Shaping) -> bytes:
    newest = sorted(of.entries, key=lambda entry: (entry.modified, entry.uid), reverse=True)[:_MOST_ITEMS]
    return atom.feed(
        atom.item_id(of.url or of.name, "feed"),
        of.name,
        [_item(entry, of.t) for entry in newest],
        updated=of.updated,
        self_url=of.url,
        page_url=of.page,
        language=of.t.language,
        author=of.author,
    )


def _item(entry: Entry, t: Translator) -> atom.Item:
    """An event as it is now; every change makes it a new item, or readers of news would not show it again."""
    changed = entry.status != "cancelled" and entry.sequence > 0
    return atom.Item(
        id=atom.item_id(entry.uid, entry.sequence, entry.modified.isoformat()),
        title=t("feeds.changed", title=entry.summary) if changed else entry.summary,
        summary="\n".join(part for part in (when_text(entry, t), entry.location, entry.description) if part),
        url=entry.url,
        updated=entry.modified,
        published=entry.created,
        categories=entry.categories,
    )


def _csv(of: Shaping) -> bytes:
    return csv.table(csv.ENTRY_COLUMNS, csv.entry_rows(of.entries, *of.window))


def _html(of: Shaping) -> bytes:
    return listing(of.name, of.entries, (of.today, of.window[1]), of.page, of.t)


SHAPES: Mapping[str, Shape] = {
    "json": Shape(_json, jscalendar.MEDIA_TYPE),
    "atom": Shape(_atom, atom.MEDIA_TYPE),
    "csv": Shape(_csv, csv.MEDIA_TYPE),
    "html": Shape(_html, "text/html; charset=utf-8", EMBEDDED),
}
