"""Events as VEVENT bytes, made once per public revision and variant, kept as long as some feed holds them."""

from datetime import datetime, timedelta
from weakref import WeakValueDictionary

from msgspec.structs import replace

from feeds.chunks import Item, item
from feeds.entry import Alarm, Entry
from feeds.write import vevent, with_alarm, zones_of
from scheduler.calendars.selecting import Found
from scheduler.config import Config
from scheduler.model.entries import Face, Surroundings, entry_of
from scheduler.model.event import Event
from scheduler.model.feed_options import FeedOptions
from scheduler.model.links import Addresses
from scheduler.texts import Catalogues

ITEM_BYTES = 1_500
"""About what an item takes in memory beside its own bytes."""

_Key = tuple[str, int, int, str, Face, timedelta | None, datetime]


class Renderer:
    """Renders events for feeds. Two feeds with the same event in the same variant hold the same bytes, once."""

    def __init__(self, config: Config, catalogues: Catalogues) -> None:
        self._config = config
        self._catalogues = catalogues
        self._addresses = Addresses(config.server.public_url)
        self._kept: WeakValueDictionary[_Key, Item] = WeakValueDictionary()
        self.made_bytes = 0

    def surroundings(self, found: Found, language: str) -> Surroundings:
        """What the events of a selection are shown with."""
        return Surroundings(
            institutions=found.institutions,
            wholes=found.wholes,
            config=self._config,
            links=self._addresses,
            t=self._catalogues.translator(language),
        )

    def items(self, found: Found) -> list[Item]:
        """The events of a selection as its options want them, by start."""
        around = self.surroundings(found, found.query.options.language)
        made = [self._item(event, found, around, found.query.options) for event in found.events]
        return sorted(made, key=lambda one: one.key)

    def entries(self, found: Found) -> list[Entry]:
        """The same for other forms than iCalendar: alarms are in the entries."""
        options = found.query.options
        around = self.surroundings(found, options.language)
        return [
            _with_alarms(entry_of(event, found.dates.get(event.id, ()), around, face_of(options)), options)
            for event in found.events
        ]

    def held_bytes(self) -> int:
        """What all the bytes that feeds hold take in memory, about. Goes through all of them."""
        return sum(len(one.data) + ITEM_BYTES for one in list(self._kept.values()))

    def _item(self, event: Event, found: Found, around: Surroundings, options: FeedOptions) -> Item:
        whole, start_at = around.wholes.get(event.part_of or ""), found.starts[event.id]
        face, alarm = face_of(options), options.alarm if event.status != "cancelled" else None
        revision = whole.public_revision if whole else 0
        key = (event.id, event.public_revision, revision, around.t.language, face, alarm, start_at)
        kept = self._kept.get(key)
        if kept is None:
            entry = entry_of(event, found.dates.get(event.id, ()), around, face)
            data = vevent(entry) if alarm is None else with_alarm(vevent(entry), Alarm(alarm), entry.summary)
            kept = item((start_at, event.id), data, zones_of([entry]))
            self._kept[key] = kept
            self.made_bytes += len(kept.data) + ITEM_BYTES
        return kept


def face_of(options: FeedOptions) -> Face:
    """The face that a public subscriber's options ask for."""
    if options.busy:
        return "busy"
    return "bar" if options.bars else "public"


def _with_alarms(entry: Entry, options: FeedOptions) -> Entry:
    if options.alarm is None or entry.status == "cancelled":
        return entry
    alarms = (Alarm(options.alarm),)
    return replace(entry, alarms=alarms, overrides=tuple(replace(one, alarms=alarms) for one in entry.overrides))
