"""A mail relay in a process of its own, which misbehaves as it is told and writes down what it takes.

    python -m tests.proofs.relay --port 2525 --control 2526 --log received.jsonl [--certificate both.pem]

It is told at a port of its own, a line an order: `rules` and a JSON list of `Rule` replaces the rules, `offer` and a
list the extensions, `drop` hangs up on everybody, `kill` and a `Kill` makes it kill a process at an instant of a
conversation. Each is answered with how many it has killed. Each message that it takes is one line of JSON in the log
before the sender hears 250.
"""

import argparse
import asyncio
import json
import os
import random
import signal
import ssl
from email.parser import BytesHeaderParser
from pathlib import Path
from typing import IO, Any

import msgspec
from msgspec import Struct

from tests.sink import arrival

HANG_UP = "hang up"
SILENCE = "silence"
KEEP_AND_HANG_UP = "keep and hang up"
"""The message is taken, and the sender never hears of it."""
STAGES = ("CONNECT", "EHLO", "STARTTLS", "MAIL", "RCPT", "DATA", ".")
USUAL = {
    "CONNECT": "220 relay.test ready",
    "MAIL": "250 2.1.0 sender ok",
    "RCPT": "250 2.1.5 recipient ok",
    "RSET": "250 2.0.0 ok",
    "NOOP": "250 2.0.0 ok",
    "DATA": "354 go on",
    ".": "250 2.0.0 taken",
    "QUIT": "221 2.0.0 bye",
}
_LONGEST = 1_000_000


class Rule(Struct, frozen=True, kw_only=True):
    """What to do at a stage, for lines (at `.` and DATA: recipients) that contain `match`.

    `reply` is said instead of the usual one (empty: the usual); `times` is how often, -1 for ever; `delay` are seconds
    before it, in a share `chance` of the cases; `pace` are seconds between two of its bytes; `keep` takes the message
    whatever the reply to its end says; `note` writes a line into the log's neighbour `.noted` when it is applied.
    """

    stage: str
    match: str = ""
    reply: str = ""
    times: int = -1
    delay: float = 0
    chance: float = 1
    pace: float = 0
    keep: bool = False
    note: bool = False


class Kill(Struct, frozen=True, kw_only=True):
    """Kill the process group `pid` at the `hit`-th time from now that a conversation comes to `at`.

    `connected`, `before-rcpt-reply`, `data-begins`, `data-ended` (taken, the sender does not know) or `data-answered`.
    """

    pid: int
    at: str
    hit: int = 1


class Told(Struct):
    """What the relay was told: `left` counts how often each rule may still be applied."""

    rules: list[Rule] = []
    left: list[int] = []
    kill: Kill | None = None
    hits: int = 0
    killed: int = 0
    noted: Any = None
    open: set[asyncio.StreamWriter] = set()
    extensions: tuple[str, ...] = ("8BITMIME", "SMTPUTF8", "SIZE 10485760")

    def rule(self, stage: str, text: str) -> Rule | None:
        """The first rule for a stage and a line that is not used up."""
        for place, one in enumerate(self.rules):
            if one.stage == stage and one.match.lower() in text.lower() and self.left[place]:
                self.left[place] -= 1
                if one.note and self.noted:
                    self.noted.write(f"{text}\n")
                    self.noted.flush()
                return one
        return None

    def reached(self, at: str) -> None:
        """A conversation came to a point: carry out the order to kill if it is the one."""
        if self.kill is None or self.kill.at != at:
            return
        self.hits += 1
        if self.hits >= self.kill.hit:
            pid, self.kill = self.kill.pid, None
            try:
                os.killpg(pid, signal.SIGKILL)
                self.killed += 1
            except ProcessLookupError:
                pass

    def order(self, verb: str, text: str) -> None:
        """Follow an order that came over the control port."""
        if verb == "rules":
            self.rules = msgspec.json.decode(text, type=list[Rule])
            self.left = [rule.times for rule in self.rules]
        elif verb == "drop":
            for writer in list(self.open):
                writer.transport.abort()
        elif verb == "offer":
            self.extensions = msgspec.json.decode(text, type=tuple[str, ...])
        else:
            self.kill, self.hits = msgspec.json.decode(text, type=Kill | None), 0


class Conversation:
    """One connection."""

    def __init__(
        self,
        told: Told,
        log: IO[str],
        tls: ssl.SSLContext | None,
        streams: tuple[asyncio.StreamReader, asyncio.StreamWriter],
    ) -> None:
        self._told = told
        self._log = log
        self._tls = tls
        self._reader, self._writer = streams
        self._sender = ""
        self._recipients: list[str] = []

    async def run(self) -> None:
        """Talk until somebody hangs up."""
        self._told.open.add(self._writer)
        try:
            self._told.reached("connected")
            if await self._say("CONNECT", ""):
                while line := (await self._reader.readline()).decode("utf-8", "replace").rstrip("\r\n"):
                    if not await self._command(line):
                        break
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, ssl.SSLError, ValueError):
            pass
        finally:
            self._told.open.discard(self._writer)
            self._writer.transport.abort()

    async def _command(self, line: str) -> bool:
        verb = line.partition(" ")[0].partition(":")[0].upper()
        if verb == "EHLO":
            return await self._say("EHLO", line, usual=self._greeting())
        if verb == "STARTTLS" and self._tls:
            return await self._encrypt()
        if verb == "DATA":
            return await self._data()
        if verb == "RCPT":
            self._told.reached("before-rcpt-reply")
        said = await self._say(verb, line)
        if verb == "MAIL":
            self._sender, self._recipients = _address(line), []
        elif verb == "RCPT":
            self._recipients.append(_address(line))
        return said and verb != "QUIT"

    def _greeting(self) -> str:
        offers = [*self._told.extensions, *(["STARTTLS"] if self._tls and not self._secured else [])]
        lines = ["relay.test", *offers]
        return "\r\n".join(f"250{'-' if place < len(lines) - 1 else ' '}{text}" for place, text in enumerate(lines))

    @property
    def _secured(self) -> bool:
        return self._writer.get_extra_info("sslcontext") is not None

    async def _encrypt(self) -> bool:
        plain = self._writer.transport
        self._writer.write(b"220 go ahead\r\n")
        try:
            await self._writer.start_tls(self._tls or ssl.create_default_context())
        except (AttributeError, ssl.SSLError, ConnectionError):  # it refused; asyncio's writer lost its transport
            vars(self._writer)["_transport"] = plain
            return False
        return True

    async def _data(self) -> bool:
        recipients = " ".join(self._recipients)
        begun = arrival()
        self._told.reached("data-begins")
        rule = self._told.rule("DATA", recipients)
        if not await self._speak(rule, USUAL["DATA"]):
            return False
        if rule and rule.reply and not rule.reply.startswith("354"):
            return True
        content = (await self._reader.readuntil(b"\r\n.\r\n"))[:-5]
        rule = self._told.rule(".", recipients)
        reply = (rule.reply if rule else "") or USUAL["."]
        if reply.startswith("2") or reply == KEEP_AND_HANG_UP or (rule and rule.keep):
            self._take(begun.isoformat(), content)
        self._told.reached("data-ended")
        said = await self._speak(rule, USUAL["."])
        self._told.reached("data-answered")
        return said

    def _take(self, begun: str, content: bytes) -> None:
        headers = [[name, str(value)] for name, value in BytesHeaderParser().parsebytes(content).items()]
        line = {
            "at": arrival().isoformat(),
            "data_at": begun,
            "mail_from": self._sender,
            "rcpt_tos": self._recipients,
            "message_id": next((value for name, value in headers if name.lower() == "message-id"), "").strip(),
            "headers": headers,
            "size": len(content),
            "tls": self._secured,
        }
        self._log.write(json.dumps(line) + "\n")
        self._log.flush()

    async def _say(self, stage: str, line: str, usual: str = "") -> bool:
        return await self._speak(self._told.rule(stage, line), usual or USUAL.get(stage, "500 5.5.1 what?"))

    async def _speak(self, rule: Rule | None, usual: str) -> bool:
        if rule and rule.delay and random.random() < rule.chance:
            await asyncio.sleep(rule.delay)
        reply = (rule.reply if rule else "") or usual
        if reply in {HANG_UP, KEEP_AND_HANG_UP}:
            return False
        if reply == SILENCE:
            await asyncio.sleep(60)
            return False
        text = reply.encode() + b"\r\n"
        for piece in [text[n : n + 1] for n in range(len(text))] if rule and rule.pace else [text]:
            self._writer.write(piece)
            await self._writer.drain()
            await asyncio.sleep(rule.pace if rule else 0)
        return True


def _address(line: str) -> str:
    return line.partition("<")[2].partition(">")[0]


async def serve(port: int, control: int, log: Path, certificate: Path | None) -> None:
    """Listen on two ports of 127.0.0.1 until the process is stopped."""
    tls = None
    if certificate:
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.maximum_version = ssl.TLSVersion.TLSv1_2  # 1.3 tells a server of the client's refusal too late
        tls.load_cert_chain(certificate)
    told = Told()
    with log.open("a") as opened, log.with_suffix(".noted").open("a") as told.noted:

        async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await Conversation(told, opened, tls, (reader, writer)).run()

        async def obey(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            while line := (await reader.readline()).decode():
                told.order(*line.split(" ", 1))
                writer.write(f"{told.killed}\n".encode())
            writer.close()

        await asyncio.start_server(obey, "127.0.0.1", control, limit=_LONGEST)
        server = await asyncio.start_server(talk, "127.0.0.1", port, limit=_LONGEST)
        await server.serve_forever()


def main() -> None:
    """Read the command line and serve."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--control", type=int, required=True)
    parser.add_argument("--log", type=Path, required=True)
    parser.add_argument("--certificate", type=Path)
    arguments = parser.parse_args()
    asyncio.run(serve(arguments.port, arguments.control, arguments.log, arguments.certificate))


if __name__ == "__main__":
    main()
