"""What [replies] needs before answers can be read: an address with a token in it, a place to listen, a mailbox."""

import ipaddress
import re

from scheduler.config.overlay import Overlay
from scheduler.config.settings import Replies

PLACEHOLDER = "{token}"
LONGEST_PREFIX = 21
"""What may stand around the token: it has 43 characters, and a local part ends at 64 (RFC 5321 section 4.5.3.1.1)."""

_LOCAL = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`|~.-]*")
_DOMAIN = re.compile(r"(?:[A-Za-z0-9-]+\.)*[A-Za-z0-9-]+")
_LOCAL_HOSTS = frozenset({"localhost", "127.0.0.1", "::1"})
_ADDRESS_EXAMPLE = 'address = "agenda+{token}@reply.example.org"'
_LISTEN_EXAMPLE = 'listen = "127.0.0.1:8024" or listen = "/run/enspired/lmtp"'


def place_of(listen: str) -> str | tuple[str, int]:
    """Where LMTP listens: the path of a Unix socket, or a host and a port. Raises ValueError for anything else."""
    if listen.startswith("/"):
        return listen
    host, colon, port = listen.rpartition(":")
    name = host.removeprefix("[").removesuffix("]")
    if not colon or not name or not port.isascii() or not port.isdigit() or not 1 <= int(port[:6]) <= 65535:
        raise ValueError("is neither host:port nor the path of a Unix socket.")
    if not _DOMAIN.fullmatch(name):
        ipaddress.ip_address(name)
    return name, int(port)


def check_replies(overlay: Overlay, replies: Replies, workers: int) -> None:
    """Note what is missing or contradicts itself; nothing while nothing is read."""
    if replies.mode == "off":
        return
    _check_address(overlay, replies.address)
    if replies.mode == "lmtp":
        _check_listen(overlay, replies.listen, workers)
    else:
        _check_mailbox(overlay, replies)


def _check_address(overlay: Overlay, address: str) -> None:
    local, _, domain = address.partition("@")
    if local.count(PLACEHOLDER) != 1 or "{" in domain or "@" in domain or not _DOMAIN.fullmatch(domain):
        overlay.add("replies.address", "is no mail address with {token} before its @.", _ADDRESS_EXAMPLE)
        return
    around = local.replace(PLACEHOLDER, "")
    if not _LOCAL.fullmatch(around) or ".." in local or local.startswith(".") or local.endswith("."):
        overlay.add("replies.address", "holds a sign that mail addresses cannot have.", _ADDRESS_EXAMPLE)
    if len(around) > LONGEST_PREFIX:
        detail = f"has more than {LONGEST_PREFIX} characters beside {{token}} before its @: too long for mail servers."
        overlay.add("replies.address", detail, _ADDRESS_EXAMPLE)


def _check_listen(overlay: Overlay, listen: str, workers: int) -> None:
    try:
        place = place_of(listen)
    except ValueError:
        overlay.add("replies.listen", "is neither host:port nor the path of a Unix socket.", _LISTEN_EXAMPLE)
        return
    if isinstance(place, str) and workers > 1:
        detail = f"{workers} workers cannot share a Unix socket."
        overlay.add("replies.listen", detail, 'listen = "127.0.0.1:8024"')
    if isinstance(place, tuple) and place[1] == 25:
        overlay.add("replies.listen", "port 25 is for SMTP; LMTP never listens there.", _LISTEN_EXAMPLE)


def _check_mailbox(overlay: Overlay, replies: Replies) -> None:
    if not replies.username or not replies.password:
        overlay.add("replies.username", "a mailbox needs a username and a password.", 'username = "agenda"')
    if replies.security == "none" and replies.host not in _LOCAL_HOSTS:
        overlay.add("replies.security", "the password would travel unprotected.", 'security = "tls"')
    if not replies.folder or any(sign in replies.folder for sign in '"\\*%'):
        overlay.add("replies.folder", "is no name of a folder.", 'folder = "INBOX"')
