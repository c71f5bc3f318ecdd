"""An event: what an organiser records (see docs/events.md), frozen, in the shape it is stored in.

Texts that people write exist per language: `{"en": "...", "nl": "..."}`. Times are wall times beside `timezone`
(see `scheduler.model.wall`); the end of an all-day event is its *last day*, inclusive, as people say it.
"""

from datetime import datetime
from typing import Literal

from msgspec import Struct, field

from scheduler.model.wall import WallTime, is_date

Texts = dict[str, str]
"""BCP 47 language tag -> text."""

Status = Literal["draft", "tentative", "confirmed", "cancelled"]
Visibility = Literal["public", "institutions", "members", "private"]
Format = Literal["on-site", "online", "hybrid"]
Direction = Literal["in", "out", "both"]
LinkVisibility = Literal["registered", "public"]


class ExternalId(Struct, frozen=True):
    """The organiser's own key for an event: which system (`source`), which record (`id`)."""

    source: str
    id: str


class Online(Struct, frozen=True, kw_only=True):
    """How to take part from afar. `visibility` is the joining link's own: shown to the registered, or to all.

    `dial_in` is a way in by telephone, `low_bandwidth` one for a thin line (audio only, a chat, slides by mail).
    """

    platform: str = ""
    url: str = ""
    visibility: LinkVisibility = "registered"
    dial_in: str = ""
    low_bandwidth: str = ""


class Place(Struct, frozen=True, kw_only=True):
    """Where people meet. What is empty comes from the host institution."""

    room: str = ""
    address: str = ""
    city: Texts = field(default_factory=dict)
    country: str = ""
    access: Texts = field(default_factory=dict)


class Speaker(Struct, frozen=True, kw_only=True):
    """Who speaks. A role says enough; a name is given only when the speaker agreed to be named.

    `email` gets the reminders of who speaks, in `language` (BCP 47; empty for the default); it is for organisers only.
    """

    role: Texts
    name: str = ""
    affiliation: str = ""
    country: str = ""
    mode: Literal["on-site", "online"] = "on-site"
    timezone: str = ""
    email: str = ""
    language: str = ""


class Interpretation(Struct, frozen=True, kw_only=True, rename={"source": "from", "target": "to"}):
    """Interpretation from one language into another; `kind` is a key of `interpretation_types`."""

    source: str
    target: str
    kind: str = "simultaneous"


class Seats(Struct, frozen=True, kw_only=True):
    """How many can take part. None: no limit; 0: not offered."""

    on_site: int | None = None
    online: int | None = None
    waiting_list: bool = True


class RegistrationTerms(Struct, frozen=True, kw_only=True):
    """How and when people register. `opens` and `closes` are wall times; a closing date counts to its end.

    `mode` is a key of `registration_modes`; `url` is a form elsewhere; `fee` is in euro cents.
    """

    mode: str = "open-form"
    opens: WallTime | None = None
    closes: WallTime | None = None
    note: Texts = field(default_factory=dict)
    url: str = ""
    fee: int = 0


class Development(Struct, frozen=True, kw_only=True):
    """Continuing professional development: `hours`, and the half-days that the French community counts in."""

    hours: float = 0
    half_days: int = 0
    certificate: bool = False


class Ects(Struct, frozen=True, kw_only=True):
    """Study credits (European Credit Transfer System); `hours_per_credit` as the course guide says it."""

    credits: float
    hours_per_credit: str = ""
    in_course: bool = False


class Travel(Struct, frozen=True, kw_only=True):
    """The practical side of a visit. No passport numbers, no health data: they do not belong in this service."""

    travellers: int = 0
    arrival: str = ""
    departure: str = ""
    visa: str = ""
    insurance: str = ""
    accommodation: str = ""
    health_advice: str = ""
    per_diem: bool = False


class Funding(Struct, frozen=True, kw_only=True):
    """Who pays, and the ceiling in whole euros."""

    source: str
    ceiling: int | None = None


class Evaluation(Struct, frozen=True, kw_only=True):
    """How participants judged it: the form used, its address (`url`), and the share that answered, in percent."""

    form: str = ""
    url: str = ""
    response_rate: float | None = None


class Outcome(Struct, frozen=True, kw_only=True):
    """What came of it, as counts only. A gender split is left out (None) where fewer than five people attended."""

    registered: int | None = None
    attended_on_site: int | None = None
    attended_online: int | None = None
    attended_by_role: dict[str, int] | None = None
    attended_by_gender: dict[str, int] | None = None
    institutions_reached: int | None = None
    countries_reached: tuple[str, ...] = ()


class Moved(Struct, frozen=True, kw_only=True):
    """Where an event stood before it was last moved; `at` is the UTC instant of the decision."""

    start: WallTime
    end: WallTime
    at: datetime
    reason: str = ""


class MovedDate(Struct, frozen=True, kw_only=True):
    """One date of a series that takes place at another time; `date` is its start by the rule."""

    date: WallTime
    start: WallTime
    end: WallTime
    reason: str = ""


class CancelledDate(Struct, frozen=True, kw_only=True):
    """One date of a series that will not take place; `date` is its start by the rule."""

    date: WallTime
    reason: str = ""


class Series(Struct, frozen=True, kw_only=True):
    """How an event repeats: a rule with an end, dates never planned, dates moved, dates cancelled later."""

    rule: str
    excluded: tuple[WallTime, ...] = ()
    moved: tuple[MovedDate, ...] = ()
    cancelled: tuple[CancelledDate, ...] = ()


class Event(Struct, frozen=True, kw_only=True):
    """An event as stored. Counters: `revision` rises with every change (the ETag), `public_revision` with those
    that a feed shows, `sequence` with those that matter to a calendar (time, place, cancellation; RFC 5546
    section 2.1.4), `timing_revision` with changes of time only. `modified_at` belongs to `public_revision`."""

    id: str
    uid: str
    external_id: ExternalId | None = None
    programme: str
    kind: str
    status: Status = "draft"
    visibility: Visibility = "public"
    title: Texts
    summary: Texts = field(default_factory=dict)
    description: Texts = field(default_factory=dict)
    notes: str = ""

    start: WallTime
    end: WallTime
    timezone: str
    recurrence: Series | None = None
    transparent: bool = False
    part_of: str | None = None
    related: tuple[str, ...] = ()

    host: str | None = None
    co_hosts: tuple[str, ...] = ()
    partners: tuple[str, ...] = ()
    sender: str | None = None
    countries: tuple[str, ...] = ()
    direction: Direction | None = None
    format: Format = "on-site"
    place: Place = Place()
    online: Online = Online()
    contact: str = ""

    speakers: tuple[Speaker, ...] = ()
    languages: tuple[str, ...] = ()
    interpretation: tuple[Interpretation, ...] = ()
    language_note: Texts = field(default_factory=dict)

    audiences: tuple[str, ...] = ()
    levels: tuple[str, ...] = ()
    key_areas: tuple[str, ...] = ()
    themes: tuple[str, ...] = ()
    sdg_targets: tuple[str, ...] = ()
    markers: dict[str, int] = field(default_factory=dict)

    seats: Seats = Seats()
    registration: RegistrationTerms = RegistrationTerms()
    development: Development | None = None
    ects: Ects | None = None
    travel: Travel | None = None
    funding: Funding | None = None
    materials: tuple[str, ...] = ()
    evaluation: Evaluation | None = None
    outcome: Outcome | None = None
    held: bool = False

    reminders: tuple[str, ...] | None = None
    moved_from: Moved | None = None
    cancellation_reason: str = ""
    cancelled_at: datetime | None = None
    published_at: datetime | None = None

    created_at: datetime
    modified_at: datetime
    created_by: str = ""
    revision: int = 1
    public_revision: int = 1
    timing_revision: int = 1
    sequence: int = 0

    @property
    def all_day(self) -> bool:
        """True when start and end are dates."""
        return is_date(self.start)

    @property
    def published(self) -> bool:
        """True once it left draft, also when it was cancelled afterwards."""
        return self.status != "draft"

    @property
    def alive(self) -> bool:
        """True when it is published and not cancelled: what reminders and registrations ask."""
        return self.status in {"tentative", "confirmed"}


class Occurrence(Struct, frozen=True, kw_only=True):
    """One date of an event. `id` is the event's id and the position; moving a series keeps ids by position.

    `original` is the start that the rule gives (the RECURRENCE-ID); None for a single event. `start_at` and
    `end_at` are UTC instants: derived, and derived again when the time zone data change.
    """

    id: str
    event_id: str
    position: int
    original: WallTime | None = None
    start: WallTime
    end: WallTime
    start_at: datetime
    end_at: datetime
    status: Literal["planned", "moved", "cancelled"] = "planned"
    reason: str = ""

    @property
    def alive(self) -> bool:
        """True unless this date was cancelled."""
        return self.status != "cancelled"
