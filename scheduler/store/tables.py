"""The schema. Migrations make it; a test proves that all of them together give exactly this."""

from sqlalchemy import (
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from scheduler.store.types import UtcDateTime

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

counter = Table(
    "counter",
    metadata,
    Column("name", String(32), primary_key=True),
    Column("value", Integer, nullable=False),
)

setting = Table(
    "setting",
    metadata,
    Column("name", String(64), primary_key=True),
    Column("value", Text, nullable=False),
)

institution = Table(
    "institution",
    metadata,
    Column("key", String(64), primary_key=True),
    Column("country", String(2), nullable=False),
    Column("revision", Integer, nullable=False),
    Column("document", Text, nullable=False),
)

event = Table(
    "event",
    metadata,
    Column("id", String(26), primary_key=True),
    Column("uid", String(255), nullable=False, unique=True),
    Column("external_source", String(64)),
    Column("external_id", String(255)),
    Column("programme", String(64), nullable=False),
    Column("status", String(16), nullable=False),
    Column("visibility", String(16), nullable=False),
    Column("part_of", String(26), ForeignKey("event.id")),
    Column("start_at", UtcDateTime, nullable=False),
    Column("end_at", UtcDateTime, nullable=False),
    Column("cancelled_at", UtcDateTime),
    Column("revision", Integer, nullable=False),
    Column("public_revision", Integer, nullable=False),
    Column("search", Text, nullable=False),
    Column("document", Text, nullable=False),
    UniqueConstraint("external_source", "external_id"),
    Index(None, "start_at", "id"),
    Index(None, "end_at"),
    Index(None, "part_of"),
)
"""`start_at` is the first start and `end_at` the last end of its dates, both derived."""

event_facet = Table(
    "event_facet",
    metadata,
    Column("facet", String(16), primary_key=True),
    Column("value", String(64), primary_key=True),
    Column("event_id", String(26), ForeignKey("event.id", ondelete="CASCADE"), primary_key=True),
    Index(None, "event_id"),
)

occurrence = Table(
    "occurrence",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("event_id", String(26), ForeignKey("event.id", ondelete="CASCADE"), nullable=False),
    Column("position", Integer, nullable=False),
    Column("original", String(25)),
    Column("start", String(25), nullable=False),
    Column("end", String(25), nullable=False),
    Column("start_at", UtcDateTime, nullable=False),
    Column("end_at", UtcDateTime, nullable=False),
    Column("status", String(16), nullable=False),
    Column("reason", Text, nullable=False),
    UniqueConstraint("event_id", "position"),
    Index(None, "start_at"),
    Index(None, "end_at"),
)

change = Table(
    "change",
    metadata,
    Column("counter", Integer, primary_key=True, autoincrement=False),
    Column("event_id", String(26), nullable=False),
    Column("kind", String(16), nullable=False),
    Column("actor", String(64), nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("before", Text),
    Column("after", Text),
    Index(None, "event_id", "counter"),
)

registration = Table(
    "registration",
    metadata,
    Column("id", String(26), primary_key=True),
    Column("event_id", String(26), ForeignKey("event.id"), nullable=False),
    Column("state", String(16), nullable=False),
    Column("mode", String(16), nullable=False),
    Column("seats", Integer, nullable=False),
    Column("email", String(254), nullable=False),
    Column("institution", String(64), nullable=False),
    Column("hold_until", UtcDateTime),
    Column("queued_at", UtcDateTime),
    Column("confirmed_at", UtcDateTime),
    Column("document", Text, nullable=False),
    Index(None, "event_id", "state"),
    Index(None, "event_id", "id"),
    Index(None, "email"),
)

reminder = Table(
    "reminder",
    metadata,
    Column("id", String(26), primary_key=True),
    Column("event_id", String(26), ForeignKey("event.id"), nullable=False),
    Column("occurrence_id", String(40), nullable=False),
    Column("rule", String(32), nullable=False),
    Column("zone", String(64), nullable=False),
    Column("timing_revision", Integer, nullable=False),
    Column("due_at", UtcDateTime, nullable=False),
    Column("state", String(16), nullable=False),
    Column("cursor", String(26), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("released_at", UtcDateTime),
    UniqueConstraint("occurrence_id", "rule", "zone", "timing_revision"),
    Index(None, "state", "due_at"),
    Index(None, "event_id"),
)
"""`zone` is '' for a rule on the event's clock: NULL would slip past the unique constraint."""

message = Table(
    "message",
    metadata,
    Column("id", String(26), primary_key=True),
    Column("cause", String(32), nullable=False),
    Column("event_id", String(26), ForeignKey("event.id")),
    Column("occurrence_id", String(40)),
    Column("registration_id", String(26), ForeignKey("registration.id")),
    Column("reminder_id", String(26), ForeignKey("reminder.id")),
    Column("person_id", String(26)),
    Column("recipient", String(64), nullable=False),
    Column("timing_revision", Integer),
    Column("address", String(254), nullable=False),
    Column("language", String(35), nullable=False),
    Column("message_id", String(255), nullable=False, unique=True),
    Column("facts", Text, nullable=False),
    Column("state", String(16), nullable=False),
    Column("due_at", UtcDateTime, nullable=False),
    Column("not_before", UtcDateTime, nullable=False),
    Column("next_attempt_at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime),
    Column("attempts", Integer, nullable=False),
    Column("lease_owner", String(64)),
    Column("lease_until", UtcDateTime),
    Column("last_code", Integer),
    Column("last_error", Text, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("sent_at", UtcDateTime),
    Column("bounced_at", UtcDateTime),
    Column("bounce", Text, nullable=False),
    UniqueConstraint("reminder_id", "registration_id"),
    Index(None, "state", "next_attempt_at", "id"),
    Index(None, "event_id", "created_at"),
    Index(None, "address", "cause", "created_at"),
    Index(None, "registration_id", "cause"),
)
"""`recipient` names who gets a reminder without a registration (a speaker, a host): '' for a registration. `bounce`
is what came back after the relay had taken the message (RFC 3464)."""

mail_choice = Table(
    "mail_choice",
    metadata,
    Column("email_hash", String(64), primary_key=True),
    Column("reminders", Boolean, nullable=False),
    Column("changed_at", UtcDateTime, nullable=False),
)
"""What somebody decided about all mails to their address; no row means nothing was decided. It stays when the person
is forgotten, so it holds no address."""

digest = Table(
    "digest",
    metadata,
    Column("id", String(26), primary_key=True),
    Column("email", String(254), nullable=False),
    Column("state", String(16), nullable=False),
    Column("next_at", UtcDateTime),
    Column("created_at", UtcDateTime, nullable=False),
    Column("document", Text, nullable=False),
    Index(None, "state", "next_at"),
    Index(None, "email"),
)
"""A weekly mail about a filter that somebody asked for: pending, active or ended."""

person = Table(
    "person",
    metadata,
    Column("id", String(26), primary_key=True),
    Column("email", String(254), nullable=False, unique=True),
    Column("document", Text, nullable=False),
)

sign_in = Table(
    "sign_in",
    metadata,
    Column("token_hash", String(64), primary_key=True),
    Column("person_id", String(26), ForeignKey("person.id"), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False),
    Column("used", Boolean, nullable=False),
)

session = Table(
    "session",
    metadata,
    Column("token_hash", String(64), primary_key=True),
    Column("person_id", String(26), ForeignKey("person.id"), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False),
    Index(None, "person_id"),
)

api_key = Table(
    "api_key",
    metadata,
    Column("id", String(26), primary_key=True),
    Column("prefix", String(16), nullable=False, unique=True),
    Column("secret_hash", String(64), nullable=False, unique=True),
    Column("created_at", UtcDateTime, nullable=False),
    Column("revoked_at", UtcDateTime),
    Column("last_used_at", UtcDateTime),
    Column("document", Text, nullable=False),
)

idempotency = Table(
    "idempotency",
    metadata,
    Column("actor", String(64), primary_key=True),
    Column("key", String(255), primary_key=True),
    Column("request_hash", String(64), nullable=False),
    Column("status", Integer, nullable=False),
    Column("headers", Text, nullable=False),
    Column("body", Text, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Index(None, "created_at"),
)

subscription = Table(
    "subscription",
    metadata,
    Column("id", String(26), primary_key=True),
    Column("secret_hash", String(64), nullable=False, unique=True),
    Column("institution", String(64), nullable=False),
    Column("email", String(254), nullable=False),
    Column("revoked_at", UtcDateTime),
    Column("last_fetched_at", UtcDateTime),
    Column("last_client", String(64), nullable=False),
    Column("document", Text, nullable=False),
    Index(None, "institution"),
    Index(None, "email"),
)

retired_secret = Table(
    "retired_secret",
    metadata,
    Column("secret_hash", String(64), primary_key=True),
    Column("retired_at", UtcDateTime, nullable=False),
)
"""Secrets that were rotated away: they answer 410 for ever, never an empty calendar."""
