"""One notice for all that changed within a quiet period, to one reader: it is written, joined or dropped here.

A waiting notice holds what differs, as its reader last knew it. Another edit joins it, an edit that undoes the change
drops it. While one is on its way nobody can know whether it arrives: the next one then keeps both ways in which its
reader may know it.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from msgspec import Struct
from msgspec.structs import replace
from sqlalchemy import Connection

from scheduler.config import Config
from scheduler.model.event import Event
from scheduler.model.message import Cause, Message
from scheduler.model.notices import Noted, from_text, to_text
from scheduler.model.registration import Registration
from scheduler.services import outbox
from scheduler.services.objections import UNDONE
from scheduler.services.owed import OTHERWISE, Present
from scheduler.services.told import BEFORE
from scheduler.store import coalescing as store
from scheduler.store import messages
from scheduler.store.notices import take_back

OVERTAKEN = "a later notice tells it"
_IN_DOUBT = frozenset({"waiting", "sending", "failed", "held"})


class News(Struct, frozen=True, kw_only=True):
    """What changed for one reader: a registration, or a `recipient` (the key of a speaker or host) at an `address`.

    `differences` are as they were before this change, `present` is how everything is now.
    """

    cause: Cause
    event: Event
    address: str
    language: str
    registration: Registration | None = None
    recipient: str = ""
    differences: Noted
    present: Present


def settle(conn: Connection, news: News, told: Sequence[Message], *, config: Config, now: datetime) -> None:
    """Makes the waiting notice fit what changed; `told` are all notices that this reader was ever written."""
    last = max(told, key=lambda one: (one.state in {"waiting", "sending"}, one.created_at, one.id), default=None)
    joined = last if last is not None and take_back(conn, last) else None
    facts, left = _facts(news, last, joined)
    if not news.present.ahead(left, now):
        if joined is not None:
            messages.add(conn, replace(joined, state="dropped", last_error=UNDONE))
        return
    if joined is None and last is not None and last.state == "waiting":
        store.overtake(conn, last, OVERTAKEN)
    first = joined.created_at if joined is not None else now
    in_hand = last.lease_until if last is not None and joined is None else None
    quiet = quiet_until(news.present, left, first, config=config, now=now)
    outbox.write(
        conn,
        news.cause,
        config=config,
        now=now,
        address=news.address,
        language=news.language,
        event=news.event,
        registration=news.registration,
        recipient=news.recipient,
        facts=facts,
        not_before=max(filter(None, (in_hand, quiet))),
        created_at=first,
    )


def quiet_until(present: Present, before: Noted, first: datetime, *, config: Config, now: datetime) -> datetime:
    """After the quiet period, which every edit begins again but not for ever; at once when a date is near."""
    rules = config.reminders
    if present.near(before, now, timedelta(hours=rules.notice_near_hours)):
        return now
    quiet = now + timedelta(minutes=rules.notice_quiet_minutes)
    return max(now, min(quiet, first + timedelta(minutes=rules.notice_longest_minutes)))


def _facts(news: News, last: Message | None, joined: Message | None) -> tuple[dict[str, str], Noted]:
    """What the notice keeps, and what of it is left. The first “before” stands; what was undone falls out."""
    still, known, otherwise = news.present.still, news.differences, Noted()
    if joined is not None:
        known = {**known, **_kept(joined, BEFORE)}
        if OTHERWISE in joined.facts:
            otherwise = {**news.differences, **_kept(joined, OTHERWISE)}
    elif last is not None and last.state in _IN_DOUBT:
        otherwise = {**known, **_kept(last, BEFORE), **_kept(last, OTHERWISE)}
    facts = {BEFORE: to_text(still(known))}
    if otherwise:
        # Also what is the same again: somebody who got the earlier notice has to hear that it is undone.
        facts[OTHERWISE] = to_text(otherwise)
    return facts, {**still(otherwise), **still(known)}


def _kept(notice: Message, name: str) -> Noted:
    return from_text(notice.facts.get(name, ""))
