"""SQLite's one writer: a thread with a single connection that groups waiting bodies under one commit.

Each body has a savepoint of its own, so one that fails takes nobody with it; nobody is told of success before the
commit that makes it durable.
"""

import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine

from scheduler.errors import Unavailable
from scheduler.store import counters
from scheduler.store.pulse import Pulse

T = TypeVar("T")
Body = Callable[[Connection], T]
"""A transaction: a synchronous function of its connection."""
_GROUP = 64

Job = tuple[Callable[[Connection], Any], "Future[Any]", bool]


class Writer:
    """Runs transaction bodies one after the other, in the order they came."""

    def __init__(self, engine: Engine, pulse: Pulse) -> None:
        self._engine = engine
        self._pulse = pulse
        self._jobs: queue.SimpleQueue[Job | None] = queue.SimpleQueue()
        self._closing = threading.Lock()
        self._closed = False
        self.version = 0
        """Rises with each commit, before anybody is told of it."""
        self._thread = threading.Thread(target=self._run, name="sqlite-writer", daemon=True)
        self._thread.start()

    def submit(self, body: Callable[[Connection], T], *, own: bool = False) -> "Future[T]":
        """Queues a body; the future has its result once that is committed, or its exception. Raises Unavailable
        after `close`: nobody would ever run it. An `own` body leaves `version` as it is."""
        future: Future[T] = Future()
        with self._closing:
            if self._closed:
                raise Unavailable("The service is shutting down. Nothing was changed.")
            self._jobs.put((body, future, own))
        return future

    def close(self) -> None:
        """Runs what waits, then stops the thread and closes the connection."""
        with self._closing:
            self._closed = True
            self._jobs.put(None)
        self._thread.join()
        self._engine.dispose()

    def _run(self) -> None:
        while True:
            group, stop = self._next_group()
            if group:
                self._commit(group)
            if stop:
                return

    def _next_group(self) -> tuple[list[Job], bool]:
        job = self._jobs.get()
        group: list[Job] = []
        while job is not None:
            if job[1].set_running_or_notify_cancel():
                group.append(job)
            if len(group) >= _GROUP:
                return group, False
            try:
                job = self._jobs.get_nowait()
            except queue.Empty:
                return group, False
        return group, True

    def _commit(self, group: list[Job]) -> None:
        done: list[tuple[Future[Any], Any]] = []
        try:
            with self._engine.begin() as conn:
                for body, future, _ in group:
                    self._run_one(conn, body, future, done)
                counted = counters.values_if_taken(conn)
        except BaseException as error:  # everybody in the group must hear of a failed commit
            self.version += 1  # nobody knows what a commit that failed has left
            for _, future, _ in group:
                if not future.done():
                    future.set_exception(error)
            return
        if not all(own for _, _, own in group):
            self.version += 1
        self._pulse.publish(counted)
        for future, result in done:
            future.set_result(result)

    @staticmethod
    def _run_one(
        conn: Connection,
        body: Callable[[Connection], Any],
        future: "Future[Any]",
        done: list[tuple["Future[Any]", Any]],
    ) -> None:
        reasons: list[Exception] = []
        try:
            with conn.begin_nested():
                result = _keeping(reasons, body, conn)
        except Exception as error:  # it belongs to whoever waits for this body
            reason = reasons[0] if reasons else error
            if not _still_open(conn):
                raise reason from None  # `error` says only that the savepoint went with the rest
            future.set_exception(reason)
        else:
            done.append((future, result))


def _keeping(reasons: list[Exception], body: Callable[[Connection], T], conn: Connection) -> T:
    try:
        return body(conn)
    except Exception as error:
        reasons.append(error)
        raise


def _still_open(conn: Connection) -> bool:
    """False when SQLite rolled the whole transaction back by itself, as it does on a full disk or an I/O error."""
    dbapi = conn.connection.dbapi_connection
    return bool(dbapi is not None and dbapi.in_transaction)
