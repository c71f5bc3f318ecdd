"""Reminders to a crowd, all due in the same minute: the service's memory, and its API while they leave.

    python -m benchmarks.mail_crowd [--mails 100000] [--seconds 15]

The whole service on one core, Postfix's smtp-sink and the API's reader on the other. The reader asks for a page of
events and for one event, one request after the other on one connection, before the reminder falls due and while it is
sent. Needs Postfix's smtp-sink (Debian: postfix).
"""

import argparse
import asyncio
import http.client
import re
import sqlite3
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

from benchmarks import agenda
from benchmarks.crowd import Sink, crowd, environment
from benchmarks.measuring import Server, free_port, machine, table
from scheduler.clock import utcnow
from scheduler.config import Config


def peak_bytes(pid: int) -> int:
    """The most memory that a process has held (VmHWM in /proc/<pid>/status)."""
    found = re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
    return int(found[1]) * 1024 if found else 0


def asked(port: int, path: str, until: Callable[[], bool]) -> list[float]:
    """Milliseconds of each answer, until told to stop; a request every 5 ms at most."""
    connection, times = http.client.HTTPConnection("127.0.0.1", port, timeout=60), []
    while not until():
        for one in ("/api/v1/events?limit=20", path):
            began = time.perf_counter()
            connection.request("GET", one)
            answer = connection.getresponse()
            answer.read()
            if answer.status != 200:
                raise SystemExit(f"{one} answered {answer.status}")
            times.append((time.perf_counter() - began) * 1000)
        time.sleep(0.005)
    return times


def quantile(values: list[float], share: float) -> float:
    """The value below which so many lie."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


def sent(database: Path) -> int:
    """How many reminders have left, read beside the service."""
    with sqlite3.connect(f"file:{database}?mode=ro", uri=True) as connection:
        query = "SELECT count(*) FROM message WHERE state = 'sent' AND cause = 'reminder'"
        return int(connection.execute(query).fetchone()[0])


def measure(folder: Path, mails: int, seconds: float) -> str:
    """Fills, serves, waits for the due minute, watches; a table."""
    with Sink() as sink:
        env = environment(folder, sink.port)
        config, port = agenda.config_of(env), free_port()
        due = (utcnow() + timedelta(seconds=60 + mails / 2000 + seconds)).replace(second=0, microsecond=0)
        due += timedelta(minutes=1)
        database, event = asyncio.run(_filled(config, mails, due))
        path = f"/api/v1/events/{event}"
        url = f"http://127.0.0.1:{port}/healthz"
        with Server("ours", agenda.serve(port), url, agenda.own_environment(env, port)) as server:
            began = time.monotonic()
            idle = asked(port, path, lambda: time.monotonic() - began > seconds)
            before = peak_bytes(server.pid)
            time.sleep(max(0.0, (due - utcnow()).total_seconds()))
            began, checked, done = time.monotonic(), 0.0, 0

            def over() -> bool:
                nonlocal checked, done
                if time.monotonic() - checked > 2:
                    checked, done = time.monotonic(), sent(database)
                    print(f"{done} after {checked - began:.0f} s", file=sys.stderr)
                return done >= mails

            draining = asked(port, path, over)
            took, peak = time.monotonic() - began, peak_bytes(server.pid)
    rows = [
        ("API, p50 ms", f"{quantile(idle, 0.5):.1f}", f"{quantile(draining, 0.5):.1f}"),
        ("API, p99 ms", f"{quantile(idle, 0.99):.1f}", f"{quantile(draining, 0.99):.1f}"),
        ("most memory, MiB", f"{before / 2**20:.0f}", f"{peak / 2**20:.0f}"),
    ]
    text = table(["", "idle", f"while {mails:,} mails leave"], rows)
    return f"{text}\n\nAll left within {took:.0f} s: {mails / took:,.0f} a second, written, sent and noted."


async def _filled(config: Config, mails: int, due: datetime) -> tuple[Path, str]:
    database, event = await crowd(config, mails, due)
    await database.close()
    return Path(str(database.url.database)), event.id


def main() -> None:
    """Reads the command line, measures, prints."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--mails", type=int, default=100_000)
    parser.add_argument("--seconds", type=float, default=15)
    given = parser.parse_args()
    print(machine())
    with tempfile.TemporaryDirectory() as folder:
        print(measure(Path(folder), given.mails, given.seconds))


if __name__ == "__main__":
    main()
