"""What of an event is worth a mail when it changes, told apart from what is not. Pure."""

from collections.abc import Mapping
from hashlib import sha256

import msgspec

from scheduler.model.event import Event, Occurrence
from scheduler.model.registration import Registration

TIME = "time"
PLACE = "place"
JOINING = "joining"
TITLE = "title"

Noted = dict[str, str]
"""Aspect -> its value as text; what it looked like is kept with a message until that is sent."""


def noted(event: Event, dates: tuple[Occurrence, ...], registration: Registration) -> Noted:
    """The aspects of an event that this attendee plans by: its time (of the dates they chose), place, way to join."""
    theirs = [(date.id, date.start, date.end, date.status) for date in dates if registration.attends(date.id)]
    place = event.place
    return {
        TIME: _text([event.timezone, theirs]),
        PLACE: _text([event.format, event.host or "", place.room, place.address, sorted(place.city.items())]),
        # A digest: the joining link itself is nothing to keep beside a mail.
        JOINING: sha256(_text([event.online.platform, event.online.url, event.online.dial_in]).encode()).hexdigest(),
        TITLE: _text(sorted(event.title.items())),
    }


def differences(before: Mapping[str, str], now: Noted) -> tuple[str, ...]:
    """The aspects that differ; empty when a change was undone."""
    return tuple(aspect for aspect in (TIME, PLACE, JOINING, TITLE) if before.get(aspect, now[aspect]) != now[aspect])


def old_times(before: Mapping[str, str]) -> tuple[str, list[tuple[str, str, str, str]]]:
    """The zone and the (id, start, end, status) of each date as they were noted; ("", []) when they were not."""
    if TIME not in before:
        return "", []
    zone, dates = msgspec.json.decode(before[TIME], type=tuple[str, list[tuple[str, str, str, str]]])
    return zone, dates


def _text(value: object) -> str:
    return msgspec.json.encode(value).decode()
