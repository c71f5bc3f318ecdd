"""What the path of a feed asks for."""

import re

from msgspec import Struct

from feeds.errors import NotThere

FORMS = ("ics", "json", "atom", "csv", "html")
"""iCalendar, JSCalendar, Atom, a table, and a list to put into another page."""

_FORM = f"(?P<form>{'|'.join(FORMS)})"
_PUBLIC = re.compile(rf"/feeds/events\.{_FORM}")
_SECRET = re.compile(rf"/feeds/s/(?P<secret>[^/]{{1,300}})/[^/]{{1,80}}\.{_FORM}")
_SINGLE = re.compile(r"/events/(?P<event>[0-9a-z]{1,40})\.(?P<form>ics)")
_SECRETS = "/feeds/s/"


class Asked(Struct, frozen=True, kw_only=True):
    """A list (neither `event` nor `secret`), one event, or a subscription; and in which form."""

    form: str
    event: str = ""
    secret: str = ""


def read_path(path: str) -> Asked:
    """Reads the decoded path of a feed. Raises NotThere.

    A malformed secret, or one with a form that does not exist, is a secret that nobody has: it is looked up like
    any other, so that the answer and the time it takes say nothing.
    """
    for pattern in (_PUBLIC, _SINGLE, _SECRET):
        match = pattern.fullmatch(path)
        if match:
            return Asked(**match.groupdict())
    if is_secret(path):
        return Asked(form=FORMS[0], secret=path.removeprefix(_SECRETS))
    raise NotThere("There is no such calendar.")


def is_secret(path: str) -> bool:
    """True for the address of a subscription, whatever else is wrong with it."""
    return path.startswith(_SECRETS)
