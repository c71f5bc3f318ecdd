"""An attendee's own calendars: the file of one event, and the feed of everything their address is registered for.

Both carry the joining link once the seat is theirs, and the UID of their invitation.
"""

from datetime import UTC, date, datetime, time, timedelta

from sqlalchemy import Connection

from feeds import publish
from feeds.entry import Entry
from feeds.source import Ready
from feeds.write import Head, vevent, zones_of
from scheduler.calendars.rendering import Renderer
from scheduler.calendars.selecting import gather
from scheduler.config import Config
from scheduler.model.entries import Face, entry_of
from scheduler.model.event import Event
from scheduler.model.feed_options import FeedOptions, FeedQuery
from scheduler.model.filter import Filter
from scheduler.model.registration import Registration
from scheduler.services.registrations import look_up
from scheduler.store import changes, events, institutions, registrations
from scheduler.texts import Catalogues

Pair = tuple[Registration, Event]


def own_calendar(conn: Connection, registration_id: str, config: Config, catalogues: Catalogues) -> Ready:
    """The event of a registration with the dates it covers. Raises scheduler.errors.NotFound."""
    seated = look_up(conn, registration_id)
    pair = (seated.registration, seated.event)
    entries = _entries(conn, [pair], seated.registration.language, config, catalogues)
    return _ready(entries, Head(name=entries[0].summary), "event.ics", _changed_at([pair]))


def own_feed(
    conn: Connection, email: str, language: str, *, today: date, config: Config, catalogues: Catalogues
) -> Ready:
    """Everything that an address is registered for, cancelled events for as long as other feeds show them."""
    midnight = datetime.combine(today, time(0), UTC)
    oldest = midnight - timedelta(days=config.feeds.past_days)
    tombstones = midnight - timedelta(days=config.feeds.cancelled_days)
    rows = registrations.with_email(conn, email, registrations.FIRM)
    wanted = events.with_ids({row.event_id for row in rows}) & events.published() & events.ending_after(oldest)
    found = events.select_all(conn, wanted & events.not_cancelled_before(tombstones))
    by_id = {event.id: event for event in found}
    pairs = [(row, by_id[row.event_id]) for row in rows if row.event_id in by_id]
    entries = _entries(conn, pairs, language, config, catalogues)
    head = Head(
        name=catalogues.translator(language)("feeds.own", name=config.operator.name),
        refresh=timedelta(minutes=config.feeds.refresh_minutes),
    )
    return _ready(entries, head, "agenda.ics", max(_changed_at(pairs), midnight))


def _entries(conn: Connection, pairs: list[Pair], language: str, config: Config, catalogues: Catalogues) -> list[Entry]:
    query = FeedQuery(chosen=Filter(), options=FeedOptions(language=language))
    known = institutions.all_institutions(conn)
    found = gather(conn, query, [event for _, event in pairs], known, changes.current(conn))
    around = Renderer(config, catalogues).surroundings(found, language)
    return [
        entry_of(event, found.dates[event.id], around, _face(row, event), uid=row.uid, only=row.occurrences)
        for row, event in pairs
    ]


def _face(row: Registration, event: Event) -> Face:
    return "registered" if row.firm and event.alive else "public"


def _ready(entries: list[Entry], head: Head, filename: str, changed_at: datetime) -> Ready:
    return publish.ready(
        publish.Publication(
            head=head,
            vevents=[vevent(entry) for entry in entries],
            spans=zones_of(entries),
            last_modified=changed_at,
            filename=filename,
            public=False,
            max_age=0,
        )
    )


def _changed_at(pairs: list[Pair]) -> datetime:
    instants = [at for row, event in pairs for at in (event.modified_at, row.confirmed_at or row.created_at)]
    return max(instants, default=datetime.min.replace(tzinfo=UTC, year=2000))
