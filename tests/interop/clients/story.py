"""What happens to a subscribed calendar while a program watches it: the steps, and what it must show after each.

Nothing here talks to anybody: the same steps drive the programs (tests/interop/clients/run.py) and the replay of
their requests (tests/journeys/test_captured_clients.py).
"""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from msgspec import Struct

ZONE = "Europe/Brussels"
LECTURE, SERIES, VISIT = "A lecture that moves", "A course of four weeks", "A visit that is called off"
AHEAD = timedelta(days=21)
"""How far from now the events lie: near enough for a program that keeps only some weeks at hand."""


class Act(Struct, frozen=True):
    """A request to the API that changes something: of the event with that title, or of the subscription ("")."""

    title: str
    method: str
    path: str
    body: dict[str, Any] | None = None


class Shown(Struct, frozen=True):
    """What a program shows of an event: the UTC instants at which it starts, and whether it counts as cancelled."""

    starts: tuple[datetime, ...]
    cancelled: bool = False


class Step(Struct, frozen=True):
    """`acts` happen, then the program has asked and got `status`, and holds `shown` by title."""

    name: str
    acts: tuple[Act, ...]
    status: int
    shown: Mapping[str, Shown]


def subscription() -> dict[str, Any]:
    """The body of the subscription under test."""
    return {"name": "Interoperability", "query": "lang=en"}


def events(today: date) -> list[dict[str, Any]]:
    """The bodies of the three events, some weeks after `today`."""
    first = today + AHEAD
    common = {
        "programme": "enspired",
        "kind": "workshop",
        "timezone": ZONE,
        "status": "confirmed",
        "visibility": "public",
        "reminders": [],
    }
    return [
        {**common, "title": {"en": LECTURE}, **_span(first, "14:30")},
        {
            **common,
            "title": {"en": SERIES},
            **_span(first, "10:00"),
            "recurrence": {"rule": "FREQ=WEEKLY;COUNT=4"},
        },
        {**common, "title": {"en": VISIT}, **_span(first, "17:00")},
    ]


def steps(today: date) -> list[Step]:
    """The story: subscribed; unchanged; an event moves; a series gets a date more, one less, one moved and one
    cancelled; an event is called off; the address is revoked, upon which a program must keep what it has.
    """
    first = today + AHEAD
    weeks = [first + timedelta(weeks=week) for week in range(5)]
    later = weeks[2] + timedelta(days=2)
    changed = {
        "rule": "FREQ=WEEKLY;COUNT=5",
        "excluded": [f"{weeks[1]}T10:00"],
        "moved": [{"date": f"{weeks[2]}T10:00", **_span(later, "11:45")}],
        "cancelled": [{"date": f"{weeks[3]}T10:00", "reason": "The teacher is ill"}],
    }
    begin = {
        LECTURE: Shown((at(first, "14:30"),)),
        SERIES: Shown(tuple(at(day, "10:00") for day in weeks[:4])),
        VISIT: Shown((at(first, "17:00"),)),
    }
    moved = {**begin, LECTURE: Shown((at(weeks[0] + timedelta(days=1), "09:15"),))}
    left = (at(weeks[0], "10:00"), at(later, "11:45"), at(weeks[4], "10:00"))
    dates = {**moved, SERIES: Shown(left)}
    called_off = {**dates, VISIT: Shown((at(first, "17:00"),), cancelled=True)}
    move = Act(LECTURE, "PATCH", "", _span(first + timedelta(days=1), "09:15"))
    return [
        Step("subscribed", (), 200, begin),
        Step("unchanged", (), 304, begin),
        Step("moved", (move,), 200, moved),
        Step("dates", (Act(SERIES, "PATCH", "", {"recurrence": changed}),), 200, dates),
        Step("cancelled", (Act(VISIT, "POST", "/cancel", {"reason": "The airport is closed"}),), 200, called_off),
        Step("revoked", (Act("", "DELETE", ""),), 410, called_off),
    ]


def at(day: date, clock: str) -> datetime:
    """The UTC instant of a clock time in Brussels."""
    local = datetime.fromisoformat(f"{day}T{clock}").replace(tzinfo=ZoneInfo(ZONE))
    return local.astimezone(UTC)


def _span(day: date, start: str) -> dict[str, str]:
    end = (datetime.fromisoformat(f"{day}T{start}") + timedelta(minutes=90)).isoformat(timespec="minutes")
    return {"start": f"{day}T{start}", "end": end}
