"""The relay of `tests.proofs.relay` as a process that a test starts, gives orders to, and reads the log of."""

import socket
import sys
import threading
from pathlib import Path

import msgspec

from tests.proofs.relay import Kill, Rule
from tests.service import SinkProcess, free_port

ALWAYS_REMIND = {
    "ENSPIRED_REMINDERS__JOINS_MINUTES": "0",
    "ENSPIRED_REMINDERS__REGISTERED_MINUTES": "0",
    "ENSPIRED_REMINDERS__QUIET_FROM": "off",
}
"""The proofs register people minutes before their reminders, at any hour; usually the mail that gave them their place
is enough, and the night is quiet."""


class Relay(SinkProcess):
    """A mail relay at `port` that outlives every kill of the service; `certificate` (key and chain): it offers TLS."""

    def __init__(self, directory: Path, name: str = "relay", certificate: Path | None = None) -> None:
        super().__init__(directory)
        self.received_log = directory / f"{name}.jsonl"
        self.log = directory / f"{name}.log"
        self.control = free_port()
        self._certificate = certificate
        self.count = LineCount(self.received_log)
        self.use_port(self.port)

    def use_port(self, port: int) -> None:
        """Listen there, in the place of another."""
        self.port = port
        options = ["--port", str(self.port), "--control", str(self.control), "--log", str(self.received_log)]
        options += ["--certificate", str(self._certificate)] if self._certificate else []
        self.command = (sys.executable, "-m", "tests.proofs.relay", *options)

    def settings(self) -> dict[str, str]:
        """See SinkProcess; and no reminder falls away because its recipient had another mail a minute ago."""
        return {**super().settings(), **ALWAYS_REMIND}

    def rules(self, *rules: Rule) -> None:
        """Replace its rules by these."""
        self._order("rules", msgspec.json.encode(rules))

    def drop(self) -> None:
        """Hang up on everybody."""
        self._order("drop", b"null")

    def offer(self, *extensions: str) -> None:
        """Replace what its answer to EHLO offers, STARTTLS aside."""
        self._order("offer", msgspec.json.encode(extensions))

    def kill_at(self, order: Kill | None) -> int:
        """Replace the order to kill somebody; how many were carried out since the relay started."""
        return self._order("kill", msgspec.json.encode(order))

    def noted(self) -> list[str]:
        """The lines that a rule with `note` was applied to."""
        file = self.received_log.with_suffix(".noted")
        return file.read_text().splitlines() if file.exists() else []

    def _order(self, verb: str, text: bytes) -> int:
        with socket.create_connection(("127.0.0.1", self.control), timeout=10) as opened:
            opened.sendall(verb.encode() + b" " + text + b"\n")
            return int(opened.makefile().readline())


class LineCount:
    """How many whole lines a growing file has; each call reads only what is new."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._read = 0
        self._lines = 0
        self._lock = threading.Lock()

    def __call__(self) -> int:
        """The count now."""
        with self._lock:
            if self._file.exists():
                with self._file.open("rb") as opened:
                    opened.seek(self._read)
                    fresh = opened.read()
                self._read += len(fresh)
                self._lines += fresh.count(b"\n")
            return self._lines
