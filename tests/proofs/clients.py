"""Programs that write over HTTP while the service is killed, and insist until each write is acknowledged."""

import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from itertools import count
from typing import Any

import httpx
from msgspec import Struct

from tests.sink import arrival

LIVENESS = 120.0
"""Seconds without an acknowledgement after which a run is called stuck."""


class Request(Struct, frozen=True, kw_only=True):
    """A write that a client insists on. `name` is its Idempotency-Key."""

    name: str
    path: str
    body: object = None
    method: str = "POST"
    headers: Mapping[str, str] = {}


class Acknowledged(Struct, frozen=True):
    """A 2xx: to which request, the instant of its first sending, that at which the answer was here, and the answer."""

    name: str
    begun: datetime
    at: datetime
    answer: dict[str, Any]


class Clients:
    """Several programs at once that send a request again, with its Idempotency-Key, until it is acknowledged.

    Each turns to another of the `urls` when one does not answer.
    """

    def __init__(self, urls: Sequence[str], key: str, programs: int = 4, patience: float = LIVENESS) -> None:
        self.urls = tuple(urls)
        self.key = key
        self.acknowledged: list[Acknowledged] = []
        self._programs = programs
        self._patience = patience

    def start(self, requests: Iterable[Request]) -> Callable[[], None]:
        """Begin to send; the result waits for the end. An answer that is neither 2xx nor 503 is raised there.

        `requests` may wait before it gives the next one.
        """
        waiting = iter(requests)
        lock = threading.Lock()
        pool = ThreadPoolExecutor(self._programs)
        running = [pool.submit(self._work, waiting, lock, number) for number in range(self._programs)]

        def wait() -> None:
            pool.shutdown()
            for one in running:
                one.result()

        return wait

    def send(self, requests: Iterable[Request]) -> list[Acknowledged]:
        """Send some requests and wait until all of them are acknowledged; the acknowledgements, by no order."""
        before = len(self.acknowledged)
        self.start(requests)()
        return self.acknowledged[before:]

    def _work(self, waiting: Any, lock: threading.Lock, number: int) -> None:
        turn = count(number)
        with httpx.Client(timeout=30) as client:
            while True:
                with lock:
                    request = next(waiting, None)
                if request is None:
                    return
                self.acknowledged.append(self._insist(client, request, turn))

    def _insist(self, client: httpx.Client, request: Request, turn: Any) -> Acknowledged:
        headers = {"Authorization": f"Bearer {self.key}", "Idempotency-Key": request.name, **request.headers}
        deadline, begun = time.monotonic() + self._patience, arrival()
        place = next(turn)
        while time.monotonic() < deadline:
            url = self.urls[place % len(self.urls)]
            try:
                answer = client.request(request.method, url + request.path, json=request.body, headers=headers)
                made = answer.status_code == 412 and self._applied(client, url, request)
            except httpx.TransportError:
                place = next(turn)
                time.sleep(0.05)
                continue
            if answer.status_code in {409, 503} and (answer.status_code == 503 or _under_way(answer)):
                time.sleep(0.2)
                continue
            if made:
                return Acknowledged(request.name, begun, arrival(), {})
            assert answer.is_success, f"{request.method} {request.path}: {answer.status_code} {answer.text}"
            return Acknowledged(request.name, begun, arrival(), answer.json())
        raise AssertionError(f"{request.name} was not acknowledged within {self._patience:.0f} s")

    def _applied(self, client: httpx.Client, url: str, request: Request) -> bool:
        """Whether a change whose answer was lost in a crash had been made: then the event is as it was wanted."""
        found = client.get(url + request.path, headers={"Authorization": f"Bearer {self.key}"}).json()
        wanted = request.body if isinstance(request.body, dict) else {}
        return all(found.get(name) == value for name, value in wanted.items())


def _under_way(answer: httpx.Response) -> bool:
    """Another node wrote the same at the same moment: our own request, sent again after its first node died."""
    return "at the same moment" in answer.text


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
