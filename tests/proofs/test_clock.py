"""The clock of the machine jumps while the service runs; reminders follow the truth and never come twice or early.

libfaketime stands around the real process; the product has no clock to be set. All in one life of one service.
"""

import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from msgspec import Struct

from tests import postgres
from tests.arrivals import arrivals, full_minute, wait_for
from tests.organiser import Organiser, starting
from tests.proofs.relaying import Relay
from tests.proofs.running import setting
from tests.proofs.timewarp import Warp
from tests.service import Service

pytestmark = pytest.mark.proof

SECONDS = 100
HOUR, DAY, MINUTE = timedelta(hours=1), timedelta(days=1), timedelta(minutes=1)
A_WHILE = 4.0
"""Seconds after which whatever a jump of the clock sets off has happened."""
DUE = setting("DUE", 500)


class Reminded(Struct, frozen=True, kw_only=True):
    """A reminder: to whom, and the instant on the clock of the service."""

    who: str
    at: datetime


class Story(Struct, kw_only=True):
    """Who was reminded at each step, and the instants of the nights on which clocks change."""

    steps: dict[str, list[str]] = {}
    nights: list[Reminded] = []
    outage: list[str] = []


class Stage:
    """A service on a clock of its own, its relay and an organiser."""

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        self.warp = Warp(folder)
        self.relay = stack.enter_context(Relay(folder))
        self.relay.start()
        fast = {"ENSPIRED_MAIL__MESSAGES_PER_MINUTE": "1000000", "ENSPIRED_MAIL__CONNECTIONS": "8"}
        env = {**self.relay.settings(), **fast, **self.warp.env()}
        self.service = stack.enter_context(Service(folder / "data", env=env))
        key = self.service.new_key()
        self.service.start()
        self.organiser = stack.enter_context(Organiser(self.service.url, key))
        self._seen = 0

    def event(self, who: str, rule: str, **fields: Any) -> dict[str, Any]:
        """An event with one attendee."""
        found = self.organiser.create(**fields, reminders=[rule])
        self.organiser.register(found, f"{who}@example.org")
        return found

    def confirmed(self, count: int) -> None:
        """Wait for everybody's confirmation."""
        wait_for(
            lambda: sum(mail.cause == "confirmation" for mail in arrivals(self.relay)) >= count, "confirmations", 60
        )

    def reminded(self) -> list[Reminded]:
        """Who was reminded since this was asked last."""
        found = [mail for mail in arrivals(self.relay) if mail.cause == "reminder"]
        fresh, self._seen = found[self._seen :], len(found)
        return [Reminded(who=mail.recipient.partition("@")[0], at=mail.at + self.warp.offset) for mail in fresh]

    def after(self, jump: timedelta, expected: int) -> list[str]:
        """Who is reminded when the clock has jumped: waits long for those who must be, a while for others."""
        self.warp.jump(jump)
        found: list[str] = []
        end = time.monotonic() + 30
        while len(found) < expected and time.monotonic() < end:
            time.sleep(0.1)
            found += [one.who for one in self.reminded()]
        time.sleep(A_WHILE)
        return sorted(found + [one.who for one in self.reminded()])


def play(folder: Path, _server: postgres.Server) -> Story:
    """Hours and days forward and back, a night in March, a night in October, an outage of three hours."""
    story = Story()
    with ExitStack() as stack:
        stage = Stage(folder, stack)
        jumps(stage, story)
        nights(stage, story)
        outage(stage, story)
    return story


def jumps(stage: Stage, story: Story) -> None:
    """An hour forward and two back, a day forward and back."""
    now = full_minute(stage.warp.now())
    stage.event("hour", "PT90M", **starting(now + 2 * HOUR))
    stage.event("later", "PT90M", **starting(now + 2 * HOUR + 50 * MINUTE))
    stage.event("day", "P2D", **starting(now + 3 * DAY - 2 * HOUR))
    stage.confirmed(3)
    steps = (("+1 h", HOUR), ("-1 h", -HOUR), ("-1 h again", -HOUR), ("+1 h again", HOUR))
    for name, jump in (*steps, ("+1 day", DAY), ("-1 day", -DAY), ("+1 h at last", HOUR)):
        story.steps[name] = stage.after(jump, expected=int(name in {"+1 h", "+1 day"}))


def nights(stage: Stage, story: Story) -> None:
    """Reminders whose wall time does not exist (March), exists twice, or lies in the second pass (October)."""
    stage.event("gap", "P1D", start="2027-03-29T02:30", end="2027-03-29T04:00")
    stage.event("double", "P1D", start="2027-11-01T02:30", end="2027-11-01T04:00")
    stage.event("second-pass", "PT30M", start="2027-10-31T02:30+01:00", end="2027-10-31T04:00")
    stage.confirmed(6)
    for instant in NIGHTS.values():
        stage.warp.go_to(instant - timedelta(seconds=5))
        stage.warp.wait_until(instant + timedelta(seconds=A_WHILE))
        story.nights += stage.reminded()


NIGHTS = {
    "gap": datetime(2027, 3, 28, 1, 30, tzinfo=UTC),
    "double": datetime(2027, 10, 31, 0, 30, tzinfo=UTC),
    "second-pass": datetime(2027, 10, 31, 1, 0, tzinfo=UTC),
}
"""By hand: 02:30 that is skipped on 28 March is 03:30 in summer time; 02:30 on 31 October is first in summer time."""


def outage(stage: Stage, story: Story) -> None:
    """Reminders of 500 people fall due while the service is down; half of their events begin before it is back."""
    now = full_minute(stage.warp.now())
    ahead = stage.organiser.create(**starting(now + 4 * HOUR), reminders=["PT3H"])
    past = stage.organiser.create(**starting(now + 2 * HOUR), reminders=["PT1H"])
    with ThreadPoolExecutor(4) as pool:
        for name, found in (("ahead", ahead), ("past", past)):
            for number in range(DUE // 2):
                pool.submit(stage.organiser.register, found, f"{name}.{number}@example.org").add_done_callback(
                    lambda done: done.result()
                )
    stage.confirmed(6 + DUE)
    stage.service.terminate()
    stage.warp.jump(3 * HOUR)
    stage.service.start()
    end = time.monotonic() + 30
    while len(story.outage) < DUE // 2 and time.monotonic() < end:
        time.sleep(0.2)
        story.outage += [one.who for one in stage.reminded()]
    time.sleep(A_WHILE)
    story.outage += [one.who for one in stage.reminded()]


def test_a_jump_forward_reminds_late_of_what_is_still_ahead(played: Story) -> None:
    assert played.steps["+1 h"] == ["hour"]
    assert played.steps["+1 day"] == ["day"]


@pytest.mark.parametrize("step", ["-1 h", "-1 h again", "+1 h again", "-1 day"])
def test_a_jump_back_and_forth_sends_nothing_twice_and_nothing_early(played: Story, step: str) -> None:
    assert played.steps[step] == []


def test_with_the_clock_back_where_it_was_nothing_comes_again(played: Story) -> None:
    assert played.steps["+1 h at last"] == []


@pytest.mark.parametrize("who", NIGHTS)
def test_on_the_nights_that_clocks_change_a_reminder_comes_at_its_instant(played: Story, who: str) -> None:
    (one,) = [found for found in played.nights if found.who == who]
    assert NIGHTS[who] <= one.at < NIGHTS[who] + timedelta(seconds=A_WHILE)


def test_after_three_hours_without_the_service_what_is_ahead_is_reminded_of_and_what_is_past_is_not(
    played: Story,
) -> None:
    assert sorted(played.outage) == sorted(f"ahead.{number}" for number in range(DUE // 2))
