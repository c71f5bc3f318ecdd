"""When a feed last changed, and whether that date tells its versions apart (RFC 9110 section 8.8.2.2).

A Last-Modified has whole seconds: who asks by it alone must not be told “unchanged” about another version of the same
second. An ETag has no such doubt.
"""

from collections.abc import Collection
from datetime import UTC, datetime, timedelta

from msgspec import Struct

SLACK = timedelta(seconds=60)
"""A change may be committed, and first seen, so long after the instant that it bears."""


class Dated(Struct, frozen=True):
    """The UTC instant of the last change; `alone` where no other version can bear the same date."""

    at: datetime
    alone: bool


NEVER = Dated(datetime(2000, 1, 1, tzinfo=UTC), alone=False)
"""Of what cannot be dated."""


def dated(at: datetime, changes: Collection[datetime]) -> Dated:
    """A version of the instant `at` (UTC), with the last instants at which it may have changed, its own among them."""
    earliest = at.replace(microsecond=0) - SLACK
    return Dated(at, alone=sum(one >= earliest for one in changes) <= 1)
