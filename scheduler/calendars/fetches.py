"""Who fetches subscriptions: counted in the process, written down once a minute. No address is kept."""

from datetime import datetime

from sqlalchemy import Connection

from scheduler.errors import Unavailable
from scheduler.model.subscription import client_name
from scheduler.store import subscriptions
from scheduler.store.database import Database


class Fetches:
    """The last fetch of each subscription since the last `flush`."""

    def __init__(self) -> None:
        self._seen: dict[str, tuple[str, datetime]] = {}

    def note(self, subscription_id: str, user_agent: str, now: datetime) -> None:
        """Remembers a fetch; the header is looked at when it is written down."""
        self._seen[subscription_id] = (user_agent, now)

    async def flush(self, db: Database) -> None:
        """Writes down what was seen: the name of a calendar program, nothing else of the header."""
        seen, self._seen = self._seen, {}

        def write(conn: Connection) -> None:
            for subscription_id, (user_agent, at) in seen.items():
                subscriptions.note_fetch(conn, subscription_id, client_name(user_agent), at)

        if not seen:
            return
        try:
            await db.write(write)
        except Unavailable:
            self._seen = {**seen, **self._seen}
