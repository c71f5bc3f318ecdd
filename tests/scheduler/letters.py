"""Letters to write mails from: one lecture, one visit, one school, one attendee far away."""

from datetime import UTC, datetime
from typing import Literal

from msgspec.structs import replace

from feeds import invite
from feeds.entry import Attendee, Entry
from scheduler.mail.compose import CalendarPart, Mailbox
from scheduler.mail.letter import Letter, Links
from scheduler.model.digest import Listed
from scheduler.model.event import Evaluation, Event, Interpretation, Occurrence, Online, Place
from scheduler.model.institution import Institution
from scheduler.model.message import Cause
from scheduler.model.notices import changed, noted, to_text
from scheduler.model.party import Party, PartyKind
from scheduler.model.registration import Registration
from tests.scheduler.programme import facts_of, items_of

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
    stop_reminders=f"{BASE}/r/manage-token/unsubscribe",
    stop_all=f"{BASE}/r/manage-token/no-reminders",
    withdraw=f"{BASE}/r/manage-token/withdraw",
    console=f"{BASE}/console/events/01lecture",
    unsubscribe=f"{BASE}/r/unsubscribe-token/one-click",
    calendar=f"{BASE}/events/01lecture.ics",
    sign_in=f"{BASE}/console/sign-in/token",
    digest=f"{BASE}/d/digest-token",
    agenda=f"{BASE}/en/?kind=workshop",
)

LISTED = (
    Listed(kind="new", event=LECTURE, date=LECTURE_DATE, more=2),
    Listed(kind="moved", event=VISIT, date=VISIT_DATE),
    Listed(
        kind="cancelled",
        event=replace(LECTURE, id="02lecture", status="cancelled", title={"fr": "Pédagogie active au Burundi"}),
        date=LECTURE_DATE,
    ),
)


METHODS: dict[str, Literal["REQUEST", "CANCEL"]] = {
    "confirmation": "REQUEST",
    "place-free": "REQUEST",
    "update": "REQUEST",
    "cancellation": "CANCEL",
    "withdrawal": "CANCEL",
}


def calendar_part(cause: str) -> CalendarPart | None:
    """The lecture in Ana's calendar, or its end, as far as a mail of this cause carries one."""
    method = METHODS.get(cause)
    if method is None:
        return None
    entry = Entry(
        uid=LECTURE.uid,
        sequence=LECTURE.sequence,
        stamp=DAY_BEFORE,
        modified=CREATED,
        start=datetime.fromisoformat(LECTURE.start),
        end=datetime.fromisoformat(LECTURE.end),
        zone=LECTURE.timezone,
        summary=LECTURE.title["en"],
        description="Join online: https://meet.example.org/climate?pwd=s3cret",
    )
    make = invite.request if method == "REQUEST" else invite.cancellation
    us, ana = Attendee(address="agenda@agenda.example.org"), Attendee(address="ana@example.org")
    return CalendarPart(method, make(entry, us, ana))


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
    facts = {"position": "3", "waiting": "4", "minutes": "30"}
    if cause == "update":
        facts["before"] = noted_before(LECTURE, MORNING, ANA)
    if cause == "day-programme":
        event, occurrence, registration = VISIT, VISIT_DATE, replace(ANA, mode="on-site", event_id=VISIT.id)
        facts = facts_of(VISIT, language)
    about_event = cause not in {"sign-in", "confirm-digest", "digest"}
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
        facts=facts,
        calendar=calendar_part(cause),
        listed={"digest": LISTED, "day-programme": items_of(VISIT)}.get(cause, ()),
        pages={one.event.id: f"{BASE}/events/{one.event.id}" for one in LISTED} if cause == "digest" else {},
    )


MORNING = replace(LECTURE_DATE, start="2027-03-16T09:00", end="2027-03-16T10:30")


def noted_before(event: Event, date: Occurrence, registration: Registration) -> str:
    """What a notice about the lecture holds when it was another `event` at another `date` before."""
    was, now = noted(event, (date,), registration), noted(LECTURE, (LECTURE_DATE,), registration)
    return to_text(changed(was, now, registration.language))


def changed_letter(cause: Cause, language: str, *, online: bool = True) -> Letter:
    """A letter about the lecture after it was moved, renamed and held in another language, room or video call."""
    registration = replace(ANA, mode="online" if online else "on-site", language=language)
    then = replace(
        LECTURE,
        status="tentative",
        title={**LECTURE.title, "en": "Weather data in the classroom", "nl": "Weerdata in de klas"},
        languages=("en", "nl"),
        place=Place(room="B1.02"),
        online=Online(platform="Zoom", url="https://meet.example.org/old"),
    )
    before = noted_before(then, MORNING, registration)
    one = replace(letter(cause, language), registration=registration, facts={"before": before, "since": before})
    return one if online else replace(one, timezone="Europe/Brussels")


def series_letter(language: str) -> Letter:
    """A letter about a series of which one date was moved, one cancelled and one added."""
    registration = replace(ANA, language=language)
    dates = tuple(
        replace(LECTURE_DATE, id=f"01lecture.{at}", position=at, start=f"2027-03-{day}T14:30",
                end=f"2027-03-{day}T16:00",
                start_at=datetime(2027, 3, day, 13, 30, tzinfo=UTC),
                end_at=datetime(2027, 3, day, 15, tzinfo=UTC))
        for at, day in enumerate((16, 18, 23, 25))
    )  # fmt: skip
    then = (replace(dates[0], start="2027-03-16T09:00", end="2027-03-16T10:30"), *dates[1:3])
    now = (dates[0], replace(dates[1], status="cancelled", reason="The speaker has an exam."), *dates[2:])
    before = changed(noted(LECTURE, then, registration), noted(LECTURE, now, registration), language)
    one = replace(letter("update", language), registration=registration, dates=now, occurrence=now[0])
    return replace(one, facts={"before": to_text(before)})


def visit_letter(cause: Cause, language: str = "en") -> Letter:
    """The same about the visit: all-day, several days, somewhere else, still provisional, title only in Dutch."""
    registration = replace(ANA, mode="on-site", event_id=VISIT.id, seats=2)
    one = replace(letter(cause, language), event=VISIT, occurrence=VISIT_DATE, registration=registration)
    return replace(one, listed=items_of(VISIT))


def party_letter(kind: PartyKind, language: str = "en") -> Letter:
    """The reminder of who speaks at the lecture from Bogotá, or of the host in the room."""
    far = kind == "speaker"
    zone = "America/Bogota" if far else "Europe/Brussels"
    party = Party(
        key=f"{kind}:1",
        kind=kind,
        email=f"{kind}@example.org",
        language=language,
        timezone=zone,
        mode="online" if far else "on-site",
    )
    links = Links(
        event=LINKS.event,
        console=LINKS.console,
        stop_all=f"{BASE}/choices/token",
        unsubscribe=f"{BASE}/choices/token",
    )
    event = replace(LECTURE, contact="visits@arteveldehs.example")
    facts = {"registered": "31" if far else "1", "waiting": "4" if far else "0"}
    one = replace(letter("reminder", language), event=event, registration=None, party=party, links=links, facts=facts)
    return replace(one, timezone=zone, recipient=party.email)


def party_news_letter(cause: Cause, kind: PartyKind, language: str = "en") -> Letter:
    """The notice that the lecture was moved, or its end, to who speaks at it from Bogotá or hosts it in the room."""
    one = party_letter(kind, language)
    if one.event is None or one.party is None:
        raise AssertionError
    if cause == "cancellation":
        event = replace(one.event, status="cancelled", cancellation_reason="The speaker cannot travel.")
        return replace(one, cause=cause, event=event, calendar=None)
    then = replace(
        one.event, place=Place(room="B1.02"), online=Online(platform="Zoom", url="https://meet.example.org/old")
    )
    was, now = noted(then, (MORNING,), one.party), noted(one.event, (LECTURE_DATE,), one.party)
    facts = {"before": to_text(changed(was, now, language)), "registered": "31"}
    return replace(one, cause=cause, facts=facts, calendar=None)


def follow_up_letter(language: str = "en") -> Letter:
    """The mail after the lecture, with materials and a survey."""
    event = replace(
        LECTURE,
        materials=("https://files.example.org/climate%20toolkit.pdf", "slides (pdf)"),
        evaluation=Evaluation(form="survey", url="https://survey.example.org/climate"),
    )
    return replace(letter("follow-up", language), event=event, now=datetime(2027, 3, 17, 15, tzinfo=UTC))
