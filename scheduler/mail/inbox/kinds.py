"""What a mail that came in can be."""

from typing import Literal

from msgspec import Struct

from feeds.reply import Reply

Trouble = Literal["too-large", "too-many-lines", "too-many-parts", "long-header", "malformed"]


class CalendarAnswer(Struct, frozen=True):
    """A person answered an invitation: for the whole, or for one or several dates of a series."""

    replies: tuple[Reply, ...]


class CalendarRefused(Struct, frozen=True):
    """It holds a calendar part, but no answer that could be read; `why` is a reason of `feeds.reply`."""

    why: str


class Bounce(Struct, frozen=True, kw_only=True):
    """A mail of ours came back, or is late (RFC 3464).

    `status` is an enhanced code such as 5.1.1 (RFC 3463), `reason` what the other server said, in one line of at most
    300 characters. `hard` when trying again is pointless.
    """

    hard: bool
    status: str
    reason: str = ""


class Automatic(Struct, frozen=True):
    """A machine wrote it (RFC 3834): an absence notice, a list, a receipt; `sign` is what gave it away."""

    sign: str


class FromAPerson(Struct, frozen=True):
    """An ordinary mail. This address is read by a machine: nobody sees it."""


class Unread(Struct, frozen=True):
    """It goes beyond the limits, or is no mail."""

    trouble: Trouble


Incoming = CalendarAnswer | CalendarRefused | Bounce | Automatic | FromAPerson | Unread


def name_of(mail: Incoming) -> str:
    """What it is, for logs and counts: a stable word without anything personal."""
    match mail:
        case CalendarAnswer():
            return "reply"
        case CalendarRefused(why):
            return f"refused-{why}"
        case Bounce(hard=hard):
            return "bounce-hard" if hard else "bounce-soft"
        case Automatic():
            return "automatic"
        case FromAPerson():
            return "from-a-person"
        case Unread(trouble):
            return trouble
