"""Access tokens for a relay that wants OAuth 2.0 (RFC 6749) instead of a password: Microsoft 365, Google.

With a refresh token that is exchanged (section 6), without one the client speaks for itself (section 4.4).
"""

import asyncio
from collections.abc import Callable
from http.client import HTTPMessage
from typing import IO
from urllib.error import HTTPError, URLError
from urllib.parse import urlencode
from urllib.request import HTTPRedirectHandler, Request, build_opener

import msgspec
from msgspec import Struct

SECONDS = 10.0
EARLY = 120.0
"""So long before its end a token is no longer used, at most half its life."""
USUAL_LIFE = 3600.0
LONGEST_ANSWER = 65_536


class Grant(Struct, frozen=True, kw_only=True):
    """Where tokens are to be had and for what: `scope` as the provider wants it, several apart by spaces."""

    token_url: str
    client_id: str
    client_secret: str = ""
    refresh_token: str = ""
    scope: str = ""


class TokenRefused(Exception):
    """No token is to be had: the provider's error code and words, or what stood in the way."""


class _Answer(Struct, frozen=True):
    access_token: str = ""
    expires_in: float | None = None
    refresh_token: str = ""
    error: str = ""
    error_description: str = ""


class Tokens:
    """The token in use, fetched anew shortly before it ends. `clock` is monotonic, in seconds."""

    def __init__(self, grant: Grant, clock: Callable[[], float]) -> None:
        self._grant = grant
        self._clock = clock
        self._refresh_token = grant.refresh_token
        self._token = ""
        self._good_until = 0.0
        self._asking = asyncio.Lock()

    async def get(self) -> str:
        """A token that holds. Raises TokenRefused."""
        async with self._asking:
            if not self._token or self._clock() >= self._good_until:
                asked = self._clock()
                answer = await asyncio.to_thread(_ask, self._grant, self._refresh_token)
                life = USUAL_LIFE if answer.expires_in is None else answer.expires_in
                self._token = answer.access_token
                self._good_until = asked + max(life - EARLY, life / 2)
                self._refresh_token = answer.refresh_token or self._refresh_token
            return self._token

    def forget(self) -> None:
        """The relay did not take it: the next one is fetched whatever its age."""
        self._token = ""


class _StayHere(HTTPRedirectHandler):
    """Secrets go to the address that was configured and to no other."""

    def redirect_request(  # noqa: PLR0917  # as urllib calls it
        self, req: Request, fp: IO[bytes], code: int, msg: str, headers: HTTPMessage, newurl: str
    ) -> Request | None:
        """Follows nothing: the answer counts as it is."""
        return None


def _ask(grant: Grant, refresh_token: str) -> _Answer:
    fields = {"client_id": grant.client_id, "client_secret": grant.client_secret, "scope": grant.scope}
    if refresh_token:
        fields |= {"grant_type": "refresh_token", "refresh_token": refresh_token}
    else:
        fields["grant_type"] = "client_credentials"
    body = urlencode({name: value for name, value in fields.items() if value}).encode("ascii")
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
    request = Request(grant.token_url, data=body, headers=headers)  # noqa: S310 # the configuration allows http(s) alone
    try:
        with build_opener(_StayHere).open(request, timeout=SECONDS) as response:
            answer = _read(response.read(LONGEST_ANSWER))
    except HTTPError as error:
        with error:
            told = _read(error.read(LONGEST_ANSWER))
        words = " ".join(f"{told.error} {told.error_description}".split()) or str(error.reason)
        raise TokenRefused(f"No access token: {error.code} {words}"[:500]) from None
    except (URLError, OSError) as error:
        raise TokenRefused(f"No access token: {getattr(error, 'reason', error)}") from None
    if not answer.access_token or any(not "!" <= character <= "~" for character in answer.access_token):
        raise TokenRefused("No access token: the answer of the token address holds none.")
    return answer


def _read(body: bytes) -> _Answer:
    try:
        return msgspec.json.decode(body, type=_Answer, strict=False)
    except msgspec.MsgspecError:
        return _Answer()
