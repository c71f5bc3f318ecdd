"""Earlier versions of one event, read once for all attendees who are told what changed since."""

from datetime import datetime

import msgspec
from msgspec import Struct
from sqlalchemy import Connection

from scheduler.model.event import Event, Occurrence
from scheduler.model.occurrences import occurrences_of
from scheduler.store import notices as store


class Version(Struct, frozen=True):
    """An event as its history has it, which is without joining links, and its dates."""

    event: Event
    dates: tuple[Occurrence, ...]


class Past:
    """The history of an event that changed at `event.modified_at` last. Nothing is read before somebody asks."""

    def __init__(self, conn: Connection, event: Event) -> None:
        self._conn = conn
        self._event = event
        self._snapshots: list[tuple[datetime, str | None]] | None = None
        self._versions: dict[int, Version | None] = {}

    def at(self, instant: datetime) -> Version | None:
        """The version of an instant (UTC); None when nothing changed since, or when the history does not say."""
        if self._event.modified_at <= instant:
            return None
        if self._snapshots is None:
            self._snapshots = store.snapshots(self._conn, self._event.id)
        place = max((index for index, (at, _) in enumerate(self._snapshots) if at <= instant), default=-1)
        if place not in self._versions:
            self._versions[place] = self._version(self._snapshots[place][1]) if place >= 0 else None
        return self._versions[place]

    def _version(self, text: str | None) -> Version | None:
        if not text:
            return None
        stamps = {"created_at": self._event.created_at, "modified_at": self._event.modified_at}
        then = msgspec.convert({**msgspec.json.decode(text, type=dict[str, object]), **stamps}, Event)
        return Version(then, occurrences_of(then))
