"""Feeds as strangers read them: text without folds, UIDs, versions."""

import gzip
import re
from typing import Any

from feeds.publish import respond
from feeds.source import Ready
from scheduler.calendars.library import EventLibrary

FORMS = ("ics", "json", "atom", "csv", "html")
GZIP = [(b"accept-encoding", b"gzip")]


def unfolded(body: bytes) -> str:
    """A calendar's text with its long lines whole."""
    return body.decode().replace("\r\n ", "")


def uids(body: bytes) -> list[str]:
    """The UIDs of a calendar's events, in order, those of overrides too."""
    return re.findall(r"^UID:(.+?)\r$", unfolded(body), re.MULTILINE)


def versions(body: bytes) -> dict[str, tuple[int, str]]:
    """SEQUENCE and LAST-MODIFIED of every event (not of its overrides) by UID."""
    found: dict[str, tuple[int, str]] = {}
    for part in unfolded(body).split("BEGIN:VEVENT")[1:]:
        said = dict(line.split(":", 1) for line in part.split("\r\n") if ":" in line)
        found.setdefault(said["UID"], (int(said["SEQUENCE"]), said["LAST-MODIFIED"]))
    return found


async def fetched(library: EventLibrary, path: str = "/feeds/events.ics", query: str = "") -> Ready:
    """What a program gets, checked: the packed form is the plain one, and what is kept is what was made."""
    ready = await library.publication(path, query, client="")
    kept = library.kept(path, query.encode(), [])
    assert kept is None or kept is ready
    packed = respond("GET", GZIP, ready)
    names: dict[bytes, Any] = dict(packed.headers)
    content = gzip.decompress(packed.body) if b"content-encoding" in names else packed.body
    assert content == ready.plain.body
    return ready
