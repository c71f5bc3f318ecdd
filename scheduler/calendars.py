"""Our events as feeds: which entries a query selects, rendered once per public revision.

Day by day, not second by second: the horizon and the tombstones of cancelled events move at midnight UTC, so that a
feed is the same bytes all day unless an event changed.
"""

from collections import OrderedDict
from collections.abc import Hashable
from datetime import UTC, date, datetime, time, timedelta
from typing import Generic, TypeVar
from urllib.parse import parse_qsl

from msgspec import Struct
from msgspec.structs import replace
from sqlalchemy import Connection

from feeds import publish
from feeds.errors import InvalidQuery, NotThere, Unavailable
from feeds.source import Ready
from feeds.write import Head, Spans, merge_spans, vevent, zones_of
from scheduler import errors
from scheduler.clock import Clock
from scheduler.config import Config
from scheduler.model.access import NOBODY, may_read
from scheduler.model.entries import Surroundings, entry_of
from scheduler.model.event import Event, Occurrence
from scheduler.model.filter import Filter, facets_known, read_filter
from scheduler.model.institution import Institution
from scheduler.model.intake_known import known_of
from scheduler.model.links import Addresses
from scheduler.store import changes, events, institutions, selection
from scheduler.store.database import Database
from scheduler.texts import Catalogues

_SELECTIONS_KEPT = 500
_ENTRIES_KEPT = 20_000
_MOST_PARAMETERS = 100

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")


class Recent(Generic[Key, Value]):
    """The values used last, up to a number of them."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._values: OrderedDict[Key, Value] = OrderedDict()

    def get(self, key: Key) -> Value | None:
        """A value, which counts as used now."""
        value = self._values.get(key)
        if value is not None:
            self._values.move_to_end(key)
        return value

    def put(self, key: Key, value: Value) -> None:
        """Keeps a value, forgetting the one unused longest when there are too many."""
        self._values[key] = value
        self._values.move_to_end(key)
        if len(self._values) > self._most:
            self._values.popitem(last=False)


class Rendered(Struct, frozen=True):
    """One event as VEVENT bytes and the zones they use."""

    data: bytes
    spans: Spans


class Kept(Struct, frozen=True):
    """A feed as it was last made, at which counter."""

    counter: int
    ready: Ready


class Found(Struct, frozen=True, kw_only=True):
    """What a selection read from the store."""

    chosen: Filter
    events: list[Event]
    dates: dict[str, list[Occurrence]]
    wholes: dict[str, Event]
    institutions: dict[str, Institution]
    counter: int
    changed_at: datetime | None


class EventLibrary:
    """The feeds of this service (feeds.source.Library)."""

    def __init__(self, db: Database, config: Config, clock: Clock, catalogues: Catalogues) -> None:
        self._db = db
        self._config = config
        self._clock = clock
        self._catalogues = catalogues
        self._addresses = Addresses(config.server.public_url)
        self._feeds: Recent[tuple[str, str], Kept] = Recent(_SELECTIONS_KEPT)
        self._entries: Recent[tuple[str, int, int, str], Rendered] = Recent(_ENTRIES_KEPT)

    async def publication(self, path: str, query: str, *, host: str) -> Ready:
        """See feeds.source.Library. The links inside come from the configured public address, never from `host`."""
        try:
            return await self._publication(path, query)
        except errors.Invalid as error:
            raise InvalidQuery(" ".join(fault.detail for fault in error.faults)) from error
        except errors.Unavailable as error:
            raise Unavailable(error.detail, retry_after=error.retry_after) from error

    async def _publication(self, path: str, query: str) -> Ready:
        now = self._clock()
        kept = self._feeds.get((path, query))
        counter = await self._db.read(changes.current)
        if kept and kept.counter == counter and kept.ready.valid_until and now < kept.ready.valid_until:
            return kept.ready
        pairs = _pairs(query)
        language = self._language(pairs)
        found = await self._db.read(lambda conn: self._find(conn, path, pairs, now.date()))
        ready = publish.ready(self._assemble(found, language, path, now.date()))
        if kept and kept.ready.plain.etag == ready.plain.etag:
            ready = replace(kept.ready, valid_until=ready.valid_until)
        self._feeds.put((path, query), Kept(found.counter, ready))
        return ready

    def _find(self, conn: Connection, path: str, pairs: list[tuple[str, str]], today: date) -> Found:
        # Read first: a change that comes in between is then seen again, never missed.
        counter = changes.current(conn)
        known = institutions.all_institutions(conn)
        options = ("lang",)
        if path == "/feeds/events.ics":
            chosen = read_filter(pairs, facets_known(known_of(self._config, known)), options)
            found = events.select_all(conn, self._shown(chosen, today), limit=self._config.feeds.max_events)
        else:
            chosen = read_filter(pairs, {}, options)
            found = [self._one(conn, path)]
        kinds = self._config.kinds
        found = [
            event for event in found if not (event.part_of and event.kind in kinds and kinds[event.kind].item_only)
        ]
        return Found(
            chosen=chosen,
            events=found,
            dates=events.dates_of_all(conn, [event.id for event in found]),
            wholes=self._wholes(conn, found),
            institutions=known,
            counter=counter,
            changed_at=changes.last_at(conn),
        )

    def _shown(self, chosen: Filter, today: date) -> object:
        feeds, midnight = self._config.feeds, datetime.combine(today, time(0), UTC)
        first, last = midnight - timedelta(days=feeds.past_days), midnight + timedelta(days=feeds.future_days)
        return (
            events.published()
            & selection.readable(NOBODY)
            & events.overlapping(first, last)
            & events.not_cancelled_before(midnight - timedelta(days=feeds.cancelled_days))
            & selection.matching(chosen)
        )

    @staticmethod
    def _one(conn: Connection, path: str) -> Event:
        event = events.get(conn, path.removeprefix("/events/").removesuffix(".ics"))
        if not path.startswith("/events/") or event is None or not may_read(NOBODY, event):
            raise NotThere("There is no such calendar.")
        return event

    @staticmethod
    def _wholes(conn: Connection, found: list[Event]) -> dict[str, Event]:
        ids = {event.part_of for event in found if event.part_of}
        wanted = events.with_ids(sorted(ids)) & selection.readable(NOBODY)
        return {event.id: event for event in events.select_all(conn, wanted)} if ids else {}

    def _assemble(self, found: Found, language: str, path: str, today: date) -> publish.Publication:
        around = Surroundings(
            institutions=found.institutions,
            wholes=found.wholes,
            config=self._config,
            links=self._addresses,
            t=self._catalogues.translator(language),
        )
        rendered = [self._render(event, found.dates[event.id], around) for event in found.events]
        midnight = datetime.combine(today, time(0), UTC)
        single = path != "/feeds/events.ics"
        return publish.Publication(
            head=self._head(found, language),
            vevents=[each.data for each in rendered],
            spans=merge_spans(each.spans for each in rendered),
            last_modified=found.events[0].modified_at if single else max(found.changed_at or midnight, midnight),
            valid_until=midnight + timedelta(days=1),
            filename=path.rpartition("/")[2],
            max_age=min(300, self._config.feeds.refresh_minutes * 60),
        )

    def _render(self, event: Event, dates: list[Occurrence], around: Surroundings) -> Rendered:
        whole = around.wholes.get(event.part_of or "")
        key = (event.id, event.public_revision, whole.public_revision if whole else 0, around.t.language)
        kept = self._entries.get(key)
        if kept is None:
            entry = entry_of(event, dates, around, "public")
            kept = Rendered(vevent(entry), zones_of([entry]))
            self._entries.put(key, kept)
        return kept

    def _head(self, found: Found, language: str) -> Head:
        feeds = self._config.feeds
        name = next(feeds.names[tag] for tag in (*self._config.fallbacks(language), *feeds.names) if tag in feeds.names)
        chosen = ", ".join(self._names(found, language))
        programmes = found.chosen.values("programme")
        return Head(
            name=f"{name}: {chosen}" if chosen else name,
            description=self._config.operator.name,
            refresh=timedelta(minutes=feeds.refresh_minutes),
            hex_color=self._config.programmes[programmes[0]].colour if len(programmes) == 1 else "",
            zone=self._config.operator.timezone,
        )

    def _names(self, found: Found, language: str) -> list[str]:
        tables = {"programme": "programmes", "kind": "kinds", "country": "countries", "level": "levels"}
        tables |= {"area": "key_areas", "audience": "audiences", "theme": "themes"}
        return [
            self._config.name(tables[facet], value, language) if facet in tables else value
            for facet, values in found.chosen.facets
            for value in values
        ]

    def _language(self, pairs: list[tuple[str, str]]) -> str:
        languages = self._config.languages
        asked = [value for name, value in pairs if name == "lang"]
        if not asked:
            return languages.default
        if len(asked) > 1 or asked[0] not in languages.offered:
            raise InvalidQuery(f"“lang” is one of {', '.join(languages.offered)}.")
        return asked[0]


def _pairs(query: str) -> list[tuple[str, str]]:
    try:
        return parse_qsl(query, keep_blank_values=True, max_num_fields=_MOST_PARAMETERS)
    except ValueError:
        raise InvalidQuery(f"A feed takes at most {_MOST_PARAMETERS} parameters.") from None
