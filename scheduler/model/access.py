"""Who may see and do what: one pure decision a question, used by every door (design: the permission matrix)."""

from typing import Literal

from msgspec import Struct

from scheduler.model.event import Event
from scheduler.model.registration import Registration

Role = Literal["nobody", "viewer", "host", "organiser", "admin"]


class Actor(Struct, frozen=True, kw_only=True):
    """Whoever asks: a signed-in person, the holder of an API key, or nobody.

    `programmes` and `institutions` are the keys the role reaches; an admin reaches all. `writes` is False for a key
    made for reading only. `name` goes into the history ("key:4f2a", "person:01j..."), never an address.
    """

    role: Role = "nobody"
    name: str = "nobody"
    programmes: tuple[str, ...] = ()
    institutions: tuple[str, ...] = ()
    writes: bool = False


NOBODY = Actor()


def institutions_of(event: Event) -> frozenset[str]:
    """Keys of the institutions an event belongs to: host, sender, co-hosts and partners."""
    single = {key for key in (event.host, event.sender) if key}
    return frozenset(single | set(event.co_hosts) | set(event.partners))


def may_write(actor: Actor, event: Event) -> bool:
    """Change, publish or cancel it: organisers of its programme, and admins."""
    return actor.writes and manages(actor, event)


def manages(actor: Actor, event: Event) -> bool:
    """The organiser's view of it: everything about the event, also as a draft."""
    return actor.role == "admin" or (actor.role == "organiser" and event.programme in actor.programmes)


def may_create(actor: Actor, programme: str) -> bool:
    """Register a new event in a programme."""
    return actor.writes and (actor.role == "admin" or (actor.role == "organiser" and programme in actor.programmes))


def may_read(actor: Actor, event: Event) -> bool:
    """Read it at all; who may not gets the same answer as for an event that does not exist."""
    return may_read_standing(actor, standing_of(event))


class Standing(Struct, frozen=True, kw_only=True):
    """What decides who may read an event, now or as it stood at a change."""

    programme: str
    status: str
    visibility: str
    institutions: frozenset[str]


def standing_of(event: Event) -> Standing:
    """How an event stands now."""
    return Standing(
        programme=event.programme,
        status=event.status,
        visibility=event.visibility,
        institutions=institutions_of(event),
    )


def may_read_standing(actor: Actor, standing: Standing) -> bool:
    """`may_read`, judged by how an event stood."""
    inside = standing.programme in actor.programmes
    if actor.role == "admin" or (actor.role == "organiser" and inside):
        return True
    if standing.status == "draft":
        return False
    match standing.visibility:
        case "public":
            return True
        case "institutions":
            return not standing.institutions.isdisjoint(actor.institutions)
        case "members":
            return actor.role != "nobody" and inside
        case _:
            return False


def may_see_joining_link(actor: Actor, event: Event) -> bool:
    """The link of an online event: organisers, its host institutions, and everybody if the link itself is public."""
    return event.online.visibility == "public" or manages(actor, event) or hosts(actor, event)


def hosts(actor: Actor, event: Event) -> bool:
    """True for a host's person or key of an institution that hosts or co-hosts the event."""
    return actor.role == "host" and not {event.host, *event.co_hosts}.isdisjoint(actor.institutions)


def may_see_attendee(actor: Actor, event: Event, registration: Registration) -> bool:
    """Name and address of an attendee: organisers (logged), and a host for those of its own institution."""
    if manages(actor, event):
        return True
    return actor.role == "host" and may_read(actor, event) and registration.institution in actor.institutions
