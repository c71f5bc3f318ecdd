"""A 304 and a 200 of one feed: ours with the whole service running, nginx, an application that does nothing, Radicale.

    python -m benchmarks.feed_http [--events 1000] [--rounds 5] [--seconds 3] [--radicale PYTHON]

Each server is alone on one core, the load comes from another; the rounds are interleaved, figures are medians.
Needs nginx and wrk (Debian: nginx-light wrk); Radicale only with --radicale, the python of an environment that has it.
"""

import argparse
import gzip
import sys
import tempfile
import time
import urllib.request
from contextlib import ExitStack
from pathlib import Path

from benchmarks import agenda
from benchmarks.measuring import Load, Server, fetch, free_port, load, machine, median, program, table

GZIP = {"Accept-Encoding": "gzip"}
NGINX = """
daemon off; master_process off; worker_processes 1; pid {folder}/nginx.pid; error_log /dev/null;
events {{ worker_connections 1024; }}
http {{
  access_log off; sendfile on; tcp_nopush on; keepalive_requests 1000000000;
  open_file_cache max=100 inactive=60s; open_file_cache_valid 60s; gzip_static on;
  types {{ text/calendar ics; }}
  client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
  server {{ listen 127.0.0.1:{port}; root {folder}/static; }}
}}
"""
RADICALE = """
[server]
hosts = 127.0.0.1:{port}
[auth]
type = none
[storage]
filesystem_folder = {folder}/radicale
[logging]
level = error
"""


def ours(folder: Path, events: int) -> Server:
    """The whole service, with jobs, mails and everything, on SQLite."""
    env, port = agenda.fill(folder, events), free_port()
    url = f"http://127.0.0.1:{port}/feeds/events.ics"
    return Server("ours", agenda.serve(port), url, agenda.own_environment(env, port))


def nginx(folder: Path, calendar: bytes, packed: bytes) -> Server:
    """The same octets as files."""
    (folder / "static").mkdir()
    (folder / "static/events.ics").write_bytes(calendar)
    (folder / "static/events.ics.gz").write_bytes(packed)
    port = free_port()
    (folder / "nginx.conf").write_text(NGINX.format(folder=folder, port=port))
    command = [program("nginx", "nginx-light"), "-c", str(folder / "nginx.conf")]
    return Server("nginx", command, f"http://127.0.0.1:{port}/events.ics")


def nothing(folder: Path, packed: bytes) -> Server:
    """An ASGI application that does nothing, on the same uvicorn."""
    (folder / "body.gz").write_bytes(packed)
    port = free_port()
    command = [
        sys.executable, "-m", "uvicorn", "benchmarks.nothing:app", "--port", str(port), "--no-access-log",
        "--log-level", "error", "--loop", "uvloop", "--http", "httptools", "--lifespan", "off", "--no-server-header",
    ]  # fmt: skip
    return Server("do-nothing", command, f"http://127.0.0.1:{port}/", {"BENCHMARK_BODY": str(folder / "body.gz")})


def radicale(folder: Path, python: str) -> Server:
    """Radicale 3 with its files in a folder; the calendar is put there by `put`."""
    port = free_port()
    (folder / "radicale.conf").write_text(RADICALE.format(folder=folder, port=port))
    url = f"http://127.0.0.1:{port}/"
    return Server("Radicale", [python, "-m", "radicale", "-C", str(folder / "radicale.conf")], url)


def put(server: Server, calendar: bytes) -> None:
    """Makes a calendar of a whole file."""
    home = f"{server.url}benchmark/"
    made = urllib.request.Request(home, method="MKCOL")
    filled = urllib.request.Request(f"{home}events/", calendar, {"Content-Type": "text/calendar"}, method="PUT")
    for request in (made, filled):
        with urllib.request.urlopen(request, timeout=300):
            pass
    server.url = f"{home}events/"


def measure(servers: list[Server], status: int, rounds: int, seconds: float) -> dict[str, list[Load]]:
    """So many rounds of each, one after the other."""
    found: dict[str, list[Load]] = {server.name: [] for server in servers}
    for _ in range(rounds):
        for server in servers:
            headers = dict(GZIP)
            if status == 304:
                headers["If-None-Match"] = fetch(server.url, GZIP)[1]["ETag"]
            found[server.name].append(load(server, headers, status, seconds))
            time.sleep(0.1)
    return found


def report(title: str, found: dict[str, list[Load]], base: str) -> str:
    """A table: requests a second, CPU of one, and both as a share of `base`."""
    speed = {name: median([one.per_second for one in loads]) for name, loads in found.items()}
    cost = {name: median([one.cpu_us for one in loads]) for name, loads in found.items()}
    rows = [
        (
            name,
            f"{speed[name]:,.0f}",
            f"{speed[name] / speed[base]:.3g}",
            f"{cost[name]:,.1f}",
            f"{cost[base] / cost[name]:.3g}",
        )
        for name in found
    ]
    columns = (title, "requests/s", f"of {base}", "CPU per request (us)", f"{base}'s CPU as a share")
    return table(columns, rows)


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--events", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=3)
    parser.add_argument("--radicale", metavar="PYTHON", help="python of an environment with radicale")
    given = parser.parse_args()
    program("wrk", "wrk")
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        own = stack.enter_context(ours(folder, given.events))
        packed = fetch(own.url, GZIP)[2]
        calendar = gzip.decompress(packed)
        print(f"{machine()}; {given.events} events, {len(calendar):,} octets, {len(packed):,} as gzip\n")
        others = [nginx(folder, calendar, packed), nothing(folder, packed)]
        servers = [own, *(stack.enter_context(other) for other in others)]
        for status in (304, 200):
            print(report(str(status), measure(servers, status, given.rounds, given.seconds), "nginx"), flush=True)
            print()
        if given.radicale:
            peer = stack.enter_context(radicale(folder, given.radicale))
            put(peer, calendar)
            print(report("GET", measure([own, peer], 200, given.rounds, 4 * given.seconds), "Radicale"))


if __name__ == "__main__":
    main()
