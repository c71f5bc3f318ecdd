"""An attendee's own calendars: the file of one event, and the feed of everything their address is registered for.

Both carry the UID of their invitation, and as it does the joining link for those whose seat is theirs and who take
part online.
"""

from datetime import UTC, date, datetime, time, timedelta

from msgspec.structs import replace
from sqlalchemy import Connection

from feeds import bodies
from feeds.entry import Entry
from feeds.source import Ready
from feeds.write import Head, vevent, zones_of
from scheduler.calendars.rendering import Renderer
from scheduler.calendars.selecting import gather
from scheduler.calendars.shapes import SHAPES, Shaping
from scheduler.config import Config
from scheduler.model.attending import as_attended
from scheduler.model.entries import entry_of
from scheduler.model.event import Event
from scheduler.model.registration import Registration
from scheduler.services.invitations import face_for
from scheduler.services.programmes import programmes_of
from scheduler.services.registrations import look_up
from scheduler.store import events, registrations
from scheduler.texts import Catalogues

Pair = tuple[Registration, Event]


def own_calendar(conn: Connection, registration_id: str, config: Config, catalogues: Catalogues) -> Ready:
    """The event of a registration with the dates it covers. Raises scheduler.errors.NotFound."""
    seated = look_up(conn, registration_id)
    pair = (seated.registration, seated.event)
    entries = _entries(conn, [pair], seated.registration.language, config, catalogues)
    changed_at = _changed_at([pair], entries)
    return _calendar(entries, Head(name=entries[0].summary), _sending("event.ics", changed_at))


def own_feed(
    conn: Connection, email: str, language: str, form: str, *, today: date, config: Config, catalogues: Catalogues
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
    entries = _entries(conn, pairs, language, config, catalogues, tombstones=tombstones)
    t = catalogues.translator(language)
    name = t("feeds.own", name=config.operator.name)
    sending = _sending(f"agenda.{form}", max(_changed_at(pairs, entries), midnight))
    if form == "ics":
        head = Head(name=name, refresh=timedelta(minutes=config.feeds.refresh_minutes))
        return _calendar(entries, head, sending)
    window = (oldest, midnight + timedelta(days=config.feeds.future_days))
    shaping = Shaping(name=name, author=config.operator.name, entries=entries, window=window, today=midnight, t=t)
    shape = SHAPES[form]
    return bodies.make_ready(shape.write(shaping), replace(sending, media_type=shape.media_type, policy=shape.policy))


def _entries(
    conn: Connection,
    pairs: list[Pair],
    language: str,
    config: Config,
    catalogues: Catalogues,
    *,
    tombstones: datetime | None = None,
) -> list[Entry]:
    """What somebody is registered for, and the day programmes of the visits among it.

    Items that were cancelled before `tombstones` are left out.
    """
    own = {event.id: event for _, event in pairs}
    items = _items(conn, pairs, tombstones)
    found = gather(conn, [*own.values(), *(item for _, item in items)], language)
    around = Renderer(config, catalogues).surroundings(found, language)
    around = replace(around, wholes={**around.wholes, **own})
    made = []
    for row, event in pairs:
        dates = found.dates.get(event.id, ())
        only = row.only(date.id for date in dates)
        theirs, face = as_attended(event, row), face_for(event, row)
        made.append(entry_of(theirs, dates, around, face, uid=row.uid, only=only))
    for row, item in items:
        dates = found.dates.get(item.id, ())
        made.append(entry_of(as_attended(item, row), dates, around, "public"))
    return made


def _items(conn: Connection, pairs: list[Pair], tombstones: datetime | None) -> list[Pair]:
    """The items of day programmes, each once, without those that somebody is registered for themselves."""
    known = {event.id for _, event in pairs}
    programmes = programmes_of(conn, [event for _, event in pairs])
    found: dict[str, Pair] = {}
    for row, event in pairs:
        if row.firm:
            found |= {one.event.id: (row, one.event) for one in programmes[event.id].of(row)}
    return [pair for key, pair in found.items() if key not in known and not _forgotten(pair[1], tombstones)]


def _forgotten(item: Event, tombstones: datetime | None) -> bool:
    return tombstones is not None and item.cancelled_at is not None and item.cancelled_at <= tombstones


def _sending(filename: str, changed_at: datetime) -> bodies.Sending:
    # Who withdraws takes a date away with the event: of what is left, an older date may be the last.
    return bodies.Sending(filename=filename, last_modified=changed_at, dated=False, public=False, max_age=0)


def _calendar(entries: list[Entry], head: Head, sending: bodies.Sending) -> Ready:
    vevents = [vevent(entry) for entry in entries]
    return bodies.ready(bodies.Publication(head=head, vevents=vevents, spans=zones_of(entries), sending=sending))


def _changed_at(pairs: list[Pair], entries: list[Entry]) -> datetime:
    instants = [
        at for row, event in pairs for at in (event.modified_at, row.cancelled_at or row.confirmed_at or row.created_at)
    ]
    return max([*instants, *(entry.modified for entry in entries)], default=datetime.min.replace(tzinfo=UTC, year=2000))
