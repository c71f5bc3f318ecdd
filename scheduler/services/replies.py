"""Answers of calendar programs to invitations: each changes one registration, or nothing.

Whoever answers has to know three things that stand together only in the invitation: the address that it was sent
from, the UID, and the attendee's own mail address. A *no* gives the seat back, at most once; so an answer draws at
most one mail from us, and two machines that answer each other soon have nothing left to say.
"""

from datetime import date, datetime
from typing import Literal

from msgspec import Struct
from msgspec.structs import replace
from sqlalchemy import Connection

from feeds.reply import Reply
from scheduler.config import Config
from scheduler.model.event import Event, Occurrence
from scheduler.model.registration import CalendarAnswer, Registration
from scheduler.model.wall import instant, is_date, parse
from scheduler.services import registrations
from scheduler.services.registrations import last_start
from scheduler.store import events, messages
from scheduler.store import registrations as store

Outcome = Literal[
    "noted",
    "withdrawn",
    "date-declined",
    "date-restored",
    "after-withdrawal",
    "over",
    "repeated",
    "older",
    "unknown",
    "other-uid",
    "other-attendee",
    "other-date",
]
"""What became of an answer. The last four and `older`, `repeated` changed nothing at all."""


class _Asked(Struct, frozen=True):
    """A registration with its event and dates, the event's row locked."""

    row: Registration
    event: Event
    dates: tuple[Occurrence, ...]


def take(conn: Connection, registration_id: str, reply: Reply, *, config: Config, now: datetime) -> Outcome:
    """Takes one answer that came to the address of a registration.

    A yes or a maybe is noted. A no withdraws, or takes one date of a series out; a later yes puts that date back. A
    yes of somebody who has withdrawn is noted for the organiser and registers nobody again: the seat may be gone.
    """
    asked = _locked(conn, registration_id)
    if asked is None:
        return "unknown"
    row = asked.row
    if reply.uid != row.uid:
        return "other-uid"
    if reply.address != row.email.lower():
        return "other-attendee"
    about = _date(asked, reply.date) if reply.date is not None else None
    if reply.date is not None and about is None:
        return "other-date"
    key = about.id if about else ""
    answer = CalendarAnswer(
        answer=reply.answer,
        at=now,
        stamp=min(reply.stamp, now),  # a clock that is ahead must not outrank every later answer
        sequence=reply.sequence,
        comment=reply.comment,
    )
    order = _order(row.answers.get(key), answer)
    return order or _apply(conn, asked, about, answer, config=config, now=now)


def _order(last: CalendarAnswer | None, answer: CalendarAnswer) -> Literal["older", "repeated"] | None:
    """How an answer stands to the last one taken (RFC 5546 section 2.1.5); None for a newer one."""
    if last is None:
        return None
    if last.sequence is not None and answer.sequence is not None and answer.sequence != last.sequence:
        return "older" if answer.sequence < last.sequence else None
    if answer.stamp < last.stamp:
        return "older"
    return "repeated" if (answer.stamp, answer.answer) == (last.stamp, last.answer) else None


def _apply(
    conn: Connection, asked: _Asked, about: Occurrence | None, answer: CalendarAnswer, *, config: Config, now: datetime
) -> Outcome:
    row, declines = asked.row, answer.answer == "declined"
    if row.state == "cancelled":
        return _note(conn, row, about, answer, "noted" if declines else "after-withdrawal")
    if not asked.event.alive or (about.start_at if about else last_start(list(asked.dates))) <= now:
        return _note(conn, row, about, answer, "over" if declines else "noted")
    if about is None:
        outcome = _note(conn, row, None, answer, "withdrawn" if declines else "noted")
    elif declines:
        outcome = _without(conn, asked, about, answer)
    else:
        outcome = _with(conn, row, about, answer)
    if outcome == "withdrawn":
        registrations.withdraw(conn, row.id, config=config, now=now, by_organiser=False)
    return outcome


def _note(
    conn: Connection, row: Registration, about: Occurrence | None, answer: CalendarAnswer, outcome: Outcome
) -> Outcome:
    if outcome in ("after-withdrawal", "over"):
        answer = replace(answer, note=outcome)
    answers = {**row.answers, about.id if about else "": answer}
    store.replace(conn, replace(row, answers=answers, revision=row.revision + 1))
    return outcome


def _without(conn: Connection, asked: _Asked, about: Occurrence, answer: CalendarAnswer) -> Outcome:
    """The answer alone takes the date out, as an exception; without any date that is left they withdraw."""
    row = asked.row
    if not row.attends(about.id):
        return _note(conn, row, about, answer, "noted")
    if not any(one.alive and one.id != about.id and row.attends(one.id) for one in asked.dates):
        return _note(conn, row, about, answer, "withdrawn")
    conditions = messages.for_registration(row.id), messages.for_occurrence(about.id)
    messages.drop_waiting(conn, "the attendee declined this date", *conditions)
    return _note(conn, row, about, answer, "date-declined")


def _with(conn: Connection, row: Registration, about: Occurrence, answer: CalendarAnswer) -> Outcome:
    """A date that an earlier answer took out comes back: the seat is still theirs."""
    back = row.chose(about.id) and row.declined(about.id)
    return _note(conn, row, about, answer, "date-restored" if back else "noted")


def _date(asked: _Asked, when: datetime | date) -> Occurrence | None:
    """The date that a RECURRENCE-ID names, by the start that the series' rule gives it."""
    zone = asked.event.timezone
    for one in asked.dates:
        if one.original is None:
            continue
        if isinstance(when, datetime):
            if not is_date(one.original) and instant(one.original, zone) == when:
                return one
        elif is_date(one.original) and parse(one.original, zone) == when:
            return one
    return None


def _locked(conn: Connection, registration_id: str) -> _Asked | None:
    found = store.get(conn, registration_id)
    event = events.get(conn, found.event_id, lock=True) if found else None
    row = store.get(conn, registration_id)
    return _Asked(row, event, tuple(events.dates_of(conn, event.id))) if row and event else None
