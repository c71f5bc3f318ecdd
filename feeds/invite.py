"""iTIP: the calendar objects of invitations and their answers (RFC 5546), as they travel in mail (RFC 6047)."""

from typing import Literal, get_args

from icalendar import Calendar
from msgspec import Struct
from msgspec.structs import replace

from feeds.entry import Attendee, Entry, Participation
from feeds.errors import FeedError
from feeds.lines import line
from feeds.write import PRODUCT, vevent, vtimezones, zones_of

Method = Literal["REQUEST", "CANCEL"]

MOST_BYTES = 256 * 1024
_PARTICIPATION: tuple[Participation, ...] = get_args(Participation)


class UnreadableReply(FeedError):
    """A mail's calendar part that is no answer to an invitation of ours."""

    status = 400
    code = "unreadable-reply"


class Reply(Struct, frozen=True, kw_only=True):
    """What an attendee answered: for which UID, from which address (lower case), and how."""

    uid: str
    address: str
    participation: Participation
    sequence: int = 0


def invitation(entry: Entry, method: Method, organizer: Attendee, attendee: Attendee) -> bytes:
    """A calendar with METHOD:REQUEST or CANCEL for one attendee (RFC 5546 sections 3.2.2, 3.2.5).

    One attendee only: nobody learns who else comes. A CANCEL carries STATUS:CANCELLED and no alarm.
    """
    named = replace(entry, organizer=organizer, attendees=(attendee,))
    if method == "CANCEL":
        named = replace(named, status="cancelled", alarms=())
    named = replace(named, overrides=tuple(_with_people(each, named) for each in named.overrides))
    head = [b"BEGIN:VCALENDAR\r\nVERSION:2.0\r\n", line("PRODID", PRODUCT), b"CALSCALE:GREGORIAN\r\n"]
    body = [*vtimezones(zones_of([named])), vevent(named), b"END:VCALENDAR\r\n"]
    return b"".join([*head, line("METHOD", method), *body])


def read_reply(data: bytes) -> Reply:
    """Reads a METHOD:REPLY (RFC 5546 section 3.2.3). Raises UnreadableReply for anything else."""
    if len(data) > MOST_BYTES:
        raise UnreadableReply("The answer is too large.")
    try:
        found = Calendar.from_ical(bytes(data))
    except (ValueError, IndexError, KeyError) as error:
        raise UnreadableReply("The answer is no calendar.") from error
    if str(found.get("METHOD", "")).upper() != "REPLY":
        raise UnreadableReply("The calendar is no answer (METHOD is not REPLY).")
    events = found.walk("VEVENT")
    if not events:
        raise UnreadableReply("The answer holds no event.")
    attendees = events[0].get("ATTENDEE", [])
    answering = attendees if isinstance(attendees, list) else [attendees]
    uid = str(events[0].get("UID", ""))
    if len(answering) != 1 or not uid:
        raise UnreadableReply("The answer names no UID, or not exactly one attendee.")
    status = str(answering[0].params.get("PARTSTAT", "NEEDS-ACTION")).lower()
    if status not in _PARTICIPATION:
        raise UnreadableReply(f"“{status[:20]}” is no answer to an invitation.")
    address = str(answering[0]).lower().removeprefix("mailto:").strip()
    return Reply(uid=uid, address=address, participation=status, sequence=_sequence(events[0].get("SEQUENCE")))


def _with_people(override: Entry, master: Entry) -> Entry:
    return replace(override, organizer=master.organizer, attendees=master.attendees, status=master.status)


def _sequence(value: object) -> int:
    try:
        return int(str(value)) if value is not None else 0
    except ValueError:
        return 0
