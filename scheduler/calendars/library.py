"""The feeds of this service: what feeds.publish asks for."""

import asyncio
from collections.abc import Callable, Hashable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date
from typing import TypeVar
from urllib.parse import parse_qsl
from weakref import WeakValueDictionary

from sqlalchemy import Connection

from feeds.errors import Gone, InvalidQuery, NotThere, QueryFault, Unavailable
from feeds.source import Ready, RequestHeaders
from scheduler import errors
from scheduler.calendars.addresses import Asked, is_secret, read_path
from scheduler.calendars.fetches import Fetches
from scheduler.calendars.hot import Hot, HotFeeds
from scheduler.calendars.making import Maker
from scheduler.calendars.openings import Openings
from scheduler.calendars.personal import own_feed
from scheduler.calendars.rendering import Renderer
from scheduler.calendars.selecting import Found, Order, Wanted, find, find_changed, understood
from scheduler.clock import Clock
from scheduler.config import Config
from scheduler.model.subscription import Subscription
from scheduler.store import changes, counters
from scheduler.store.database import Database
from scheduler.texts import Catalogues

_MOST_PARAMETERS = 100
T = TypeVar("T")


class EventLibrary:
    """Feeds (feeds.source.Library): made when asked for after a change, kept until the next one.

    `kept` looks at memory alone. The counters that it goes by are those of `Database.pulse`, which knows of every
    commit of this process before its writer does, and of other nodes' within a second.
    """

    def __init__(self, db: Database, config: Config, clock: Clock, catalogues: Catalogues) -> None:
        self._db = db
        self._pulse = db.pulse
        self._config = config
        self._clock = clock
        self._catalogues = catalogues
        renderer = Renderer(config, catalogues)
        self._maker = Maker(config, catalogues, renderer)
        self._feeds = HotFeeds(config.feeds.hot_feeds, config.feeds.hot_megabytes, renderer)
        self._openings = Openings(db)
        self._fetches = Fetches()
        self._locks: WeakValueDictionary[Hashable, asyncio.Lock] = WeakValueDictionary()
        # Rendering and compressing must not hold up everybody else; one after the other, so that they share.
        self._thread = ThreadPoolExecutor(1, "feeds")

    def kept(self, path: str, query: bytes, headers: RequestHeaders) -> Ready | None:
        """See feeds.source.Library."""
        feed = self._feeds.get((path, query))
        if feed is None:
            return self._kept_secret(path, headers) if is_secret(path) and not query else None
        pulse = self._pulse  # as in _fresh, which is a call too many here
        return feed.ready if feed.counter == pulse.change and pulse.trusted and self._clock() < feed.until else None

    async def publication(self, path: str, query: str, *, client: str) -> Ready:
        """See feeds.source.Library. The links inside come from the configured public address, never from a header."""
        try:
            asked = read_path(path)
            if asked.secret:
                return await self._subscribed(asked, query, client)
            order = Order(asked=asked, pairs=read_pairs(query))
            return await self._made((path, query.encode("latin-1")), order)
        except errors.Invalid as error:
            raise _refused(error) from error
        except errors.NotFound as error:
            raise NotThere("There is no such calendar.") from error
        except errors.Gone as error:
            raise Gone(error.detail) from error
        except errors.Unavailable as error:
            raise Unavailable(error.detail, retry_after=error.retry_after) from error

    async def flush(self) -> None:
        """Writes down which subscriptions were fetched."""
        await self._fetches.flush(self._db)

    def close(self) -> None:
        """Makes no more feeds."""
        self._thread.shutdown(wait=False, cancel_futures=True)

    def _fresh(self, feed: Hot) -> bool:
        pulse = self._pulse
        return pulse.change == feed.counter and pulse.trusted and self._clock() < feed.until

    def _kept_secret(self, path: str, headers: RequestHeaders) -> Ready | None:
        asked = read_path(path)
        row = self._openings.known(asked.secret)
        feed = self._feeds.get(_key(row, asked)) if row is not None else None
        if row is None or feed is None or not self._fresh(feed):
            return None
        client = next((value for name, value in headers if name == b"user-agent"), b"")
        self._fetches.note(row.id, client.decode("latin-1"), self._clock())
        return feed.ready

    async def _subscribed(self, asked: Asked, query: str, client: str) -> Ready:
        # Looked up first: what a stranger may learn must not depend on what stands behind the address.
        row = await self._openings.open(asked.secret)
        if query:
            raise _own_filter(query)
        now = self._clock()
        self._fetches.note(row.id, client, now)
        order = Order(asked=asked, pairs=read_pairs(row.query), reader=row.reader(), name=row.name)
        if not row.email:
            return await self._made(_key(row, asked), order)
        language, today = dict(order.pairs).get("lang", self._config.languages.default), now.astimezone(UTC).date()
        return await self._db.read(
            lambda conn: own_feed(
                conn,
                row.email,
                language,
                asked.form,
                today=today,
                config=self._config,
                catalogues=self._catalogues,
            )
        )

    async def _made(self, key: Hashable, order: Order) -> Ready:
        # Many ask for the same feed after a change; it is made once.
        async with self._locks.setdefault(key, asyncio.Lock()):
            feed = self._feeds.get(key)
            if feed is not None and (self._fresh(feed) or await self._still_good(feed)):
                return feed.ready
            today = self._clock().astimezone(UTC).date()
            renewed = await self._renewed(feed, today) if feed is not None else None
            if renewed is None:
                renewed = await self._new(feed, order, today)
            self._pulse.publish({counters.CHANGE: renewed.counter})
            self._feeds.put(key, renewed)
            return renewed.ready

    async def _still_good(self, feed: Hot) -> bool:
        """The same asked of the database, where nobody listens to other nodes."""
        if self._pulse.trusted or self._clock() >= feed.until:
            return False
        return await self._db.read(changes.current) == feed.counter

    async def _renewed(self, feed: Hot, today: date) -> Hot | None:
        """The feed with what changed since; None where it has to be read anew."""
        if feed.wanted.order.asked.event or feed.wanted.today != today:
            return None
        config = self._config
        found = await self._db.read(lambda conn: find_changed(conn, feed.wanted, feed.counter, config))
        if found is None or found.read > feed.room:
            return None
        if feed.chunks is None and (found.events or not found.judged.isdisjoint(feed.keys)):
            return None
        return await self._in_thread(lambda: self._maker.renewed(feed, found))

    async def _new(self, before: Hot | None, order: Order, today: date) -> Hot:
        config = self._config

        def read(conn: Connection) -> tuple[Wanted, Found]:
            wanted = understood(conn, order, config, today)
            return wanted, find(conn, wanted, config)

        wanted, found = await self._db.read(read)
        return await self._in_thread(lambda: self._maker.new(before, wanted, found))

    async def _in_thread(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)


def read_pairs(query: str) -> tuple[tuple[str, str], ...]:
    """The parameters of a raw query string. Raises InvalidQuery for more than a hundred."""
    try:
        return tuple(parse_qsl(query, keep_blank_values=True, max_num_fields=_MOST_PARAMETERS))
    except ValueError:
        raise InvalidQuery(f"A feed takes at most {_MOST_PARAMETERS} parameters.") from None


def _refused(error: errors.Invalid) -> InvalidQuery:
    faults = [QueryFault(fault.pointer, fault.detail, fault.example, fault.code) for fault in error.faults]
    return InvalidQuery(" ".join(fault.detail for fault in faults), faults)


def _own_filter(query: str) -> InvalidQuery:
    detail = "This address carries its own filter; make another subscription for another one."
    names = dict.fromkeys(name[:60] for name, _ in read_pairs(query))
    return InvalidQuery(detail, [QueryFault(f"/{name}", "This address takes no parameters.") for name in names])


def _key(row: Subscription, asked: Asked) -> Hashable:
    """What a subscription's feed is kept under: everything that decides what is in it."""
    return row.id, asked.form, row.query, row.name, row.institution, row.programmes
