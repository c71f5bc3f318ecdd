"""A service that is killed again and again while organisers use it over HTTP and mails leave it."""

import os
import random
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
from msgspec import Struct

from tests.service import Process, Service

DURING_START = 0.2
"""The share of kills after which the next process is killed, too, before it is even up."""
LIVENESS = 120.0
"""Seconds without an acknowledgement or any progress after which a run is called stuck."""
PATIENCE = 15.0
"""Seconds without a mail after which the next kill comes all the same."""


class Killer:
    """Kills `service` with SIGKILL at instants that `chance` chooses, and starts it again; `kills` counts."""

    def __init__(self, service: Service, chance: random.Random) -> None:
        self.service = service
        self.kills = 0
        self._chance = chance

    def strike(self) -> None:
        """Kill it within the next tenth of a second and start it again, now and then only at the second attempt."""
        time.sleep(self._chance.uniform(0, 0.1))
        self._kill()
        if self._chance.random() < DURING_START:
            Process.start(self.service)
            time.sleep(self._chance.uniform(0, 2))
            self._kill()
        self.service.start()

    def follow(self, progress: Callable[[], int], end: int, kills: int) -> bool:
        """Strikes until `kills` more are done, at random points of a progress; whether that then came to its `end`.

        Where nothing moves any more (mails were lost) it goes on: who judges is the test.
        """
        wanted = self.kills + kills
        points = sorted(self._chance.uniform(progress(), end) for _ in range(kills))
        for point in points:
            if self.kills < wanted:
                reach(progress, min(int(point), end), PATIENCE)
                self.strike()
        return reach(progress, end, PATIENCE)

    def _kill(self) -> None:
        self.service.kill()
        self.kills += 1


class Clients:
    """Several programs at once that send a request again, with its Idempotency-Key, until it is acknowledged."""

    def __init__(self, url: str, key: str, count: int = 4) -> None:
        self.url = url
        self.key = key
        self.acknowledged: list[tuple[str, dict[str, Any]]] = []
        self._count = count
        self._lock = threading.Lock()

    def start(self, requests: Sequence["Request"]) -> Callable[[], None]:
        """Begin to send; the result waits for the end. An answer that is neither 2xx nor 503 is raised there."""
        shares = [requests[first :: self._count] for first in range(self._count)]
        pool = ThreadPoolExecutor(self._count)
        running = [pool.submit(self._send_all, share) for share in shares]

        def wait() -> None:
            pool.shutdown()
            for one in running:
                one.result()

        return wait

    def send(self, request: "Request") -> dict[str, Any]:
        """Send one request until it is acknowledged, and its answer."""
        with httpx.Client(base_url=self.url, timeout=30) as client:
            return self._insist(client, request)

    def _send_all(self, requests: Sequence["Request"]) -> None:
        with httpx.Client(base_url=self.url, timeout=30) as client:
            for request in requests:
                answer = self._insist(client, request)
                with self._lock:
                    self.acknowledged.append((request.name, answer))

    def _insist(self, client: httpx.Client, request: "Request") -> dict[str, Any]:
        headers = {"Authorization": f"Bearer {self.key}", "Idempotency-Key": request.name, **request.headers}
        deadline = time.monotonic() + LIVENESS
        while time.monotonic() < deadline:
            try:
                answer = client.request(request.method, request.path, json=request.body, headers=headers)
            except httpx.TransportError:
                time.sleep(0.05)
                continue
            if answer.status_code == 503:
                time.sleep(0.2)
                continue
            assert answer.is_success, f"{request.method} {request.path}: {answer.status_code} {answer.text}"
            found: dict[str, Any] = answer.json()
            return found
        raise AssertionError(f"{request.name} was not acknowledged within {LIVENESS:.0f} s")


class Request(Struct, frozen=True, kw_only=True):
    """A write that a client insists on. `name` is its Idempotency-Key."""

    name: str
    path: str
    body: object
    method: str = "POST"
    headers: Mapping[str, str] = {}


class LineCount:
    """How many whole lines a growing file has; each call reads only what is new."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._read = 0
        self._lines = 0

    def __call__(self) -> int:
        """The count now."""
        if self._file.exists():
            with self._file.open("rb") as opened:
                opened.seek(self._read)
                fresh = opened.read()
            self._read += len(fresh)
            self._lines += fresh.count(b"\n")
        return self._lines


def reach(progress: Callable[[], int], point: int, patience: float = LIVENESS) -> bool:
    """Waits until a progress has reached a point; False when nothing moved for so many seconds."""
    seen, since = -1, time.monotonic()
    while (now := progress()) < point:
        if now != seen:
            seen, since = now, time.monotonic()
        if time.monotonic() - since > patience:
            return False
        time.sleep(0.005)
    return True


def setting(name: str, default: int) -> int:
    """A number from the environment, for long runs: ENSPIRED_PROOF_<name>."""
    return int(os.environ.get(f"ENSPIRED_PROOF_{name}", default))
