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


def migrate(conn: Connection) -> None:
    """Applies what is missing, inside the caller's transaction."""
    if conn.dialect.name == "postgresql":
        conn.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _ADVISORY_LOCK})
    command.upgrade(_alembic(conn), "head")


def current(conn: Connection) -> str | None:
    """The revision a database stands at; None for an empty one."""
    return MigrationContext.configure(conn).get_current_revision()


def newest() -> str:
    """The revision this program wants."""
    head = ScriptDirectory.from_config(_alembic(None)).get_current_head()
    return head or ""
