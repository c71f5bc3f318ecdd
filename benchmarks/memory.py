"""What 10,000 events and 500 different subscriptions take in memory while all of them are hot.

    python -m benchmarks.memory [--events 10000] [--subscriptions 500] [--megabytes 256]

The whole service as a process of its own; its private memory (/proc/<pid>/smaps_rollup) before and after each
subscription was fetched, and again after each was fetched once more behind a change.
"""

import argparse
import asyncio
import itertools
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from benchmarks import agenda
from benchmarks.measuring import Server, fetch, free_port, machine, resident_bytes, table
from scheduler.clock import utcnow
from scheduler.services import people, subscriptions
from scheduler.store.database import Database

GZIP = {"Accept-Encoding": "gzip"}
_FILTERS = (
    "",
    "kind=workshop",
    "kind=webinar",
    "kind=conference",
    "institution=vives",
    "institution=unae",
    "country=KE",
)
_OPTIONS = ("", "lang=nl", "lang=fr", "lang=es", "busy=1", "alarm=PT15M", "cancelled=hide", "horizon=90")


def queries(count: int) -> list[str]:
    """So many different queries: each filter with each option, then with each of some horizons."""
    horizons = [f"horizon={days}" for days in range(100, 400, 5)]
    pairs = itertools.chain(itertools.product(_FILTERS, _OPTIONS), itertools.product(_FILTERS, horizons))
    return ["&".join(part for part in pair if part) for pair in itertools.islice(pairs, count)]


async def prepare(folder: Path, events: int, count: int) -> tuple[list[str], str]:
    """Fills a folder; the secrets of the subscriptions, and a key."""
    config = agenda.config_of(agenda.settings(folder, events))
    database: Database = await agenda.filled(config, events)
    now = utcnow()

    def make(conn: Any) -> tuple[list[str], str]:
        secrets = [
            subscriptions.create(conn, f"List {number}", query, actor=agenda.ADMIN, now=now)[0]
            for number, query in enumerate(queries(count))
        ]
        return secrets, people.create_key(conn, "admin", now=now, writes=True)[0]

    made = await database.write(make)
    await database.close()
    return made


def fetch_all(server: Server, secrets: list[str]) -> int:
    """Fetches every subscription; octets in all."""
    base = server.url.rpartition("/healthz")[0]
    total = 0
    for secret in secrets:
        status, _, body = fetch(f"{base}/feeds/s/{secret}/agenda.ics", GZIP)
        if status != 200:
            raise SystemExit(f"a subscription answered {status}")
        total += len(body)
    return total


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--events", type=int, default=10_000)
    parser.add_argument("--subscriptions", type=int, default=500)
    parser.add_argument("--megabytes", type=int, default=256)
    given = parser.parse_args()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        secrets, _ = asyncio.run(prepare(folder, given.events, given.subscriptions))
        port = free_port()
        env = agenda.own_environment(agenda.settings(folder, given.events), port)
        env["ENSPIRED_FEEDS__HOT_MEGABYTES"] = str(given.megabytes)
        url = f"http://127.0.0.1:{port}/healthz"
        server = stack.enter_context(Server("ours", agenda.serve(port), url, env))
        rows = [("started", f"{resident_bytes(server.pid) / 1e6:,.0f}", "")]
        for name in ("each fetched once", "each fetched again"):
            began = time.perf_counter()
            octets = fetch_all(server, secrets)
            spent = time.perf_counter() - began
            told = f"{spent:,.1f} s for {octets / 1e6:,.1f} MB of gzip"
            rows.append((name, f"{resident_bytes(server.pid) / 1e6:,.0f}", told))
        print(
            f"{machine()}; {given.events:,} events, {given.subscriptions} subscriptions, bound {given.megabytes} MB\n"
        )
        print(table(("state", "private memory (MB)", "fetching"), rows))


if __name__ == "__main__":
    main()
