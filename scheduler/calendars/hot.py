"""The feeds that lie ready in memory, within the bounds of the configuration."""

from collections.abc import Callable, Hashable
from datetime import datetime

from msgspec import Struct

from feeds.chunks import Chunks, Key
from feeds.source import Ready
from scheduler.calendars.recent import Recent
from scheduler.calendars.rendering import Renderer
from scheduler.calendars.selecting import Wanted

_FEED_BYTES = 8_000
_MEGABYTE = 1_000_000


class Hot(Struct, frozen=True, kw_only=True):
    """A feed as it was last made, at which counter, and what is needed to make the next one from it.

    `until` is the UTC instant from which on it is made anew. `chunks` are its events in iCalendar's form, None in
    every other; `keys` are those of its events by id. `room` is how many events more the selection may hold before
    it has to be read whole again.
    """

    wanted: Wanted
    counter: int
    until: datetime
    ready: Ready
    chunks: Chunks | None
    keys: dict[str, Key]
    room: int

    @property
    def weight(self) -> int:
        """About what it takes in memory in bytes, beside the events' own bytes, which feeds share."""
        packed = sum(len(chunk.packed.data) for chunk in self.chunks or ())
        forms = [self.ready.packed] if self.ready.packed else []
        own = sum(len(piece) for form in forms for group in form.pieces for piece in group)
        own += len(self.ready.plain.body) if self.chunks is None else 0
        return _FEED_BYTES + packed + own + 100 * len(self.keys)


class HotFeeds:
    """At most `most` feeds and about `megabytes` of memory; whatever was unused longest goes first."""

    def __init__(self, most: int, megabytes: int, renderer: Renderer) -> None:
        self._feeds: Recent[Hashable, Hot] = Recent(most)
        self.get: Callable[[Hashable], Hot | None] = self._feeds.get
        """A feed, which counts as used now. Not a method: every request comes by here."""
        self._renderer = renderer
        self._limit = megabytes * _MEGABYTE
        self._bytes = 0
        self._held = 0
        self._made = 0

    def __len__(self) -> int:
        return len(self._feeds)

    def put(self, key: Hashable, feed: Hot) -> None:
        """Keeps a feed, perhaps at the cost of others."""
        gone = self._feeds.put(key, feed)
        self._bytes += feed.weight - (gone.weight if gone else 0)
        # What is rendered is counted as too much, and only gone through when that matters.
        if self._bytes + self._held + self._renderer.made_bytes - self._made > self._limit:
            self._shrink()

    def _shrink(self) -> None:
        while self._measured() > self._limit and len(self._feeds) > 1:
            for _ in range(max(1, len(self._feeds) // 8)):
                gone = self._feeds.drop_oldest()
                self._bytes -= gone.weight if gone else 0
                del gone

    def _measured(self) -> int:
        self._made = self._renderer.made_bytes
        self._held = self._renderer.held_bytes()
        return self._bytes + self._held
