"""Somebody with a browser without script, and a mailbox: opens pages, fills in forms, follows links in mails."""

import re
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from html.parser import HTMLParser
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import urljoin

import httpx
from msgspec import Struct, field

from tests.arrivals import wait_for

Pairs = list[tuple[str, str]]


class Form(Struct):
    """A form as a browser would send it untouched: ticked boxes, chosen options, what stands in its fields."""

    method: str
    action: str
    fields: Pairs = field(default_factory=list)

    def filled(self, typed: dict[str, str]) -> Pairs:
        """Its fields with what was typed. Raises KeyError for a field that it does not have."""
        names = {name for name, _ in self.fields}
        for name in typed:
            if name not in names:
                raise KeyError(name)
        return [(name, typed.get(name, value)) for name, value in self.fields]


class Page:
    """A page that was opened: its forms, and its text without mark-up."""

    def __init__(self, answer: httpx.Response) -> None:
        self.status = answer.status_code
        self.url = str(answer.url)
        self.html = answer.text
        reader = _Reader()
        reader.feed(answer.text)
        self.forms = reader.forms
        self.text = re.sub(r"\s+", " ", "".join(reader.words))

    def form(self, action: str) -> Form:
        """The one form whose address ends like this."""
        (found,) = [one for one in self.forms if one.action.endswith(action)]
        return found


class Visitor:
    """A browser with a cookie jar of its own; a context manager. It follows redirects as browsers do."""

    def __init__(self, url: str, language: str = "en") -> None:
        headers = {"Accept": "text/html", "Accept-Language": language}
        self.http = httpx.Client(base_url=url, headers=headers, follow_redirects=True, timeout=30)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.http.close()

    def open(self, address: str) -> Page:
        """GET a page."""
        return Page(self.http.get(address))

    def submit(self, page: Page, action: str, **typed: str) -> Page:
        """Fill in the form on a page whose address ends with `action`, and send it."""
        form = page.form(action)
        address = urljoin(page.url, form.action)
        sent: dict[str, list[str]] = {}
        for name, value in form.filled(typed):
            sent.setdefault(name, []).append(value)
        return Page(self.http.request(form.method, address, data=sent))


class Mailbox:
    """The folder into which a service writes its mails until it is given a mail server."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder / "new"

    def mails(self, address: str, cause: str = "") -> list[EmailMessage]:
        """The mails to an address, of one cause or of all, by the time at which they were written."""
        files = sorted(self._folder.glob("*"), key=lambda file: file.stat().st_mtime_ns)
        found = [message_from_bytes(file.read_bytes(), policy=default) for file in files]
        return [one for one in found if str(one["To"]) == address and cause in ("", one["X-Enspired-Cause"])]

    def wait_for(self, address: str, cause: str, seconds: float = 20.0) -> EmailMessage:
        """The one mail of a cause to an address, as soon as it is there; fails when there are several."""
        wait_for(lambda: self.mails(address, cause), f"a {cause} for {address}", seconds)
        (mail,) = self.mails(address, cause)
        return mail


def words_of(mail: EmailMessage, kind: str = "plain") -> str:
    """The text of a mail, or its HTML."""
    part = mail.get_body((kind,))
    assert part is not None
    return str(part.get_content())


def personal_link(mail: EmailMessage) -> str:
    """The address of the attendee's own page in a mail, the same in its text and in its HTML."""
    links: set[str] = set(re.findall(r"https?://\S+/r/[\w.~-]+", words_of(mail)))
    (link,) = links
    assert link in words_of(mail, "html")
    return link


class _Reader(HTMLParser):
    """Collects forms and words; what browsers send of a form is in HTML, section 4.10.22.4."""

    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self.words: list[str] = []
        self._inside: Form | None = None
        self._select: str = ""
        self._options: list[tuple[str, bool]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._inside = Form(found.get("method", "get").upper(), found.get("action", ""))
            self.forms.append(self._inside)
        elif tag == "input" and self._inside and found.get("name"):
            ticked = found.get("type") not in {"checkbox", "radio"} or "checked" in found
            if ticked:
                self._inside.fields.append((found["name"], found.get("value", "")))
        elif tag == "select":
            self._select, self._options = found.get("name", ""), []
        elif tag == "option":
            self._options.append((found.get("value", ""), "selected" in found))

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._inside = None
        elif tag == "select" and self._inside and self._select and self._options:
            chosen = next((value for value, selected in self._options if selected), self._options[0][0])
            self._inside.fields.append((self._select, chosen))

    def handle_data(self, data: str) -> None:
        self.words.append(data)
