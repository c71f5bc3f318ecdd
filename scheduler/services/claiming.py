"""Claims messages in batches, and words them in batches ahead of their turn."""

from collections import deque
from contextlib import suppress
from datetime import datetime

import structlog
from msgspec import Struct
from sqlalchemy import Connection

from scheduler.config import Config
from scheduler.errors import ServiceError
from scheduler.mail.transport import Envelope
from scheduler.model.institution import Institution
from scheduler.model.message import Message
from scheduler.services import cases, outbox
from scheduler.services.cases import Case, hangs_on_other_mails
from scheduler.services.correspondence import Correspondence
from scheduler.services.last_look import Seen
from scheduler.services.objections import objection
from scheduler.store import institutions
from scheduler.store.database import Database

log = structlog.get_logger()

_WORDED_AT_ONCE = 25
"""Mails that are worded in one go: half the work of wording each in between the others' talk with the relay."""


class Claimed(Struct, frozen=True):
    """A message under our lease, with what it spoke of when it was claimed, and once worded (`tried`) its mail.

    `hangs`: other mails decide whether it is still needed, so what was seen with the claim is not enough.
    """

    message: Message
    seen: Seen | None
    known: dict[str, Institution]
    hangs: bool = True
    tried: bool = False
    envelope: Envelope | None = None


class Claims:
    """What one sender claims, under its name `owner`."""

    def __init__(self, db: Database, *, config: Config, correspondence: Correspondence, owner: str) -> None:
        self._db = db
        self._config = config
        self._correspondence = correspondence
        self._owner = owner

    def claim(self, conn: Connection, limit: int, now: datetime) -> list[Claimed]:
        """Up to `limit` ready messages, looked up in the same transaction; what hangs on other mails comes last."""
        claimed = outbox.claim(conn, self._owner, limit, config=self._config, now=now)
        if not claimed:
            return []
        version, known = self._db.version, institutions.all_institutions(conn)
        try:
            found = cases.look_up_claimed(conn, claimed)
        except (ServiceError, ValueError) as error:  # one that cannot be read: each is looked up by itself
            log.error("messages.unreadable", count=len(claimed), exc_info=error)
            return [Claimed(message, None, known) for message in claimed]
        taken = [self._seen(message, found[message.id], version, known) for message in claimed]
        return sorted(taken, key=lambda one: one.hangs)

    @staticmethod
    def _seen(message: Message, case: Case, version: int | None, known: dict[str, Institution]) -> Claimed:
        return Claimed(message, Seen(case, version), known, hangs=hangs_on_other_mails(case))

    def word_some(self, ready: deque[Claimed], now: datetime) -> None:
        """Words what comes next, unless that was done."""
        if not ready[0].tried:
            some = [ready.popleft() for _ in range(min(_WORDED_AT_ONCE, len(ready)))]
            ready.extendleft(self._worded(one, now) for one in reversed(some))

    def _worded(self, one: Claimed, now: datetime) -> Claimed:
        """With its mail; without where its turn has to decide: something stands against it, or other mails may."""
        case, envelope = one.seen.case if one.seen else None, None
        if case and not one.hangs and not objection(case, one.message, now):
            with suppress(Exception):  # said when its turn comes
                envelope = self._correspondence.envelope(case, one.known, now=now)
        return Claimed(one.message, one.seen, one.known, hangs=one.hangs, tried=True, envelope=envelope)
