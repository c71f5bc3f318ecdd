"""An answer to an invitation: the calendar part of a mail with METHOD:REPLY (RFC 5546 section 3.2.3, RFC 6047).

It comes from strangers, so it is read by `feeds.reading` within limits far below those of a calendar. What programs
leave out is not asked for (Exchange writes no ORGANIZER, several write no SEQUENCE); what decides whose answer it is
has to be there exactly once.
"""

from datetime import UTC, date, datetime
from typing import Literal
from urllib.parse import unquote

from msgspec import Struct

from feeds.errors import FeedError, InvalidCalendar, TooLarge
from feeds.reading.components import Component, calendars
from feeds.reading.findings import Costs, Limits, Notes, Unreadable
from feeds.reading.times import read_time
from feeds.reading.tokens import Line, tokenize
from feeds.reading.unfolding import logical_lines
from feeds.reading.values import moment, text, whole
from feeds.reading.zones import Zones

Answer = Literal["accepted", "tentative", "declined"]
Why = Literal[
    "too-large",
    "no-calendar",
    "not-a-reply",
    "no-event",
    "no-uid",
    "several-uids",
    "no-attendee",
    "several-attendees",
    "no-answer",
    "no-stamp",
    "unreadable-date",
]
"""Why a calendar part changes nothing; stable, to be counted."""

MOST_BYTES = 256 * 1024
LONGEST_UID = 255
LONGEST_COMMENT = 500
_LIMITS = Limits(
    octets=MOST_BYTES, lines=5_000, entries=50, depth=6, line_octets=20_000, parameters=50, zones=10, warnings=20,
    steps=20_000,
)  # fmt: skip
_ANSWERS: dict[str, Answer] = {"ACCEPTED": "accepted", "TENTATIVE": "tentative", "DECLINED": "declined"}
_HIGHEST = 2**31 - 1  # RFC 5545 section 3.3.8


class UnreadableReply(FeedError):
    """A calendar part that is no answer to an invitation; `why` names the reason, the detail says it in words."""

    status = 400
    code = "unreadable-reply"

    def __init__(self, why: Why, detail: str) -> None:
        super().__init__(detail)
        self.why = why


class Reply(Struct, frozen=True, kw_only=True):
    """What one attendee answered about an event, or about one `date` of a series.

    `address` is in lower case, without `mailto:`. `stamp` (a UTC instant) and `sequence` (None when the program left
    it out) order the answers of one person (RFC 5546 section 2.1.5). `date` is the RECURRENCE-ID: an aware UTC
    instant, or a date for an all-day series; None for the whole. `comment` has at most 500 characters, no line ends.
    """

    uid: str
    address: str
    answer: Answer
    stamp: datetime
    sequence: int | None = None
    date: datetime | date | None = None
    comment: str = ""


def read_reply(data: bytes) -> tuple[Reply, ...]:
    """The answers in a METHOD:REPLY, all from one attendee about one UID, in the order of the file.

    UTF-8, or what `feeds.read` takes besides. Raises UnreadableReply for everything else; never anything else.
    """
    notes = Notes(_LIMITS.warnings)
    try:
        lines = (tokenize(logical, _LIMITS) for logical in logical_lines(data, _LIMITS))
        root = calendars(lines, notes, _LIMITS)[0]
    except TooLarge as error:
        raise UnreadableReply("too-large", error.detail) from error
    except InvalidCalendar as error:
        raise UnreadableReply("no-calendar", error.detail) from error
    method = root.first("METHOD")
    if method is None or method.value.strip().upper() != "REPLY":
        raise UnreadableReply("not-a-reply", "The calendar is no answer: its METHOD is not REPLY.")
    events = [component for component in root.children if component.kind == "VEVENT"]
    if not events:
        raise UnreadableReply("no-event", "The answer holds no event.")
    zones = Zones(root, None, notes, _LIMITS, Costs(_LIMITS))
    replies = tuple(_reply(event, zones) for event in events)
    if len({reply.uid for reply in replies}) > 1:
        raise UnreadableReply("several-uids", "The answer speaks of several events.")
    if len({reply.address for reply in replies}) > 1:
        raise UnreadableReply("several-attendees", "The answer speaks for several people.")
    return replies


def _reply(event: Component, zones: Zones) -> Reply:
    line = _attendee(event)
    answer = _ANSWERS.get(line.parameter("PARTSTAT").strip().upper())
    if answer is None:
        raise UnreadableReply("no-answer", "The attendee says neither yes, no nor maybe.")
    sequence = event.first("SEQUENCE")
    return Reply(
        uid=_uid(event),
        address=_address(line),
        answer=answer,
        stamp=_stamp(event),
        sequence=whole(sequence.value, _HIGHEST) if sequence else None,
        date=_date(event, zones),
        comment=_comment(event, line),
    )


def _uid(event: Component) -> str:
    line = event.first("UID")
    found = text(line.value).strip() if line else ""
    if not found or len(found) > LONGEST_UID:
        raise UnreadableReply("no-uid", f"The answer names no UID of at most {LONGEST_UID} characters.")
    return found


def _attendee(event: Component) -> Line:
    found = [line for line in event.properties if line.name == "ATTENDEE"]
    if len(found) > 1:
        raise UnreadableReply("several-attendees", "The answer names several attendees.")
    if not found or not _address(found[0]):
        raise UnreadableReply("no-attendee", "The answer does not say whose it is.")
    return found[0]


def _address(line: Line) -> str:
    """The mail address of an attendee; of one that is named otherwise, its EMAIL (RFC 7986 section 6.2)."""
    value = line.value.strip().strip('"').strip()
    scheme, _, rest = value.partition(":")
    found = rest if scheme.lower() == "mailto" else line.parameter("EMAIL")
    address = unquote(found).strip().lower().removeprefix("mailto:")
    return address if "@" in address and len(address) <= 320 and address.isprintable() else ""


def _stamp(event: Component) -> datetime:
    """DTSTAMP is in UTC by definition (RFC 5545 section 3.8.7.2), also where its Z was forgotten."""
    line = event.first("DTSTAMP")
    try:
        return moment(line.value if line else "").time.replace(tzinfo=UTC)
    except ValueError as error:
        raise UnreadableReply("no-stamp", "The answer does not say when it was written (DTSTAMP).") from error


def _date(event: Component, zones: Zones) -> datetime | date | None:
    line = event.first("RECURRENCE-ID")
    if line is None:
        return None
    if line.parameter("RANGE"):
        raise UnreadableReply("unreadable-date", "The answer is about several dates at once.")
    try:
        time = read_time(line, zones, event.notes)
    except (Unreadable, FeedError, OverflowError) as error:
        raise UnreadableReply("unreadable-date", "The answer does not say which date it is about.") from error
    return time.day() if time.form == "date" else time.at()


def _comment(event: Component, attendee: Line) -> str:
    """What the person wrote beside the answer; Google puts it into a parameter of the attendee."""
    line = event.first("COMMENT")
    found = text(line.value) if line else attendee.parameter("X-RESPONSE-COMMENT")
    words = " ".join(found[: 4 * LONGEST_COMMENT].split())
    return "".join(character for character in words if character.isprintable())[:LONGEST_COMMENT]
