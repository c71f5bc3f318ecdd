"""Makes feeds from what was read: whole, or from the last one with what changed since. Nothing is read here."""

from datetime import UTC, datetime, time, timedelta

from msgspec.structs import replace

from feeds.bodies import Sending, calendar_ready, make_ready
from feeds.chunks import Chunks, cut, splice
from feeds.source import Ready
from scheduler.calendars.heads import head_of
from scheduler.calendars.hot import Hot
from scheduler.calendars.rendering import Renderer
from scheduler.calendars.selecting import Found, Wanted, window
from scheduler.calendars.shapes import SHAPES, Shaping
from scheduler.config import Config
from scheduler.model.links import Addresses
from scheduler.texts import Catalogues


class Maker:
    """Turns selections into feeds."""

    def __init__(self, config: Config, catalogues: Catalogues, renderer: Renderer) -> None:
        self._config = config
        self._catalogues = catalogues
        self._renderer = renderer
        self._addresses = Addresses(config.server.public_url)

    def new(self, before: Hot | None, wanted: Wanted, found: Found) -> Hot:
        """A feed of everything that was found; what is the same as in the one `before` it is not made again."""
        chunks, keys = None, {event_id: (at, event_id) for event_id, at in found.starts.items()}
        if wanted.order.asked.form == "ics":
            items = self._renderer.items(found)
            chunks = cut(items, before.chunks or () if before else ())
            keys = {one.key[1]: one.key for one in items}  # the very objects that other feeds hold
        return Hot(
            wanted=wanted,
            counter=found.counter,
            until=_midnight(wanted) + timedelta(days=1),
            ready=self._ready(before, wanted, found, chunks),
            chunks=chunks,
            keys=keys,
            room=self._config.feeds.max_events - 1 - found.read,
        )

    def renewed(self, before: Hot, found: Found) -> Hot:
        """The feed with what was found to have changed; the same octets as if all of it were made anew."""
        if before.chunks is None:
            return replace(before, counter=found.counter)
        new = self._renderer.items(found)
        gone = {before.keys[event_id] for event_id in found.judged if event_id in before.keys}
        chunks = splice(before.chunks, gone, new) if gone or new else before.chunks
        if chunks == before.chunks:
            return replace(before, counter=found.counter)
        keys = {**before.keys, **{one.key[1]: one.key for one in new}}
        for event_id in found.judged - found.starts.keys():
            keys.pop(event_id, None)
        return Hot(
            wanted=before.wanted,
            counter=found.counter,
            until=before.until,
            ready=self._ready(before, before.wanted, found, chunks),
            chunks=chunks,
            keys=keys,
            room=before.room - found.read,
        )

    def _ready(self, before: Hot | None, wanted: Wanted, found: Found, chunks: Chunks | None) -> Ready:
        sending = self._sending(wanted, found)
        head = head_of(wanted.query, self._config, wanted.order.name)
        if chunks is not None:
            made = calendar_ready(head, chunks, sending)
        else:
            shape = SHAPES[wanted.order.asked.form]
            shaped = replace(sending, media_type=shape.media_type, policy=shape.policy)
            made = make_ready(shape.write(self._shaping(wanted, found, head.name)), shaped)
        if before is not None and before.ready.plain.etag == made.plain.etag:
            return replace(before.ready, valid_until=made.valid_until)
        return made

    def _sending(self, wanted: Wanted, found: Found) -> Sending:
        asked, midnight = wanted.order.asked, _midnight(wanted)
        return Sending(
            filename=f"{asked.event or 'events'}.{asked.form}",
            last_modified=found.modified.at,
            dated=found.modified.alone,
            valid_until=midnight + timedelta(days=1),
            public=not asked.secret,
            max_age=min(300, self._config.feeds.refresh_minutes * 60),
        )

    def _shaping(self, wanted: Wanted, found: Found, name: str) -> Shaping:
        asked = wanted.order.asked
        language, query = wanted.query.options.language, wanted.query.chosen.query()
        link = "&".join(part for part in (query, f"lang={language}") if part)
        return Shaping(
            name=name,
            author=self._config.operator.name,
            entries=self._renderer.entries(found),
            window=window(wanted, self._config),
            today=_midnight(wanted),
            url="" if asked.secret else f"{self._addresses.base}/feeds/events.{asked.form}?{link}",
            page="" if asked.secret else self._addresses.agenda(language, query),
            t=self._catalogues.translator(language),
        )


def _midnight(wanted: Wanted) -> datetime:
    return datetime.combine(wanted.today, time(0), UTC)
