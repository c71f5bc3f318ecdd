"""The engine under load and in trouble: many at once, a relay that is down, who is woken, what is said of it."""

import asyncio
from collections import Counter
from datetime import timedelta

import pytest

from scheduler.clock import SharedClock, monotonic, utcnow
from scheduler.config import Config
from scheduler.mail.smtp import Relay, SmtpTransport
from scheduler.mail.transport import Delivery, Envelope, Refused, StillWanted
from scheduler.model.event import Event
from scheduler.model.message import Failure
from scheduler.services import health
from scheduler.services.tally import Tally
from scheduler.store import messages
from scheduler.store.clock import database_now
from scheduler.store.database import Database
from tests.raw_smtp import HANG_UP, RawServer
from tests.smtp import SmtpSink
from tests.store.test_jobs import jobs_of, tomorrow
from tests.store.world import NOW, START, Wire, World, add_sign_in_message

SECOND, MINUTE, DAY = timedelta(seconds=1), timedelta(minutes=1), timedelta(days=1)
DOWN = Failure(text="421 too many connections", code=421)


class Relaying(Wire):
    """A wire whose relay can be down for everybody."""

    down = False

    async def deliver(self, envelope: Envelope, still_wanted: StillWanted) -> Delivery:
        if self.down:
            return Refused(DOWN, again_in=4.0)
        return await super().deliver(envelope, still_wanted)


async def crowd(world: World, count: int) -> Event:
    """A reminder that is due for so many people."""
    event = await world.create(reminders=["P1D"])
    for number in range(count):
        await world.register(event, f"P{number:03}", language=("en", "nl", "fr")[number % 3])
    await world.send()
    world.now = START - DAY
    await world.release()
    return event


async def test_a_relay_that_is_down_uses_up_nobodys_attempts_and_all_leave_when_it_is_back(world: World) -> None:
    wire = Relaying(lambda: world.now)
    world.wire, world.sender = wire, world.another_sender("node:1", wire)
    event = await world.create(reminders=[])
    for number in range(12):
        await world.register(event, f"P{number:02}")
    wire.down = True
    for _ in range(3):
        await world.sender.start_ready(world.now, lambda: None)
        await world.sender.finish()
        world.now += 5 * SECOND
    rows = await world.messages(event)
    assert {(row.state, row.attempts, row.lease_owner) for row in rows} == {("waiting", 0, None)}
    assert any((row.last_code, row.last_error) == (421, "421 too many connections") for row in rows)
    wire.down = False
    await world.send()
    assert Counter(sent.recipient for sent in wire.sent) == {row.address: 1 for row in rows}


async def test_a_message_goes_back_whose_lease_would_end_before_the_relay_has_to_answer(world: World) -> None:
    event = await world.create(reminders=[])
    for number in range(10):
        await world.register(event, f"P{number}")

    async def crawl(_envelope: Envelope) -> None:
        world.now += 3 * SECOND

    world.wire.before_data = crawl
    await world.sender.start_ready(world.now, lambda: None)
    await world.sender.finish()
    left = [row for row in await world.messages(event) if row.state == "waiting"]
    assert left
    assert {(row.attempts, row.lease_owner) for row in left} == {(0, None)}
    world.wire.before_data = None
    await world.send()
    assert len(world.wire.sent) == len({sent.message_id for sent in world.wire.sent}) == 10


async def test_what_is_acknowledged_between_the_look_and_the_text_is_seen(world: World) -> None:
    """However many were claimed, looked up and worded before: who cancels is obeyed from the acknowledgement on."""
    event = await crowd(world, 9)
    acknowledged = asyncio.Event()
    began: list[str] = []

    async def cancel(envelope: Envelope) -> None:
        began.append(envelope.recipient)
        if len(began) == 1:
            await world.cancel(event)
            acknowledged.set()
        await acknowledged.wait()

    world.wire.before_data = cancel
    await world.sender.start_ready(world.now, lambda: None)
    await world.sender.finish()
    assert world.wire.of("reminder") == []
    assert {row.state for row in await world.messages(event, "reminder")} == {"dropped"}


async def test_one_claim_and_no_second_look_serve_a_whole_batch_while_nobody_writes(world: World) -> None:
    await crowd(world, 30)
    reads, writes = 0, 0
    read, write = world.db.read, world.db.write

    async def counted_read(body: object) -> object:
        nonlocal reads
        reads += 1
        return await read(body)  # type: ignore[arg-type]

    async def counted_write(body: object, **more: object) -> object:
        nonlocal writes
        writes += 1
        return await write(body, **more)  # type: ignore[arg-type]

    world.db.read, world.db.write = counted_read, counted_write  # type: ignore[method-assign, assignment]
    await world.sender.start_ready(world.now, lambda: None)
    await world.sender.finish()
    assert len(world.wire.of("reminder")) == 30
    assert reads == 0 or world.db.shared
    assert writes <= 31  # the claim, and notes that may well share a transaction


async def test_a_poisoned_recipient_delays_nobody(world: World, smtp_sink: SmtpSink) -> None:
    event = await tomorrow(world)
    for number in range(20):
        await world.register(event, f"P{number:02}")
    async with RawServer.running({"RCPT": [HANG_UP, HANG_UP, "250 ok"]}) as server:
        relay = Relay(host="127.0.0.1", port=server.port, security="none", messages_per_minute=60_000)
        transport = SmtpTransport(relay, monotonic)
        async with jobs_of(world, transport).running(), asyncio.timeout(5):
            while len(server.bodies) < 18:
                await asyncio.sleep(0.01)
        await transport.close()
    counts = Counter((row.state, row.attempts) for row in await world.messages(event))
    assert counts == {("sent", 1): 18, ("waiting", 1): 2}


async def test_mail_that_is_due_and_goes_nowhere_is_an_alarm_and_a_single_refusal_is_none(world: World) -> None:
    down = 0.0
    tally = Tally(lambda: down)

    async def well() -> bool:
        at = world.now
        return (await world.db.read(lambda conn: health.checks(conn, tally, at)))["mail"]

    world.now = NOW
    assert await well()
    await world.db.write(lambda conn: add_sign_in_message(conn, attempts=3, next_attempt_at=NOW + MINUTE))
    world.now = NOW + 10 * MINUTE
    assert await well()  # refused again and again: its own trouble
    down = 119.0
    assert await well()
    down = 121.0
    assert not await well()  # retries included: the relay fails everybody
    down = 0.0
    await world.db.write(lambda conn: add_sign_in_message(conn, id="never tried", attempts=0, next_attempt_at=NOW))
    assert not await well()
    row = await world.db.read(lambda conn: messages.get(conn, "never tried"))
    assert row is not None
    tally.sent(row, world.now - MINUTE)
    assert await well()  # a long queue that moves
    world.now += 2 * MINUTE
    assert not await well()


async def test_another_node_that_writes_a_message_wakes_the_sender_at_once(
    postgres_url: str, shipped: Config, smtp_sink: SmtpSink
) -> None:
    slow = World(Database.open(postgres_url), shipped)
    slow.configured("reminders", heartbeat_seconds=3600)
    await slow.db.migrate()
    writing = World(Database.open(postgres_url), shipped)
    relay = Relay(host=smtp_sink.host, port=smtp_sink.port, security="none", messages_per_minute=60_000)
    transport = SmtpTransport(relay, monotonic)
    event = await tomorrow(writing)
    async with slow.db.watching(), jobs_of(slow, transport, "node:1").running():
        await asyncio.sleep(1.2)  # it has beaten once and hears nothing more by itself for an hour
        await writing.register(event, "Ann")
        began = monotonic()
        await smtp_sink.wait_for(1, 3)
        assert monotonic() - began < 1
    await transport.close()
    for world in (slow, writing):
        await world.db.close()


async def test_a_node_goes_by_the_databases_clock_however_wrong_its_own_is(postgres_url: str) -> None:
    wrong = SharedClock(lambda: utcnow() - 90 * SECOND, monotonic)
    assert abs(wrong() - (utcnow() - 90 * SECOND)) < SECOND
    database = Database.open(postgres_url)
    await database.migrate()
    told = asyncio.Event()

    def tell(instant: object) -> None:
        wrong.tell(instant)  # type: ignore[arg-type]
        told.set()

    database.pulse.on_time = tell
    async with database.watching():
        await asyncio.wait_for(told.wait(), 5)
        assert abs(wrong() - await database.read(database_now)) < SECOND
    await database.close()


@pytest.mark.parametrize(("late", "place"), [(0.05, 0), (0.1, 0), (3.0, 4), (4000.0, 9), (-5.0, 0)])
async def test_how_late_a_mail_left_counts_from_when_it_was_meant_to(world: World, late: float, place: int) -> None:
    await world.db.write(lambda conn: add_sign_in_message(conn, due_at=NOW - DAY, not_before=NOW))
    row = await world.db.read(lambda conn: messages.get(conn, "m"))
    assert row is not None
    tally = Tally(lambda: 0.0)
    tally.sent(row, NOW + timedelta(seconds=late))
    assert [number for number, count in enumerate(tally.lateness) if count] == [place]
    assert tally.lateness_sum == max(0.0, late)
