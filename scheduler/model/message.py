"""A message: one mail to one recipient, written down before it is sent and never forgotten."""

from datetime import datetime, timedelta
from typing import Literal

from msgspec import Struct, field

Cause = Literal[
    "confirm-address",
    "confirmation",
    "waiting",
    "place-free",
    "reminder",
    "follow-up",
    "update",
    "day-programme",
    "cancellation",
    "withdrawal",
    "sign-in",
    "confirm-digest",
    "digest",
]
"""What the mail is about; the value of its X-Enspired-Cause header."""

REFUSED = 500
"""From here on a reply code is a final refusal (RFC 5321 section 4.2.1)."""

MessageState = Literal["waiting", "held", "sending", "sent", "failed", "dropped"]


class Message(Struct, frozen=True, kw_only=True):
    """One row of the outbox.

    `message_id` (RFC 5322 section 3.6.4) is the same over all attempts, so that receivers can drop a duplicate.
    `not_before` moves a message without touching what it is due for; `expires_at` is the instant after which it
    must not be sent. `facts` are what the wording needs and cannot look up any more (an old time, a reason).
    `recipient` names a speaker or host (`speaker:…`, `host:…`) where there is no registration. A `held` message waits
    for an operator after a restore. `bounce` is what came back after the relay had taken it (RFC 3464).
    A `sending` message belongs to `lease_owner` until `lease_until`.
    """

    id: str
    cause: Cause
    event_id: str | None = None
    occurrence_id: str | None = None
    registration_id: str | None = None
    reminder_id: str | None = None
    person_id: str | None = None
    recipient: str = ""
    timing_revision: int | None = None
    address: str
    language: str
    message_id: str
    facts: dict[str, str] = field(default_factory=dict)
    state: MessageState = "waiting"
    due_at: datetime
    not_before: datetime
    next_attempt_at: datetime
    expires_at: datetime | None = None
    attempts: int = 0
    lease_owner: str | None = None
    lease_until: datetime | None = None
    last_code: int | None = None
    last_error: str = ""
    created_at: datetime
    sent_at: datetime | None = None
    bounced_at: datetime | None = None
    bounce: str = ""

    @property
    def tries(self) -> int:
        """How often this service tried, as far as it knows: a `held` one counts an attempt that nobody knows of."""
        return self.attempts - (self.state == "held")


class Failure(Struct, frozen=True, kw_only=True):
    """Why an attempt failed: the SMTP reply code (None when no reply came), its text, and whether it is final."""

    text: str
    code: int | None = None
    permanent: bool = False


def next_attempt(attempts: int, now: datetime, schedule_minutes: tuple[int, ...]) -> datetime:
    """When to try again after `attempts` failures: 1, 5, 15, 60 minutes by default, then the last step for ever."""
    step = schedule_minutes[min(attempts, len(schedule_minutes)) - 1]
    return now + timedelta(minutes=step)
