"""The heartbeats over a real relay: what waits leaves, a shutdown finishes what it began, a start catches up."""

import asyncio
from datetime import timedelta

from structlog.testing import capture_logs

from scheduler.clock import Clock, monotonic, utcnow
from scheduler.config import Config
from scheduler.errors import Unavailable
from scheduler.jobs import Beat, Jobs
from scheduler.mail.smtp import Relay, SmtpTransport
from scheduler.mail.transport import Delivery, Envelope, StillWanted, Transport
from scheduler.model.event import Event
from scheduler.services.correspondence import Correspondence
from scheduler.services.sending import Sender
from scheduler.store.database import Database
from tests.organiser import starting
from tests.smtp import HANG_UP, SmtpSink
from tests.store.world import LINKS, START, Wire, World, writer

SECONDS = 10.0


def relay_to(sink: SmtpSink) -> SmtpTransport:
    return SmtpTransport(Relay(host=sink.host, port=sink.port, security="none", messages_per_minute=60_000), monotonic)


class Interfering:
    """A transport that lets something happen in the last moment: the recipient is named, the text has not begun."""

    def __init__(self, inner: Transport, interfere: StillWanted) -> None:
        self._inner = inner
        self._interfere = interfere

    def room(self) -> int:
        return self._inner.room()

    def seconds_down(self) -> float:
        return self._inner.seconds_down()

    async def deliver(self, envelope: Envelope, still_wanted: StillWanted) -> Delivery:
        async def wanted() -> bool:
            await self._interfere()
            return await still_wanted()

        return await self._inner.deliver(envelope, wanted)

    async def close(self) -> None:
        await self._inner.close()


def jobs_of(world: World, transport: Transport, owner: str = "node:1", clock: Clock = utcnow) -> Jobs:
    sender = Sender(
        world.db,
        config=world.config,
        clock=clock,
        transport=transport,
        correspondence=Correspondence(world.config, LINKS, writer()),
        owner=owner,
    )
    return Jobs(world.db, world.config, clock, sender, chores=())


async def tomorrow(world: World) -> Event:
    """An event of tomorrow, by the real clock."""
    world.now = utcnow()
    return await world.create(
        reminders=[], **starting((world.now + timedelta(days=1)).replace(second=0, microsecond=0))
    )


async def states(world: World, event: Event) -> list[str]:
    return sorted(row.state for row in await world.messages(event))


async def test_what_waits_leaves_over_the_relay_and_is_noted(world: World, smtp_sink: SmtpSink) -> None:
    event = await tomorrow(world)
    for name in ("Ann", "Bob", "Cid"):
        await world.register(event, name)
    transport = relay_to(smtp_sink)
    jobs = jobs_of(world, transport)
    async with jobs.running():
        arrived = await smtp_sink.wait_for(3, SECONDS)
        world.now = utcnow()
        await world.register(event, "Dot")
        jobs.send.wake()
        arrived = await smtp_sink.wait_for(4, SECONDS)
    await transport.close()
    assert await states(world, event) == ["sent"] * 4
    ids = {row.message_id for row in await world.messages(event)}
    assert {one.message_id for one in arrived} == ids
    assert all(len(one.rcpt_tos) == 1 for one in arrived)


async def test_cancelled_in_the_last_moment_nothing_reaches_the_relay(world: World, smtp_sink: SmtpSink) -> None:
    event = await tomorrow(world)
    await world.register(event, "Ann")
    asked: list[str] = []

    async def cancel() -> bool:
        if not asked:
            asked.append("once")
            await world.cancel(event)
        return True

    transport = relay_to(smtp_sink)
    async with jobs_of(world, Interfering(transport, cancel)).running():
        arrived = await smtp_sink.wait_for(1, SECONDS)
    await transport.close()
    assert [str(one.message["X-Enspired-Cause"]) for one in arrived] == ["cancellation"]
    assert [one.content for one in smtp_sink.received] == [one.content for one in arrived]
    assert await states(world, event) == ["dropped", "sent"]


async def test_an_answer_that_got_lost_is_the_only_way_to_a_second_copy(world: World, smtp_sink: SmtpSink) -> None:
    world.configured("reminders", retry_minutes=(1,))
    event = await tomorrow(world)
    await world.register(event, "Ann")
    smtp_sink.answer("DATA", HANG_UP)
    transport = relay_to(smtp_sink)
    async with jobs_of(world, transport).running():
        async with asyncio.timeout(SECONDS):
            while (await world.messages(event))[0].attempts == 0 or (await world.messages(event))[0].state == "sending":
                await asyncio.sleep(0.02)
    await transport.close()
    (row,) = await world.messages(event)
    assert (row.state, row.last_code, row.message_id) == ("waiting", None, smtp_sink.received[0].message_id)


async def test_a_shutdown_finishes_what_it_began_and_begins_nothing_more(world: World) -> None:
    event = await tomorrow(world)
    for number in range(6):
        await world.register(event, f"P{number}")
    wire = Wire(utcnow)
    wire.places = 2
    began, go_on = asyncio.Event(), asyncio.Event()

    async def slow(_envelope: Envelope) -> None:
        wire.places -= 1
        began.set()
        await go_on.wait()

    wire.before_data = slow
    running = jobs_of(world, wire).running()
    await running.__aenter__()
    await asyncio.wait_for(began.wait(), SECONDS)
    stopping = asyncio.create_task(running.__aexit__(None, None, None))
    await asyncio.sleep(0.2)
    assert not stopping.done()
    wire.places = 100
    go_on.set()
    await asyncio.wait_for(stopping, SECONDS)
    assert len(wire.sent) == 2
    assert await states(world, event) == ["sent", "sent", "waiting", "waiting", "waiting", "waiting"]


async def test_a_start_takes_up_at_once_what_a_dead_process_held_where_there_can_be_no_other(
    world: World, smtp_sink: SmtpSink
) -> None:
    event = await tomorrow(world)
    await world.register(event, "Ann")
    await world.claim("a dead process")
    transport = relay_to(smtp_sink)
    async with jobs_of(world, transport).running():
        if world.db.shared:
            await asyncio.sleep(1.5)
            assert smtp_sink.messages == []
        else:
            await smtp_sink.wait_for(1, SECONDS)
    await transport.close()
    assert await states(world, event) == ["sending" if world.db.shared else "sent"]


async def test_two_nodes_beat_side_by_side_and_each_mail_leaves_once(
    postgres_url: str, shipped: Config, smtp_sink: SmtpSink
) -> None:
    database = Database.open(postgres_url)
    await database.migrate()
    world = World(database, shipped)
    event = await tomorrow(world)
    for number in range(40):
        await world.register(event, f"P{number:02}")
    transports = [relay_to(smtp_sink) for _ in range(2)]
    nodes = [jobs_of(world, transport, f"node:{number}") for number, transport in enumerate(transports)]
    async with nodes[0].running(), nodes[1].running():
        await smtp_sink.wait_for(40, 2 * SECONDS)
        await asyncio.sleep(0.2)
    for transport in transports:
        await transport.close()
    await database.close()
    assert len(smtp_sink.received) == len({one.message_id for one in smtp_sink.received}) == 40


async def test_a_beat_that_fails_beats_again() -> None:
    done: list[int] = []

    async def work() -> None:
        done.append(len(done))
        if len(done) == 1:
            raise RuntimeError("once")

    beat = Beat("test", work)
    task = asyncio.create_task(beat.run())
    while len(done) < 2:
        beat.wake()
        await asyncio.sleep(0.001)
    beat.stop()
    await asyncio.wait_for(task, SECONDS)
    assert done[:2] == [0, 1]


async def test_a_database_that_is_away_is_one_line_without_a_traceback_until_it_is_back() -> None:
    away, done = True, 0
    beat: Beat

    async def work() -> None:
        nonlocal done, away
        done += 1
        if done == 5:
            away = False
        if done == 6:
            beat.stop()
            return
        beat.wake()
        if away:
            raise Unavailable("The database is busy; please try again in a moment. Nothing was changed.")

    beat = Beat("release", work)
    with capture_logs() as heard:
        await asyncio.wait_for(beat.run(), SECONDS)
    assert [(line["event"], line["log_level"]) for line in heard] == [
        ("beat.put_off", "warning"), ("beat.resumed", "info")
    ]  # fmt: skip
    assert heard[0]["reason"].startswith("The database is busy")
    assert "exc_info" not in heard[0]
    assert heard[1]["missed"] == 4


async def test_a_release_asks_for_no_second_look_at_what_was_claimed(world: World) -> None:
    """A crowd is released slice by slice while its first mails leave; nothing in a slice makes any of them unwanted."""
    if world.db.shared:
        return  # others write there: each mail is looked at again in any case
    event = await world.create(reminders=["P1D"])
    for name in ("Ann", "Bob", "Cid"):
        await world.register(event, name)
    jobs = jobs_of(world, Wire(lambda: world.now), clock=lambda: world.now)
    async with jobs.running():
        await asyncio.sleep(0.5)  # what is done once at the start
        before, world.now = world.db.version, START - timedelta(days=1)
        async with asyncio.timeout(SECONDS):
            while [row.state for row in await world.messages(event) if row.cause == "reminder"] != ["sent"] * 3:
                await asyncio.sleep(0.05)
        assert world.db.version == before
