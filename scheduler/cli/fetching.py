"""Fetches a feed as a calendar program does: bounded in octets, time and redirects; and notes how it is answered."""

import http.client
import socket
import zlib
from contextlib import suppress
from threading import Timer
from urllib.parse import urljoin, urlsplit

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from feeds.check import Finding
from scheduler.cli.failure import CommandFailed

SECONDS = 10
"""How long a server may be silent."""
WHOLE_SECONDS = 30
"""How long one answer may take, however it drips."""
LARGEST = 5_000_000
_REDIRECTS = 3
_MOVED = {301, 302, 303, 307, 308}
_HINTS = {
    400: "see what the address asks for",
    401: "the address needs a sign-in: calendar programs want one that reads without",
    403: "the address needs a sign-in: calendar programs want one that reads without",
    404: "look for a typing error, or ask whoever gave it for a new one",
    410: "it was withdrawn: ask whoever gave it for a new one",
    429: "it was asked too often: wait a while",
}


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
        hint = _HINTS.get(first.status, "check the address in a browser, and try again later")
        raise CommandFailed(f"{first.url} answers {first.status}, not 200. {_said(first)}".rstrip(), hint)
    first, odd = _unpacked(first)
    found = [Finding(1, "warning", 0, "the address redirects: some programs do not follow")] if first.url != url else []
    if urlsplit(first.url).scheme == "http":
        found.append(Finding(1, "note", 0, "the address is http: programs want https"))
    length = first.headers.get("content-length", "")
    if not odd and length.isdecimal() and int(length) > len(first.body):
        odd.append(Finding(1, "fault", 0, f"the answer ends after {len(first.body):,} of {int(length):,} octets"))
    return first, found + odd + _again(first)


def too_large() -> CommandFailed:
    """What is said of a calendar of more than `LARGEST` octets."""
    return CommandFailed(f"The calendar has more than {LARGEST:,} octets.")


def _said(answer: Fetched) -> str:
    """What a problem document (RFC 9457) says is wrong."""
    try:
        return str(msgspec.json.decode(answer.body, type=dict[str, object]).get("detail", ""))[:300]
    except (msgspec.DecodeError, UnicodeDecodeError):
        return ""


def _unpacked(answer: Fetched) -> tuple[Fetched, list[Finding]]:
    """The answer without the gzip encoding that nobody asked for."""
    if answer.headers.get("content-encoding", "").lower() not in {"gzip", "x-gzip"}:
        return answer, []
    try:
        body = zlib.decompressobj(31).decompress(answer.body, LARGEST + 1)
    except zlib.error:
        return answer, [Finding(1, "fault", 0, "it says that it is compressed with gzip, and is not")]
    if len(body) > LARGEST:
        raise too_large()
    text = "it is compressed although nobody asked for that: some programs cannot read it"
    return replace(answer, body=body), [Finding(1, "fault", 0, text)]


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
    if second.status == 200 and _unpacked(second)[0].body != first.body:
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
    late: list[bool] = []
    try:
        response, body = _exchange(connection, method, path, conditions, late)
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise CommandFailed(_silence(host, error, late=bool(late))) from error
    if late:
        raise CommandFailed(_silence(host, TimeoutError(), late=True))
    if len(body) > LARGEST:
        raise too_large()
    headers = {name.lower(): value for name, value in response.getheaders()}
    return Fetched(url, response.status, headers, body)


def _exchange(
    connection: http.client.HTTPConnection, method: str, path: str, conditions: dict[str, str], late: list[bool]
) -> tuple[http.client.HTTPResponse, bytes]:
    """One request and its answer; `late` gets an entry where it took too long and was cut."""
    connection.connect()
    watch = Timer(WHOLE_SECONDS, _cut, [connection.sock, late])
    watch.daemon = True
    watch.start()
    try:
        connection.request(method, path, headers={"User-Agent": "enspired feeds check", **conditions})
        response = connection.getresponse()
        return response, response.read(LARGEST + 1)
    finally:
        watch.cancel()
        connection.close()


def _cut(open_socket: socket.socket, late: list[bool]) -> None:
    """Ends an answer that takes too long; whoever reads it finds it at its end."""
    late.append(True)
    with suppress(OSError):
        # The plain method: that of TLS would take the connection away from under whoever reads.
        socket.socket.shutdown(open_socket, socket.SHUT_RDWR)


def _silence(host: str, error: Exception, *, late: bool) -> str:
    """Why there is no answer, in words."""
    if late:
        return f"{host} does not finish its answer within {WHOLE_SECONDS} seconds."
    if isinstance(error, TimeoutError):
        return f"{host} says nothing for {SECONDS} seconds."
    if isinstance(error, socket.gaierror):
        return f"There is no server “{host}”, or no way to it from here."
    if isinstance(error, http.client.HTTPException):
        return f"{host} does not answer as a web server does."
    reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return f"{host} does not answer: {reason or type(error).__name__}."
