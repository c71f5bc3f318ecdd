"""An SMTP server in a process of its own, for tests that kill the service and then count what arrived.

    python -m tests.sink --port 0 --log received.jsonl

The first line on stdout is the port. Each accepted message is one JSON line in the log, on disk before the
sender hears 250, so that whatever the sender may call delivered is in the log.
"""

import argparse
import asyncio
import json
import os
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import Message
from email.policy import default
from pathlib import Path
from typing import IO, Any

from aiosmtpd.smtp import SMTP


def arrival() -> datetime:
    """This instant (aware UTC) on the sink's own clock: the oracle must not ask the clock that it judges."""
    return datetime.now(UTC)  # noqa: TID251


class Recorder:
    """aiosmtpd's handler: appends one line per message to `log`."""

    def __init__(self, log: IO[str]) -> None:
        self._log = log

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802  # the name aiosmtpd calls
        """Record the message durably, then accept it."""
        json.dump(line_of(envelope.mail_from, envelope.rcpt_tos, envelope.content), self._log)
        self._log.write("\n")
        self._log.flush()
        os.fsync(self._log.fileno())
        return "250 2.0.0 recorded"


def line_of(sender: str, recipients: list[str], content: bytes) -> dict[str, object]:
    """What the log says of one message; `at` is its arrival (RFC 3339, UTC), `size` is in bytes."""
    message: Message = message_from_bytes(content, policy=default)
    return {
        "at": arrival().isoformat(),
        "mail_from": sender,
        "rcpt_tos": recipients,
        "message_id": str(message["Message-ID"] or "").strip(),
        "headers": [[name, str(value)] for name, value in message.items()],
        "size": len(content),
    }


def read_log(log: Path) -> list[dict[str, Any]]:
    """The messages in `log`, oldest first; a half-written last line (the sink was killed) is left out."""
    if not log.exists():
        return []
    return [json.loads(line) for line in log.read_text().splitlines(keepends=True) if line.endswith("\n")]


async def serve(port: int, log: Path) -> None:
    """Listen on 127.0.0.1 at `port` (0: a free one) until the process is stopped."""
    with log.open("a") as opened:
        recorder = Recorder(opened)
        server = await asyncio.get_running_loop().create_server(
            lambda: SMTP(recorder, enable_SMTPUTF8=True, hostname="sink.test"), "127.0.0.1", port
        )
        print(server.sockets[0].getsockname()[1], flush=True)
        await server.serve_forever()


def main() -> None:
    """Read the command line and serve."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--log", type=Path, required=True)
    arguments = parser.parse_args()
    asyncio.run(serve(arguments.port, arguments.log))


if __name__ == "__main__":
    main()
