"""The feeds of this service: what feeds.publish asks for."""

from datetime import UTC, date, datetime, time, timedelta
from urllib.parse import parse_qsl

from msgspec import Struct
from msgspec.structs import replace

from feeds import publish
from feeds.errors import InvalidQuery, Unavailable
from feeds.source import Ready
from feeds.write import Head, merge_spans
from scheduler import errors
from scheduler.calendars.recent import Recent
from scheduler.calendars.rendering import Renderer
from scheduler.calendars.selecting import ALL, Found, find
from scheduler.clock import Clock
from scheduler.config import Config
from scheduler.store import changes
from scheduler.store.database import Database
from scheduler.texts import Catalogues

_KEPT = 500
_MOST_PARAMETERS = 100
_TABLES = {
    "programme": "programmes",
    "kind": "kinds",
    "country": "countries",
    "level": "levels",
    "area": "key_areas",
    "audience": "audiences",
    "theme": "themes",
}


class Kept(Struct, frozen=True):
    """A feed as it was last made, at which counter."""

    counter: int
    ready: Ready


class EventLibrary:
    """Public feeds (feeds.source.Library): made when asked for after a change, kept until the next one."""

    def __init__(self, db: Database, config: Config, clock: Clock, catalogues: Catalogues) -> None:
        self._db = db
        self._config = config
        self._clock = clock
        self._renderer = Renderer(config, catalogues)
        self._feeds: Recent[tuple[str, str], Kept] = Recent(_KEPT)

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
        pairs, today = read_pairs(query), now.astimezone(UTC).date()
        found = await self._db.read(lambda conn: find(conn, path, pairs, today, self._config))
        ready = publish.ready(self._assemble(found, path, today))
        if kept and kept.ready.plain.etag == ready.plain.etag:
            ready = replace(kept.ready, valid_until=ready.valid_until)
        self._feeds.put((path, query), Kept(found.counter, ready))
        return ready

    def _assemble(self, found: Found, path: str, today: date) -> publish.Publication:
        rendered = self._renderer.render(found)
        midnight = datetime.combine(today, time(0), UTC)
        changed_at = max(found.changed_at or midnight, midnight) if path == ALL else found.events[0].modified_at
        return publish.Publication(
            head=self._head(found),
            vevents=[each.data for each in rendered],
            spans=merge_spans(each.spans for each in rendered),
            last_modified=changed_at,
            valid_until=midnight + timedelta(days=1),
            filename=path.rpartition("/")[2],
            max_age=min(300, self._config.feeds.refresh_minutes * 60),
        )

    def _head(self, found: Found) -> Head:
        config, language = self._config, found.query.options.language
        names = config.feeds.names
        name = next(names[tag] for tag in (*config.fallbacks(language), *names) if tag in names)
        chosen = ", ".join(self._chosen_names(found, language))
        programmes = found.query.chosen.values("programme")
        return Head(
            name=f"{name}: {chosen}" if chosen else name,
            description=config.operator.name,
            refresh=timedelta(minutes=config.feeds.refresh_minutes),
            hex_color=config.programmes[programmes[0]].colour if len(programmes) == 1 else "",
            zone=config.operator.timezone,
        )

    def _chosen_names(self, found: Found, language: str) -> list[str]:
        return [
            self._config.name(_TABLES[facet], value, language) if facet in _TABLES else value
            for facet, values in found.query.chosen.facets
            for value in values
        ]


def read_pairs(query: str) -> list[tuple[str, str]]:
    """The parameters of a raw query string. Raises InvalidQuery for more than a hundred."""
    try:
        return parse_qsl(query, keep_blank_values=True, max_num_fields=_MOST_PARAMETERS)
    except ValueError:
        raise InvalidQuery(f"A feed takes at most {_MOST_PARAMETERS} parameters.") from None
