"""An Atom feed of changes (RFC 4287), for readers of news rather than of calendars: same items, same bytes.

Written by hand with every text escaped; what XML 1.0 cannot hold is taken out before (section 2.2 there).
"""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from uuid import NAMESPACE_OID, uuid5

from msgspec import Struct

from feeds.formats.text import one_line, plain, web_address

MEDIA_TYPE = "application/atom+xml; charset=utf-8"

_ESCAPED = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;"})


class Item(Struct, frozen=True, kw_only=True):
    """One change, or one event, as a reader of news sees it.

    `id` is a URI that never changes and never comes twice (`item_id`); `title` and `summary` are plain text in
    the feed's language, with the words for moved or cancelled already in them; `url` is the page, http or https.
    `updated` and `published` are UTC instants: of the last change, and of the first appearance.
    """

    id: str
    title: str
    summary: str = ""
    url: str = ""
    updated: datetime
    published: datetime | None = None
    categories: tuple[str, ...] = ()


def item_id(uid: str, *parts: str | int) -> str:
    """A `urn:uuid:` for the event with this UID, or for one of its changes; the same parts give the same urn."""
    return uuid5(NAMESPACE_OID, "\x1f".join([uid, *map(str, parts)])).urn


def feed(
    identifier: str,
    title: str,
    items: Iterable[Item],
    *,
    updated: datetime,
    self_url: str,
    page_url: str = "",
    subtitle: str = "",
    language: str = "",
    author: str,
) -> bytes:
    """The feed document in UTF-8, items by last change, the newest first.

    `identifier` is the feed's permanent URI; `updated` the UTC instant at which the selection last changed;
    `self_url` where this document is, `page_url` the page that shows the same list; `language` a BCP 47 tag;
    `author` who publishes it (RFC 4287 section 4.1.1 wants one).
    """
    language = f' xml:lang="{_text(language)}"' if language else ""
    lines = [
        '<?xml version="1.0" encoding="utf-8"?>',
        f'<feed xmlns="http://www.w3.org/2005/Atom"{language}>',
        _element("id", identifier),
        _element("title", one_line(title)),
        *_optional("subtitle", one_line(subtitle)),
        _element("updated", _utc(updated)),
        f"<author>{_element('name', one_line(author))}</author>",
        *_link("self", self_url, MEDIA_TYPE.partition(";")[0]),
        *_link("alternate", page_url, "text/html"),
    ]
    for item in sorted(items, key=lambda one: (-one.updated.timestamp(), one.id)):
        lines += _entry(item)
    return "\n".join([*lines, "</feed>", ""]).encode()


def _entry(item: Item) -> Iterator[str]:
    page = list(_link("alternate", item.url, "text/html"))
    yield "<entry>"
    yield _element("id", item.id)
    yield _element("title", one_line(item.title))
    yield from [_element("published", _utc(item.published))] if item.published else []
    yield _element("updated", _utc(item.updated))
    yield from page
    for category in dict.fromkeys(filter(None, map(one_line, item.categories))):
        yield f'<category term="{_text(category)}"/>'
    # Section 4.1.2: without a page to link to, an entry has content.
    if item.summary or not page:
        yield _element("summary" if page else "content", item.summary)
    yield "</entry>"


def _element(name: str, value: str) -> str:
    return f"<{name}>{_text(value)}</{name}>"


def _optional(name: str, value: str) -> list[str]:
    return [_element(name, value)] if value else []


def _link(relation: str, address: str, media_type: str) -> Iterator[str]:
    address = web_address(address)
    if address:
        yield f'<link rel="{relation}" type="{media_type}" href="{_text(address)}"/>'


def _text(value: str) -> str:
    return plain(value).translate(_ESCAPED)


def _utc(at: datetime) -> str:
    """An RFC 3339 instant (RFC 4287 section 3.3)."""
    return f"{at.astimezone(UTC).replace(microsecond=0, tzinfo=None).isoformat()}Z"
