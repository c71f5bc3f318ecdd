"""The kill loop on PostgreSQL: two nodes send, and one of them is killed again and again.

docs/proofs.md tells how to run it longer.
"""

from pathlib import Path

import pytest

from tests import postgres
from tests.proofs.oracle import Verdict
from tests.proofs.running import Settings, run

pytestmark = pytest.mark.proof

SECONDS = 480


def play(folder: Path, server: postgres.Server) -> Verdict:
    """3,000 reminders and 60 kills of one node, unless the environment says otherwise."""
    return run(folder, Settings.from_environment(reminders=3000, kills=60, races=200), server)


def test_no_mail_is_lost(played: Verdict) -> None:
    assert played.lost == []


def test_no_reminder_is_early(played: Verdict) -> None:
    assert played.early == []


def test_nobody_gets_a_reminder_that_is_not_theirs(played: Verdict) -> None:
    assert played.strange == []


def test_what_was_cancelled_moved_or_left_is_silent_a_second_after_the_acknowledgement(played: Verdict) -> None:
    assert played.raced > 0
    assert played.wrong == []


def test_copies_are_no_more_than_the_kills_can_explain(played: Verdict) -> None:
    print(played.line())
    assert played.kills > 0
    assert played.copies <= played.bound
    assert played.unexplained == []


def test_a_copy_carries_the_message_id_of_the_first(played: Verdict) -> None:
    assert played.renamed == []


def test_everything_that_was_acknowledged_is_there_and_once(played: Verdict) -> None:
    assert (played.missing, played.extra) == ([], [])
