"""What one sender did since it started, counted for whoever watches: /metrics and /readyz."""

from bisect import bisect_left
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta

from scheduler.model.message import Message

LATENESS_SECONDS = (0.1, 0.5, 1.0, 2.0, 5.0, 15.0, 60.0, 300.0, 3600.0)
"""Upper bounds of the classes of lateness."""


class Tally:
    """Counts of outcomes, how late mails left, and whether the way out works.

    `seconds_down` says for how long the way out has failed everybody; 0 when it works.
    """

    def __init__(self, seconds_down: Callable[[], float]) -> None:
        self.seconds_down = seconds_down
        self.outcomes: Counter[str] = Counter()
        """By `sent`, `retried`, `failed`, `dropped`, `postponed` (the relay's trouble, no attempt)."""
        self.lateness = [0] * (len(LATENESS_SECONDS) + 1)
        self.lateness_sum = 0.0
        self.last_sent: datetime | None = None

    def sent(self, message: Message, at: datetime) -> None:
        """The relay took a message at an instant."""
        late = max(timedelta(0), at - max(message.due_at, message.not_before)).total_seconds()
        self.outcomes["sent"] += 1
        self.lateness[bisect_left(LATENESS_SECONDS, late)] += 1
        self.lateness_sum += late
        self.last_sent = at
