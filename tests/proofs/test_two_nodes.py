"""Two nodes on PostgreSQL: one clock is 90 seconds fast, one slow; a node is frozen past its lease."""

import os
import signal
import time
from contextlib import ExitStack
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from msgspec import Struct

from tests import postgres
from tests.arrivals import full_minute, wait_for, wait_until
from tests.organiser import Organiser, starting
from tests.proofs.fleet import CONNECTIONS, Fleet, Mail, fleet
from tests.proofs.relay import Rule
from tests.proofs.timewarp import Warp
from tests.sink import arrival

pytestmark = pytest.mark.proof

SECONDS = 130
WRONG = timedelta(seconds=90)
LEASE = 6.0
EACH = 15
CLOCKS = ("ahead", "behind")


class Skewed(Struct, frozen=True, kw_only=True):
    """What came when one node's clock was wrong: `due` by the right one, and the reminders by address."""

    due: datetime
    people: dict[str, list[str]]
    mails: dict[tuple[str, str], list[Mail]]


class Frozen(Struct, frozen=True, kw_only=True):
    """What came when a node was frozen at a stage of its conversations, and what the ledger says in the end."""

    people: list[str]
    woken: datetime
    mails: dict[tuple[str, str], list[Mail]]
    ledger: list[dict[str, Any]]


class Story(Struct, kw_only=True):
    """Both."""

    frozen: dict[str, Frozen] = {}
    skewed: Skewed | None = None


def play(folder: Path, server: postgres.Server) -> Story:
    """A node frozen before its mails' text, and after it; then a node ahead and one behind."""
    story = Story()
    with ExitStack() as stack:
        nodes = stack.enter_context(fleet(folder, server))
        key = nodes.nodes[0].new_key()
        organisers = [stack.enter_context(Organiser(node.url, key)) for node in nodes.nodes]
        nodes.nodes[0].start()
        for name, stage in (("before", "RCPT"), ("after", ".")):
            story.frozen[name] = frozen(nodes, organisers[0], name, stage)
        for node, name, offset in zip(nodes.nodes, CLOCKS, (WRONG, -WRONG), strict=True):
            (folder / name).mkdir()
            warp = Warp(folder / name)
            warp.set(offset)
            node.env |= warp.env()
            node.restart()
        story.skewed = skewed(nodes, organisers)
    return story


def skewed(nodes: Fleet, organisers: list[Organiser]) -> Skewed:
    """People register at both nodes, and are reminded by whichever."""
    due = full_minute(arrival() + timedelta(seconds=10))
    people = {}
    for name, organiser in zip(CLOCKS, organisers, strict=True):
        found = organiser.create(**starting(due + timedelta(minutes=10)), reminders=["PT10M"])
        addresses = [f"{name}.{number}@example.org" for number in range(EACH)]
        for address in addresses:
            organiser.register(found, address)
        people[name] = addresses
    assert arrival() < due, "this machine was too slow to register so few people"
    wait_until(due + timedelta(seconds=8))
    return Skewed(due=due, people=people, mails=nodes.mails())


def frozen(nodes: Fleet, organiser: Organiser, name: str, stage: str) -> Frozen:
    """The victim alone begins with some mails and is frozen; the other node takes over; the victim wakes up."""
    nodes.nodes[0].terminate()
    nodes.victim.restart()
    nodes.victim_relay.rules(Rule(stage=stage, match=name, delay=1.5, note=True))
    with Organiser(nodes.victim.url) as at_victim:
        at_victim.http.headers = organiser.http.headers
        found = at_victim.create(title={"en": name})
        people = [f"{name}{number}@example.org" for number in range(EACH)]
        for address in people:
            at_victim.register(found, address)
    before = [line for line in nodes.victim_relay.noted() if name in line]
    wait_for(lambda: len([line for line in nodes.victim_relay.noted() if name in line]) > len(before), "it is at it")
    os.kill(nodes.victim.pid, signal.SIGSTOP)
    nodes.nodes[0].start()
    everybody = {(address, "confirmation") for address in people}
    wait_for(lambda: all(row["state"] == "sent" for row in organiser.ledger(found)), "the other took over", 3 * LEASE)
    woken = arrival()
    os.kill(nodes.victim.pid, signal.SIGCONT)
    time.sleep(LEASE + 2)
    nodes.victim_relay.rules()
    mails = {key: copies for key, copies in nodes.mails().items() if key in everybody}
    return Frozen(people=people, woken=woken, mails=mails, ledger=organiser.ledger(found))


@pytest.mark.parametrize("name", ["ahead", "behind"])
def test_a_node_whose_clock_is_wrong_loses_nothing_doubles_nothing_and_is_not_early(played: Story, name: str) -> None:
    found = played.skewed
    assert found
    reminders = {address: found.mails.get((address, "reminder"), []) for address in found.people[name]}
    assert [address for address, copies in reminders.items() if len(copies) != 1] == []
    assert [copies[0].at for copies in reminders.values() if copies[0].at < found.due] == []


def test_a_node_frozen_before_the_text_sends_nothing_when_it_wakes_up(played: Story) -> None:
    found = played.frozen["before"]
    assert sorted(address for address, _ in found.mails) == sorted(found.people)
    assert [mail for copies in found.mails.values() for mail in copies if mail.begun > found.woken] == []


def test_a_node_frozen_after_the_text_has_one_copy_made_of_what_was_under_way_at_most(played: Story) -> None:
    found = played.frozen["after"]
    assert sorted(address for address, _ in found.mails) == sorted(found.people)
    copied = [copies for copies in found.mails.values() if len(copies) > 1]
    assert 0 < len(copied) <= CONNECTIONS
    assert max(len(copies) for copies in copied) == 2
    assert all(len({mail.message_id for mail in copies}) == 1 for copies in copied)


@pytest.mark.parametrize("name", ["before", "after"])
def test_a_node_that_wakes_up_cannot_change_what_the_other_noted(played: Story, name: str) -> None:
    ledger = played.frozen[name].ledger
    assert len(ledger) == EACH
    assert {row["state"] for row in ledger} == {"sent"}
    assert {row.get("last_error") or "" for row in ledger} == {""}
