"""Events as VEVENT bytes, made once per public revision, language and face."""

from collections.abc import Sequence

from msgspec import Struct

from feeds.entry import Alarm
from feeds.write import Spans, vevent, with_alarm, zones_of
from scheduler.calendars.recent import Recent
from scheduler.calendars.selecting import Found
from scheduler.config import Config
from scheduler.model.entries import Face, Surroundings, entry_of
from scheduler.model.event import Event, Occurrence
from scheduler.model.feed_options import FeedOptions
from scheduler.model.links import Addresses
from scheduler.texts import Catalogues

_KEPT = 20_000
_Key = tuple[str, int, int, str, Face]


class Rendered(Struct, frozen=True):
    """One event as VEVENT bytes and the zones they use."""

    data: bytes
    spans: Spans


class Renderer:
    """Renders events for the public and remembers the bytes."""

    def __init__(self, config: Config, catalogues: Catalogues) -> None:
        self._config = config
        self._catalogues = catalogues
        self._addresses = Addresses(config.server.public_url)
        self._kept: Recent[_Key, Rendered] = Recent(_KEPT)

    def surroundings(self, found: Found, language: str) -> Surroundings:
        """What the events of a selection are shown with."""
        return Surroundings(
            institutions=found.institutions,
            wholes=found.wholes,
            config=self._config,
            links=self._addresses,
            t=self._catalogues.translator(language),
        )

    def render(self, found: Found) -> list[Rendered]:
        """The events of a selection, as its options want them."""
        options = found.query.options
        around = self.surroundings(found, options.language)
        return [
            self._with_wishes(self._one(event, found.dates[event.id], around, face_of(options)), event, around, options)
            for event in found.events
        ]

    def _one(self, event: Event, dates: Sequence[Occurrence], around: Surroundings, face: Face) -> Rendered:
        whole = around.wholes.get(event.part_of or "")
        key = (event.id, event.public_revision, whole.public_revision if whole else 0, around.t.language, face)
        kept = self._kept.get(key)
        if kept is None:
            entry = entry_of(event, dates, around, face)
            kept = Rendered(vevent(entry), zones_of([entry]))
            self._kept.put(key, kept)
        return kept

    @staticmethod
    def _with_wishes(rendered: Rendered, event: Event, around: Surroundings, options: FeedOptions) -> Rendered:
        if options.alarm is None or event.status == "cancelled":
            return rendered
        text = event.title.get(around.t.language) or next(iter(event.title.values()))
        return Rendered(with_alarm(rendered.data, Alarm(options.alarm), text), rendered.spans)


def face_of(options: FeedOptions) -> Face:
    """The face that a public subscriber's options ask for."""
    if options.busy:
        return "busy"
    return "bar" if options.bars else "public"
