"""What somebody decides about all reminders to their address, whichever event they are of."""

from datetime import datetime

from sqlalchemy import Connection

from scheduler.store import choices, registrations


def no_reminders_at_all(conn: Connection, email: str, *, now: datetime) -> None:
    """No reminder and no mail after an event goes to this address any more. Asking twice is harmless."""
    registrations.hold_address(conn, email)
    choices.put(conn, email, reminders=False, now=now)


def reminders_again(conn: Connection, email: str, *, now: datetime) -> None:
    """The choices of each registration count again."""
    registrations.hold_address(conn, email)
    choices.put(conn, email, reminders=True, now=now)


def wants_reminders(conn: Connection, email: str) -> bool:
    """False for an address that asked for no reminders at all."""
    return not choices.without_reminders(conn, [email])
