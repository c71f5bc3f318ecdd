"""iTIP: the calendar objects that invite one attendee and take an invitation back (RFC 5546), as mail carries them.

What an event looks like in a calendar is `feeds.write`'s business, here as in a feed: only METHOD, ORGANIZER and
ATTENDEE are added. Answers are read by `feeds.reply`.
"""

from typing import Literal

from msgspec.structs import replace

from feeds.entry import Attendee, Entry
from feeds.lines import line
from feeds.write import PRODUCT, vevent, vtimezones, zones_of

Method = Literal["REQUEST", "CANCEL"]


def request(entry: Entry, organizer: Attendee, attendee: Attendee) -> bytes:
    """METHOD:REQUEST for one attendee (RFC 5546 section 3.2.2): an invitation, or its newer version.

    One attendee only: nobody learns who else comes. An alarm is the reader's own, so there is none.
    """
    return _calendar("REQUEST", _between(entry, organizer, attendee))


def cancellation(entry: Entry, organizer: Attendee, attendee: Attendee) -> bytes:
    """METHOD:CANCEL for one attendee (RFC 5546 section 3.2.5): of everything, or of the date that an entry with a
    `recurrence_id` stands for.

    Its SEQUENCE has to be higher than that of any invitation. Of the event only time, title and place are repeated:
    who is out learns no way in.
    """
    bare = replace(entry, status="cancelled", description="", conferences=(), overrides=())
    return _calendar("CANCEL", _between(bare, organizer, replace(attendee, reply_wanted=False)))


def _between(entry: Entry, organizer: Attendee, attendee: Attendee) -> Entry:
    """The entry and its moved dates with the two people an invitation is between."""
    overrides = tuple(_between(override, organizer, attendee) for override in entry.overrides)
    return replace(entry, organizer=organizer, attendees=(attendee,), alarms=(), overrides=overrides)


def _calendar(method: Method, entry: Entry) -> bytes:
    head = [b"BEGIN:VCALENDAR\r\nVERSION:2.0\r\n", line("PRODID", PRODUCT), b"CALSCALE:GREGORIAN\r\n"]
    body = [*vtimezones(zones_of([entry])), vevent(entry), b"END:VCALENDAR\r\n"]
    return b"".join([*head, line("METHOD", method), *body])
