"""Mail addresses that a machine reads: each stands for one registration or one message, and nobody can guess one.

The token is the id (26 characters, 80 of its bits random) and 80 bits of an HMAC over it, in letters and digits that
survive a mail server's folding of case: 43 characters, so that 21 remain of the 64 octets of a local part (RFC 5321
section 4.5.3.1.1). A registration belongs to one event, so its id says the event too.
"""

import base64
import hashlib
import hmac
import re
from typing import Literal

Purpose = Literal["reply", "bounce"]

PLACEHOLDER = "{token}"
_LETTERS: dict[Purpose, str] = {"reply": "r", "bounce": "b"}
_MAC_OCTETS = 10
_TOKEN = "[rb][0-9a-z]{42}"  # noqa: S105 # a pattern, not a secret


class MachineAddresses:
    """Makes and reads addresses by a pattern such as `agenda+{token}@reply.example.org`; "" makes none."""

    def __init__(self, pattern: str, secret: str) -> None:
        before, _, after = pattern.lower().partition(PLACEHOLDER)
        self.pattern = pattern
        self._before, self._after = before, after
        self._key = hashlib.sha256(f"machine addresses\n{secret}".encode()).digest()
        self._any = re.compile(re.escape(before) + _TOKEN + re.escape(after), re.IGNORECASE) if pattern else None

    def make(self, purpose: Purpose, key: str) -> str:
        """The address that stands for an id; "" without a pattern."""
        return f"{self._before}{self._token(purpose, key)}{self._after}" if self.pattern else ""

    def read(self, purpose: Purpose, address: str) -> str | None:
        """The id that an address stands for, in whatever case; None when it is not one of ours."""
        folded = address.strip().lower()
        if self._any is None or not self._any.fullmatch(folded):
            return None
        token = folded[len(self._before) : len(folded) - len(self._after)]
        key = token[1:-16]
        return key if hmac.compare_digest(token, self._token(purpose, key)) else None

    def ours(self, address: str) -> bool:
        """True for an address with a token that holds, whatever it stands for."""
        return any(self.read(purpose, address) is not None for purpose in _LETTERS)

    def found_in(self, text: str) -> tuple[str, ...]:
        """Every address of ours that stands in a text (a header), in lower case, each once."""
        if self._any is None:
            return ()
        found = dict.fromkeys(match[0].lower() for match in self._any.finditer(text))
        return tuple(address for address in found if self.ours(address))

    def _token(self, purpose: Purpose, key: str) -> str:
        letter = _LETTERS[purpose]
        mac = hmac.digest(self._key, f"{letter}{key}".encode(), "sha256")[:_MAC_OCTETS]
        return f"{letter}{key}{base64.b32encode(mac).decode().lower()}"
