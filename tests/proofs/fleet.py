"""What runs in a proof: one service on SQLite, or two nodes on PostgreSQL of which one is the victim, and relays."""

import json
import sys
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from msgspec import Struct

from tests import postgres
from tests.proofs.relaying import Relay
from tests.service import Service

LAUNCHED = (sys.executable, "-m", "tests.proofs.failpoints", "serve")
"""`enspired serve` with the points at which a proof may kill it."""
CONNECTIONS = 8


class Mail(Struct, frozen=True, kw_only=True):
    """One mail that a relay took: `begun` is the instant of its DATA command, `at` that of its last byte."""

    recipient: str
    cause: str
    message_id: str
    begun: datetime
    at: datetime


class Log:
    """The log of a relay, read as it grows."""

    def __init__(self, relay: Relay) -> None:
        self._file = relay.received_log
        self._read = 0
        self.mails: list[Mail] = []

    def follow(self) -> None:
        """Read what is new."""
        if not self._file.exists():
            return
        with self._file.open("rb") as opened:
            opened.seek(self._read)
            fresh = opened.read()
        whole = fresh[: fresh.rfind(b"\n") + 1]
        self._read += len(whole)
        self.mails += [mail_of(json.loads(line)) for line in whole.splitlines()]


class Fleet:
    """The nodes (the victim is the last) and each one's relay."""

    def __init__(self, nodes: list[Service], relays: list[Relay]) -> None:
        self.nodes = nodes
        self.relays = relays
        self._logs = [Log(relay) for relay in relays]

    @property
    def victim(self) -> Service:
        """The node that is killed."""
        return self.nodes[-1]

    @property
    def victim_relay(self) -> Relay:
        """The relay of the node that is killed."""
        return self.relays[-1]

    @property
    def urls(self) -> list[str]:
        """Where the nodes answer."""
        return [node.url for node in self.nodes]

    def arrived(self) -> int:
        """How many mails the relays took."""
        return sum(relay.count() for relay in self.relays)

    def mails(self) -> dict[tuple[str, str], list[Mail]]:
        """What the relays took, by recipient and cause, oldest first."""
        found: dict[tuple[str, str], list[Mail]] = defaultdict(list)
        for log in self._logs:
            log.follow()
        for mail in sorted((mail for log in self._logs for mail in log.mails), key=lambda mail: mail.at):
            found[mail.recipient, mail.cause].append(mail)
        return dict(found)

    def noted(self) -> list[str]:
        """The addresses that relays were given and told to take note of."""
        lines = [line for relay in self.relays for line in relay.noted()]
        return [line.partition("<")[2].partition(">")[0] for line in lines]

    def start(self) -> None:
        """Start every node."""
        for node in self.nodes:
            node.start()

    def stop(self) -> None:
        """Stop every node as an administrator would."""
        for node in self.nodes:
            node.terminate()


@contextmanager
def fleet(folder: Path, server: postgres.Server | None, env: Mapping[str, str] | None = None) -> Iterator[Fleet]:
    """One service on SQLite, or two on a fresh database of a PostgreSQL server; migrated, not started.

    Nobody gives back on PostgreSQL what a killed node held, hence leases that end soon.
    """
    settings: dict[str, str] = {
        "ENSPIRED_MAIL__MESSAGES_PER_MINUTE": "1000000",
        "ENSPIRED_MAIL__CONNECTIONS": str(CONNECTIONS),
        **(env or {}),
    }
    if server:
        settings |= {
            "ENSPIRED_DATABASE__URL": server.url(server.create()),
            "ENSPIRED_MAIL__TIMEOUT_SECONDS": "4",
            "ENSPIRED_REMINDERS__LEASE_SECONDS": "6",
            "ENSPIRED_SECURITY__SECRET_KEY": "one secret for both nodes, long enough",
        }
    with ExitStack() as stack:
        names = ["steady", "victim"] if server else ["victim"]
        relays = [stack.enter_context(Relay(folder, name)) for name in names]
        for relay in relays:
            relay.start()
        nodes = [
            stack.enter_context(Service(folder / name, LAUNCHED, {**relay.settings(), **settings}))
            for name, relay in zip(names, relays, strict=True)
        ]
        migrated = nodes[0].enspired("migrate")
        assert migrated.returncode == 0, migrated.stderr
        yield Fleet(nodes, relays)


def mail_of(line: dict[str, Any]) -> Mail:
    """A line of a relay's log; each mail has exactly one recipient."""
    (recipient,) = line["rcpt_tos"]
    return Mail(
        recipient=recipient,
        cause=dict(line["headers"])["X-Enspired-Cause"],
        message_id=line["message_id"],
        begun=datetime.fromisoformat(line["data_at"]),
        at=datetime.fromisoformat(line["at"]),
    )
