"""Weekly digests that somebody asked for."""

from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, delete, insert, select, update

from scheduler.model.digest import FINGERPRINT, Digest, fingerprint
from scheduler.store.tables import digest, message
from scheduler.store.types import decode, encode


def add(conn: Connection, row: Digest) -> None:
    """Stores a new one."""
    conn.execute(insert(digest).values(id=row.id, **_columns(row)))


def replace_row(conn: Connection, row: Digest) -> None:
    """Stores a changed one."""
    conn.execute(update(digest).where(digest.c.id == row.id).values(**_columns(row)))


def remove(conn: Connection, digest_id: str) -> None:
    """Deletes one, with the address that it was for."""
    conn.execute(delete(digest).where(digest.c.id == digest_id))


def forget_mails(conn: Connection, row: Digest) -> None:
    """Deletes its mails, sent or not; of what asked for a confirmation a fingerprint of the address stays.

    By that `messages.confirmations_since` still knows that the address had its mail of the day.
    """
    about = select(message.c.id, message.c.cause, message.c.facts).where(
        message.c.address == row.email.lower(), message.c.cause.in_(["digest", "confirm-digest"])
    )
    for key, cause, facts in conn.execute(about).all():
        if msgspec.json.decode(facts, type=dict[str, str]).get("digest") != row.id:
            continue
        if cause == "digest":
            conn.execute(delete(message).where(message.c.id == key))
            continue
        blank = {"state": "dropped", "facts": "{}", "last_error": "the digest was ended", "bounce": ""}
        freed = {"lease_owner": None, "lease_until": None, "address": fingerprint(row.email)}
        conn.execute(update(message).where(message.c.id == key).values(**blank, **freed))


def forget_fingerprints(conn: Connection, before: datetime) -> int:
    """Deletes what `forget_mails` left of mails that were written before an instant."""
    left = message.c.address.startswith(FINGERPRINT, autoescape=True)
    query = delete(message).where(left, message.c.cause == "confirm-digest", message.c.created_at < before)
    return conn.execute(query).rowcount


def get(conn: Connection, digest_id: str, *, lock: bool = False) -> Digest | None:
    """One digest."""
    query = select(digest.c.document).where(digest.c.id == digest_id)
    document = conn.scalar(query.with_for_update() if lock else query)
    return decode(document, Digest) if document else None


def of_email(conn: Connection, email: str) -> list[Digest]:
    """All digests of an address, oldest first."""
    query = select(digest.c.document).where(digest.c.email == email.lower()).order_by(digest.c.id)
    return [decode(document, Digest) for document in conn.scalars(query)]


def due(conn: Connection, now: datetime, limit: int) -> list[Digest]:
    """Active digests whose Monday has come; on PostgreSQL those nobody else holds."""
    query = select(digest.c.document).where(digest.c.state == "active", digest.c.next_at <= now)
    rows = conn.scalars(query.order_by(digest.c.next_at, digest.c.id).limit(limit).with_for_update(skip_locked=True))
    return [decode(document, Digest) for document in rows]


def remove_unconfirmed(conn: Connection, asked_before: datetime) -> int:
    """Deletes what nobody confirmed in time."""
    query = delete(digest).where(digest.c.state == "pending", digest.c.created_at < asked_before)
    return conn.execute(query).rowcount


def _columns(row: Digest) -> dict[str, Any]:
    return {
        "email": row.email.lower(),
        "state": row.state,
        "next_at": row.next_at,
        "created_at": row.created_at,
        "document": encode(row),
    }
