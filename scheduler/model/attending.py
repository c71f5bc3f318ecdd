"""An event as one attendee takes part in it: of a hybrid one, in person or online. Pure."""

from msgspec.structs import replace

from scheduler.model.event import Event
from scheduler.model.notices import comes_in_person
from scheduler.model.registration import Registration


def as_attended(event: Event, registration: Registration) -> Event:
    """The event held in the way that this attendee comes: what they read names no other way in.

    Who comes to the place of a hybrid event reads of no link, and who joins online of no room.
    """
    if event.format != "hybrid":
        return event
    return replace(event, format="on-site" if comes_in_person(event, registration) else "online")
