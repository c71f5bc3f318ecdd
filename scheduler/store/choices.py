"""What people decided about all mails to their address.

It outlives their registrations, so that who wants no reminders gets none next year either; hence only a digest of the
address is kept, which names nobody.
"""

import hashlib
from collections.abc import Collection
from datetime import datetime

from sqlalchemy import Connection, delete, insert, select, update

from scheduler.store.tables import mail_choice


def without_reminders(conn: Connection, emails: Collection[str]) -> set[str]:
    """Those of these addresses, in lower case, that want no reminders at all."""
    wanted = {_digest(email): email.lower() for email in emails}
    query = select(mail_choice.c.email_hash).where(mail_choice.c.email_hash.in_(wanted), ~mail_choice.c.reminders)
    return {wanted[found] for found in conn.scalars(query)} if wanted else set()


def put(conn: Connection, email: str, *, reminders: bool, now: datetime) -> None:
    """Notes whether an address wants reminders at all; of one that does nothing is kept."""
    row = mail_choice.c.email_hash == _digest(email)
    if reminders:
        conn.execute(delete(mail_choice).where(row))
        return
    values = {"reminders": False, "changed_at": now}
    if not conn.execute(update(mail_choice).where(row).values(**values)).rowcount:
        conn.execute(insert(mail_choice).values(email_hash=_digest(email), **values))


def _digest(email: str) -> str:
    return hashlib.sha256(f"mail-choice {email.lower()}".encode()).hexdigest()
