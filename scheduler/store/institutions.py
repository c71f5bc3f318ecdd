"""Institutions."""

from sqlalchemy import Connection, delete, insert, select, update

from scheduler.model.institution import Institution
from scheduler.store.tables import event_facet, institution
from scheduler.store.types import decode, encode


def all_institutions(conn: Connection) -> dict[str, Institution]:
    """Every institution by key, in order of key."""
    rows = conn.execute(select(institution.c.key, institution.c.document).order_by(institution.c.key))
    return {key: decode(document, Institution) for key, document in rows}


def get(conn: Connection, key: str, *, lock: bool = False) -> Institution | None:
    """One institution. With `lock` its row is held until commit."""
    query = select(institution.c.document).where(institution.c.key == key)
    document = conn.scalar(query.with_for_update(key_share=True) if lock else query)
    return decode(document, Institution) if document else None


def add(conn: Connection, row: Institution) -> None:
    """Stores a new one."""
    conn.execute(insert(institution).values(key=row.key, **_columns(row)))


def replace(conn: Connection, row: Institution) -> None:
    """Stores a new revision."""
    conn.execute(update(institution).where(institution.c.key == row.key).values(**_columns(row)))


def remove(conn: Connection, key: str) -> None:
    """Deletes one that no event names."""
    conn.execute(delete(institution).where(institution.c.key == key))


def events_naming(conn: Connection, key: str) -> list[str]:
    """Ids of the events that name an institution."""
    query = select(event_facet.c.event_id).where(event_facet.c.facet == "institution", event_facet.c.value == key)
    return list(conn.scalars(query.order_by(event_facet.c.event_id)))


def _columns(row: Institution) -> dict[str, object]:
    return {"country": row.country, "revision": row.revision, "document": encode(row)}
