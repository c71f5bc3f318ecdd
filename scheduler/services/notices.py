"""Change notices: one mail for all that changed within a quiet period, to those whom it concerns.

A waiting notice holds what differs, as the person last knew it. Another edit joins it, an edit that undoes the change
drops it, and what it says is compared with the event once more when it is sent. While one is on its way nobody can
know whether it arrives: the next one is written beside it, and speaks for both unless the first is known as sent.
"""

from datetime import datetime

from msgspec import Struct
from msgspec.structs import replace
from sqlalchemy import Connection

from scheduler.config import Config
from scheduler.model.event import Event, Occurrence
from scheduler.model.message import Message
from scheduler.model.notices import Noted, ahead, changed, from_text, noted, still, to_text
from scheduler.model.occurrences import occurrences_of
from scheduler.model.registration import Registration
from scheduler.services import outbox
from scheduler.services.coalescing import quiet_until
from scheduler.services.objections import UNDONE
from scheduler.services.owed import PresentEvent
from scheduler.services.told import BEFORE, EARLIER, none_left, retold
from scheduler.store import messages, registrations
from scheduler.store import notices as store


class Concern(Struct, frozen=True, kw_only=True):
    """Somebody whom a change concerns: what differs for them, as it was, and how everything is now."""

    person: Registration
    differences: Noted
    present: Noted


def tell(
    conn: Connection, before: Event, after: Event, dates: tuple[Occurrence, ...], *, config: Config, now: datetime
) -> None:
    """Writes, joins or drops the notices that a change calls for; called in the transaction of every change.

    `dates` are those of `after`. Nothing is written while one of both is a draft or cancelled.
    """
    if not (before.alive and after.alive):
        return
    concerned = _concerned(conn, before, after, dates)
    letters = store.letters_of_event(conn, after.id) if concerned else {}
    for concern in concerned:
        _tell_one(conn, after, concern, letters.get(concern.person.id, []), config=config, now=now)


def _concerned(conn: Connection, before: Event, after: Event, dates: tuple[Occurrence, ...]) -> list[Concern]:
    old_dates = occurrences_of(before)
    found = []
    for person in registrations.of_event(conn, after.id, store.CONCERNED):
        present = noted(after, dates, person)
        differences = changed(noted(before, old_dates, person), present, person.language)
        if differences:
            found.append(Concern(person=person, differences=differences, present=present))
    return found


def _tell_one(
    conn: Connection, event: Event, concern: Concern, letters: list[Message], *, config: Config, now: datetime
) -> None:
    if none_left(letters):
        return  # what they get to read first will say everything as it then is
    last = _last(letters)
    joined = last if last is not None and store.take_back(conn, last) else None
    facts, left = _facts(concern, last, joined, letters, now)
    if not left and EARLIER not in facts:
        if joined is not None:
            messages.add(conn, replace(joined, state="dropped", last_error=UNDONE))
        return
    in_hand = last.lease_until if last is not None and joined is None else None
    first = joined.created_at if joined is not None else now
    present = PresentEvent(concern.present, concern.person.language)
    outbox.to_registration(
        conn,
        "update",
        event,
        concern.person,
        config=config,
        now=now,
        facts=facts,
        not_before=max(filter(None, (in_hand, quiet_until(present, left, first, config=config, now=now)))),
        created_at=first,
    )


def _facts(
    concern: Concern, last: Message | None, joined: Message | None, letters: list[Message], now: datetime
) -> tuple[dict[str, str], Noted]:
    """What the notice keeps, and what of it can still help.

    The first “before” stands, or what another letter told after it; what was undone falls out.
    """
    known = [concern.differences]
    if joined is not None:
        first = {**concern.differences, **from_text(joined.facts.get(BEFORE, ""))}
        known = retold(letters, joined.created_at, first, concern.present)
    differing = [still(one, concern.present, concern.person.language) for one in known]
    facts = {BEFORE: to_text(differing[0])}
    if joined is not None and EARLIER in joined.facts:
        facts[EARLIER] = joined.facts[EARLIER]
    elif joined is None and last is not None and last.state in {"sending", "waiting", "failed"}:
        facts[EARLIER] = last.id
    left = (ahead(one, concern.present, now) for one in differing)
    return facts, next(filter(None, left), {})


def _last(letters: list[Message]) -> Message | None:
    """The notice that no other one speaks for; one that waits before any other."""
    notices = [one for one in letters if one.cause == "update"]
    spoken_for = {one.facts.get(EARLIER) for one in notices if one.state != "dropped"}
    heads = [one for one in notices if one.id not in spoken_for]
    return max(heads, key=lambda one: (one.state in {"waiting", "sending"}, one.created_at, one.id), default=None)
