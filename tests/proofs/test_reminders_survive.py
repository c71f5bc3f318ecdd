"""Reminders one minute before events that are about to start: real processes, a real clock, a real mail server.

Everything is played once, side by side, in three services, because a minute takes a minute: one runs all the
time, one is killed before the instant and started again after it, one has a mail server that is down at the
instant. Then each test looks at what arrived.
"""

from contextlib import ExitStack
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from msgspec import Struct

from tests import postgres
from tests.arrivals import A_FEW_SECONDS, Arrived, arrivals, full_minute, wait_for, wait_until
from tests.organiser import Organiser, starting
from tests.proofs.relaying import ALWAYS_REMIND
from tests.service import Service, SinkProcess
from tests.sink import arrival

pytestmark = pytest.mark.proof

SECONDS = 170

MINUTE = timedelta(minutes=1)
SECOND = timedelta(seconds=1)


class Story(Struct, frozen=True, kw_only=True):
    """What happened: `due` is the instant of the reminders, `new_due` that of the moved one. `mails` of all servers.

    `killed_at`, `started_again_at` and `relay_back_at` are instants too; `ledger` is what the service wrote about the
    mail that had to wait for its server: while that was down, and at the end.
    """

    due: datetime
    new_due: datetime
    killed_at: datetime
    started_again_at: datetime
    relay_back_at: datetime
    ledger: tuple[dict[str, Any], dict[str, Any]]
    mails: list[Arrived]

    def mails_to(self, who: str, cause: str = "reminder") -> list[Arrived]:
        """The mails of a cause that arrived for somebody, oldest first."""
        return [mail for mail in self.mails if (mail.recipient, mail.cause) == (f"{who}@example.org", cause)]


class Stage:
    """A service with a mail server of its own, and an organiser who registers one attendee per event."""

    def __init__(self, folder: Path, stack: ExitStack, **env: str) -> None:
        folder.mkdir()
        self.sink = stack.enter_context(SinkProcess(folder))
        self.sink.start()
        self.service = stack.enter_context(
            Service(folder / "data", env={**self.sink.settings(), **ALWAYS_REMIND, **env})
        )
        self.organiser = stack.enter_context(Organiser(self.service.url, self.service.new_key()))
        self.service.start()
        self.attendees = 0

    def event(self, who: str, due: datetime, **registration: Any) -> dict[str, Any]:
        """An event whose reminder falls due at an instant, with one attendee."""
        found = self.organiser.create(**starting(due + MINUTE), title={"en": f"For {who}"}, reminders=["PT1M"])
        self.register(found, who, **registration)
        return found

    def register(self, found: dict[str, Any], who: str, **fields: Any) -> dict[str, Any]:
        """Register somebody for an event."""
        self.attendees += 1
        return self.organiser.register(found, f"{who}@example.org", **fields)

    def confirmed(self) -> bool:
        """Whether everybody has their confirmation: mails flow, and nothing of the beginning is left to be sent."""
        return sum(mail.cause == "confirmation" for mail in arrivals(self.sink)) == self.attendees


def play(folder: Path, _server: postgres.Server) -> Story:
    """The whole story, played once."""
    with ExitStack() as stack:
        steady, killed = (Stage(folder / name, stack) for name in ("steady", "killed"))
        # A slow heart, so that there is time to register between the instant and the reminder.
        waiting = Stage(folder / "waiting", stack, ENSPIRED_REMINDERS__HEARTBEAT_SECONDS="10")
        return told(steady, killed, waiting)


@pytest.fixture(scope="module")
def story(played: Story) -> Story:
    """What happened."""
    return played


def told(steady: Stage, killed: Stage, waiting: Stage) -> Story:
    """Plays the story; takes until ten seconds after the second full minute."""
    due = full_minute(arrival() + 20 * SECOND)
    new_due = due + MINUTE
    plain = open_steady(steady, due)
    silenced = open_killed(killed, due)
    delayed = waiting.event("delayed", due)
    for stage in (steady, killed, waiting):
        wait_for(stage.confirmed, "all confirmations arrived")
    killed.organiser.cancel(silenced)
    killed.service.kill()
    waiting.sink.kill()
    killed_at = arrival()
    assert killed_at < due, "this machine was too slow to set the scene before the instant"

    wait_until(due)
    waiting.register(delayed, "just-too-late")
    wait_until(due + 2 * SECOND)
    steady.register(plain, "newcomer")
    wait_for(lambda: waiting.organiser.ledger(delayed, "reminder"), "the reminder is in the ledger")
    wait_for(lambda: any(one.get("last_error") for one in waiting.organiser.ledger(delayed)), "an attempt failed")
    while_down = waiting.organiser.ledger(delayed, "reminder")[0]
    started_again_at = arrival()
    killed.service.start()
    waiting.sink.start()
    relay_back_at = arrival()

    wait_until(new_due + A_FEW_SECONDS)
    return Story(
        due=due,
        new_due=new_due,
        killed_at=killed_at,
        started_again_at=started_again_at,
        relay_back_at=relay_back_at,
        ledger=(while_down, waiting.organiser.ledger(delayed, "reminder")[0]),
        mails=[mail for stage in (steady, killed, waiting) for mail in arrivals(stage.sink)],
    )


def open_steady(stage: Stage, due: datetime) -> dict[str, Any]:
    """The events of the service that runs all the time, and what happens to them before the instant; the plain one."""
    plain = stage.event("plain", due)
    stage.event("without", due, reminders=False)
    cancelled = stage.event("cancelled", due)
    later = stage.event("later", due)
    earlier = stage.event("earlier", due + MINUTE)
    quitting = stage.organiser.create(**starting(due + MINUTE), reminders=["PT1M"])
    seat = stage.register(quitting, "withdrawn")
    wait_for(stage.confirmed, "all confirmations arrived")
    stage.organiser.cancel(cancelled)
    stage.organiser.change(later, **starting(due + 2 * MINUTE))
    stage.organiser.change(earlier, **starting(due + MINUTE))
    stage.organiser.withdraw(seat)
    return plain


def open_killed(stage: Stage, due: datetime) -> dict[str, Any]:
    """The events of the service that will be killed; the one that is to be cancelled."""
    stage.event("surviving", due)
    moved = stage.event("surviving-move", due)
    stage.organiser.change(moved, **starting(due + 2 * MINUTE))
    return stage.event("surviving-cancellation", due)


def assert_in_time(mails: list[Arrived], due: datetime) -> None:
    """Exactly one mail, not before its instant and at most a few seconds after."""
    assert len(mails) == 1
    assert due <= mails[0].at < due + A_FEW_SECONDS


def test_a_reminder_arrives_once_not_before_its_instant_and_at_most_a_few_seconds_after(story: Story) -> None:
    assert_in_time(story.mails_to("plain"), story.due)


def test_a_reminder_survives_that_the_service_was_killed_before_its_instant(story: Story) -> None:
    assert story.killed_at < story.due < story.started_again_at
    assert_in_time(story.mails_to("surviving"), story.started_again_at)


def test_a_cancelled_event_sends_a_cancellation_and_no_reminder(story: Story) -> None:
    assert story.mails_to("cancelled") == []
    assert len(story.mails_to("cancelled", "cancellation")) == 1


def test_a_cancellation_holds_when_the_service_is_killed_right_after_it(story: Story) -> None:
    assert story.mails_to("surviving-cancellation") == []
    assert len(story.mails_to("surviving-cancellation", "cancellation")) == 1


def test_an_event_that_moved_to_later_reminds_at_its_new_instant_only(story: Story) -> None:
    assert_in_time(story.mails_to("later"), story.new_due)


def test_an_event_that_moved_to_earlier_reminds_at_its_new_instant_only(story: Story) -> None:
    assert_in_time(story.mails_to("earlier"), story.due)


def test_a_move_holds_when_the_service_is_killed_after_it(story: Story) -> None:
    assert_in_time(story.mails_to("surviving-move"), story.new_due)


def test_who_has_withdrawn_is_not_reminded(story: Story) -> None:
    assert story.mails_to("withdrawn") == []
    assert len(story.mails_to("withdrawn", "withdrawal")) == 1


def test_who_wants_no_reminders_gets_none(story: Story) -> None:
    assert story.mails_to("without") == []


def test_who_registers_after_the_instant_is_not_reminded(story: Story) -> None:
    assert len(story.mails_to("newcomer", "confirmation")) == 1
    assert story.mails_to("newcomer") == story.mails_to("just-too-late") == []


def test_a_reminder_waits_for_a_mail_server_that_is_down_and_keeps_its_message_id(story: Story) -> None:
    while_down, in_the_end = story.ledger
    # It waits, or it is the one with which the server is tried again; no attempt is counted for a server that is away.
    assert (while_down["state"], while_down["attempts"]) in {("waiting", 0), ("sending", 1)}
    assert (in_the_end["state"], in_the_end["attempts"]) == ("sent", 1)
    (mail,) = story.mails_to("delayed")
    assert story.relay_back_at < mail.at < story.due + MINUTE
    assert mail.message_id == while_down["message_id"] == in_the_end["message_id"]


def test_nobody_got_any_mail_twice(story: Story) -> None:
    assert len({mail.message_id for mail in story.mails}) == len(story.mails)
    assert len({(mail.recipient, mail.cause) for mail in story.mails}) == len(story.mails)
