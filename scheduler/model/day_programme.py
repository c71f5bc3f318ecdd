"""The day programme of a visit as somebody who is registered for the visit plans by it. Pure.

Who comes to a visit sees the items that everybody may see, and those that are shown to the same readers as the visit; a
private item is for organisers alone.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from scheduler.model.digest import Listed
from scheduler.model.event import Event, Occurrence, Place, Texts
from scheduler.model.notices import ABSENT, Noted, same_title
from scheduler.model.occurrences import instants
from scheduler.model.registration import Registration


class NotedItem(Struct, frozen=True, array_like=True):
    """One date of an item as it was noted. `host` is None where it does not decide the place."""

    start: str
    end: str
    timezone: str
    alive: bool
    title: Texts
    format: str
    host: str | None
    place: Place

    @property
    def instants(self) -> tuple[datetime, datetime]:
        """Between which UTC instants it lay."""
        return instants(self.start, self.end, self.timezone)


def shown_to_visitors(visit: Event, item: Event) -> bool:
    """True for an item that somebody registered for the visit may see."""
    if not item.published or item.visibility == "private":
        return False
    return item.visibility in {"public", visit.visibility}


def day_programme(
    visit: Event,
    visit_dates: Sequence[Occurrence],
    items: Iterable[Event],
    dates: Mapping[str, Sequence[Occurrence]],
    row: Registration,
) -> tuple[Listed, ...]:
    """The dates of the items that an attendee may see, by start, cancelled ones too.

    Of a visit that takes place on several dates, those that lie within the dates that they come on.
    """
    theirs = [date for date in visit_dates if row.attends(date.id)]
    partly = len(theirs) < len(visit_dates)
    found = [
        Listed(kind="item", event=item, date=date)
        for item in items
        if shown_to_visitors(visit, item)
        for date in dates.get(item.id, ())
        if not partly or any(_overlap(date, one) for one in theirs)
    ]
    return tuple(sorted(found, key=lambda one: (one.date.start_at, one.date.id)))


def takes_place(one: Listed) -> bool:
    """True unless the item, or this date of it, was cancelled."""
    return one.event.alive and one.date.alive


def noted_items(listed: Iterable[Listed]) -> Noted:
    """Every item as it is, by the id of its date."""
    return {one.date.id: _text(one.event, one.date, alive=takes_place(one)) for one in listed}


def items_changed(before: Mapping[str, str], after: Mapping[str, str], language: str) -> Noted:
    """The items that are another way in `after`, as they were; one that was not there is noted as absent."""
    return {
        key: before.get(key, ABSENT)
        for key in {**before, **after}
        if _differ(item_of(before.get(key, ABSENT)), item_of(after.get(key, ABSENT)), language)
    }


def item_of(text: str) -> NotedItem | None:
    """An item as it was noted; None for one that there was not."""
    return msgspec.json.decode(text, type=NotedItem | None)


def as_it_was(visit: Event, key: str, was: NotedItem) -> Listed:
    """A noted item as an event with its date: how it reads, and nothing more."""
    start_at, end_at = was.instants
    event = replace(
        visit,
        id=key.rpartition(".")[0],
        title=was.title,
        status="confirmed",
        start=was.start,
        end=was.end,
        timezone=was.timezone,
        format=was.format,
        host=was.host,
        place=was.place,
        recurrence=None,
    )
    date = Occurrence(
        id=key, event_id=event.id, position=0, start=was.start, end=was.end, start_at=start_at, end_at=end_at
    )
    return Listed(kind="item", event=event, date=date)


class PresentProgramme(Struct, frozen=True):
    """A day programme as it now is, read in a language: what that leaves of noted differences."""

    noted: Noted
    language: str

    def still(self, before: Mapping[str, str]) -> Noted:
        """Those that were not undone."""
        present = {key: self.noted[key] for key in before if key in self.noted}
        return items_changed(before, present, self.language)

    def ahead(self, before: Mapping[str, str], instant: datetime) -> Noted:
        """Those that can still help somebody at a UTC instant."""
        return {key: was for key, was in before.items() if any(end > instant for _, end in self._spans(key, was))}

    def near(self, before: Mapping[str, str], instant: datetime, within: timedelta) -> bool:
        """True when one of them is about what begins soon."""
        spans = [span for key, was in before.items() for span in self._spans(key, was)]
        return any(end > instant and start <= instant + within for start, end in spans)

    def _spans(self, key: str, was: str) -> list[tuple[datetime, datetime]]:
        found = (item_of(was), item_of(self.noted.get(key, ABSENT)))
        return [one.instants for one in found if one is not None]


def of_interest(listed: Iterable[Listed], instant: datetime) -> tuple[Listed, ...]:
    """The items that take place and are not over at a UTC instant."""
    return tuple(one for one in listed if takes_place(one) and one.date.end_at > instant)


def _overlap(one: Occurrence, other: Occurrence) -> bool:
    return one.start_at < other.end_at and other.start_at < one.end_at


def _differ(was: NotedItem | None, now: NotedItem | None, language: str) -> bool:
    if was is None or now is None or not (was.alive and now.alive):
        return (was is not None and was.alive) != (now is not None and now.alive)
    where = (was.format, was.host, was.place) != (now.format, now.host, now.place)
    when = (was.start, was.end, was.instants) != (now.start, now.end, now.instants)
    return when or where or not same_title(was.title, now.title, language)


def _text(event: Event, date: Occurrence, *, alive: bool) -> str:
    item = NotedItem(
        date.start,
        date.end,
        event.timezone,
        alive,
        event.title,
        event.format,
        # With a city of its own, a place does not depend on whose house the event's host has.
        None if event.place.city else event.host,
        replace(event.place, access={}),
    )
    return msgspec.json.encode(item, order="deterministic").decode()
