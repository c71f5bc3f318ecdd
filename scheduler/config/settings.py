"""The sections of config.toml. Every value here is the default; the shipped config.toml says the same, with comments.

Units stand in the names (`_seconds`, `_days`). Paths are absolute once `config.load` has read them.
"""

from typing import Annotated, Any, Literal

from msgspec import Meta, Struct, field

from scheduler.config.vocabulary import Names

Count = Annotated[int, Meta(ge=0, le=1_000_000)]
Positive = Annotated[int, Meta(ge=1, le=1_000_000)]
Port = Annotated[int, Meta(ge=1, le=65535)]
ClockTimeOrOff = Annotated[
    str, Meta(pattern=r"^(off|([01]\d|2[0-3]):[0-5]\d)$", description="a time of day as HH:MM, or “off”")
]
ClockTime = Annotated[str, Meta(pattern=r"^([01]\d|2[0-3]):[0-5]\d$", description="a time of day as HH:MM")]


FEED_NAMES: dict[str, str] = {
    "en": "eNSPIRED agenda",
    "nl": "Agenda eNSPIRED",
    "fr": "Agenda eNSPIRED",
    "es": "Agenda eNSPIRED",
}


class Server(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where the service listens and how it is reached. `trusted_proxies` are addresses or networks (CIDR).

    `heartbeat_url` is asked (GET) once a minute as long as all is well.
    """

    host: str = "127.0.0.1"
    port: Port = 8000
    public_url: str = "http://127.0.0.1:8000"
    trusted_proxies: tuple[str, ...] = ()
    workers: Annotated[int, Meta(ge=1, le=64)] = 1
    max_body_bytes: Annotated[int, Meta(ge=1024, le=1_073_741_824)] = 1_048_576
    idempotency_hours: Positive = 24
    heartbeat_url: str = ""


class Database(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where the data is: `sqlite:///path` or `postgresql://user:password@host/name`."""

    url: str = "sqlite:///data/enspired.sqlite3"
    url_file: str = ""
    busy_timeout_seconds: Annotated[int, Meta(ge=0, le=600)] = 5

    @property
    def is_sqlite(self) -> bool:
        """True for a SQLite file, false for a PostgreSQL server."""
        return self.url.startswith("sqlite:")


class Mail(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How mails leave: into a folder (Maildir) or through an SMTP server.

    `timeout_seconds` is the deadline of one message's whole conversation with the server. `unnoted_mails`: how many
    mails that the server took may wait to be noted, besides those on their connections.
    """

    transport: Literal["folder", "smtp"] = "folder"
    folder: str = "data/mail"
    host: str = "localhost"
    port: Port = 587
    security: Literal["starttls", "tls", "none"] = "starttls"
    username: str = ""
    password: str = ""
    password_file: str = ""
    auth: Literal["login", "xoauth2"] = "login"
    oauth_token_url: str = ""
    oauth_client_id: str = ""
    oauth_client_secret: str = ""
    oauth_client_secret_file: str = ""
    oauth_refresh_token: str = ""
    oauth_refresh_token_file: str = ""
    oauth_scope: str = ""
    from_address: str = "agenda@localhost"
    from_name: str = "eNSPIRED"
    reply_to: str = ""
    message_id_domain: str = ""
    connections: Annotated[int, Meta(ge=1, le=100)] = 4
    messages_per_minute: Positive = 300
    unnoted_mails: Annotated[int, Meta(ge=0, le=10_000)] = 0
    timeout_seconds: Annotated[int, Meta(ge=1, le=600)] = 30

    @property
    def domain(self) -> str:
        """The right-hand side of every Message-ID: `message_id_domain`, else the sender's domain."""
        return self.message_id_domain or self.from_address.rpartition("@")[2]


class Replies(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How answers to invitations and mails that came back reach us: handed over (LMTP), or fetched (IMAP).

    `address` holds `{token}` in its local part. `listen` (LMTP) is `host:port` or the path of a Unix socket; `host`
    to `poll_seconds` are the mailbox's (IMAP). `bounces`: mails leave with such an address as envelope sender.
    """

    mode: Literal["off", "lmtp", "imap"] = "off"
    address: str = ""
    bounces: bool = True
    max_bytes: Annotated[int, Meta(ge=16_384, le=10_485_760)] = 1_048_576
    listen: str = "127.0.0.1:8024"
    host: str = "localhost"
    port: Port = 993
    security: Literal["tls", "starttls", "none"] = "tls"
    username: str = ""
    password: str = ""
    password_file: str = ""
    folder: str = "INBOX"
    poll_seconds: Annotated[int, Meta(ge=1, le=3600)] = 60

    @property
    def pattern(self) -> str:
        """The pattern of addresses that the service reads; "" while it reads none."""
        return "" if self.mode == "off" else self.address


class Feeds(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What calendar feeds hold and say about themselves. `names` per language is shown as the calendar's name.

    `hot_feeds` and `hot_megabytes` bound what lies ready in memory, in each process.
    """

    names: Names = field(default_factory=lambda: dict(FEED_NAMES))
    refresh_minutes: Annotated[int, Meta(ge=5, le=10_080)] = 60
    cancelled_days: Count = 30
    past_days: Count = 30
    future_days: Positive = 400
    max_events: Positive = 2000
    hot_feeds: Annotated[int, Meta(ge=1, le=100_000)] = 1000
    hot_megabytes: Annotated[int, Meta(ge=1, le=1_000_000)] = 256


class Reminders(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """When reminders go out and how the ledger works.

    `default`: rules (`scheduler.config.rules`). `all_day_hour`: HH:MM on the event's clock, from which an
    all-day date counts. `quiet_from` and `quiet_until`: HH:MM where the recipient is, or `off`. A reminder
    falls away so many minutes after another mail to the same person about the same event (`joins_minutes`)
    or after the mail that gave them their place (`registered_minutes`). `release_slice`: recipients
    per transaction. `retry_minutes`: the wait after each failed attempt, the last one again and again until the event
    begins, or five days are over.
    `notice_quiet_minutes`: how long after an organiser's last edit a notice of change goes out, at most
    `notice_longest_minutes` after the first one; at once for dates within `notice_near_hours`.
    """

    default: tuple[str, ...] = ("P7D", "P1D")
    all_day_hour: ClockTime = "09:00"
    quiet_from: ClockTimeOrOff = "20:00"
    quiet_until: ClockTime = "08:00"
    joins_minutes: Annotated[int, Meta(ge=0, le=1440)] = 60
    registered_minutes: Annotated[int, Meta(ge=0, le=10_080)] = 120
    heartbeat_seconds: Annotated[int, Meta(ge=1, le=3600)] = 1
    release_slice: Annotated[int, Meta(ge=1, le=10_000)] = 100
    lease_seconds: Annotated[int, Meta(ge=2, le=3600)] = 35
    retry_minutes: tuple[Positive, ...] = (1, 5, 15, 60)
    notice_quiet_minutes: Annotated[int, Meta(ge=0, le=1440)] = 15
    notice_longest_minutes: Annotated[int, Meta(ge=0, le=10_080)] = 60
    notice_near_hours: Annotated[int, Meta(ge=0, le=8760)] = 24


class Privacy(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is shown about people and how long it is kept.

    `seat_rounding` 0 shows exact counts of seats, 5 rounds them to fives. `retention_days`: after the event.
    """

    seat_rounding: Annotated[int, Meta(ge=0, le=100)] = 0
    retention_days: Positive = 30
    unconfirmed_mails_per_day: Annotated[int, Meta(ge=1, le=100)] = 1


class Security(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Keys, sessions and how long links hold. Without `secret_key` the service makes one and keeps it."""

    secret_key: str = ""
    secret_key_file: str = ""
    session_hours: Positive = 12
    sign_in_minutes: Positive = 30
    pending_hold_minutes: Positive = 30
    confirm_days: Positive = 2


class Languages(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The languages of pages and mails (BCP 47), in the order in which they are offered."""

    offered: Annotated[tuple[str, ...], Meta(min_length=1, description="a list of language tags")] = (
        "en",
        "nl",
        "fr",
        "es",
    )
    default: str = "en"


class Operator(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who runs this service. `contact` is a mail address read by a person; `timezone` an IANA zone."""

    name: str = "eNSPIRED"
    contact: str = ""
    timezone: str = "Europe/Brussels"


SECTIONS: dict[str, type[Any]] = {
    "server": Server,
    "database": Database,
    "mail": Mail,
    "replies": Replies,
    "feeds": Feeds,
    "reminders": Reminders,
    "privacy": Privacy,
    "security": Security,
    "languages": Languages,
    "operator": Operator,
}

# Setting -> its twin that names a file holding the value.
SECRETS: dict[str, str] = {
    "database.url": "url_file",
    "mail.password": "password_file",
    "mail.oauth_client_secret": "oauth_client_secret_file",
    "mail.oauth_refresh_token": "oauth_refresh_token_file",
    "replies.password": "password_file",
    "security.secret_key": "secret_key_file",
}
