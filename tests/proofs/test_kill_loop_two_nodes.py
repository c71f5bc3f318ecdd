"""The kill loop on PostgreSQL: two nodes send, and one of them is killed again and again.

docs/proofs.md tells how to run it longer.
"""

from pathlib import Path

import pytest

from tests import postgres
from tests.proofs.oracle import Verdict
from tests.proofs.running import Settings, run
from tests.proofs.test_kill_loop import (
    test_a_copy_carries_the_message_id_of_the_first,
    test_copies_are_no_more_than_the_kills_can_explain,
    test_everything_that_was_acknowledged_is_there_and_once,
    test_no_mail_is_lost,
    test_no_reminder_is_early,
    test_nobody_gets_a_reminder_that_is_not_theirs,
    test_what_was_cancelled_moved_or_left_is_silent_a_second_after_the_acknowledgement,
)

# What must hold is the same on both databases; whether its one file is whole is a question to SQLite alone.
__all__ = [
    "test_a_copy_carries_the_message_id_of_the_first",
    "test_copies_are_no_more_than_the_kills_can_explain",
    "test_everything_that_was_acknowledged_is_there_and_once",
    "test_no_mail_is_lost",
    "test_no_reminder_is_early",
    "test_nobody_gets_a_reminder_that_is_not_theirs",
    "test_what_was_cancelled_moved_or_left_is_silent_a_second_after_the_acknowledgement",
]

pytestmark = pytest.mark.proof

SECONDS = 480


def play(folder: Path, server: postgres.Server) -> Verdict:
    """3,000 reminders and 60 kills of one node, unless the environment says otherwise."""
    return run(folder, Settings.from_environment(reminders=3000, kills=60, races=200), server)
