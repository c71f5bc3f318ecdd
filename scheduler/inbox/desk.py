"""What every mail that came in goes over: read, brought before the services, counted, forgotten."""

import asyncio
from collections import Counter
from collections.abc import Callable, Iterable

import structlog
from sqlalchemy import Connection

from feeds.reply import Reply
from scheduler.clock import Clock
from scheduler.config import Config
from scheduler.mail.inbox.kinds import Bounce, CalendarAnswer, Incoming, name_of
from scheduler.mail.inbox.parts import Limits
from scheduler.mail.inbox.reading import read_mail, recipients_in
from scheduler.model.links import Links
from scheduler.services import bounces, replies
from scheduler.store.database import Database

log = structlog.get_logger()

_MOST_RECIPIENTS = 5


class Desk:
    """Takes mails from the doors. `counts` says how many came to what end since the process started."""

    def __init__(
        self,
        db: Database,
        *,
        config: Config,
        clock: Clock,
        links: Links,
        wake: Callable[[], None],
        counts: Counter[str],
    ) -> None:
        self._db = db
        self._config = config
        self._clock = clock
        self._links = links
        self._wake = wake
        self.counts = counts
        self.limits = Limits(octets=config.replies.max_bytes)

    def knows(self, address: str) -> bool:
        """True for an address that stands for a registration or a message; asks no database."""
        return self._links.machine.ours(address)

    async def deliver(self, data: bytes, *, sender: str | None, recipients: Iterable[str]) -> tuple[str, ...]:
        """Takes a mail that came to some of our addresses; what became of it, in a word for each.

        `sender` is the envelope's ("" the null one), None where nobody knows it. When this returns, everything is
        committed. Taking the same mail again is harmless. Raises Unavailable when the database is away.
        """
        known = [address for address in dict.fromkeys(recipients) if self.knows(address)][:_MOST_RECIPIENTS]
        mail = await asyncio.to_thread(read_mail, data, sender=sender, limits=self.limits)
        outcomes = [outcome for address in known for outcome in await self._one(mail, address)] or ["not-ours"]
        self.counts.update(outcomes)
        return tuple(outcomes)

    async def fetched(self, data: bytes) -> tuple[str, ...]:
        """Takes a mail out of a mailbox, where its headers say to which of our addresses it came."""
        named = await asyncio.to_thread(recipients_in, data, self.limits)
        found = [address for text in named for address in self._links.machine.found_in(text)]
        return await self.deliver(data, sender=None, recipients=found)

    def set_aside(self, why: str) -> None:
        """Counts a mail that was not even read."""
        self.counts[why] += 1
        log.info("inbox.read", mail=why)

    async def _one(self, mail: Incoming, address: str) -> list[str]:
        registration = self._links.registration_of_reply(address)
        message = self._links.message_of_bounce(address)
        if registration and isinstance(mail, CalendarAnswer):
            outcomes = await self._answered(registration, mail.replies)
        elif message and isinstance(mail, Bounce):
            outcomes = [await self._bounced(message, mail)]
        else:
            outcomes = [name_of(mail)]
        about = {"registration": registration} if registration else {"message": message}
        log.info("inbox.read", mail=name_of(mail), outcomes=outcomes, **about)
        return outcomes

    async def _answered(self, registration: str, answers: tuple[Reply, ...]) -> list[str]:
        now, config = self._clock(), self._config

        def body(conn: Connection) -> list[str]:
            return [replies.take(conn, registration, reply, config=config, now=now) for reply in answers]

        outcomes = await self._db.write(body)
        if "withdrawn" in outcomes:
            self._wake()
        return outcomes

    async def _bounced(self, message: str, mail: Bounce) -> str:
        now = self._clock()
        return await self._db.write(
            lambda conn: bounces.note(conn, message, hard=mail.hard, status=mail.status, reason=mail.reason, now=now)
        )
