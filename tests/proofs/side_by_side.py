"""Plays that mostly wait are played beside those that mostly work: the proofs together must not take long.

A test module has a function `play(folder, server)`; each test looks at what it gives. All plays of the modules that
were asked for begin with the first test of this folder.
"""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

from tests import postgres

Play = Callable[[Path, postgres.Server], Any]

AT_ONCE = 4


class SideBySide:
    """The plays that were begun, by the name of their module."""

    def __init__(self, plays: dict[str, Play], folder: Callable[[str], Path], server: postgres.Server) -> None:
        self._pool = ThreadPoolExecutor(AT_ONCE)
        self._running: dict[str, Future[Any]] = {
            name: self._pool.submit(play, folder(name.rpartition(".")[2]), server) for name, play in plays.items()
        }

    def result(self, name: str) -> Any:
        """What the play of a module came to; raises what it raised."""
        return self._running[name].result()

    def close(self) -> None:
        """Wait for those that nobody asked for."""
        self._pool.shutdown()
