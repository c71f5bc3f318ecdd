"""Sends what the outbox holds: claim, look again, word, hand over, note.

The order is what makes the promise: a message is noted as sent only after the relay took it, so a crash in between
repeats it (under the same Message-ID) and never loses it. Claims, looks and notes are made for many messages at once.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Coroutine, Sequence
from datetime import datetime, timedelta

import structlog

from scheduler.clock import Clock
from scheduler.config import Config
from scheduler.errors import ServiceError
from scheduler.mail.transport import Delivered, Envelope, Refused, Transport
from scheduler.model.message import Failure, Message
from scheduler.model.notices import to_text
from scheduler.services import cases, outbox
from scheduler.services.cases import Case
from scheduler.services.claiming import Claimed, Claims
from scheduler.services.correspondence import Correspondence
from scheduler.services.last_look import LastLook
from scheduler.services.noting import Notes
from scheduler.services.objections import IN_HAND, LEASE_LOST, OLD_WORDS
from scheduler.services.objections import objection as objection_to
from scheduler.services.places import Place, Places
from scheduler.services.tally import Tally
from scheduler.services.told import TOLD
from scheduler.store import leases
from scheduler.store.database import Database

log = structlog.get_logger()


_TURN = timedelta(seconds=1)
"""After so long it is looked again whether another mail to the same reader has come to its end."""


class Sender:
    """One sender of one process, under a name of its own in the leases.

    At most `mail.connections` messages are with the relay, and `mail.unnoted_mails` more that it took wait to be
    noted: so many, and no more, go out twice when the process dies.
    """

    def __init__(
        self,
        db: Database,
        *,
        config: Config,
        clock: Clock,
        transport: Transport,
        correspondence: Correspondence,
        owner: str,
    ) -> None:
        self._db = db
        self._config = config
        self._clock = clock
        self._transport = transport
        self._correspondence = correspondence
        self.tally = Tally(transport.seconds_down)
        self._notes = Notes(db, self._go_on, gather=config.mail.unnoted_mails // 2)
        self._look = LastLook(db)
        self._claims = Claims(db, config=config, correspondence=correspondence, owner=owner)
        self._ready: deque[Claimed] = deque()
        self._under_way: set[asyncio.Task[None]] = set()
        self._places = Places()
        self._ahead = timedelta(0)
        self._freed: Callable[[], None] = _nothing
        self.owner = owner

    async def start_ready(self, now: datetime, freed: Callable[[], None]) -> int:
        """Claims ready messages, starts those for which there is room, and gives how many were claimed.

        `freed` is called when more could be claimed, so that one slow recipient holds nobody else up. `now` is the
        clock that all nodes share: leases and last moments are judged by it, however wrong this machine's is.
        """
        self._ahead, self._freed = now - self._clock(), freed
        self._start()
        room = self._transport.room() - len(self._ready)
        if room <= 0 or self._plenty(room):
            return 0
        claimed = await self._db.write(lambda conn: self._claims.claim(conn, room, now), own=True)
        self._ready.extend(claimed)
        self._start()
        return len(claimed)

    async def finish(self) -> None:
        """Waits until everything that was claimed has come to its end, as far as there is room for it."""
        while self._under_way or self._notes.open:
            await asyncio.gather(*self._under_way, self._notes.written())

    async def stop(self) -> None:
        """Begins nothing more, waits for what was begun, and gives the rest back."""
        rest, self._ready = list(self._ready), deque()
        await self._put_back([one.message for one in rest])
        await self.finish()

    def _plenty(self, room: int) -> bool:
        """True while a claim would bring little: many at once cost hardly more than one."""
        return len(self._ready) > room

    def _start(self) -> None:
        """Starts what lies ready, in order, as far as there is room."""
        while one := self._next():
            self._spawn(self._run(one, self._places.take(one.message.address)))

    def _next(self) -> Claimed | None:
        """What is to be sent next; None where nothing is, or connections, notes or the relay's rate forbid it."""
        found, late, aside = None, [], []
        while found is None and self._ready and self._room():
            self._claims.word_some(self._ready, self._now())
            one = self._ready.popleft()
            if one.message.address in self._places.addresses:
                aside.append(one)
            elif self._time_enough(one.message):
                found = one
            else:
                late.append(one.message)
        self._ready.extendleft(reversed(aside))
        if late:
            self._spawn(self._put_back(late))
        return found

    def _room(self) -> bool:
        mail, places = self._config.mail, self._places
        return (
            places.with_relay < mail.connections
            and places.begun < mail.connections + mail.unnoted_mails
            and places.starting < self._transport.room()
        )

    def _spawn(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(work)
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)

    async def _run(self, one: Claimed, place: Place) -> None:
        """Sees one mail after the other through, as long as there is a next one."""
        following: Claimed | None = one
        while following:
            await self._see_through(following, place)
            self._ask_for_more()
            if following := self._next():
                place = self._places.take(following.message.address)

    async def _see_through(self, one: Claimed, place: Place) -> None:
        noted_later = False
        try:
            noted_later = await self._send(one, place)
        except Exception as error:  # its lease runs out and it comes again; the others go on
            log.error("message.interrupted", message=one.message.id, exc_info=error)
        finally:
            if not noted_later:
                place.end()

    def _go_on(self) -> None:
        self._start()
        self._ask_for_more()

    def _ask_for_more(self) -> None:
        if not self._plenty(self._transport.room() - len(self._ready)):
            self._freed()

    async def _send(self, one: Claimed, place: Place) -> bool:
        """True when what became of it is still to be noted, after which the place ends."""
        message, case = one.message, one.seen.case if one.seen else None
        if one.hangs:
            case = await self._look.again(message.id, None)
        if case is None:
            return False
        if one.envelope:
            return await self._hand_over(one, case, one.envelope, place)
        if objection := objection_to(case, message, self._now()):
            await self._drop(message, objection)
            return False
        try:
            envelope = self._correspondence.envelope(case, one.known, now=self._now())
        except Exception as error:  # a message that cannot be worded must not stop the others
            log.error("message.unwritable", message=message.id, exc_info=not isinstance(error, ServiceError))
            failure = Failure(text=f"It could not be written: {type(error).__name__}", permanent=False)
            await self._fail(message, failure)
            return False
        return await self._hand_over(one, case, envelope, place)

    def _time_enough(self, message: Message) -> bool:
        """False when the lease could run out while the relay still answers: then it is left to be claimed again."""
        deadline = timedelta(seconds=self._config.mail.timeout_seconds)
        return message.lease_until is None or message.lease_until - self._now() >= deadline

    async def _hand_over(self, one: Claimed, seen: Case, envelope: Envelope, place: Place) -> bool:
        message, objections = one.message, [""]

        async def still_wanted() -> bool:
            case = await self._look.again(message.id, None if cases.hangs_on_other_mails(seen) else one.seen)
            objections.append(objection_to(case, message, self._now()) if case else "it was forgotten")
            if case and not objections[-1] and not cases.reads_alike(case, seen):
                objections.append(OLD_WORDS)
            return not objections[-1]

        place.started()
        delivery = await self._transport.deliver(envelope, still_wanted)
        place.leave()
        if isinstance(delivery, Delivered):
            self._taken(message, {TOLD: to_text(seen.tells)} if seen.tells else {}, place)
            return True
        if isinstance(delivery, Refused) and delivery.again_in is not None:
            await self._wait_for_relay(message, delivery.failure, delivery.again_in)
        elif isinstance(delivery, Refused):
            await self._fail(message, delivery.failure)
        else:
            await self._drop(message, objections[-1])
        return False

    def _taken(self, message: Message, facts: dict[str, str], place: Place) -> None:
        def noted(fault: Exception | None) -> None:
            place.end()
            if fault is None:
                log.info("message.sent", message=message.id, cause=message.cause, attempt=message.attempts)
            else:
                log.error("message.interrupted", message=message.id, exc_info=fault)

        at = self._now()
        self.tally.sent(message, at)
        self._notes.sent(message, at, facts, noted)

    async def _drop(self, message: Message, reason: str) -> None:
        if reason == OLD_WORDS:
            await self._put_back([message])
        elif reason == IN_HAND:
            again_at = self._now() + _TURN
            await self._notes.insist(lambda conn: leases.put_back(conn, [message], again_at=again_at))
        elif reason != LEASE_LOST:
            self.tally.outcomes["dropped"] += 1
            await self._notes.insist(lambda conn: outbox.dropped(conn, message, reason))

    async def _fail(self, message: Message, failure: Failure) -> None:
        now = self._now()
        retry_at = await self._notes.insist(
            lambda conn: outbox.failed(conn, message, failure, config=self._config, now=now)
        )
        self.tally.outcomes["retried" if retry_at else "failed"] += 1
        log.warning("message.refused", message=message.id, code=failure.code, again_at=str(retry_at or "never"))

    async def _wait_for_relay(self, message: Message, failure: Failure, seconds: float) -> None:
        """The way out is closed for all: what lies ready goes back, for this node later or for another one now."""
        rest, self._ready = [one.message for one in self._ready], deque()
        now, again_at = self._now(), self._now() + timedelta(seconds=seconds)
        await self._notes.insist(lambda conn: outbox.postponed(conn, message, failure, again_at=again_at, now=now))
        self.tally.outcomes["postponed"] += 1
        log.warning("relay.failing", message=message.id, code=failure.code, reason=failure.text)
        await self._put_back(rest)

    async def _put_back(self, messages: Sequence[Message]) -> None:
        if messages:
            await self._notes.insist(lambda conn: leases.put_back(conn, messages))

    def _now(self) -> datetime:
        return self._clock() + self._ahead


def _nothing() -> None:
    """Nobody waits to hear of it."""
