"""What a mail is written from: everything the wording needs, looked up beforehand, nothing looked up later."""

from datetime import datetime

from msgspec import Struct, field

from scheduler.errors import ServiceError
from scheduler.mail.compose import CalendarPart, Mailbox
from scheduler.model.digest import Listed
from scheduler.model.event import Event, Occurrence
from scheduler.model.message import Cause
from scheduler.model.party import Party
from scheduler.model.reading import Institutions
from scheduler.model.registration import Registration


class IncompleteLetter(ServiceError):
    """The letter lacks what a mail of its cause is about."""

    code = "incomplete-letter"


class Links(Struct, frozen=True, kw_only=True):
    """Addresses (https) a mail may point to; an empty one leaves its sentence out.

    `event`: the public page; `manage`: the attendee's own page; `confirm`: the page with the confirming button;
    `stop_reminders`, `stop_all`, `withdraw`: the pages that ask whether one wants no more reminders of this event, of
    any, or one's place no more; `console`: an organiser's page of the event; `unsubscribe`: the one-click address
    (RFC 8058, POST); `calendar`: the .ics; `sign_in`: an organiser's sign-in link; `digest`: the page of a weekly
    digest, `agenda`: the list it is of.
    """

    event: str = ""
    manage: str = ""
    confirm: str = ""
    stop_reminders: str = ""
    stop_all: str = ""
    withdraw: str = ""
    unsubscribe: str = ""
    console: str = ""
    calendar: str = ""
    sign_in: str = ""
    digest: str = ""
    agenda: str = ""


class Letter(Struct, frozen=True, kw_only=True):
    """One mail before it is worded.

    `language` and `timezone` (IANA, may be empty) are the recipient's. `occurrence` is the date it is about, `dates`
    all dates that the registration covers when they are several. `institutions` by key: host and co-hosts at least.
    `party` is the speaker or host it goes to, who has no registration. `operator` names the service, `help_address`
    is read by a person. `date` is the mail's own, the same over all attempts; `now` decides "today" and "tomorrow".
    `facts`, all optional: `position` (in the waiting line), `waiting` (people in it), `registered` (people who come),
    `reason`, `minutes` (how long a sign-in link holds). `listed` is what a digest tells, `pages` its events' pages by
    id. `calendar` is the invitation, or its end, that goes with the mail; `rsvp` says that this service reads what
    calendar programs answer to it.
    """

    cause: Cause
    recipient: str
    language: str
    timezone: str = ""
    sender: Mailbox
    reply_to: str = ""
    message_id: str
    date: datetime
    now: datetime
    operator: str
    help_address: str = ""
    event: Event | None = None
    occurrence: Occurrence | None = None
    dates: tuple[Occurrence, ...] = ()
    institutions: Institutions = field(default_factory=dict)
    registration: Registration | None = None
    party: Party | None = None
    listed: tuple[Listed, ...] = ()
    pages: dict[str, str] = field(default_factory=dict)
    links: Links = Links()
    facts: dict[str, str] = field(default_factory=dict)
    calendar: CalendarPart | None = None
    rsvp: bool = False
