"""An organiser's program: registers events over HTTP with an API key, as a script of theirs would."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from types import TracebackType
from typing import Any, Self
from zoneinfo import ZoneInfo

import httpx

from tests.sink import arrival

BRUSSELS = "Europe/Brussels"


class Organiser:
    """Talks to the API at `url` with the bearer token `key`; a context manager. It blocks.

    Whatever answers with another status than the wanted one fails the test with the answer's text.
    """

    def __init__(self, url: str, key: str = "") -> None:
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        self.http = httpx.Client(base_url=url, headers=headers, timeout=30)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.http.close()

    def create(self, **fields: Any) -> dict[str, Any]:
        """POST an event: a confirmed public workshop in Brussels, except for what `fields` say."""
        return self.send("POST", "/api/v1/events", event(**fields), wanted=201)

    def change(self, found: Mapping[str, Any], **fields: Any) -> dict[str, Any]:
        """PATCH an event that was read before, with the ETag of that reading."""
        headers = {"If-Match": f'"{found["revision"]}"'}
        return self.send("PATCH", f"/api/v1/events/{found['id']}", fields, headers=headers)

    def cancel(self, found: Mapping[str, Any], reason: str = "The speaker is ill") -> dict[str, Any]:
        """Cancel a published event."""
        return self.send("POST", f"/api/v1/events/{found['id']}/cancel", {"reason": reason})

    def register(self, found: Mapping[str, Any], email: str, **fields: Any) -> dict[str, Any]:
        """Register somebody: confirmed at once."""
        body = {"name": "Amal Haddad", "email": email, **fields}
        return self.send("POST", f"/api/v1/events/{found['id']}/registrations", body, wanted=201)

    def withdraw(self, registration: Mapping[str, Any]) -> dict[str, Any]:
        """Give somebody's seat back."""
        path = f"/api/v1/events/{registration['event_id']}/registrations/{registration['id']}"
        return self.send("DELETE", path)

    def read(self, found: Mapping[str, Any]) -> dict[str, Any]:
        """GET an event."""
        return self.send("GET", f"/api/v1/events/{found['id']}")

    def ledger(self, found: Mapping[str, Any], cause: str = "") -> list[dict[str, Any]]:
        """What an event's people were and will be sent, of one cause or of all."""
        items: list[dict[str, Any]] = self.send("GET", f"/api/v1/events/{found['id']}/messages")["items"]
        return [item for item in items if cause in ("", item["cause"])]

    def send(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        wanted: int = 200,
        headers: Mapping[str, str] | None = None,
    ) -> dict[str, Any]:
        """One request with `body` as JSON, and the object that it is answered with."""
        answer = self.http.request(method, path, json=body, headers=headers)
        assert answer.status_code == wanted, f"{method} {path}: {answer.status_code} {answer.text}"
        found: dict[str, Any] = answer.json()
        return found


def day(ahead: int) -> date:
    """A day so many days from now, so that no test depends on the year in which it runs."""
    return arrival().date() + timedelta(days=ahead)


def event(**fields: Any) -> dict[str, Any]:
    """The body of a confirmed public workshop in Brussels in two months, with `fields` on top."""
    return {
        "title": {"en": "Multilingual classrooms"},
        "programme": "enspired",
        "kind": "workshop",
        "start": f"{day(60)}T14:30",
        "end": f"{day(60)}T16:00",
        "timezone": BRUSSELS,
        "status": "confirmed",
        "visibility": "public",
        "reminders": [],
        **fields,
    }


def starting(at: datetime) -> dict[str, str]:
    """`start` and `end` of an event in Brussels that starts at an instant, on a whole minute, and lasts an hour."""
    return {"start": wall(at), "end": wall(at + timedelta(hours=1))}


def wall(at: datetime, timezone: str = BRUSSELS) -> str:
    """An instant as the API takes it: the time on the clock of a zone, with its offset where the clock needs it."""
    local = at.astimezone(ZoneInfo(timezone))
    text = local.replace(tzinfo=None).isoformat(timespec="minutes")
    double = local.utcoffset() != local.replace(fold=1 - local.fold).utcoffset()
    return local.isoformat(timespec="minutes") if double else text
