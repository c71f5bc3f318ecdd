"""What Thunderbird, Evolution and vdirsyncer asked of a running service, asked again: each answer is the one they got.

The requests were captured by `python -m tests.interop.clients --record`; docs/interop.md tells how. Between them the
same things happen as then: an event moves, a series changes its dates, an event is called off, the address is revoked.
"""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from tests.interop.clients import captures
from tests.interop.clients.story import Act, events, steps, subscription
from tests.running import BASE, Api

CLIENTS = ("thunderbird", "evolution", "vdirsyncer")
CONDITIONAL = ("thunderbird", "evolution")


class Replay:
    """The story's events in a service, and requests as captured; `tags` are the ETags behind the captured names."""

    def __init__(self, api: Api) -> None:
        self.api = api
        self.paths: dict[str, str] = {}
        self.feed = ""
        self.secret = ""
        self.tags: dict[str, str] = {}

    async def prepare(self) -> None:
        """Makes the events and the subscription."""
        for body in events(self.api.clock.now.date()):
            made = await self.api.event(**{"host": None, **body})
            self.paths[made["title"]["en"]] = f"/api/v1/events/{made['id']}"
        made = (await self.api.admin.post("/api/v1/subscriptions", json=subscription())).json()
        self.paths[""] = f"/api/v1/subscriptions/{made['id']}"
        self.feed = urlsplit(made["address"]).path
        self.secret = self.feed.split("/")[3]

    async def do(self, act: Act) -> None:
        """Changes something over the API."""
        headers = {"If-Match": "*"} if act.method == "PATCH" else {}
        path = self.paths[act.title] + act.path
        done = await self.api.admin.request(act.method, path, json=act.body, headers=headers)
        assert done.status_code == 200, done.text

    async def ask(self, captured: Mapping[str, Any]) -> httpx.Response:
        """The captured request with its very headers, an ETag's name replaced by the ETag."""
        path = captured["path"].replace("{secret}", self.secret)
        assert path == self.feed
        headers = {name: self.tags.get(value, value) for name, value in captured["headers"].items()}
        # A request of its own: one that the client makes would get headers that the program did not send.
        return await self.api.nobody.send(httpx.Request(captured["method"], f"{BASE}{path}", headers=headers))

    def check_tag(self, captured: Mapping[str, Any], answer: httpx.Response) -> None:
        """The ETag is another one exactly where the program then got another one."""
        name, tag = captured["etag"], answer.headers.get("etag", "")
        known = self.tags.setdefault(name, tag) if name else ""
        assert tag == known
        assert [one for one, value in self.tags.items() if value == tag] == ([name] if name else [])


@pytest.mark.parametrize("name", CLIENTS)
async def test_what_a_program_once_asked_is_answered_as_it_was_then(api: Api, name: str) -> None:
    replay = Replay(api)
    await replay.prepare()
    requests = captures.read(name)["requests"]
    seconds = requests[0]["at"]
    for step in steps(api.clock.now.date()):
        for act in step.acts:
            await replay.do(act)
        asked = [captured for captured in requests if captured["step"] == step.name]
        assert asked, f"{name} asked nothing in the step {step.name}"
        for captured in asked:
            api.clock.move(seconds=captured["at"] - seconds)
            seconds = captured["at"]
            answer = await replay.ask(captured)
            assert answer.status_code == captured["status"], f"{step.name}: {answer.text}"
            replay.check_tag(captured, answer)


@pytest.mark.parametrize("name", CLIENTS)
def test_a_captured_story_has_the_answers_of_every_step(name: str) -> None:
    requests = captures.read(name)["requests"]
    seen = {
        step: {one["status"] for one in requests if one["step"] == step} for step in (one["step"] for one in requests)
    }
    unchanged = 304 if name in CONDITIONAL else 200
    assert 200 in seen["subscribed"]
    assert seen["unchanged"] == {unchanged}
    assert all(200 in seen[step] for step in ("moved", "dates", "cancelled"))
    assert seen["revoked"] == {410}


@pytest.mark.parametrize("name", CLIENTS)
def test_a_capture_holds_no_secret_and_no_etag_of_its_day(name: str) -> None:
    record = captures.read(name)
    for one in record["requests"]:
        assert one["path"] == "/feeds/s/{secret}/agenda.ics"
        assert one["etag"] in ("", *(f"{{etag {number}}}" for number in range(1, 9)))
        assert one["headers"].get("if-none-match", "{etag").startswith("{etag")
        assert "enspired_feed_" not in str(one)
