"""A process whose clock is set from outside: libfaketime around it, an offset in a file, the product knows nothing."""

import glob
import time
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from tests.sink import arrival

LIBRARY = "/usr/lib/*/faketime/libfaketimeMT.so.1"


class Warp:
    """The clock of the processes that are started with `env()`: this machine's plus an offset that may change."""

    def __init__(self, folder: Path) -> None:
        if not glob.glob(LIBRARY):
            pytest.skip("no libfaketime here (Debian's package faketime)")
        self._file = folder / "offset"
        self.offset = timedelta(0)
        self.set(self.offset)

    def env(self) -> dict[str, str]:
        """What puts a process under this clock. Spans of time (the monotonic clock) stay true."""
        return {
            "LD_PRELOAD": glob.glob(LIBRARY)[0],
            "FAKETIME_TIMESTAMP_FILE": str(self._file),
            "FAKETIME_CACHE_DURATION": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            # Without it every timed wait ends at once, and threads take the interpreter from each other all the time.
            "FAKETIME_FORCE_MONOTONIC_FIX": "0",
        }

    def set(self, offset: timedelta) -> None:
        """From now on so far ahead of (or, negative, behind) this machine's clock, in whole seconds."""
        seconds = int(offset.total_seconds())
        fresh = self._file.with_suffix(".new")
        fresh.write_text(f"{seconds:+d}\n")
        fresh.rename(self._file)
        self.offset = timedelta(seconds=seconds)

    def jump(self, by: timedelta) -> None:
        """So much further."""
        self.set(self.offset + by)

    def go_to(self, instant: datetime) -> None:
        """So that it is this instant there, to the second."""
        self.set(instant - arrival() + timedelta(seconds=0.5))

    def now(self) -> datetime:
        """The instant on that clock."""
        return arrival() + self.offset

    def wait_until(self, instant: datetime) -> None:
        """Sleep until it is that late there."""
        while (left := (instant - self.now()).total_seconds()) > 0:
            time.sleep(min(left, 0.2))
