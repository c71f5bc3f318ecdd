"""An attendee's own calendar file of one event: with the joining link once the seat is theirs."""

from datetime import datetime

from sqlalchemy import Connection

from feeds import publish
from feeds.source import Ready
from feeds.write import Head, vevent, zones_of
from scheduler.calendars.rendering import Renderer
from scheduler.calendars.selecting import gather
from scheduler.config import Config
from scheduler.model.entries import Face, entry_of
from scheduler.model.feed_options import FeedOptions, FeedQuery
from scheduler.model.filter import Filter
from scheduler.model.registration import Registration
from scheduler.services.registrations import look_up
from scheduler.store import changes, institutions
from scheduler.texts import Catalogues


def own_calendar(conn: Connection, registration_id: str, config: Config, catalogues: Catalogues) -> Ready:
    """The event of a registration under the UID of its invitation, with the dates it covers.

    Raises scheduler.errors.NotFound.
    """
    seated = look_up(conn, registration_id)
    row, event = seated.registration, seated.event
    query = FeedQuery(chosen=Filter(), options=FeedOptions(language=row.language))
    known = institutions.all_institutions(conn)
    found = gather(conn, query, [event], known, changes.current(conn))
    around = Renderer(config, catalogues).surroundings(found, row.language)
    face: Face = "registered" if row.firm and event.alive else "public"
    entry = entry_of(event, found.dates[event.id], around, face, uid=row.uid, only=row.occurrences)
    return publish.ready(
        publish.Publication(
            head=Head(name=entry.summary),
            vevents=[vevent(entry)],
            spans=zones_of([entry]),
            last_modified=max(event.modified_at, _changed_at(row)),
            filename="event.ics",
            public=False,
            max_age=0,
        )
    )


def _changed_at(row: Registration) -> datetime:
    return row.cancelled_at or row.confirmed_at or row.created_at
