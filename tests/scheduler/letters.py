"""Letters to write mails from: one lecture, one visit, one school, one attendee far away."""

from datetime import UTC, datetime

from msgspec.structs import replace

from scheduler.mail.compose import Mailbox
from scheduler.mail.letter import Letter, Links
from scheduler.model.event import Event, Interpretation, Occurrence, Online, Place
from scheduler.model.institution import Institution
from scheduler.model.message import Cause
from scheduler.model.registration import Registration

CREATED = datetime(2026, 11, 23, 12, tzinfo=UTC)
DAY_BEFORE = datetime(2027, 3, 15, 9, tzinfo=UTC)
BASE = "https://agenda.example.org"

GHENT = Institution(
    key="arteveldehogeschool",
    name={"en": "Artevelde University of Applied Sciences", "nl": "Arteveldehogeschool"},
    country="BE",
    city={"en": "Ghent", "nl": "Gent", "fr": "Gand", "es": "Gante"},
    address="Hoogpoort 15, 9000 Gent",
    timezone="Europe/Brussels",
    created_at=CREATED,
)
BOGOTA = Institution(
    key="universidad",
    name={"es": "Universidad Pedagógica"},
    country="CO",
    city={"en": "Bogotá"},
    timezone="America/Bogota",
    created_at=CREATED,
)
INSTITUTIONS = {one.key: one for one in (GHENT, BOGOTA)}

LECTURE = Event(
    id="01lecture",
    uid="01lecture@agenda.example.org",
    programme="enspired",
    kind="guest-lecture",
    status="confirmed",
    title={"en": "Climate data in the classroom", "nl": "Klimaatdata in de klas"},
    summary={"en": "Pupils measure the weather; what do they learn from it?"},
    start="2027-03-16T14:30",
    end="2027-03-16T16:00",
    timezone="Europe/Brussels",
    host=GHENT.key,
    co_hosts=(BOGOTA.key,),
    format="hybrid",
    place=Place(room="B1.04", access={"en": "Step-free from the courtyard.", "nl": "Drempelvrij via de binnenplaats."}),
    online=Online(
        platform="Microsoft Teams",
        url="https://meet.example.org/climate?pwd=s3cret",
        dial_in="+32 2 555 01 23, code 4711",
        low_bandwidth="Audio only by telephone; the slides come by mail.",
    ),
    languages=("en",),
    interpretation=(Interpretation(source="en", target="es"),),
    created_at=CREATED,
    modified_at=CREATED,
)
LECTURE_DATE = Occurrence(
    id="01lecture.0",
    event_id=LECTURE.id,
    position=0,
    start=LECTURE.start,
    end=LECTURE.end,
    start_at=datetime(2027, 3, 16, 13, 30, tzinfo=UTC),
    end_at=datetime(2027, 3, 16, 15, tzinfo=UTC),
)

VISIT = Event(
    id="01visit",
    uid="01visit@agenda.example.org",
    programme="schoollinks",
    kind="exchange-visit",
    status="tentative",
    title={"nl": "Uitwisselingsbezoek aan Quito"},
    start="2027-04-19",
    end="2027-04-23",
    timezone="America/Guayaquil",
    host=BOGOTA.key,
    place=Place(city={"en": "Quito"}, country="EC", room="Unidad Educativa"),
    languages=("es", "en"),
    created_at=CREATED,
    modified_at=CREATED,
)
VISIT_DATE = Occurrence(
    id="01visit.0",
    event_id=VISIT.id,
    position=0,
    start=VISIT.start,
    end=VISIT.end,
    start_at=datetime(2027, 4, 19, 14, tzinfo=UTC),
    end_at=datetime(2027, 4, 24, 5, tzinfo=UTC),
)

ANA = Registration(
    id="01ana",
    event_id=LECTURE.id,
    uid=LECTURE.uid,
    name="Ana Pérez",
    email="ana@example.org",
    language="es",
    timezone="America/Bogota",
    mode="online",
    state="confirmed",
    created_at=CREATED,
)

LINKS = Links(
    event=f"{BASE}/events/01lecture",
    manage=f"{BASE}/r/manage-token",
    confirm=f"{BASE}/r/confirm-token",
    stop_reminders=f"{BASE}/r/manage-token#reminders",
    unsubscribe=f"{BASE}/r/unsubscribe-token/one-click",
    calendar=f"{BASE}/events/01lecture.ics",
    sign_in=f"{BASE}/console/sign-in/token",
)


def letter(cause: Cause, language: str = "en") -> Letter:
    """A letter of this cause about the lecture, to Ana, who takes part online from Bogotá."""
    event, occurrence, registration = LECTURE, LECTURE_DATE, ANA
    if cause == "confirm-address":
        hold, expires = datetime(2027, 3, 15, 9, 30, tzinfo=UTC), datetime(2027, 3, 17, 9, tzinfo=UTC)
        registration = replace(ANA, state="pending", hold_until=hold, expires_at=expires)
    if cause == "waiting":
        registration = replace(ANA, state="waiting")
    if cause == "cancellation":
        event = replace(LECTURE, status="cancelled", cancellation_reason="The speaker cannot travel.")
    if cause == "withdrawal":
        registration = replace(ANA, state="cancelled", cancelled_by="attendee")
    about_event = cause != "sign-in"
    return Letter(
        cause=cause,
        recipient="ana@example.org",
        language=language,
        timezone="America/Bogota",
        sender=Mailbox("agenda@agenda.example.org", "eNSPIRED agenda"),
        reply_to="help@agenda.example.org",
        message_id=f"<01j9-{cause}@agenda.example.org>",
        date=DAY_BEFORE,
        now=DAY_BEFORE,
        operator="eNSPIRED",
        help_address="help@agenda.example.org",
        event=event if about_event else None,
        occurrence=occurrence if about_event else None,
        institutions=INSTITUTIONS,
        registration=registration if about_event else None,
        links=LINKS,
        facts={"position": "3", "waiting": "4", "minutes": "30"},
    )


def visit_letter(cause: Cause, language: str = "en") -> Letter:
    """The same about the visit: all-day, several days, somewhere else, still provisional, title only in Dutch."""
    registration = replace(ANA, mode="on-site", event_id=VISIT.id, seats=2)
    return replace(letter(cause, language), event=VISIT, occurrence=VISIT_DATE, registration=registration)
