"""The database's own clock: the one that all nodes share."""

from datetime import datetime

from sqlalchemy import Connection, func, select


def database_now(conn: Connection) -> datetime:
    """The present instant by PostgreSQL's clock, aware; `clock_timestamp`, not the start of the transaction."""
    now: datetime = conn.execute(select(func.clock_timestamp())).scalar_one()
    return now
