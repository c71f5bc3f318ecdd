"""Subscriptions and the secrets that were retired."""

from datetime import datetime
from typing import Any

from msgspec.structs import replace
from sqlalchemy import Connection, insert, select, update

from scheduler.model.subscription import Subscription
from scheduler.store import counters
from scheduler.store.tables import retired_secret, subscription
from scheduler.store.types import decode, encode


def add(conn: Connection, row: Subscription, secret_hash: str) -> None:
    """Stores a new one."""
    conn.execute(insert(subscription).values(id=row.id, secret_hash=secret_hash, **_columns(row)))


def replace_row(conn: Connection, row: Subscription) -> None:
    """Stores a changed one; whoever keeps it in memory hears of that."""
    counters.take(conn, counters.ACCESS)
    conn.execute(update(subscription).where(subscription.c.id == row.id).values(**_columns(row)))


def rotate(conn: Connection, row: Subscription, secret_hash: str, now: datetime) -> None:
    """Gives a subscription a new secret; the old one is remembered as retired."""
    counters.take(conn, counters.ACCESS)
    old = conn.scalar(select(subscription.c.secret_hash).where(subscription.c.id == row.id))
    conn.execute(insert(retired_secret).values(secret_hash=old, retired_at=now))
    changed = update(subscription).where(subscription.c.id == row.id)
    conn.execute(changed.values(secret_hash=secret_hash, **_columns(row)))


def get(conn: Connection, subscription_id: str) -> Subscription | None:
    """One subscription."""
    row = conn.execute(_SELECT.where(subscription.c.id == subscription_id)).first()
    return _subscription(row) if row else None


def with_hash(conn: Connection, secret_hash: str) -> Subscription | None:
    """The subscription that a secret opens, revoked or not."""
    row = conn.execute(_SELECT.where(subscription.c.secret_hash == secret_hash)).first()
    return _subscription(row) if row else None


def is_retired(conn: Connection, secret_hash: str) -> bool:
    """True for a secret that was rotated away."""
    found = conn.scalar(select(retired_secret.c.secret_hash).where(retired_secret.c.secret_hash == secret_hash))
    return found is not None


def all_subscriptions(conn: Connection) -> list[Subscription]:
    """Every subscription, oldest first."""
    return [_subscription(row) for row in conn.execute(_SELECT.order_by(subscription.c.id))]


def of_email(conn: Connection, email: str) -> Subscription | None:
    """An attendee's own feed that is not revoked."""
    query = _SELECT.where(subscription.c.email == email.lower(), subscription.c.revoked_at.is_(None))
    row = conn.execute(query.order_by(subscription.c.id)).first()
    return _subscription(row) if row else None


def note_fetch(conn: Connection, subscription_id: str, client: str, at: datetime) -> None:
    """Remembers who fetched it last."""
    query = update(subscription).where(subscription.c.id == subscription_id)
    conn.execute(query.values(last_fetched_at=at, last_client=client))


_SELECT = select(subscription.c.document, subscription.c.last_fetched_at, subscription.c.last_client)


def _subscription(row: Any) -> Subscription:
    found = decode(row[0], Subscription)
    return replace(found, last_fetched_at=row[1], last_client=row[2])


def _columns(row: Subscription) -> dict[str, object]:
    return {
        "institution": row.institution,
        "email": row.email.lower(),
        "revoked_at": row.revoked_at,
        "last_fetched_at": row.last_fetched_at,
        "last_client": row.last_client,
        "document": encode(replace(row, last_fetched_at=None, last_client="")),
    }
