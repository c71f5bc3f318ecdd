"""What people type about themselves and where they point to: mail addresses, names, web addresses."""

import re
import unicodedata
from urllib.parse import urlsplit

from scheduler.model.address import InvalidAddress, normal_address
from scheduler.model.intake_reader import Node
from scheduler.model.intake_text import line

LONGEST_NAME = 80
LONGEST_URL = 2_000
URL_EXAMPLE = "https://www.example.org/workshop"
NAME_EXAMPLE = "Ana Pérez"
# Blanks, quotes and brackets end an address where somebody prints it; a backslash reads as a slash in browsers.
_NOT_IN_URL = re.compile(r"[\s<>\"`{}|\\^]|[^\x21-\U0010ffff]")
_SCHEME = re.compile(r"\s*[a-z][a-z0-9+.-]*:", re.IGNORECASE)


def email(node: Node) -> str:
    """One mail address (see `scheduler.model.address`). The address itself is never repeated in a fault."""
    if not isinstance(node.value, str):
        raise node.wrong_type("a mail address", InvalidAddress.example)
    try:
        return normal_address(node.value)
    except InvalidAddress as error:
        raise node.refuse(error.detail, error.example, "invalid-address") from None


def person_name(node: Node) -> str:
    """A name of at most 80 characters that carries no link: mails to others show it."""
    name = line(LONGEST_NAME, example=NAME_EXAMPLE)(node)
    if not any(character.isalnum() for character in name):
        raise node.refuse("A name has at least one letter.", NAME_EXAMPLE, "required")
    plain = unicodedata.normalize("NFKC", name).casefold()
    if "//" in plain or "www." in plain:
        raise node.refuse("A name cannot hold a web address.", NAME_EXAMPLE, "link")
    return name


def url(node: Node) -> str:
    """An http or https address without user name and password."""
    if not isinstance(node.value, str):
        raise node.wrong_type("a web address", URL_EXAMPLE)
    given = node.value.strip(" ")
    if len(given) > LONGEST_URL:
        raise node.refuse(f"At most {LONGEST_URL:,} characters.", URL_EXAMPLE, "too-long")
    found = _NOT_IN_URL.search(given) or next((one for one in given if not one.isprintable()), None)
    if found:
        raise node.refuse("A web address has no blanks, quotes, brackets or control characters.", URL_EXAMPLE, "url")
    try:
        parts = urlsplit(given)
        host, _ = parts.hostname, parts.port
    except ValueError:
        raise node.refuse("This is not a complete web address.", URL_EXAMPLE, "url") from None
    if parts.scheme not in {"http", "https"} or not host:
        raise node.refuse("A web address begins with “https://” or “http://” and a host.", URL_EXAMPLE, "url")
    if "@" in parts.netloc:
        raise node.refuse("A web address here has no user name or password in it.", URL_EXAMPLE, "url")
    return given


def material(node: Node) -> str:
    """A handout: what it is ("slides (pdf)"), or its web address."""
    if isinstance(node.value, str) and _SCHEME.match(node.value) and " " not in node.value.strip():
        return url(node)
    return line(500, example="slides (pdf)")(node)
