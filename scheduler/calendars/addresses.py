"""What the path of a feed asks for."""

import re

from msgspec import Struct

from feeds.errors import NotThere

_PUBLIC = re.compile(r"/feeds/events\.(?P<form>[a-z]{2,5})")
_SECRET = re.compile(r"/feeds/s/(?P<secret>[^/]{1,300})/[^/]{1,80}\.(?P<form>[a-z]{2,5})")
_SINGLE = re.compile(r"/events/(?P<event>[0-9a-z]{1,40})\.(?P<form>ics)")


class Asked(Struct, frozen=True, kw_only=True):
    """A list (neither `event` nor `secret`), one event, or a subscription; and in which form."""

    form: str
    event: str = ""
    secret: str = ""


def read_path(path: str) -> Asked:
    """Reads the decoded path of a feed. Raises NotThere; a malformed secret reads like an unknown one."""
    for pattern in (_PUBLIC, _SINGLE, _SECRET):
        match = pattern.fullmatch(path)
        if match:
            return Asked(**match.groupdict())
    raise NotThere("There is no such calendar.")
