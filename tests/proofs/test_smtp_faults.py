"""A relay that fails in every way: what it did not take is delivered in the end, and nobody else waits for it."""

import time
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from msgspec import Struct

from tests import postgres
from tests.arrivals import Arrived, arrivals, wait_for
from tests.certificates import self_signed
from tests.organiser import Organiser
from tests.proofs.faults import FAULTS, Fault
from tests.proofs.relay import SILENCE, Rule
from tests.proofs.relaying import Relay
from tests.proofs.timewarp import Warp
from tests.service import Service

pytestmark = pytest.mark.proof

SECONDS = 120
TIMEOUT = 3
"""Seconds that one mail may take here; a relay that is silent for longer has failed."""
A_RETRY = timedelta(seconds=61)
CROWD = 40
A_WHILE = 4.0
"""Seconds in which a relay that is at fault is tried at least once."""
USUALLY_OFFERED = ("8BITMIME", "SMTPUTF8", "SIZE 10485760")


class Came(Struct, frozen=True, kw_only=True):
    """What became of one mail: what arrived, what the ledger says, and what it said after the fault."""

    mails: list[Arrived]
    state: str
    attempts: int
    after_the_fault: dict[str, Any]


class Story(Struct, kw_only=True):
    """What became of each faulty delivery, and how long crowds of others waited (seconds): alone, beside a bad one."""

    faults: dict[str, Came] = {}
    alone: float = 0
    beside: float = 0
    encrypted: list[list[dict[str, Any]]] = []


class Stage:
    """A service with one event, whose clock can be put forward, and its relay."""

    def __init__(self, folder: Path, stack: ExitStack, relay: Relay, **env: str) -> None:
        self.warp = Warp(folder)
        self.relay = relay
        settings = {
            **self.relay.settings(),
            **self.warp.env(),
            "ENSPIRED_MAIL__TIMEOUT_SECONDS": str(TIMEOUT),
            "ENSPIRED_MAIL__MESSAGES_PER_MINUTE": "100000",
            "ENSPIRED_MAIL__CONNECTIONS": "8",
            "ENSPIRED_REMINDERS__RETRY_MINUTES": "[1]",
        }
        self.service = stack.enter_context(Service(folder / "data", env={**settings, **env}))
        key = self.service.new_key()
        self.service.start()
        self.organiser = stack.enter_context(Organiser(self.service.url, key))

    def tried(self, found: dict[str, Any], suffered: int, *, harm: bool = True) -> dict[str, Any]:
        """The mail of an event's only attendee once the relay was at fault so often and the mail is at rest."""
        began = nudged = time.monotonic()
        while True:
            (row,) = self.organiser.ledger(found)
            # What the relay notes late of the mail before says nothing of this one: its row has to bear a reason.
            if (
                len(self.relay.noted()) >= suffered
                and row["state"] != "sending"
                and (row.get("last_error") or not harm)
            ):
                return dict(row)
            assert time.monotonic() - began < 120, f"the relay was not at fault {suffered} times"
            if time.monotonic() - nudged > 2 * A_WHILE:  # a slow machine: it failed before it came to the fault
                self.warp.jump(A_RETRY)
                nudged = time.monotonic()
            time.sleep(0.05)

    def delivered(self, found: dict[str, Any]) -> None:
        """Lets minutes pass until the mail of an event's only attendee is sent."""
        end = time.monotonic() + 90
        while self.organiser.ledger(found)[0]["state"] != "sent":
            assert time.monotonic() < end, f"{found['title']} is not sent"
            self.warp.jump(A_RETRY)
            time.sleep(A_WHILE)

    def come(self, address: str) -> list[Arrived]:
        """What arrived for somebody."""
        return [mail for mail in arrivals(self.relay) if mail.recipient == address]


def play(folder: Path, _server: postgres.Server) -> Story:
    """Every fault, one after the other."""
    story = Story()
    with ExitStack() as stack:
        relay = stack.enter_context(Relay(folder))
        relay.start()
        stage = Stage(folder, stack, relay)
        for fault in FAULTS:
            story.faults[fault.name] = suffered(stage, fault)
        story.alone = crowd(stage, "alone")
        relay.rules(Rule(stage="RCPT", match="poisoned", reply=SILENCE))
        stage.organiser.register(stage.organiser.create(), "poisoned@example.org")
        story.beside = crowd(stage, "beside")
    with ExitStack() as stack:
        story.encrypted = encrypted(folder, stack)
    return story


def suffered(stage: Stage, fault: Fault) -> Came:
    """One mail to a relay with a fault, which is well again after so many attempts."""
    address = f"{fault.name}@example.org"
    stage.relay.rules(*fault.rules)
    stage.relay.offer(*(USUALLY_OFFERED if fault.offers is None else fault.offers))
    stage.relay.drop()
    before = len(stage.relay.noted())
    found = stage.organiser.create(title={"en": fault.name})
    stage.organiser.register(found, address)
    after = stage.tried(found, before + min(1, fault.attempts), harm=fault.attempts > 0)
    for number in range(2, fault.attempts + 1):
        stage.warp.jump(A_RETRY)
        after = stage.tried(found, before + number)
    stage.relay.rules()
    if after["state"] != "failed":
        stage.delivered(found)
    (row,) = stage.organiser.ledger(found)
    return Came(mails=stage.come(address), state=row["state"], attempts=row["attempts"], after_the_fault=after)


def crowd(stage: Stage, name: str) -> float:
    """Seconds until the last of many has their mail."""
    found = stage.organiser.create()
    addresses = {f"{name}{number}@example.org" for number in range(CROWD)}
    for address in addresses:
        stage.organiser.register(found, address)
    began = time.monotonic()
    wait_for(lambda: addresses <= {mail.recipient for mail in arrivals(stage.relay)}, f"{name}: all came", 40)
    return time.monotonic() - began


def encrypted(folder: Path, stack: ExitStack) -> list[list[dict[str, Any]]]:
    """What a relay took of a service that insists on TLS: without any, with a stranger's certificate, with its own."""
    ours, theirs = (self_signed(folder / name, days=900) for name in ("ours", "theirs"))
    bare = stack.enter_context(Relay(folder, "bare"))
    others = [stack.enter_context(Relay(folder, name, pem)) for name, pem in (("stranger", theirs), ("own", ours))]
    for relay in others:
        relay.use_port(bare.port)
    bare.start()
    (folder / "tls").mkdir()
    trust = {"SSL_CERT_FILE": str(ours.with_suffix(".crt")), "ENSPIRED_MAIL__SECURITY": "starttls"}
    stage = Stage(folder / "tls", stack, bare, **trust, ENSPIRED_MAIL__HOST="localhost")
    found = stage.organiser.create()
    stage.organiser.register(found, "tls@example.org")
    time.sleep(A_WHILE)
    bare.kill()
    stranger, own = others
    stranger.start()
    stage.warp.jump(A_RETRY)
    time.sleep(A_WHILE)
    stranger.kill()
    own.start()
    stage.delivered(found)
    return [relay.received() for relay in (bare, *others)]


@pytest.mark.parametrize("fault", [fault for fault in FAULTS if fault.outcome == "sent"], ids=lambda fault: fault.name)
def test_what_the_relay_did_not_take_arrives_once_in_the_end(played: Story, fault: Fault) -> None:
    came = played.faults[fault.name]
    assert (came.state, len(came.mails)) == ("sent", 1)
    assert came.mails[0].message_id == came.after_the_fault["message_id"]


@pytest.mark.parametrize(
    "fault", [fault for fault in FAULTS if fault.outcome == "failed"], ids=lambda fault: fault.name
)
def test_a_refusal_for_good_is_shown_at_once_and_not_tried_again(played: Story, fault: Fault) -> None:
    came = played.faults[fault.name]
    assert (came.state, came.attempts, came.mails) == ("failed", 1, [])
    said = next(rule.reply for rule in fault.rules)
    assert came.after_the_fault["last_code"] == int(said[:3])
    assert came.after_the_fault["last_error"] in said


@pytest.mark.parametrize("fault", [fault for fault in FAULTS if fault.outcome == "twice"], ids=lambda fault: fault.name)
def test_only_what_the_relay_took_and_did_not_say_so_arrives_twice_under_one_message_id(
    played: Story, fault: Fault
) -> None:
    came = played.faults[fault.name]
    assert came.state == "sent"
    assert len(came.mails) == 2
    assert len({mail.message_id for mail in came.mails}) == 1


def test_a_recipient_at_whom_the_relay_falls_silent_delays_the_others_by_a_second_at_most(played: Story) -> None:
    print(f"{CROWD} mails after {played.alone:.2f} s alone, {played.beside:.2f} s beside a silent one")
    assert played.beside - played.alone <= 1


def test_where_tls_is_wanted_nothing_leaves_without_it_or_to_a_stranger(played: Story) -> None:
    without, strangers, own = played.encrypted
    assert without == strangers == []
    assert [(mail["rcpt_tos"], mail["tls"]) for mail in own] == [(["tls@example.org"], True)]
