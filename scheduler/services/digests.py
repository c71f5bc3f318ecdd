"""Weekly digests: anybody may ask, whoever reads the mailbox confirms, news makes a mail, one click ends it."""

from datetime import datetime, timedelta

from msgspec.structs import replace
from sqlalchemy import Connection

from scheduler.config import Config
from scheduler.errors import NotFound
from scheduler.model.digest import MOST_PER_ADDRESS, Digest, next_monday
from scheduler.model.filter import Filter
from scheduler.model.ids import new_id
from scheduler.services import outbox
from scheduler.services.news import news
from scheduler.store import changes, messages, registrations
from scheduler.store import digests as store

_DAY = timedelta(days=1)
_PER_TICK = 50
_WORTH = timedelta(days=4)
"""How long a digest that could not be sent is worth sending: by Friday the next one is nearer."""


def ask(
    conn: Connection, email: str, chosen: Filter, *, language: str, timezone: str, config: Config, now: datetime
) -> bool:
    """Somebody asks for a digest: a link is mailed to confirm the address. True when a mail was written.

    Whatever happens to the mail (one unconfirmed mail per address and day, however many forms of whatever kind) the
    answer is the same, so that a form tells nobody who reads what.
    """
    email = email.lower()
    registrations.hold_address(conn, email)
    kept = store.of_email(conn, email)
    twin = next((row for row in kept if row.chosen == chosen), None)
    if (twin and twin.state == "active") or len(kept) >= MOST_PER_ADDRESS + (twin is not None):
        return False
    if messages.confirmations_since(conn, email, now - _DAY) >= config.privacy.unconfirmed_mails_per_day:
        return False
    row = twin or Digest(
        id=new_id(now), email=email, language=language, timezone=timezone, chosen=chosen, created_at=now
    )
    row = replace(row, expires_at=now + timedelta(days=config.security.confirm_days), created_at=now)
    (store.replace_row if twin else store.add)(conn, row)
    return _write(conn, row, {}, confirming=True, config=config, now=now)


def look_up(conn: Connection, digest_id: str, now: datetime, *, lock: bool = False) -> Digest:
    """A digest that stands. Raises NotFound for one that was ended, or never confirmed in time."""
    row = store.get(conn, digest_id, lock=lock)
    if row is None or (row.expires_at is not None and row.expires_at <= now):
        raise NotFound("There is no such digest; it was ended, or not confirmed in time.")
    return row


def confirm(conn: Connection, digest_id: str, *, now: datetime) -> Digest:
    """The address answered: from the next Monday on. Confirming twice is harmless. Raises NotFound."""
    row = look_up(conn, digest_id, now, lock=True)
    if row.state == "active":
        return row
    since, first = changes.current(conn), next_monday(now, row.timezone)
    row = replace(row, state="active", since=since, next_at=first, expires_at=None)
    store.replace_row(conn, row)
    return row


def end(conn: Connection, digest_id: str) -> None:
    """No more of it, and the address stays nowhere, nor the mails that went there. Ending twice is harmless.

    A fingerprint of it stays for a day: who can type an address must not make us ask it twice by that.
    """
    row = store.get(conn, digest_id, lock=True)
    if row is not None:
        store.forget_mails(conn, row)
        store.remove(conn, digest_id)


def release_due(conn: Connection, *, config: Config, now: datetime) -> int:
    """Writes the digests whose Monday has come and that have news; how many. Without news there is no mail."""
    return sum(_release(conn, row, config=config, now=now) for row in store.due(conn, now, _PER_TICK))


def forget_unconfirmed(conn: Connection, *, config: Config, now: datetime) -> None:
    """Deletes what nobody confirmed in time, and after a day the fingerprints of addresses that ended theirs."""
    store.forget_fingerprints(conn, now - _DAY)
    store.remove_unconfirmed(conn, now - timedelta(days=config.security.confirm_days))


def _release(conn: Connection, row: Digest, *, config: Config, now: datetime) -> bool:
    found = news(conn, row.since, row.chosen)
    store.replace_row(conn, replace(row, since=found.until, next_at=next_monday(now, row.timezone)))
    facts = {name: ",".join(ids) for name in ("new", "moved", "cancelled") if (ids := getattr(found, name))}
    return bool(facts) and _write(conn, row, facts, confirming=False, config=config, now=now)


def _write(
    conn: Connection, row: Digest, facts: dict[str, str], *, confirming: bool, config: Config, now: datetime
) -> bool:
    return outbox.write(
        conn,
        "confirm-digest" if confirming else "digest",
        config=config,
        now=now,
        address=row.email,
        language=row.language,
        facts={**facts, "digest": row.id},
        expires_at=row.expires_at if confirming else now + _WORTH,
    )
