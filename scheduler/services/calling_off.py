"""What a cancelled event leaves to tell: what waits falls silent, and everybody who has to do with it hears at once."""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import Connection

from scheduler.config import Config
from scheduler.model.event import Event, Occurrence
from scheduler.model.message import Cause
from scheduler.services import outbox, party_notices
from scheduler.services.recipients import parties
from scheduler.services.registrations import last_start
from scheduler.store import messages, registrations

_TOLD = ("confirmed", "attended", "waiting", "offered")
_SILENCED: tuple[Cause, ...] = (
    "confirm-address", "confirmation", "waiting", "place-free", "update", "day-programme", "reminder",
    "follow-up",
)  # fmt: skip


def tell_everybody(
    conn: Connection,
    event: Event,
    dates: Sequence[Occurrence],
    reason: str,
    *,
    but: Collection[str] = (),
    config: Config,
    now: datetime,
) -> None:
    """Drops what waits and writes the cancellations, unless all of it was over.

    Speakers and hosts with an address in `but` have heard of it already, as a part of something larger.
    """
    messages.drop_waiting(conn, "the event was cancelled", messages.for_event(event.id, _SILENCED))
    if last_start(list(dates)) <= now:
        return
    people = registrations.of_event(conn, event.id, _TOLD)
    for person in people:
        outbox.to_registration(conn, "cancellation", event, person, config=config, now=now, facts={"reason": reason})
    heard = {*but, *(person.email.lower() for person in people)}
    party_notices.call_off(conn, event, reason, heard, config=config, now=now)


def who_hears(conn: Connection, event: Event, config: Config) -> frozenset[str]:
    """The addresses, in lower case, that get a mail when the event is cancelled."""
    people = [person.email for person in registrations.of_event(conn, event.id, _TOLD)]
    return frozenset(address.lower() for address in [*people, *(party.email for party in parties(event, config))])
