"""What the tests of pages share: reading HTML without running it, signing in, an attendee's own link."""

from html.parser import HTMLParser
from typing import Any, cast

import httpx
from msgspec import Struct

from scheduler.model.person import GivenRole, Person
from scheduler.services import people, registrations
from scheduler.store import registrations as registration_store
from scheduler.web.context import Context
from tests.running import NOW, Api

BROWSER = {"Accept": "text/html,application/xhtml+xml"}
SAME = {**BROWSER, "Sec-Fetch-Site": "same-origin"}
HOSTILE = (
    "<script>alert(1)</script>",
    "{0.__class__}",
    "{{7*7}}",
    '"><svg onload=alert(2)>',
    "' onmouseover='alert(3)",
    "%(name)s ${7*7} #{7*7}",
)


_APART = frozenset({"p", "li", "td", "th", "dt", "dd", "br", "h1", "h2", "h3", "b", "div"})


class Element(Struct, frozen=True):
    """One start tag with its attributes."""

    tag: str
    attributes: dict[str, str | None]

    def get(self, name: str) -> str:
        """An attribute; empty when there is none."""
        return self.attributes.get(name) or ""


class Document(HTMLParser):
    """An HTML page as a browser's parser sees it: elements, and the text in between."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[Element] = []
        self.words: list[str] = []
        self.data: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Notes an element."""
        self.elements.append(Element(tag, dict(attrs)))
        self.words.append(" " if tag in _APART else "")

    def handle_data(self, data: str) -> None:
        """Notes text; what stands in a script element is data and nobody reads it."""
        (self.data if self.cdata_elem == "script" else self.words).append(data)

    @property
    def text(self) -> str:
        """What a person reads, in one line."""
        return " ".join("".join(self.words).split())

    def all(self, tag: str) -> list[Element]:
        """Every element of a kind."""
        return [element for element in self.elements if element.tag == tag]

    def scripts(self) -> list[Element]:
        """What a browser would run; a block of data is none."""
        return [one for one in self.all("script") if one.get("type") != "application/ld+json"]

    def links(self) -> list[str]:
        """Where every link leads."""
        return [element.get("href") for element in self.all("a")]

    def value(self, name: str) -> str:
        """What a text field holds."""
        return next(element.get("value") for element in self.all("input") if element.get("name") == name)


def context_of(api: Api) -> Context:
    """The parts that handlers use."""
    return cast("Context", cast("Any", api.litestar.dependencies)["context"].dependency())


async def page(api: Api, path: str, **headers: str) -> Document:
    """A page that is there, read by a browser that nobody knows."""
    answer = await api.nobody.get(path, headers={**BROWSER, **headers})
    assert answer.status_code == 200, f"{answer.status_code} {path}: {answer.text[:500]}"
    return Document(answer.text)


async def applied(api: Api, event: dict[str, Any], email: str = "ann@example.org", **fields: Any) -> str:
    """Fills in the public form; the path of the new registration's own page."""
    typed = {"name": "Ann Example", "email": email, "language": "en", **fields}
    answer = await api.nobody.post(f"/en/events/{event['id']}/register", data=typed, headers=BROWSER)
    assert answer.status_code == 303, answer.text
    rows = await api.db.read(lambda conn: registration_store.by_email(conn, event["id"], email))
    return own_path(api, rows[-1].id)


def own_path(api: Api, registration_id: str) -> str:
    """The path of an attendee's own page."""
    links = context_of(api).links
    return links.attendee(registration_id).removeprefix(links.base)


async def confirmed(api: Api, event: dict[str, Any], email: str = "ann@example.org", **fields: Any) -> str:
    """The same, with the address confirmed."""
    path = await applied(api, event, email, **fields)
    key = context_of(api).links.registration_of(path.removeprefix("/r/"))
    config = context_of(api).config
    await api.write(lambda conn: registrations.confirm(conn, str(key), config=config, now=api.clock()))
    return path


async def signed_in(api: Api, role: GivenRole, **reach: Any) -> httpx.AsyncClient:
    """A browser in which somebody of a role has signed in by their mailed link."""
    config = context_of(api).config

    def work(conn: Any) -> str:
        person: Person = people.add(conn, f"{role}@example.org", role, now=NOW, name=role.title(), **reach)
        return people.sign_in_link(conn, person, config=config, now=api.clock())[0]

    token = await api.write(work)
    browser = api.client("nobody", **SAME)
    answer = await browser.post(f"/console/sign-in/{token}")
    assert answer.status_code == 303, answer.text
    return browser
