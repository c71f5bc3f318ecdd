"""Forgets attendees a set time after the last date of an event; what stays is how many they were."""

from datetime import datetime, timedelta

from msgspec.structs import replace
from sqlalchemy import Connection

from scheduler.config import Config
from scheduler.model.event import Event, Outcome
from scheduler.services import changes
from scheduler.services.institutions import countries_of
from scheduler.services.people import SYSTEM
from scheduler.store import events, institutions, messages
from scheduler.store import registrations as store

_PER_ROUND = 20
_GRACE = timedelta(days=1)


def forget_attendees(conn: Connection, *, config: Config, now: datetime) -> int:
    """Deletes registrations and all mails of events that ended `retention_days` ago; gives how many events.

    Each is one round's share: call it again while it gives more than nothing.
    """
    over = store.events_over(conn, now - timedelta(days=config.privacy.retention_days), _PER_ROUND)
    for event_id in over:
        event = events.get(conn, event_id, lock=True)
        if event is not None and store.counts(conn, event_id):
            _keep_count(conn, event, now)
        messages.remove_of_event(conn, event_id)
        store.remove_of_event(conn, event_id)
    return len(over)


def forget_unconfirmed(conn: Connection, *, now: datetime) -> int:
    """Deletes registrations that nobody confirmed, a day after their link ran out; gives how many."""
    gone = [row for row in store.unconfirmed(conn) if row.expires_at is not None and row.expires_at < now - _GRACE]
    for row in gone:
        messages.remove_of_registration(conn, row.id)
        store.remove(conn, row.id)
    return len(gone)


def _keep_count(conn: Connection, event: Event, now: datetime) -> None:
    outcome = event.outcome or Outcome()
    if outcome.registered is not None:
        return
    counts = store.counts(conn, event.id)
    count = sum(counts.get(state, 0) for state in store.FIRM)
    after = replace(event, outcome=replace(outcome, registered=count), revision=event.revision + 1)
    countries = countries_of(after, institutions.all_institutions(conn))
    events.replace(conn, after, events.dates_of(conn, event.id), countries)
    changes.record(conn, "updated", event, after, countries=countries, actor=SYSTEM, now=now)
