"""Sends the examples of the API's description to a running service; `python -m tests.api.recording` writes its answers.

What differs from run to run (ids, secrets) is replaced by samples in order of appearance, so that a recorded answer
can be compared with a fresh one as it stands.
"""

import asyncio
import re
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
from msgspec.structs import replace
from sqlalchemy import Connection, update

from scheduler.clock import use_packaged_tzdata
from scheduler.store import messages
from scheduler.store.tables import message
from scheduler.web.api.examples import Example, all_examples
from scheduler.web.api.reference import operations_of
from tests.floors import ROOT
from tests.running import Api, event_body, started

FILE = ROOT / "scheduler/web/api/examples.json"
_ID = re.compile(r"\b01[0-9a-hjkmnp-tv-z]{24}\b")
_SECRET = re.compile(r"enspired_(key|feed)_[0-9a-f]{8}_[\w-]{43}")
_PREFIX = re.compile(r'(?<=key:)[0-9a-f]{8}|(?<="prefix":")[0-9a-f]{8}')
_CURSOR = re.compile(r"cursor=[\w-]+")
_DIGITS = "0123456789abcdefghjkmnpqrstvwxyz"


class Samples:
    """Replaces what differs from run to run."""

    def __init__(self) -> None:
        self._ids: dict[str, str] = {}

    def plain(self, answer: Any) -> Any:
        """The same answer with sample ids and secrets."""
        text = msgspec.json.encode(answer).decode()
        text = _SECRET.sub(r"enspired_\1_df8c4151_shown-this-once", text)
        text = _ID.sub(lambda match: self._ids.setdefault(match[0], self._next()), text)
        text = _CURSOR.sub("cursor=MjAyNy0wMy0xNg", text)
        return msgspec.json.decode(_PREFIX.sub("df8c4151", text))

    def _next(self) -> str:
        return f"01hzy3v8q4c7k2m9n5p6r8s1{_DIGITS[len(self._ids) // 32]}{_DIGITS[len(self._ids) % 32]}"


async def world(api: Api) -> dict[str, str]:
    """What the examples refer to in braces."""
    published = await api.event(title={"en": "Climate data in the classroom"}, seats={"on_site": 30})
    lecture = await api.event(kind="guest-lecture", title={"en": "Teaching in two languages"}, start="2027-04-01T10:00",
                              end="2027-04-01T12:00")  # fmt: skip
    draft, spare = await api.event(status="draft"), await api.event(status="draft")
    own = event_body(title="From our student system", start="2027-06-01", end=None)
    await api.admin.put("/api/v1/events/by-external-id/sis/1", json=own)
    registration = await api.register(published, institution="vives")
    feed = await api.admin.post("/api/v1/subscriptions", json={"name": "Everything"})
    return {
        "published": published["id"],
        "lecture": lecture["id"],
        "draft": draft["id"],
        "spare": spare["id"],
        "registration": registration["id"],
        "message": await api.write(lambda conn: _sent(conn, registration["id"])),
        "subscription": feed.json()["id"],
        "prefix": api.keys["viewer"].split("_")[2],
    }


def _sent(conn: Connection, registration_id: str) -> str:
    """The first mail to an attendee, as if it had left: whether it has, the real sender decides at its own pace."""
    row = messages.of_registration(conn, registration_id)[0]
    conn.execute(update(message).where(message.c.id == row.id).values(state="sent", sent_at=row.created_at))
    return row.id


async def play(api: Api) -> list[tuple[Example, Any]]:
    """Sends every example in order; each with the answer it got (None for no body), in samples."""
    names, samples = await world(api), Samples()
    paths = {str(handler.operation_id): (method, path) for path, method, handler in operations_of(api.litestar)}
    played = []
    for one in all_examples():
        api.clock.move(seconds=1)  # so that what is ordered by its making has one order
        method, path = paths[one.operation]
        address = path.format(**{name: _filled(value, names) for name, value in one.names.items()})
        headers = {name: _filled(value, names) for name, value in one.headers.items()}
        client = getattr(api, one.role or "nobody")
        body = None if one.body is None else _filled_body(one.body, names)
        answer = await client.request(method.upper(), address, params=one.query, headers=headers, json=body)
        assert answer.status_code == one.status, f"{one.operation} ({one.summary}): {answer.status_code} {answer.text}"
        played.append((one, samples.plain(answer.json()) if answer.content else None))
    return played


def shortened(answer: Any) -> Any:
    """A recorded answer short enough to be read: of long lists the beginning."""
    if isinstance(answer, dict):
        return {name: shortened(value) for name, value in answer.items()}
    return [shortened(item) for item in answer[:3]] if isinstance(answer, list) else answer


def fresh_and_kept(played: list[tuple[Example, Any]]) -> Iterator[tuple[str, Any, Any]]:
    """Name, fresh and kept answer of every example."""
    for one, answer in played:
        yield f"{one.operation}: {one.summary}", shortened(answer), one.answer


def _filled(text: str, names: dict[str, str]) -> str:
    return re.sub(r"\{(\w+)\}", lambda match: names[match[1]], text)


def _filled_body(body: Any, names: dict[str, str]) -> Any:
    text = msgspec.json.encode(body).decode()
    return msgspec.json.decode(re.sub(r"\{(published|draft|lecture)\}", lambda match: names[match[1]], text))


async def record() -> None:
    """Writes the answers of a running service into the packaged file."""
    with tempfile.TemporaryDirectory() as folder:
        async with started(Path(folder)) as api:
            played = await play(api)
    recorded = [replace(one, answer=shortened(answer)) for one, answer in played]
    FILE.write_bytes(msgspec.json.format(msgspec.json.encode(recorded), indent=2) + b"\n")


if __name__ == "__main__":
    use_packaged_tzdata()
    asyncio.run(record())
