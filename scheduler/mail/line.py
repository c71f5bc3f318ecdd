"""The line to a relay: up or down, how long to leave it in peace, since when it fails everybody.

A relay that cannot be reached, does not let us in or takes no sender is down for all mails alike. Then it is tried
by one mail at a time, after 1, 2, 4 ... up to 60 seconds, and no mail's attempts are used up by it.
"""

from collections.abc import Callable

_FIRST, _LONGEST = 1.0, 60.0
_EVERYBODY = 3
"""So many different recipients without one success in between are no longer the recipients' own trouble."""


class Line:
    """What is known of a relay. `clock` is monotonic, in seconds."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._wait = 0.0
        self._until = 0.0
        self._down_since: float | None = None
        self._failing: dict[str, float] = {}
        self.reason = ""
        """The relay's last words, or what else stood in the way; empty while it is up."""

    def up(self) -> None:
        """It took a mail."""
        self.heard()
        self._failing.clear()

    def heard(self) -> None:
        """It lets us in and listens, whatever it says of this mail or its recipient."""
        self._wait = self._until = 0.0
        self._down_since = None
        self.reason = ""

    def down(self, reason: str) -> float:
        """It failed for reasons of its own; in how many seconds to try again.

        Failures of deliveries that were under way together count as one.
        """
        now = self._clock()
        self.reason = reason
        if self._down_since is None:
            self._down_since = now
        if now >= self._until:
            self._wait = min(self._wait * 2 or _FIRST, _LONGEST)
            self._until = now + self._wait
        return self._until - now

    def failed(self, recipient: str) -> None:
        """A mail was lost on the way or refused after its text; often the mail's own fault, and for all of them not."""
        if len(self._failing) < _EVERYBODY:
            self._failing.setdefault(recipient, self._clock())

    @property
    def trying(self) -> bool:
        """True when it was down: one mail at a time, until one gets through."""
        return self._down_since is not None

    @property
    def closed(self) -> bool:
        """True while it is left in peace."""
        return self._clock() < self._until

    @property
    def seconds_down(self) -> float:
        """For how long it has failed everybody; 0 when it works, or nobody has asked it for anything."""
        if self._down_since is not None:
            return self._clock() - self._down_since
        if len(self._failing) >= _EVERYBODY:
            return self._clock() - min(self._failing.values())
        return 0.0
