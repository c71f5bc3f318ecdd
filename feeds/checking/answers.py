"""Rules 1 and 2: what a server says beside the calendar (RFC 9110, RFC 9111)."""

import re
from collections.abc import Iterator, Mapping

from feeds.checking.findings import Finding

_MAX_AGE = re.compile(r"(?:^|[,\s])max-age\s*=\s*\"?(\d{1,12})")
_LONGEST = 300


def check_answer(headers: Mapping[str, str]) -> Iterator[Finding]:
    """The headers of an answer; names in any case."""
    known = {name.lower(): value.strip() for name, value in headers.items()}
    media_type, _, parameters = known.get("content-type", "").partition(";")
    if media_type.strip().lower() != "text/calendar":
        said = media_type.strip()[:60] or "missing"
        yield Finding(1, "fault", 0, f"Content-Type is {said}: programs take text/calendar only")
    elif "utf-8" not in parameters.lower():
        yield Finding(1, "warning", 0, "Content-Type does not say charset=utf-8")
    tag = known.get("etag", "")
    if not tag:
        yield Finding(2, "fault", 0, "there is no ETag: every program fetches the whole calendar every time")
    elif tag.startswith("W/"):
        yield Finding(2, "warning", 0, "the ETag is weak: a strong one tells exactly whether the octets changed")
    if "last-modified" not in known:
        yield Finding(2, "warning", 0, "there is no Last-Modified: some programs ask by date")
    yield from _check_caching(known.get("cache-control", "").lower())


def _check_caching(caching: str) -> Iterator[Finding]:
    if not re.search(r"\b(private|public)\b", caching):
        yield Finding(2, "warning", 0, "Cache-Control says neither private nor public")
    if "no-store" in caching:
        yield Finding(2, "warning", 0, "Cache-Control: no-store keeps programs from asking whether anything changed")
    age = _MAX_AGE.search(caching)
    if age and int(age[1]) > _LONGEST:
        yield Finding(2, "warning", 0, f"Cache-Control lets copies be {age[1]} seconds old; {_LONGEST} is enough")
