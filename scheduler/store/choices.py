"""What people decided about all mails to their address."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import Connection, insert, select, update

from scheduler.store.tables import mail_choice


def without_reminders(conn: Connection, emails: Collection[str]) -> set[str]:
    """Those of these addresses, in lower case, that want no reminders at all."""
    wanted = {email.lower() for email in emails}
    query = select(mail_choice.c.email).where(mail_choice.c.email.in_(wanted), mail_choice.c.reminders.is_(False))
    return set(conn.scalars(query)) if wanted else set()


def put(conn: Connection, email: str, *, reminders: bool, now: datetime) -> None:
    """Notes whether an address wants reminders at all."""
    values = {"reminders": reminders, "changed_at": now}
    changed = conn.execute(update(mail_choice).where(mail_choice.c.email == email.lower()).values(**values))
    if not changed.rowcount:
        conn.execute(insert(mail_choice).values(email=email.lower(), **values))
