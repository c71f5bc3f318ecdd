"""Breaks the service on purpose, from outside, so that a proof can be seen to fail. Never used but by the proofs.

A proof that cannot go red proves nothing: `python -m tests.proofs --break mark-before-send`.
"""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, event, update
from sqlalchemy.engine import Engine

from scheduler.mail.smtp import SmtpTransport
from scheduler.mail.transport import Delivered, Delivery, Envelope, StillWanted
from scheduler.store import leases, reminders
from scheduler.store.tables import message

LATER = 0.15
"""Seconds between the note that a mail was sent and its sending, in the order of those who lose mails."""


def mark_before_send() -> None:
    """A mail is noted as sent, then sent: whoever is killed in between has lost it."""
    deliver = SmtpTransport.deliver
    under_way: set[asyncio.Task[Any]] = set()

    async def noted_first(transport: SmtpTransport, envelope: Envelope, _still_wanted: StillWanted) -> Delivery:
        async def later() -> None:
            await asyncio.sleep(LATER)
            await deliver(transport, envelope, _yes)

        task = asyncio.create_task(later())
        under_way.add(task)
        task.add_done_callback(under_way.discard)
        return Delivered(250, "will be sent")

    SmtpTransport.deliver = noted_first  # type: ignore[method-assign,assignment]


def no_look_before_data() -> None:
    """Nobody asks right before the text whether the mail is still wanted."""
    deliver = SmtpTransport.deliver

    async def unasked(transport: SmtpTransport, envelope: Envelope, _still_wanted: StillWanted) -> Delivery:
        return await deliver(transport, envelope, _yes)

    SmtpTransport.deliver = unasked  # type: ignore[method-assign,assignment]


def no_lease() -> None:
    """A claim leaves the message for anybody else to claim, too."""
    claim = leases.claim

    def claimed(conn: Connection, *arguments: Any, **named: Any) -> Any:
        found = claim(conn, *arguments, **named)
        ids = [row.id for row in found]
        conn.execute(update(message).where(message.c.id.in_(ids)).values(state="waiting"))
        return found

    leases.claim = claimed
    no_look_before_data()


def no_fencing() -> None:
    """Whoever claimed a message once may note what became of it, however long ago its lease passed to another."""

    def unfenced(_conn: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> tuple[str, Any]:
        if statement.startswith("UPDATE message SET state") and "message.lease_owner =" in statement:
            statement = statement.replace("message.lease_owner =", "'' <>").replace("message.attempts =", "-1 <>")
            statement = statement.replace("message.state =", "'' <>")
        return statement, parameters

    event.listen(Engine, "before_cursor_execute", unfenced, retval=True)


def early() -> None:
    """Reminders go out five seconds before they are due."""
    due = reminders.due

    def sooner(conn: Connection, now: datetime, limit: int) -> Any:
        return due(conn, now + timedelta(seconds=5), limit)

    reminders.due = sooner


BREAKS: dict[str, Callable[[], None]] = {
    "mark-before-send": mark_before_send,
    "no-look-before-data": no_look_before_data,
    "no-lease": no_lease,
    "no-fencing": no_fencing,
    "early": early,
}


def break_on_purpose(name: str) -> None:
    """Break one thing; nothing when the name is empty."""
    if name:
        BREAKS[name]()


async def _yes() -> bool:
    return True
