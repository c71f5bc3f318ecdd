"""Personalised reminders through the whole ledger to smtp-sink, against building and sending each by itself.

    python -m benchmarks.mail [--mails 10000] [--rounds 5] [--profile]

Three ways take turns within each round, each on 10 connections: the ledger (claim, look up, word, send, look again,
note in SQLite, fsynced), EmailMessage with aiosmtplib on connections that stay open, and `smtp-source -d`, which sends
one and the same mail again and again. Needs Postfix's smtp-sink and smtp-source (Debian: postfix).
"""

import argparse
import asyncio
import cProfile
import gc
import os
import subprocess
import tempfile
import time
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from pathlib import Path

from aiosmtplib import SMTP

from benchmarks.agenda import config_of
from benchmarks.crowd import Sink, crowd, environment
from benchmarks.measuring import LOAD_CORE, SERVER_CORE, machine, median, program, table
from scheduler.app import transport_of
from scheduler.cli.logs import log_to_stderr
from scheduler.clock import Clock, utcnow
from scheduler.config import Config
from scheduler.mail.compose import Mail, Mailbox, compose
from scheduler.mail.writer import Writer
from scheduler.model.links import Links
from scheduler.services import reminders
from scheduler.services.correspondence import Correspondence
from scheduler.services.sending import Sender
from scheduler.store import messages
from scheduler.store.database import Database
from scheduler.texts import load_catalogues

CONNECTIONS = 10
_AGAIN = "UPDATE message SET state = 'waiting', attempts = 0, sent_at = NULL WHERE state = 'sent'"


class Ledger:
    """A filled outbox and its sender; every round sends all of it again."""

    def __init__(self, database: Database, config: Config, clock: Clock) -> None:
        self._db = database
        self._config = config
        self._clock = clock
        self._correspondence = Correspondence(
            config, Links("https://agenda.benchmark.example", "a secret of benchmarks"), Writer(load_catalogues())
        )

    async def round(self) -> float:
        """Sends everything; mails a second."""
        await self._db.write(lambda conn: conn.exec_driver_sql(_AGAIN))
        transport = transport_of(self._config)
        sender = Sender(
            self._db, config=self._config, clock=self._clock, transport=transport,
            correspondence=self._correspondence, owner="benchmark",
        )  # fmt: skip
        freed, began = asyncio.Event(), time.perf_counter()
        left = (await self._db.read(messages.states)).get("waiting", 0)
        while left > 0:
            freed.clear()
            claimed = await sender.start_ready(self._clock(), freed.set)
            left -= claimed
            if not claimed:
                async with asyncio.timeout(20):
                    await freed.wait()
        await sender.finish()
        seconds = time.perf_counter() - began
        await transport.close()
        states = await self._db.read(messages.states)
        if set(states) != {"sent"}:
            raise SystemExit(f"not everything was sent: {states}")
        return states["sent"] / seconds


async def one_by_one(port: int, count: int, mail: Mail) -> float:
    """Each mail built with EmailMessage and sent over one of a few aiosmtplib connections; mails a second."""
    clients = [SMTP(hostname="127.0.0.1", port=port, start_tls=False) for _ in range(CONNECTIONS)]
    for client in clients:
        await client.connect()
    numbers = iter(range(count))

    async def work(client: SMTP) -> None:
        for number in numbers:
            own = Mail(
                cause="reminder", sender=mail.sender, recipient=f"person.{number}@school.example",
                subject=mail.subject, text=f"{mail.text}{number}\n", html=f"{mail.html}<p>{number}</p>", language="en",
                message_id=f"<{number}@benchmark.example>", date=mail.date, unsubscribe=mail.unsubscribe,
            )  # fmt: skip
            await client.sendmail(own.sender.address, [own.recipient], compose(own))

    began = time.perf_counter()
    await asyncio.gather(*(work(client) for client in clients))
    seconds = time.perf_counter() - began
    for client in clients:
        await client.quit()
    return count / seconds


def smtp_source(port: int, count: int, size: int) -> float:
    """Postfix's own load generator on the core that is ours otherwise; mails a second."""
    command = [
        "taskset", "-c", str(SERVER_CORE), program("smtp-source", "postfix"), "-d", "-s", str(CONNECTIONS),
        "-m", str(count), "-l", str(size), "-f", "a@benchmark.example", "-t", "b@benchmark.example",
        f"127.0.0.1:{port}",
    ]  # fmt: skip
    began = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return count / (time.perf_counter() - began)


async def run(mails: int, rounds: int, profile: str) -> str:
    """All rounds; a table."""
    found: dict[str, list[float]] = {"ledger": [], "one by one": [], "smtp-source -d": []}
    used: dict[str, list[float]] = {name: [] for name in found}
    with tempfile.TemporaryDirectory() as folder, Sink() as sink:
        config = config_of(environment(Path(folder), sink.port))
        due = (utcnow() + timedelta(minutes=2)).replace(second=0, microsecond=0)
        database, _ = await crowd(config, mails, due)
        ahead = due + timedelta(seconds=1) - utcnow()

        def clock() -> datetime:
            return utcnow() + ahead

        began = time.perf_counter()
        while await database.write(lambda conn: reminders.release_due(conn, config=config, now=clock())):
            pass
        released = mails / (time.perf_counter() - began)
        ledger, sample = Ledger(database, config, clock), _sample()
        await ledger.round()
        gc.collect()
        gc.freeze()  # as `enspired serve` does
        few = max(500, mails // 10)
        for _ in range(rounds):
            began = _processor()
            found["one by one"].append(await one_by_one(sink.port, few, sample))
            used["one by one"].append((_processor() - began) / few)
            began = _processor()
            found["ledger"].append(await _profiled(ledger.round, profile))
            used["ledger"].append((_processor() - began) / mails)
            began = _processor()
            found["smtp-source -d"].append(smtp_source(sink.port, mails, len(compose(sample))))
            used["smtp-source -d"].append((_processor() - began) / mails)
        await database.close()
    middle = {name: median(values) for name, values in found.items()}
    cost = {name: median(values) * 1e6 for name, values in used.items()}
    rows = [
        (
            name,
            f"{value:,.0f}",
            f"{value / middle['one by one']:.1f}",
            f"{value / middle['smtp-source -d']:.2f}",
            f"{cost[name]:,.0f}",
            f"{cost['one by one'] / cost[name]:.1f}",
        )
        for name, value in middle.items()
    ]
    columns = ["", "mails a second", "x one by one", "x smtp-source -d", "processor us a mail", "one by one costs x"]
    return f"{table(columns, rows)}\n\nWritten into the outbox: {released:,.0f} a second."


def _processor() -> float:
    """Seconds of processor that this process, its threads and its children that ended have used."""
    return sum(os.times()[:4])


async def _profiled(work: Callable[[], Awaitable[float]], name: str) -> float:
    profiler = cProfile.Profile() if name else None
    if profiler:
        profiler.enable()
    result = await work()
    if profiler:
        profiler.disable()
        profiler.dump_stats(name)
    return result


def _sample() -> Mail:
    paragraph = "It begins tomorrow at 14:30, and everybody who takes part can open the room ten minutes before.\n"
    return Mail(
        cause="reminder", sender=Mailbox("agenda@benchmark.example", "eNSPIRED agenda"),
        recipient="person@school.example", subject="Tomorrow 14:30: Climate data in the classroom",
        text=paragraph * 12, html=f'<p style="margin:0 0 16px;color:#1a1f24">{paragraph}</p>\n' * 36, language="en",
        message_id="<1@benchmark.example>", date=utcnow(),
        unsubscribe="https://agenda.benchmark.example/r/0123456789/unsubscribe",
    )  # fmt: skip


def main() -> None:
    """Reads the command line, measures, prints."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--mails", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--profile", default="", help="write a profile of the last round of the ledger to this file")
    given = parser.parse_args()
    log_to_stderr(debug=False, quiet=True)
    os.sched_setaffinity(0, {SERVER_CORE})
    print(machine())
    print(asyncio.run(run(given.mails, given.rounds, given.profile)))
    print(f"(sink on core {LOAD_CORE})")


if __name__ == "__main__":
    main()
