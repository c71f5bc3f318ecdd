"""Brings a database to the newest schema. Forward only; on PostgreSQL under an advisory lock (N nodes may start)."""

from alembic import command
from alembic.config import Config as AlembicConfig
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

_ADVISORY_LOCK = 0x656E7370


def _alembic(conn: Connection | None) -> AlembicConfig:
    config = AlembicConfig()
    config.set_main_option("script_location", "scheduler.store:migrations")
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = conn
    return config


def migrate(conn: Connection, revision: str = "head") -> None:
    """Applies what is missing up to a revision, inside the caller's transaction."""
    if conn.dialect.name == "postgresql":
        conn.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _ADVISORY_LOCK})
    command.upgrade(_alembic(conn), revision)


def current(conn: Connection) -> str | None:
    """The revision a database stands at; None for an empty one."""
    return MigrationContext.configure(conn).get_current_revision()


def revisions() -> frozenset[str]:
    """Every revision that this program knows."""
    return frozenset(found.revision for found in ScriptDirectory.from_config(_alembic(None)).walk_revisions())


def newest() -> str:
    """The revision this program wants."""
    head = ScriptDirectory.from_config(_alembic(None)).get_current_head()
    return head or ""
