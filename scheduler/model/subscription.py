"""A subscription: a named, revocable saved filter with its own secret address and its own options."""

from datetime import datetime

from msgspec import Struct

from scheduler.model.access import Actor


class Subscription(Struct, frozen=True, kw_only=True):
    """What an institution, or one attendee, subscribes to.

    `query` is the saved filter and options as a canonical query string. `institution` and `programmes` are what its
    secret grants: events for that institution, and for members of those programmes. `email` is set for an attendee's
    own feed, which shows that address's events, with joining links. `prefix` names the secret in lists.
    `last_client` is a calendar program's name, `last_fetched_at` a UTC instant; no address is kept.
    """

    id: str
    prefix: str
    name: str
    query: str = ""
    institution: str = ""
    programmes: tuple[str, ...] = ()
    email: str = ""
    created_by: str
    created_at: datetime
    rotated_at: datetime | None = None
    revoked_at: datetime | None = None
    last_fetched_at: datetime | None = None
    last_client: str = ""

    def reader(self) -> Actor:
        """What whoever holds the secret may read."""
        return Actor(
            role="viewer",
            name=f"subscription:{self.prefix}",
            institutions=(self.institution,) if self.institution else (),
            programmes=self.programmes,
        )


_CLIENTS = (
    ("Google-Calendar-Importer", "Google Calendar"),
    ("Microsoft.Exchange", "Outlook (Exchange)"),
    ("Microsoft Office", "Outlook"),
    ("Outlook", "Outlook"),
    ("Thunderbird", "Thunderbird"),
    ("Evolution", "Evolution"),
    ("dataaccessd", "Apple Calendar (iPhone, iPad)"),
    ("CalendarAgent", "Apple Calendar (Mac)"),
    ("macOS", "Apple Calendar (Mac)"),
    ("iOS", "Apple Calendar (iPhone, iPad)"),
    ("Nextcloud", "Nextcloud"),
    ("vdirsyncer", "vdirsyncer"),
    ("ICSx5", "ICSx5"),
    ("DAVx5", "DAVx5"),
    ("khal", "khal"),
    ("Moodle", "Moodle"),
    ("Proton", "Proton Calendar"),
    ("curl", "curl"),
    ("Mozilla", "a web browser"),
)


def client_name(user_agent: str) -> str:
    """The calendar program behind a User-Agent header, in a few words; nothing else of the header is kept."""
    lowered = user_agent.lower()
    return next((name for mark, name in _CLIENTS if mark.lower() in lowered), "another program")
