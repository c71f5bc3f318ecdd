"""Mail addresses: one door for every address that a person types, strict enough that none can smuggle anything.

Accepted is what people have: `local@domain` with an ASCII dot-atom before the `@` (RFC 5322 section 3.2.3) and a
domain name after it, which may be international (it becomes punycode, RFC 3492). Quoted local parts, comments,
lists, address literals and control characters are refused, not repaired.
"""

import re
import unicodedata

from scheduler.errors import ServiceError

LOCAL = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
LABEL = re.compile(r"[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?")
# Python's codec maps these to other letters (IDNA 2003): the mail would go to somebody else's domain.
DEVIATIONS = frozenset("ßς\u200c\u200d")


class InvalidAddress(ServiceError):
    """Not one mail address that we can write to; `detail` says why, without repeating the address."""

    code = "invalid-address"
    example = "ana.perez@example.org"


def normal_address(text: str, *, dotless: bool = False) -> str:
    """The one address in `text`: its domain in lower case and punycode, its local part as it was typed.

    `dotless` allows a domain without a dot (`agenda@localhost`, for the sender). Raises InvalidAddress.
    """
    if any(unicodedata.category(character) in {"Cc", "Cf", "Zl", "Zp"} for character in text):
        raise InvalidAddress("A mail address cannot hold line breaks or invisible characters.")
    stripped = text.strip(" ")
    if len(stripped) > 320:
        raise InvalidAddress("This mail address is too long: at most 254 characters.")
    if any(character in ' ,;:<>()[]"\\' for character in stripped) or stripped.count("@") != 1:
        raise InvalidAddress("Write exactly one mail address, with one @, no spaces, commas, quotes or brackets.")
    local, _, domain = stripped.partition("@")
    address = f"{_local(local)}@{_domain(domain, dotless=dotless)}"
    if len(address) > 254:
        raise InvalidAddress("This mail address is too long: at most 254 characters.")
    return address


def _local(local: str) -> str:
    if not local.isascii():
        raise InvalidAddress(
            "The part before the @ may only hold letters without accents, digits and signs like . - _ +"
        )
    if len(local) > 64 or not LOCAL.fullmatch(local):
        raise InvalidAddress("The part before the @ is not complete, or has a dot in the wrong place.")
    return local


def _domain(domain: str, *, dotless: bool) -> str:
    if DEVIATIONS & set(domain):
        raise InvalidAddress("Write this domain in its ASCII form, which begins with xn--")
    try:
        name = domain.encode("idna").decode("ascii").lower()
    except UnicodeError:
        raise InvalidAddress("The part after the @ is not a domain name.") from None
    labels = name.split(".")
    if not all(LABEL.fullmatch(label) for label in labels) or (len(labels) == 1 and not dotless):
        raise InvalidAddress("The part after the @ is not a complete domain name.")
    if labels[-1].isdigit():
        raise InvalidAddress("The part after the @ must be a domain name, not a number.")
    return name
