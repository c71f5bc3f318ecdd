"""An institution: host, sender or partner of events."""

from datetime import datetime

from msgspec import Struct, field

from scheduler.model.event import Texts


class Institution(Struct, frozen=True, kw_only=True):
    """A host, sender or partner. `key` is its permanent short name in URLs and filters (`vives`).

    `kind` is a key of `institution_types`, `community` one of `communities` (whose school calendar it follows),
    `country` an ISO 3166-1 alpha-2 code, `timezone` an IANA zone, `languages` BCP 47 tags.
    """

    key: str
    name: Texts
    kind: str = "other"
    country: str
    community: str | None = None
    city: Texts = field(default_factory=dict)
    address: str = ""
    timezone: str
    languages: tuple[str, ...] = ()
    website: str = ""
    created_at: datetime
    revision: int = 1
