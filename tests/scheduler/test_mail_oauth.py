"""OAuth 2.0 for relays: a real token address, a real server that wants XOAUTH2 or OAUTHBEARER."""

import asyncio
import json
import time
from base64 import b64decode
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import parse_qsl

import pytest
from aiosmtpd.smtp import SMTP, AuthResult

from scheduler.mail.oauth import Grant, TokenRefused, Tokens
from scheduler.mail.probe import objection
from scheduler.mail.smtp import Relay, SmtpTransport
from scheduler.mail.transport import Delivered, Envelope, Refused
from tests.web_server import Quiet, WebServer

MAIL = Envelope(
    sender="agenda@example.org",
    recipient="ana@example.org",
    message_id="<1@x.org>",
    data=b"Subject: x\r\n\r\nhello\r\n",
)


class TokenAddress:
    """A provider: remembers what it was asked for and gives tokens by number, or the answers it is told to."""

    def __init__(self) -> None:
        self.asked: list[dict[str, str]] = []
        self.answers: list[tuple[int, Any]] = []
        self.life: float = 3600
        provider = self

        class Asked(Quiet, BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                provider.asked.append(dict(parse_qsl(body)))
                usual = {"access_token": f"token-{len(provider.asked)}", "expires_in": provider.life}
                status, answer = provider.answers.pop(0) if provider.answers else (200, usual)
                self.send_response(status)
                if status == 302:
                    self.send_header("Location", str(answer))
                self.end_headers()
                self.wfile.write(json.dumps(answer).encode())

        self._server = WebServer(Asked)
        self.url = f"{self._server.url}/token"
        self.stop = self._server.stop


@pytest.fixture
def provider() -> Iterator[TokenAddress]:
    address = TokenAddress()
    yield address
    address.stop()


class Doorkeeper:
    """aiosmtpd's handler: takes mail from whoever shows a token that is good."""

    def __init__(self, mechanism: str) -> None:
        self.good = {"token-1"}
        self.shown: list[str] = []
        self.mails: list[bytes] = []
        setattr(self, f"auth_{mechanism}", self._judge)

    async def _judge(self, server: Any, args: list[str]) -> AuthResult:
        words = b64decode(args[1]).decode()
        self.shown.append(words)
        if any(f"auth=Bearer {token}\x01\x01" in words for token in self.good):
            return AuthResult(success=True, handled=False)
        await server.push("334 eyJzdGF0dXMiOiI0MDEifQ==")
        await server._reader.readline()
        return AuthResult(success=False, handled=False, message="535 5.7.8 Bad token")

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802
        self.mails.append(envelope.content)
        return "250 taken"


def grant(provider: TokenAddress, **more: str) -> Grant:
    return Grant(token_url=provider.url, client_id="app", client_secret="s3cret", scope="mail.send", **more)


@pytest.mark.parametrize("mechanism", ["XOAUTH2", "OAUTHBEARER"])
async def test_a_mail_goes_out_with_a_token_and_a_revoked_one_is_replaced(
    provider: TokenAddress, mechanism: str
) -> None:
    keeper = Doorkeeper(mechanism)
    server = await asyncio.get_running_loop().create_server(
        lambda: SMTP(keeper, hostname="sink.test", auth_require_tls=False), "127.0.0.1", 0
    )
    try:
        port = server.sockets[0].getsockname()[1]
        tokens = Tokens(grant(provider), time.monotonic)
        relay = Relay(host="127.0.0.1", port=port, security="none", username="agenda@example.org", tokens=tokens)
        for expected in (1, 2):
            transport = SmtpTransport(relay, time.monotonic)
            assert isinstance(await transport.deliver(MAIL, _yes), Delivered)
            await transport.close()
            assert len(keeper.mails) == expected
            keeper.good = {"token-2"}  # what was good is revoked; the next one is asked for
        assert len(provider.asked) == 2
        assert "agenda@example.org" in keeper.shown[0]
        assert await objection(relay, "agenda@example.org") == ""
        keeper.good = set()
        transport = SmtpTransport(relay, time.monotonic)
        refused = await transport.deliver(MAIL, _yes)
        assert isinstance(refused, Refused)
        assert (refused.failure.permanent, refused.again_in is not None) == (False, True)
        assert "535" in refused.failure.text
        await transport.close()
    finally:
        server.close()
        await asyncio.sleep(0.05)


async def test_the_client_speaks_for_itself_unless_it_has_a_refresh_token(provider: TokenAddress) -> None:
    await Tokens(grant(provider), time.monotonic).get()
    await Tokens(grant(provider, refresh_token="r1"), time.monotonic).get()
    common = {"client_id": "app", "client_secret": "s3cret", "scope": "mail.send"}
    assert provider.asked == [
        {**common, "grant_type": "client_credentials"},
        {**common, "grant_type": "refresh_token", "refresh_token": "r1"},
    ]


async def test_a_token_is_kept_until_shortly_before_its_end_and_asked_for_once_by_many(provider: TokenAddress) -> None:
    now = 0.0
    tokens = Tokens(grant(provider), lambda: now)
    assert set(await asyncio.gather(*(tokens.get() for _ in range(8)))) == {"token-1"}
    now = 3600 - 121
    assert await tokens.get() == "token-1"
    now = 3600 - 119
    assert await tokens.get() == "token-2"
    provider.life = 60
    now += 4000
    assert await tokens.get() == "token-3"
    now += 29
    assert await tokens.get() == "token-3"
    now += 2
    assert await tokens.get() == "token-4"


async def test_a_refresh_token_that_is_replaced_is_used_from_then_on(provider: TokenAddress) -> None:
    provider.answers = [(200, {"access_token": "a", "expires_in": "10", "refresh_token": "r2"})]
    tokens = Tokens(grant(provider, refresh_token="r1"), lambda: 0.0)
    await tokens.get()
    tokens.forget()
    await tokens.get()
    assert [one["refresh_token"] for one in provider.asked] == ["r1", "r2"]


@pytest.mark.parametrize(("status", "answer", "words"), [
    (400, {"error": "invalid_grant", "error_description": "Token has\nbeen revoked."}, "invalid_grant Token has been"),
    (500, {}, "500"), (200, {}, "holds none"), (200, {"access_token": "a\r\nb"}, "holds none"), (200, [], "holds none"),
    (302, "http://127.0.0.1:1/elsewhere", "302"),
])  # fmt: skip
async def test_a_refusal_says_why_and_no_secret(
    provider: TokenAddress, status: int, answer: object, words: str
) -> None:
    provider.answers = [(status, answer)]
    with pytest.raises(TokenRefused) as refused:
        await Tokens(grant(provider, refresh_token="r1"), time.monotonic).get()
    assert words in str(refused.value)
    assert not any(secret in str(refused.value) for secret in ("s3cret", "r1"))
    assert len(provider.asked) == 1


async def test_a_token_address_nobody_answers_at_is_the_relays_trouble() -> None:
    tokens = Tokens(Grant(token_url="http://127.0.0.1:1/", client_id="a"), time.monotonic)
    with pytest.raises(TokenRefused):
        await tokens.get()


async def _yes() -> bool:
    return True
