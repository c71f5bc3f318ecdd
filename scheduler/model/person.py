"""A person who signs in (never an attendee), and the API keys they hold."""

from datetime import datetime
from typing import Literal

from msgspec import Struct

from scheduler.model.access import Actor

GivenRole = Literal["viewer", "host", "organiser", "admin"]


class Person(Struct, frozen=True, kw_only=True):
    """Somebody with a role in programmes or institutions; signs in by a mailed link."""

    id: str
    email: str
    name: str = ""
    language: str = "en"
    role: GivenRole
    programmes: tuple[str, ...] = ()
    institutions: tuple[str, ...] = ()
    created_at: datetime
    active: bool = True

    def actor(self) -> Actor:
        """What this person may do."""
        return Actor(
            role=self.role,
            name=f"person:{self.id}",
            programmes=self.programmes,
            institutions=self.institutions,
            writes=self.role in {"organiser", "admin", "host"},
        )


class ApiKey(Struct, frozen=True, kw_only=True):
    """A key for programs. The secret itself is shown once and kept as a SHA-256 hash; `prefix` names it in lists."""

    id: str
    prefix: str
    label: str = ""
    role: GivenRole
    programmes: tuple[str, ...] = ()
    institutions: tuple[str, ...] = ()
    writes: bool = False
    created_at: datetime
    revoked_at: datetime | None = None
    last_used_at: datetime | None = None

    def actor(self) -> Actor:
        """What the holder of this key may do."""
        return Actor(
            role=self.role,
            name=f"key:{self.prefix}",
            programmes=self.programmes,
            institutions=self.institutions,
            writes=self.writes,
        )
