"""Fetches a feed as a calendar program does: bounded in octets, time and redirects; and notes how it is answered."""

import http.client
from urllib.parse import urljoin, urlsplit

from msgspec import Struct

from feeds.check import Finding
from scheduler.cli.failure import CommandFailed

SECONDS = 10
LARGEST = 5_000_000
_REDIRECTS = 3
_MOVED = {301, 302, 303, 307, 308}


class Fetched(Struct, frozen=True):
    """An answer: its address after redirects, status, headers by lower-case name, body."""

    url: str
    status: int
    headers: dict[str, str]
    body: bytes


def fetch(url: str) -> tuple[Fetched, list[Finding]]:
    """A feed and what rules 1 to 3 have against its answers. Raises CommandFailed when there is no feed to judge.

    webcal:// is read as https://. No Accept header is sent, because many programs send none.
    """
    url = f"https://{url.removeprefix('webcal://')}" if url.startswith("webcal://") else url
    first = _followed(url)
    if first.status != 200:
        raise CommandFailed(f"{first.url} answers {first.status}, not 200.", "check the address in a browser")
    found = [Finding(1, "warning", 0, "the address redirects: some programs do not follow")] if first.url != url else []
    if urlsplit(first.url).scheme == "http":
        found.append(Finding(1, "note", 0, "the address is http: programs want https"))
    return first, found + _again(first)


def _again(first: Fetched) -> list[Finding]:
    """The same address asked for headers only, and whether anything changed."""
    found = []
    head = _asked("HEAD", first.url, {})
    if head.status != 200:
        found.append(Finding(1, "fault", 0, f"HEAD is answered with {head.status}, not 200"))
    tag, changed = first.headers.get("etag"), first.headers.get("last-modified")
    conditions = {"If-None-Match": tag} if tag else {"If-Modified-Since": changed} if changed else {}
    second = _asked("GET", first.url, conditions)
    if conditions and second.status != 304:
        text = f"asked whether anything changed it answers {second.status}, not 304"
        found.append(Finding(2, "fault", 0, text))
    if second.status == 200 and second.body != first.body:
        found.append(Finding(3, "fault", 0, "two fetches one after the other differ"))
    return found


def _followed(url: str) -> Fetched:
    for _ in range(_REDIRECTS + 1):
        answer = _asked("GET", url, {})
        if answer.status not in _MOVED or not answer.headers.get("location"):
            return answer
        url = urljoin(url, answer.headers["location"])
    raise CommandFailed(f"The address redirects more than {_REDIRECTS} times.")


def _asked(method: str, url: str, conditions: dict[str, str]) -> Fetched:
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        host, port, parts = None, None, urlsplit("")
    if parts.scheme not in {"http", "https"} or not host:
        raise CommandFailed("The address has to begin with https:// or http://.")
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = kind(host, port, timeout=SECONDS)
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    try:
        connection.request(method, path, headers={"User-Agent": "enspired feeds check", **conditions})
        response = connection.getresponse()
        body = response.read(LARGEST + 1)
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise CommandFailed(f"{host} does not answer: {str(error) or type(error).__name__}.") from error
    finally:
        connection.close()
    if len(body) > LARGEST:
        raise CommandFailed(f"The calendar has more than {LARGEST:,} octets.")
    headers = {name.lower(): value for name, value in response.getheaders()}
    return Fetched(url, response.status, headers, body)
