"""An attendee's own page: where their registration stands, and what they can do about it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal

from msgspec import Struct

from scheduler.dates import ClockLine, When
from scheduler.model.attending import as_attended
from scheduler.model.digest import Listed
from scheduler.model.event import Event, Occurrence
from scheduler.model.links import Links
from scheduler.model.notices import comes_in_person
from scheduler.model.reading import Institutions, Reading
from scheduler.model.registration import Registration, ReminderChoice
from scheduler.services.registrations import Seated
from scheduler.web.pages.clocks import clocks_of
from scheduler.web.pages.site import Voice
from scheduler.web.pages.view_event import DateView, shown_date
from scheduler.web.pages.view_register import Choice
from scheduler.web.pages.words import Mark, date_words, language_words, marks, place_words, when_words

State = Literal["pending", "expired", "confirmed", "waiting", "cancelled", "event_cancelled", "past"]
_WEB = ("https://", "http://")


class Other(Struct, frozen=True):
    """Another registration of the same address that waits to be confirmed."""

    id: str
    name: str
    title: Reading
    date: str


class TakingPart(Struct, frozen=True, kw_only=True):
    """Where to go or what to open. The ways in are there only for who has a seat and takes part online."""

    place: str
    address: str
    access: Reading
    mode: str
    join: str
    dial_in: str
    low_bandwidth: str
    link_follows: bool


class AttendeeView(Struct, frozen=True, kw_only=True):
    """Everything on an attendee's own page."""

    state: State
    heading: str
    sentence: str
    name: str
    title: Reading
    url: str
    when: When
    start: str
    clock: ClockLine | None
    notes: tuple[str, ...]
    part: TakingPart
    languages: str
    seats: int
    calendar: str
    agenda_link: bool
    dates: tuple[DateView, ...]
    items: tuple[DateView, ...]
    may_withdraw: bool
    reminders: ReminderChoice
    languages_offered: tuple[Choice, ...]
    others: tuple[Other, ...]
    reason: str


def attendee_view(
    seated: Seated,
    dates: Sequence[Occurrence],
    others: Sequence[Seated],
    institutions: Institutions,
    voice: Voice,
    *,
    programme: Sequence[Listed] = (),
    links: Links,
    now: datetime,
) -> AttendeeView:
    """What the page says. `others` wait for the same address; they show once this one is confirmed.

    `programme` is the day programme of a visit, as far as who has a seat may see it.
    """
    row, event = seated.registration, seated.event
    chosen = [date for date in dates if row.chose(date.id)] or list(dates)
    covered = [date for date in chosen if row.attends(date.id)] or chosen
    date, state = shown_date(covered, now), state_of(row, event, covered, now)
    clocks = clocks_of(event, date, institutions, voice, row.timezone)
    return AttendeeView(
        state=state,
        heading=voice.t(f"pages.attendee.{state}.title"),
        sentence=_sentence(state, seated, voice),
        name=row.name,
        title=voice.read(event.title),
        url=f"/{voice.language}/events/{event.id}",
        when=when_words(event, date, institutions, voice),
        start=date.start,
        clock=clocks.mine,
        notes=clocks.notes if clocks.mine else (),
        part=_taking_part(seated, institutions, voice, seat=state == "confirmed" and row.firm),
        languages=language_words(event, voice),
        seats=row.seats,
        calendar=f"{links.attendee(row.id)}/calendar.ics" if state in {"confirmed", "waiting"} else "",
        agenda_link=state == "confirmed" and row.state == "confirmed",
        dates=tuple(_date(event, one, row, institutions, voice) for one in chosen) if len(chosen) > 1 else (),
        items=tuple(_item(one, seated, institutions, voice) for one in programme) if state == "confirmed" else (),
        may_withdraw=state in {"pending", "confirmed", "waiting"},
        reminders=row.reminders,
        languages_offered=_languages(row, voice),
        others=tuple(_other(other, voice) for other in others) if row.confirmed_at or row.queued_at else (),
        reason=event.cancellation_reason,
    )


def _languages(row: Registration, voice: Voice) -> tuple[Choice, ...]:
    offered = voice.config.languages.offered
    return tuple(Choice(tag, voice.language_name(tag).capitalize(), tag == row.language) for tag in offered)


def _taking_part(seated: Seated, institutions: Institutions, voice: Voice, *, seat: bool) -> TakingPart:
    row, event = seated.registration, seated.event
    host = institutions.get(event.host or "")
    afar = not comes_in_person(event, row)
    joins = event.online.url if afar and seat and event.online.url.startswith(_WEB) else ""
    return TakingPart(
        place=place_words(as_attended(event, row), institutions, voice),
        address="" if afar else event.place.address or (host.address if host and not event.place.city else ""),
        access=voice.read({} if afar else event.place.access),
        mode=voice.t(f"pages.format.{row.mode}") if event.format == "hybrid" else "",
        join=joins,
        dial_in=event.online.dial_in if afar and seat else "",
        low_bandwidth=event.online.low_bandwidth if afar and seat else "",
        link_follows=afar and seat and not joins,
    )


def state_of(row: Registration, event: Event, dates: Sequence[Occurrence], now: datetime) -> State:
    """Where a registration stands for the person who holds it."""
    if row.state == "cancelled":
        return "event_cancelled" if row.cancelled_by == "event" else "cancelled"
    if event.status == "cancelled":
        return "event_cancelled"
    if max(date.end_at for date in dates) <= now:
        return "past"
    if row.state == "pending":
        return "expired" if row.expires_at is not None and row.expires_at <= now else "pending"
    return "waiting" if row.state == "waiting" else "confirmed"


def _sentence(state: State, seated: Seated, voice: Voice) -> str:
    if state == "waiting":
        return voice.t("pages.attendee.waiting.sentence", place=seated.line)
    return voice.t(f"pages.attendee.{state}.sentence")


def _date(event: Event, date: Occurrence, row: Registration, institutions: Institutions, voice: Voice) -> DateView:
    found = () if date.alive else (Mark(voice.t("pages.mark.cancelled"), "bad"),)
    if date.alive and row.declined(date.id):
        found = (Mark(voice.t("pages.attendee.date_declined")),)
    return DateView(when_words(event, date, institutions, voice), date.start, found, date.reason)


def _item(one: Listed, seated: Seated, institutions: Institutions, voice: Voice) -> DateView:
    """An item of the day programme; a link to its page only where everybody may open that."""
    item, row = one.event, seated.registration
    place = place_words(as_attended(item, row), institutions, voice)
    return DateView(
        when_words(item, one.date, institutions, voice, row.timezone),
        one.date.start,
        tuple(marks(item, one.date, voice)),
        title=voice.read(item.title),
        url=f"/{voice.language}/events/{item.id}" if item.visibility == "public" else "",
        kind=voice.name("kinds", item.kind),
        place=place if place != place_words(as_attended(seated.event, row), institutions, voice) else "",
    )


def _other(other: Seated, voice: Voice) -> Other:
    event = other.event
    return Other(other.registration.id, other.registration.name, voice.read(event.title), date_words(event, voice))
