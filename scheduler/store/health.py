"""What a database says about itself."""

import sqlite3

from sqlalchemy import Connection, text


def sqlite_version() -> str:
    """The version of the SQLite library in use, such as `3.51.3`."""
    return sqlite3.sqlite_version


def server_version(conn: Connection) -> str:
    """`SQLite 3.51.3` or `PostgreSQL 17.2`."""
    if conn.dialect.name == "sqlite":
        return f"SQLite {sqlite_version()}"
    return f"PostgreSQL {conn.scalar(text('SHOW server_version'))}"


def faults(conn: Connection) -> list[str]:
    """What SQLite's own check of the file finds; empty for a sound one and for PostgreSQL, which checks itself."""
    if conn.dialect.name != "sqlite":
        return []
    found = [str(row[0]) for row in conn.execute(text("PRAGMA quick_check(5)"))]
    found += [f"a row in {row[0]} points to nothing" for row in conn.execute(text("PRAGMA foreign_key_check"))]
    return [line for line in found if line != "ok"][:5]


def clock_difference(conn: Connection, now_timestamp: float) -> float:
    """By how many seconds the database's clock is ahead of ours; 0 on SQLite, which has none of its own."""
    if conn.dialect.name == "sqlite":
        return 0.0
    theirs: float = conn.scalar(text("SELECT extract(epoch FROM clock_timestamp())::float8")) or now_timestamp
    return theirs - now_timestamp
