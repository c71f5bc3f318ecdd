"""Answers already given under an Idempotency-Key, kept in the transaction of the work itself."""

from datetime import datetime

import msgspec
from msgspec import Struct
from sqlalchemy import Connection, delete, insert, select

from scheduler.store.tables import idempotency


class Answer(Struct, frozen=True, kw_only=True):
    """An answer as it was given: status, headers, body, and the hash of the request it answered."""

    request_hash: str
    status: int
    headers: dict[str, str]
    body: str


def get(conn: Connection, actor: str, key: str) -> Answer | None:
    """The answer an actor got under a key."""
    row = (
        conn.execute(select(idempotency).where(idempotency.c.actor == actor, idempotency.c.key == key))
        .mappings()
        .first()
    )
    if row is None:
        return None
    headers = msgspec.json.decode(row["headers"], type=dict[str, str])
    return Answer(request_hash=row["request_hash"], status=row["status"], headers=headers, body=row["body"])


def put(conn: Connection, actor: str, key: str, answer: Answer, now: datetime) -> None:
    """Keeps an answer."""
    conn.execute(
        insert(idempotency).values(
            actor=actor,
            key=key,
            request_hash=answer.request_hash,
            status=answer.status,
            headers=msgspec.json.encode(answer.headers).decode(),
            body=answer.body,
            created_at=now,
        )
    )


def prune(conn: Connection, before: datetime) -> int:
    """Forgets answers given before an instant."""
    return conn.execute(delete(idempotency).where(idempotency.c.created_at < before)).rowcount
