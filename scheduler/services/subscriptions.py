"""Subscriptions: make, rotate, revoke, open by secret, and remember who fetches."""

from datetime import datetime
from urllib.parse import parse_qsl

from msgspec.structs import replace
from sqlalchemy import Connection

from scheduler.errors import Forbidden, Gone, NotFound
from scheduler.model.access import Actor
from scheduler.model.ids import new_id
from scheduler.model.registration import Registration
from scheduler.model.secret import hashed, new_secret
from scheduler.model.subscription import Subscription
from scheduler.store import subscriptions as store

_GONE = "This calendar address was revoked. Ask whoever gave it to you for the new one."


def create(
    conn: Connection,
    name: str,
    query: str,
    *,
    institution: str = "",
    programmes: tuple[str, ...] = (),
    actor: Actor,
    now: datetime,
) -> tuple[str, Subscription]:
    """A new subscription and its secret, shown this once. Raises Forbidden for a grant beyond the actor's reach."""
    check_may(actor, institution, programmes, query)
    secret, prefix, secret_hash = new_secret("feed")
    row = Subscription(
        id=new_id(now),
        prefix=prefix,
        name=name,
        query=query,
        institution=institution,
        programmes=programmes,
        created_by=actor.name,
        created_at=now,
    )
    store.add(conn, row, secret_hash)
    return secret, row


def for_attendee(conn: Connection, registration: Registration, *, now: datetime) -> tuple[str, Subscription]:
    """An attendee's own feed of everything their address is registered for; asking again rotates its secret."""
    kept = store.of_email(conn, registration.email)
    if kept is not None:
        return _rotated(conn, kept, now)
    secret, prefix, secret_hash = new_secret("feed")
    row = Subscription(
        id=new_id(now),
        prefix=prefix,
        name="",
        query=f"lang={registration.language}",
        email=registration.email.lower(),
        created_by=f"registration:{registration.id}",
        created_at=now,
    )
    store.add(conn, row, secret_hash)
    return secret, row


def get(conn: Connection, subscription_id: str, actor: Actor) -> Subscription:
    """One subscription that an actor may manage. Raises NotFound, also for an attendee's own, which is theirs alone."""
    row = store.get(conn, subscription_id)
    if row is None or row.email or not _manages(actor, row):
        raise NotFound("There is no such subscription.")
    if not actor.writes:
        raise Forbidden("Your key reads only.")
    return row


def visible(conn: Connection, actor: Actor) -> list[Subscription]:
    """The subscriptions that an actor may manage; attendees' own feeds are nobody's but theirs."""
    return [row for row in store.all_subscriptions(conn) if not row.email and _manages(actor, row)]


def rotate(conn: Connection, subscription_id: str, *, actor: Actor, now: datetime) -> tuple[str, Subscription]:
    """A new secret; the old address answers 410 from now on. Raises NotFound, Gone for a revoked one."""
    row = get(conn, subscription_id, actor)
    if row.revoked_at is not None:
        raise Gone(_GONE)
    return _rotated(conn, row, now)


def revoke(conn: Connection, subscription_id: str, *, actor: Actor, now: datetime) -> Subscription:
    """Ends a subscription: its address answers 410 for ever."""
    row = get(conn, subscription_id, actor)
    revoked = replace(row, revoked_at=row.revoked_at or now)
    store.replace_row(conn, revoked)
    return revoked


def opened(conn: Connection, secret: str) -> Subscription:
    """The subscription behind a secret. Raises Gone for a revoked or retired one, NotFound for any other."""
    secret_hash = hashed(secret)
    row = store.with_hash(conn, secret_hash)
    retired = store.is_retired(conn, secret_hash)
    if retired or (row is not None and row.revoked_at is not None):
        raise Gone(_GONE)
    if row is None:
        raise NotFound("There is no such calendar.")
    return row


def check_may(actor: Actor, institution: str, programmes: tuple[str, ...], query: str) -> None:
    """Organisers grant what is theirs; a host makes feeds of its own institution. Raises Forbidden.

    An institution sees events of every programme; an organiser grants that sight only within the own programmes, by
    the saved filter, which the address cannot change.
    """
    if not actor.writes or actor.role not in {"host", "organiser", "admin"}:
        raise Forbidden("Your role does not let you make subscriptions.")
    if actor.role == "host" and (institution not in actor.institutions or programmes):
        raise Forbidden("A host makes subscriptions of its own institution, without programmes.")
    if actor.role == "organiser" and not set(programmes) <= set(actor.programmes):
        raise Forbidden("You can grant only your own programmes.")
    if actor.role == "organiser" and institution and not _within(actor, query):
        mine = ",".join(actor.programmes)
        raise Forbidden(f"Add a filter by your own programmes to “query”, for example “programme={mine}”.")


def _manages(actor: Actor, row: Subscription) -> bool:
    if actor.role == "admin":
        return True
    if actor.role == "host":
        return row.institution in actor.institutions
    if actor.role != "organiser" or not set(row.programmes) <= set(actor.programmes):
        return False
    return not row.institution or _within(actor, row.query)


def _within(actor: Actor, query: str) -> bool:
    chosen = {key for name, value in parse_qsl(query) if name == "programme" for key in value.split(",")}
    return bool(chosen) and chosen <= set(actor.programmes)


def _rotated(conn: Connection, row: Subscription, now: datetime) -> tuple[str, Subscription]:
    secret, prefix, secret_hash = new_secret("feed")
    row = replace(row, prefix=prefix, rotated_at=now)
    store.rotate(conn, row, secret_hash, now)
    return secret, row
