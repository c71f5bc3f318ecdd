"""The Atom feed (RFC 4287), read with the standard library's XML parser."""

import re
import xml.etree.ElementTree as ET
from datetime import UTC, datetime, timedelta, timezone

from hypothesis import given
from hypothesis import strategies as st

from feeds.formats import atom
from feeds.formats.atom import Item

NOW = datetime(2026, 11, 23, 9, 30, 15, 999, tzinfo=UTC)
ATOM = "{http://www.w3.org/2005/Atom}"
SELF = "https://events.example/feeds/events.atom?programme=enspired&lang=nl"


def item(number: int = 1, **changes: object) -> Item:
    said: dict[str, object] = {
        "id": atom.item_id("talk@x", number),
        "title": "Verplaatst: Gastcollege",
        "summary": "Van 16 naar 17 maart.",
        "url": "https://events.example/nl/events/1",
        "updated": NOW + timedelta(minutes=number),
        **changes,
    }
    return Item(**said)  # type: ignore[arg-type]


def feed(*items: Item, **changes: str) -> bytes:
    said = {"identifier": "urn:x:feed", "title": "eNSPIRED", "self_url": SELF, "author": "VVOB", **changes}
    return atom.feed(items=items, updated=NOW, **said)


def read(document: bytes) -> ET.Element:
    root = ET.fromstring(document)
    assert root.tag == ATOM + "feed"
    return root


def text(element: ET.Element, name: str) -> str:
    (found,) = element.findall(ATOM + name)
    return found.text or ""


def links(element: ET.Element) -> dict[str, str]:
    return {link.attrib["rel"]: link.attrib["href"] for link in element.findall(ATOM + "link")}


def test_a_feed_has_all_that_the_rfc_asks_for() -> None:
    root = read(feed(item(), language="nl", subtitle="Wijzigingen", page_url="https://events.example/nl/"))
    assert [child.tag.removeprefix(ATOM) for child in root] == [
        "id", "title", "subtitle", "updated", "author", "link", "link", "entry",
    ]  # fmt: skip
    assert text(root, "id") == "urn:x:feed"
    assert text(root, "updated") == "2026-11-23T09:30:15Z"
    assert root.findtext(f"{ATOM}author/{ATOM}name") == "VVOB"
    assert links(root) == {"self": SELF, "alternate": "https://events.example/nl/"}
    assert root.attrib["{http://www.w3.org/XML/1998/namespace}lang"] == "nl"


def test_an_item_has_its_page_its_words_and_its_times() -> None:
    brussels = timezone(timedelta(hours=1))
    one = item(published=NOW.astimezone(brussels), categories=("eNSPIRED", "Gastcollege\n& meer", "eNSPIRED", " "))
    (entry,) = read(feed(one)).findall(ATOM + "entry")
    assert text(entry, "id") == one.id
    assert text(entry, "title") == "Verplaatst: Gastcollege"
    assert text(entry, "summary") == "Van 16 naar 17 maart."
    assert text(entry, "published") == "2026-11-23T09:30:15Z"
    assert text(entry, "updated") == "2026-11-23T09:31:15Z"
    assert links(entry) == {"alternate": "https://events.example/nl/events/1"}
    assert [found.attrib["term"] for found in entry.findall(ATOM + "category")] == ["eNSPIRED", "Gastcollege & meer"]


def test_an_item_without_a_page_has_content_instead() -> None:
    for address in ("", "javascript:alert(1)", "no address"):
        (entry,) = read(feed(item(url=address, summary=""))).findall(ATOM + "entry")
        assert links(entry) == {}
        assert text(entry, "content") == ""


def test_the_newest_change_comes_first_and_the_order_given_does_not_matter() -> None:
    items = [item(number) for number in range(5)]
    assert feed(*items) == feed(*reversed(items))
    times = [text(entry, "updated") for entry in read(feed(*items)).findall(ATOM + "entry")]
    assert times == sorted(times, reverse=True)


def test_the_id_of_an_item_is_a_urn_that_stays_the_same() -> None:
    assert atom.item_id("talk@x", 7) == "urn:uuid:6fde342f-5741-5952-bf6e-396d9b122544"
    assert len({atom.item_id("a", "b"), atom.item_id("ab"), atom.item_id("a"), atom.item_id("b", "a")}) == 4


@given(st.text(), st.text(), st.text(), st.lists(st.text(), max_size=3))
def test_any_text_makes_xml_that_says_the_text(title: str, summary: str, address: str, categories: list[str]) -> None:
    one = item(title=title, summary=summary, url=address, categories=tuple(categories), id=f"urn:{title}")
    root = read(feed(one, title=title, subtitle=summary, author=title, language=address, page_url=address,
                     identifier=summary, self_url=address))  # fmt: skip
    (entry,) = root.findall(ATOM + "entry")
    (said,) = [found.text or "" for name in ("summary", "content") for found in entry.findall(ATOM + name)] or [""]
    expected = re.sub(r"\r\n?", "\n", summary)
    expected = re.sub(r"[\x85\u2028\u2029]", " ", expected)
    expected = re.sub(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ufffe\uffff]", "", expected)
    assert said == re.sub(r"[\ud800-\udfff]", "?", expected)


def test_markup_in_a_title_is_text() -> None:
    hostile = "]]></title><script>alert(1)</script>&lt;b&gt; \"q\" 'a' \x00\x0b\ufffe\uffff\ud800"
    document = feed(item(title=hostile))
    assert b"<script" not in document
    (entry,) = read(document).findall(ATOM + "entry")
    assert text(entry, "title") == "]]></title><script>alert(1)</script>&lt;b&gt; \"q\" 'a' ?"
