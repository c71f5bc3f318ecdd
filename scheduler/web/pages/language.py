"""Which language a browser asks for (RFC 9110 section 12.5.4)."""

import re
from collections.abc import Sequence

_ENTRY = re.compile(r"\s*([A-Za-z]{1,8}(?:-[A-Za-z0-9]{1,8})*|\*)\s*(?:;\s*q\s*=\s*([01](?:\.\d{0,3})?)\s*)?")
_LONGEST = 1000


def best_language(header: str, offered: Sequence[str], default: str) -> str:
    """The offered language that an Accept-Language header wants most; `nl-BE` is content with `nl`.

    Without a wish that can be met: the default, if it is offered, else the first one.
    """
    fallback = default if default in offered else offered[0]
    best, weight = fallback, 0.0
    for part in header[:_LONGEST].split(","):
        match = _ENTRY.fullmatch(part)
        if match is None:
            continue
        found = fallback if match[1] == "*" else _offered(match[1], offered)
        wish = float(match[2]) if match[2] else 1.0
        if found and wish > weight:
            best, weight = found, wish
    return best


def _offered(tag: str, offered: Sequence[str]) -> str:
    wanted = tag.lower()
    base = wanted.split("-")[0]
    return next((one for want in (wanted, base) for one in offered if one.lower() == want), "")
