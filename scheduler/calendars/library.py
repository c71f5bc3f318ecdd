"""The feeds of this service: what feeds.publish asks for."""

from datetime import UTC, date, datetime, time, timedelta
from urllib.parse import parse_qsl

from msgspec import Struct
from msgspec.structs import replace

from feeds import publish
from feeds.errors import Gone, InvalidQuery, NotThere, Unavailable
from feeds.source import Ready
from feeds.write import Head, merge_spans
from scheduler import errors
from scheduler.calendars.addresses import Asked, read_path
from scheduler.calendars.fetches import Fetches
from scheduler.calendars.personal import own_feed
from scheduler.calendars.recent import Recent
from scheduler.calendars.rendering import Renderer
from scheduler.calendars.selecting import Found, find
from scheduler.clock import Clock
from scheduler.config import Config
from scheduler.model.access import NOBODY, Actor
from scheduler.services import subscriptions
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
        self._catalogues = catalogues
        self._renderer = Renderer(config, catalogues)
        self._fetches = Fetches()
        self._feeds: Recent[tuple[str, str], Kept] = Recent(_KEPT)

    async def publication(self, path: str, query: str, *, client: str) -> Ready:
        """See feeds.source.Library. The links inside come from the configured public address, never from a header."""
        try:
            asked = read_path(path)
            if asked.secret:
                return await self._subscribed(asked, query, client)
            return await self._made(asked, (path, query), read_pairs(query), NOBODY)
        except errors.Invalid as error:
            raise InvalidQuery(" ".join(fault.detail for fault in error.faults)) from error
        except errors.NotFound as error:
            raise NotThere("There is no such calendar.") from error
        except errors.Gone as error:
            raise Gone(error.detail) from error
        except errors.Unavailable as error:
            raise Unavailable(error.detail, retry_after=error.retry_after) from error

    async def flush(self) -> None:
        """Writes down which subscriptions were fetched."""
        await self._fetches.flush(self._db)

    async def _subscribed(self, asked: Asked, query: str, client: str) -> Ready:
        if query:
            raise InvalidQuery("This address carries its own filter; make another subscription for another one.")
        row = await self._db.read(lambda conn: subscriptions.opened(conn, asked.secret))
        now = self._clock()
        self._fetches.note(row.id, client, now)
        pairs = read_pairs(row.query)
        if not row.email:
            return await self._made(asked, (row.id, asked.form), pairs, row.reader(), row.name)
        language, today = dict(pairs).get("lang", self._config.languages.default), now.astimezone(UTC).date()
        return await self._db.read(
            lambda conn: own_feed(
                conn, row.email, language, today=today, config=self._config, catalogues=self._catalogues
            )
        )

    async def _made(
        self, asked: Asked, key: tuple[str, str], pairs: list[tuple[str, str]], reader: Actor, name: str = ""
    ) -> Ready:
        now = self._clock()
        kept = self._feeds.get(key)
        counter = await self._db.read(changes.current)
        if kept and kept.counter == counter and kept.ready.valid_until and now < kept.ready.valid_until:
            return kept.ready
        today = now.astimezone(UTC).date()
        found = await self._db.read(
            lambda conn: find(conn, asked.event, pairs, reader, today=today, config=self._config)
        )
        ready = publish.ready(self._assemble(found, asked, today, name))
        if kept and kept.ready.plain.etag == ready.plain.etag:
            ready = replace(kept.ready, valid_until=ready.valid_until)
        self._feeds.put(key, Kept(found.counter, ready))
        return ready

    def _assemble(self, found: Found, asked: Asked, today: date, name: str) -> publish.Publication:
        rendered = self._renderer.render(found)
        midnight = datetime.combine(today, time(0), UTC)
        changed_at = found.events[0].modified_at if asked.event else max(found.changed_at or midnight, midnight)
        return publish.Publication(
            head=self._head(found, name),
            vevents=[each.data for each in rendered],
            spans=merge_spans(each.spans for each in rendered),
            last_modified=changed_at,
            valid_until=midnight + timedelta(days=1),
            filename=f"{asked.event or 'events'}.ics",
            public=not asked.secret,
            max_age=min(300, self._config.feeds.refresh_minutes * 60),
        )

    def _head(self, found: Found, own_name: str) -> Head:
        config, language = self._config, found.query.options.language
        names = config.feeds.names
        name = next(names[tag] for tag in (*config.fallbacks(language), *names) if tag in names)
        chosen = ", ".join(self._chosen_names(found, language))
        programmes = found.query.chosen.values("programme")
        return Head(
            name=own_name or (f"{name}: {chosen}" if chosen else name),
            description=config.operator.name,
            refresh=timedelta(minutes=config.feeds.refresh_minutes),
            hex_color=config.programmes[programmes[0]].colour if len(programmes) == 1 else "",
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
