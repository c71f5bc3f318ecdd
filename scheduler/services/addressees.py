"""Who the recipients of an event's mails are, in names, for those who may see them: attendees, speakers, the host."""

from sqlalchemy import Connection

from scheduler.config import Config
from scheduler.model.event import Event
from scheduler.services.recipients import parties
from scheduler.store import registrations


def names_in(conn: Connection, event: Event, config: Config) -> dict[str, str]:
    """Names by what messages have of their recipients: `registration_id`, or the key in `recipient`.

    A speaker is named while the event has them; a host is an address, and has no name.
    """
    people = {row.id: row.name for row in registrations.of_event(conn, event.id)}
    return {**people, **{party.key: party.name for party in parties(event, config) if party.name}}
