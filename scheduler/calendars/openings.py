"""Which subscription a secret opens, kept in memory until anything about who may read what changes."""

from sqlalchemy import Connection

from scheduler.calendars.recent import Recent
from scheduler.errors import Gone, NotFound
from scheduler.model.secret import hashed
from scheduler.model.subscription import Subscription
from scheduler.services import subscriptions
from scheduler.store import counters
from scheduler.store.database import Database

_MOST = 5_000


class Openings:
    """Subscriptions by the hash of their secret, and the secrets that were revoked. Unknown ones are not kept.

    Everything is forgotten when the `access` counter rises: what was revoked answers so from the next request on.
    """

    def __init__(self, db: Database) -> None:
        self._db = db
        self._at = -1
        self._open: Recent[str, Subscription] = Recent(_MOST)
        self._gone: Recent[str, str] = Recent(_MOST)

    def known(self, secret: str) -> Subscription | None:
        """The subscription, if it is in memory and still open; None when somebody has to look."""
        return self._open.get(hashed(secret)) if self._fresh() else None

    async def open(self, secret: str) -> Subscription:
        """The subscription behind a secret. Raises Gone for a revoked or retired one, NotFound for any other."""
        key = hashed(secret)
        gone = self._gone.get(key) if self._fresh() else None
        if gone is not None:
            raise Gone(gone)
        at, found = await self._db.read(lambda conn: _look_up(conn, secret))
        self._db.pulse.publish({counters.ACCESS: at})
        if at > self._at:
            self._at = at
            self._open.clear()
            self._gone.clear()
        if isinstance(found, Exception):
            if isinstance(found, Gone) and at == self._at:
                self._gone.put(key, found.detail)
            raise found
        if at == self._at:
            self._open.put(key, found)
        return found

    def _fresh(self) -> bool:
        return self._db.pulse.trusted and self._db.pulse.access == self._at


def _look_up(conn: Connection, secret: str) -> tuple[int, Subscription | Gone | NotFound]:
    at = counters.current(conn, counters.ACCESS)
    try:
        return at, subscriptions.opened(conn, secret)
    except (Gone, NotFound) as error:
        return at, error
