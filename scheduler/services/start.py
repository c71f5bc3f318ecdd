"""What happens once when the service starts: the signing secret."""

import secrets

from sqlalchemy import Connection

from scheduler.config import Config
from scheduler.store import settings

_SECRET = "signing_secret"  # noqa: S105 # the name of a setting, not a secret


def signing_secret(conn: Connection, config: Config) -> str:
    """The secret that signs attendees' links: the configured one, else one made at the first start and kept."""
    if config.security.secret_key:
        return config.security.secret_key
    return settings.get(conn, _SECRET) or settings.add(conn, _SECRET, secrets.token_urlsafe(32))
