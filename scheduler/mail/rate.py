"""Keeping to a relay's rate: a bucket of tokens that fills steadily, one token a message."""

from collections.abc import Callable


class Bucket:
    """A token bucket. `clock` is a monotonic clock in seconds; at most one second's worth (or one) is saved up.

    A token may be taken ahead of its time: `take` says how long to wait for it, so that waiters queue in order.
    """

    def __init__(self, per_minute: int, clock: Callable[[], float]) -> None:
        self._rate = per_minute / 60
        self._size = max(1.0, self._rate)
        self._clock = clock
        self._tokens = self._size
        self._at = clock()

    def take(self) -> float:
        """Take a token; the seconds until it may be used (0.0: now)."""
        self._fill()
        self._tokens -= 1
        return max(0.0, -self._tokens / self._rate)

    def give_back(self) -> None:
        """Return a token that was not used."""
        self._tokens = min(self._size, self._tokens + 1)

    @property
    def ready(self) -> int:
        """How many tokens could be used now."""
        self._fill()
        return max(0, int(self._tokens))

    def _fill(self) -> None:
        now = self._clock()
        self._tokens = min(self._size, self._tokens + (now - self._at) * self._rate)
        self._at = now
