"""Mail through a relay (RFC 5321): a small pool of reused conversations, verified TLS, one deadline a message."""

import asyncio
import re
import ssl
from collections.abc import Callable

from scheduler.mail.connecting import Relay, Unreachable, converse
from scheduler.mail.conversation import CLOSING, Conversation, Lost, Refusal, stuffed
from scheduler.mail.line import Line
from scheduler.mail.rate import Bucket
from scheduler.mail.transport import Delivered, Delivery, Envelope, Refused, StillWanted, Withdrawn, fault_of
from scheduler.model.message import Failure

__all__ = ["Relay", "SmtpTransport"]

IDLE_SECONDS = 60.0
FAREWELL_SECONDS = 2.0
AUTHENTICATION_REQUIRED = 530
REPLY_LENGTH = 500
AHEAD = 25
"""Mails that may lie claimed for each connection, so that none has to wait for the database."""


class _Attempt:
    """One delivery: whether its turn came, and whether the relay took the sender; then a failure is about the mail."""

    def __init__(self, envelope: Envelope, still_wanted: StillWanted) -> None:
        self.envelope = envelope
        self.still_wanted = still_wanted
        self.begun = False
        self.consented = False


class SmtpTransport:
    """The transport to one relay.

    A message that the relay accepts and whose answer is then lost counts as failed for now and goes out again with
    the same Message-ID: the only way to a duplicate. Failures before the recipient is named (connecting, TLS, login,
    the sender's address) concern the relay or its settings, hence are never permanent for the message.
    """

    def __init__(self, relay: Relay, clock: Callable[[], float], *, tls: ssl.SSLContext | None = None) -> None:
        """`clock` is monotonic, in seconds; `tls` replaces the usual context, which trusts the system's authorities."""
        self._relay = relay
        self._clock = clock
        self._tls = tls or ssl.create_default_context()
        self._bucket = Bucket(relay.messages_per_minute, clock)
        self._free = asyncio.Semaphore(relay.connections)
        self._busy = 0
        self._idle: list[tuple[Conversation, float]] = []
        self._closed = False
        self.line = Line(clock)

    def room(self) -> int:
        """See Transport. None while the relay is left in peace, then one until it has taken that one."""
        if self.line.closed:
            return 0
        most = 1 if self.line.trying else self._relay.connections * AHEAD
        return max(0, min(self._bucket.ready, most - self._busy))

    def seconds_down(self) -> float:
        """See Transport."""
        return self.line.seconds_down

    async def deliver(self, envelope: Envelope, still_wanted: StillWanted) -> Delivery:
        """See Transport. Waits for its turn (connections, rate) within the same deadline."""
        if fault := fault_of(envelope):
            return fault
        attempt = _Attempt(envelope, still_wanted)
        self._busy += 1
        try:
            async with asyncio.timeout(self._relay.timeout_seconds):
                await self._turn()
                async with self._free:
                    attempt.begun = True
                    return await self._converse(attempt)
        except TimeoutError:
            return self._late(attempt)
        finally:
            self._busy -= 1

    async def close(self) -> None:
        """Say goodbye on idle connections, briefly; busy ones close when their delivery ends."""
        self._closed = True
        idle, self._idle = self._idle, []
        await asyncio.gather(*(_farewell(talk) for talk, _ in idle))

    def _late(self, attempt: _Attempt) -> Refused:
        """Whose fault it is: the turn's (the others took so long), the relay's, or this mail's."""
        failure = Failure(text=f"The mail server took longer than {self._relay.timeout_seconds:g} seconds.")
        if not attempt.begun:
            return Refused(failure, again_in=0.0)
        return self._lost(attempt, failure)

    async def _turn(self) -> None:
        wait = self._bucket.take()
        if not wait:
            return
        try:
            await asyncio.sleep(wait)
        except BaseException:
            self._bucket.give_back()
            raise

    async def _converse(self, attempt: _Attempt) -> Delivery:
        """On a reused connection that turns out dead before the text was sent, once more on a new one."""
        while talk := self._reusable():
            try:
                await self._address(talk, attempt)
            except BaseException as error:
                if _dead(error):
                    talk.close()
                    continue
                return await self._ended(talk, attempt, error)
            return await self._send(talk, attempt)
        try:
            talk = await converse(self._relay, attempt.envelope.sender.rpartition("@")[2], self._tls)
        except Unreachable as error:
            return self._down(Failure(text=_clean(str(error)) or "The mail server cannot be reached."))
        try:
            await self._address(talk, attempt)
        except BaseException as error:
            return await self._ended(talk, attempt, error)
        return await self._send(talk, attempt)

    async def _address(self, talk: Conversation, attempt: _Attempt) -> None:
        attempt.consented = False
        try:
            await talk.address(attempt.envelope.sender, attempt.envelope.recipient)
        finally:
            attempt.consented = talk.consented

    async def _send(self, talk: Conversation, attempt: _Attempt) -> Delivery:
        try:
            if not await attempt.still_wanted():
                await self._reset(talk)
                self.line.heard()
                return Withdrawn()
            reply = await talk.text(attempt.envelope.stuffed or stuffed(attempt.envelope.data))
        except BaseException as error:
            return await self._ended(talk, attempt, error)
        self._keep(talk)
        self.line.up()
        return Delivered(reply.code, _clean(reply.text))

    async def _ended(self, talk: Conversation, attempt: _Attempt, error: BaseException) -> Delivery:
        """What a failure means: for the conversation, for the relay, for the message. Raises what is none of these."""
        if isinstance(error, Refusal):
            if error.reply.code == CLOSING:
                talk.close()
            else:
                await self._reset(talk)
            return self._refused(attempt, error)
        talk.close()
        if isinstance(error, Lost | OSError):
            return self._lost(attempt, Failure(text=_clean(str(error))))
        raise error

    def _refused(self, attempt: _Attempt, refusal: Refusal) -> Refused:
        code, text = refusal.reply.code, _clean(refusal.reply.text)
        if refusal.stage == "MAIL" or code == AUTHENTICATION_REQUIRED:
            return self._down(Failure(text=text, code=code))
        self.line.heard()
        if refusal.stage != "RCPT":
            self.line.failed(attempt.envelope.recipient)
        return Refused(Failure(text=text, code=code, permanent=code >= 500))

    def _lost(self, attempt: _Attempt, failure: Failure) -> Refused:
        """Nobody knows what became of it. Before the relay took the sender it is the relay's trouble alone."""
        if not attempt.consented:
            return self._down(failure)
        self.line.heard()
        self.line.failed(attempt.envelope.recipient)
        return Refused(failure)

    def _down(self, failure: Failure) -> Refused:
        return Refused(failure, again_in=self.line.down(failure.text))

    def _reusable(self) -> Conversation | None:
        while self._idle:
            talk, since = self._idle.pop()
            if talk.alive and self._clock() - since < IDLE_SECONDS:
                return talk
            talk.close()
        return None

    async def _reset(self, talk: Conversation) -> None:
        """End the transaction that was begun and keep the connection, if the relay agrees."""
        try:
            if not (talk.withdrawable and await talk.reset()):
                talk.close()
        except Lost:
            talk.close()
        except BaseException:
            talk.close()
            raise
        else:
            self._keep(talk)

    def _keep(self, talk: Conversation) -> None:
        if self._closed or not talk.alive:
            talk.close()
        else:
            self._idle.append((talk, self._clock()))


async def _farewell(talk: Conversation) -> None:
    try:
        async with asyncio.timeout(FAREWELL_SECONDS):
            await talk.farewell()
    except (Lost, OSError, TimeoutError):
        pass
    finally:
        talk.close()


def _dead(error: BaseException) -> bool:
    """The relay had closed the idle connection, or says that it does so now: nothing was accepted yet."""
    return isinstance(error, Lost | OSError) or (isinstance(error, Refusal) and error.reply.code == CLOSING)


def _clean(text: str) -> str:
    """A server's words, fit to be stored and shown: one line, no control characters, not endless."""
    if text.isprintable():
        return text.strip()[:REPLY_LENGTH]
    plain = text.encode("utf-8", "replace").decode("utf-8")
    return re.sub(r"[\x00-\x1f\x7f-\x9f]+", " ", plain).strip()[:REPLY_LENGTH]
